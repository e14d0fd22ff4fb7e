"""The partner's API: calls, logins, limits, recordings, and the guard that keeps us on it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
