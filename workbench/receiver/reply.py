"""What the receiver answers: a status, seldom a problem document, made once and sent often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Self

import orjson

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

RETRY_AFTER_SECONDS = 5
RETRY = (b"retry-after", str(RETRY_AFTER_SECONDS).encode())
CLOSE = (b"connection", b"close")


class Reply:
    """An answer as the two messages of ASGI.

    Args:
        status: HTTP status.
        title: For people; with one, the body is a problem document of RFC 9457.
        headers: Further headers.
        fields: The body, as JSON, where it is no problem document.
    """

    __slots__ = ("_body", "_start", "status")

    def __init__(
        self,
        status: int,
        title: str = "",
        *headers: tuple[bytes, bytes],
        fields: dict[str, Any] | None = None,
    ) -> None:
        kind = b"application/json" if fields else b"application/problem+json"
        fields = fields or ({"title": title, "status": status} if title else {})
        body = orjson.dumps(fields) if fields else b""
        sent = list(headers)
        if body:
            sent.append((b"content-type", kind))
        if status != 204:
            sent.append((b"content-length", str(len(body)).encode()))
        self.status = status
        self._start = {"type": "http.response.start", "status": status, "headers": sent}
        self._body = {"type": "http.response.body", "body": body}

    @classmethod
    def text(cls, status: int, body: str, kind: str, *headers: tuple[bytes, bytes]) -> Self:
        """An answer with a body of any media type."""
        reply = cls(status)
        raw = body.encode("utf-8", "replace")
        sent = [*headers, (b"content-length", str(len(raw)).encode())]
        sent += [(b"content-type", kind.encode("latin-1", "replace"))] if raw else []
        reply._start = {**reply._start, "headers": sent}
        reply._body = {**reply._body, "body": raw}
        return reply

    async def send(self, send: Send) -> None:
        """Answer with it."""
        await send(self._start)
        await send(self._body)


BUSY = Reply(503, "not stored, please send again", RETRY)
UNREADABLE = Reply(503, "the inbox cannot be read", RETRY)
UNKNOWN = Reply(404, "no such address")
PRESENT = Reply(200)
METHODS = Reply(204, "", (b"allow", b"POST, PUT"))
WRONG_METHOD = Reply(405, "send POST or PUT", (b"allow", b"POST, PUT"))
TOO_LARGE = Reply(413, "body too large", CLOSE)
TOO_SLOW = Reply(408, "body too slow", CLOSE)
BROKEN = Reply(400, "broken body", CLOSE)
