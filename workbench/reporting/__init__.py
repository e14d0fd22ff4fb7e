"""Reports: renderings of a run folder, and nothing else.

Loaded by name: a report reads one folder, and must not wait for what publishing needs.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
