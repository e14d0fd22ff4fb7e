"""Evidence logs and run folders: written once, then only read.

A run folder is `reports/<partner>/<run>/`. Its `evidence.jsonl` has a header, one line per
observation, and a footer with a digest over all lines before it; a log without footer is an
incomplete run.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
