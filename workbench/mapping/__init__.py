"""Two-way declarative mapping between a partner's payloads and our entities.

`mapping.yaml` is read by `loading`, checked by `grammar` and `resolving` into a `plan`, and
compiled by `reading` and `writing` to plain Python functions.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
