"""One path of a simulated API behind a header: a handler per method, refusals as answers."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

Handler = Callable[[Request, bytes], Response]


class RefusedError(Exception):
    """An answer of the 4xx class, in the form that the partner documents."""

    def __init__(self, status: int, document: Mapping[str, Any], message: str) -> None:
        super().__init__(message)
        self.status = status
        self.document = document

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """The answer to send."""
        return JSONResponse(self.document, self.status, headers)


class Gate(NamedTuple):
    """Who is let in, and how others are turned away.

    Attributes:
        header: Name of the header that must hold `value`.
        locked: The answer to another value.
        unknown: The answer to a method that is not one of those given, as in `GET, PUT`.
    """

    header: str
    value: str
    locked: Callable[[], Response]
    unknown: Callable[[str], Response]


class Resource:
    """One path behind a gate; an ASGI application."""

    def __init__(self, gate: Gate, handlers: Mapping[str, Handler]) -> None:
        self._gate = gate
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        request = Request(scope, receive)
        handler = self._handlers.get(request.method.lower())
        if handler is None:
            response = self._gate.unknown(", ".join(sorted(map(str.upper, self._handlers))))
        else:
            response = self._answer(handler, request, await request.body())
        await response(scope, receive, send)

    def _answer(self, handler: Handler, request: Request, body: bytes) -> Response:
        given = request.headers.get(self._gate.header, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._gate.value.encode()):
            return self._gate.locked()
        try:
            return handler(request, body)
        except RefusedError as refusal:
            return refusal.response()
