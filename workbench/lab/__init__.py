"""JupyterLab at its most convenient: mappings tried out in a cell, the inbox live, plain errors.

`%load_ext workbench.lab` brings `%%translate`, and shows errors as what, where and how to mend.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
