"""What the partner and the restaurant get beside the report: data model, letter, session, sheet.

Loaded by name: each is made by itself, and none should wait for what another needs.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
