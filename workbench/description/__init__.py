"""Documents in, `ApiDescription` out: guard, overlay, bundle, read, warn.

The documents stay byte for byte as they are; only the bundles made here go to other tools. What
differs between two versions is in `comparison`, the way back to an overlay in `overlay_diff`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
