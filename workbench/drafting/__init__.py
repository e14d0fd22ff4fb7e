"""A partner folder made from documents, with everything that it proposes open to review."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
