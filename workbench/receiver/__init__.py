"""Webhooks in: signatures as data, a durable inbox, an ASGI application that acks after COMMIT."""
