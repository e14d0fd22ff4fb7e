"""Proposals for review: which operation serves which feature, and which field is which."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
