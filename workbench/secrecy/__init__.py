"""The one door for secrets: the names and forms that tell of one, and what stands for it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
