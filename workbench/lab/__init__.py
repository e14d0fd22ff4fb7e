"""JupyterLab at its most convenient: mappings tried out in a cell, the inbox live, plain errors.

`%load_ext workbench.lab` brings `%%translate`, and shows errors as what, where and how to mend.
"""

from workbench.lab.live import follow_receipts
from workbench.lab.magics import load_ipython_extension, unload_ipython_extension
from workbench.lab.trial import Trial, try_payload, try_sample

__all__ = [
    "Trial",
    "follow_receipts",
    "load_ipython_extension",
    "try_payload",
    "try_sample",
    "unload_ipython_extension",
]
