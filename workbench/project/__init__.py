"""A project of one's own: the folder in which partners, notebooks, reports and CI files live."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
