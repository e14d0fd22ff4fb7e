"""Pictures of runs. What draws them loads slowly, and few cells ask for one."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
