"""`hooks.py` of a partner folder: somebody's code, run in a process of its own, in one place."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
