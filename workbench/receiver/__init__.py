"""Webhooks in: signatures as data, a durable inbox, an ASGI application that acks after COMMIT."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
