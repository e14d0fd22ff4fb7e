"""One path of a simulated API behind a login: a handler per method, refusals as answers."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from workbench.sandbox.request_rules import PartnerDocument, RequestRules, UnfitError


@dataclass(frozen=True)
class Call:
    """One request that may proceed.

    Attributes:
        request: It, as it came.
        raw: Its body.
        query: Documented parameters of the query, as their types.
        rules: What the partner's document says of such requests.
    """

    request: Request
    raw: bytes
    query: Mapping[str, Any]
    rules: RequestRules

    @property
    def path(self) -> Mapping[str, str]:
        """Parameters of the path, by their documented names."""
        return self.request.path_params

    def read(self) -> Any:
        """The JSON body, judged by the document.

        Raises:
            UnfitError: The document does not allow it.
        """
        return self.rules.read_body(self.raw)

    def read_whole(self) -> Any:
        """As `read`, with what the document lets a writer leave out."""
        return self.rules.fill(self.read())


Handler = Callable[[Call], Response]


def admit(request: Request, raw: bytes, rules: RequestRules) -> Call:
    """A request whose parameters the document allows.

    Raises:
        UnfitError: It does not allow them.
    """
    rules.read_parameters("header", request.headers.getlist)
    query = rules.read_parameters("query", request.query_params.getlist)
    return Call(request, raw, query, rules)


class AnswerError(Exception):
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
        document: What the partner's document says of requests.
        header: Name of the header that must hold `value`.
        locked: The answer to another value.
        unknown: The answer to a method that is not one of those given, as in `GET, PUT`.
        unfit: The answer to what the document does not allow.
    """

    document: PartnerDocument
    header: str
    value: str
    locked: Callable[[], Response]
    unknown: Callable[[str], Response]
    unfit: Callable[[UnfitError], Response]

    def resource(self, path: str, **handlers: Handler) -> Resource:
        """The resource of a documented path, a handler per method."""
        rules = {method: self.document.rules(method.upper(), path) for method in handlers}
        return Resource(self, rules, handlers)


class Resource:
    """One path behind a gate; an ASGI application."""

    def __init__(
        self, gate: Gate, rules: Mapping[str, RequestRules], handlers: Mapping[str, Handler]
    ) -> None:
        self._gate = gate
        self._rules = rules
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        request = Request(scope, receive)
        method = request.method.lower()
        if method in self._handlers:
            response = self._answer(method, request, await request.body())
        else:
            response = self._gate.unknown(", ".join(sorted(map(str.upper, self._handlers))))
        await response(scope, receive, send)

    def _answer(self, method: str, request: Request, raw: bytes) -> Response:
        given = request.headers.get(self._gate.header, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._gate.value.encode()):
            return self._gate.locked()
        try:
            return self._handlers[method](admit(request, raw, self._rules[method]))
        except UnfitError as error:
            return self._gate.unfit(error)
        except AnswerError as refusal:
            return refusal.response()


class UnknownPath:
    """Every path that an API does not have; an ASGI application.

    Args:
        refuse: Makes the answer.
    """

    def __init__(self, refuse: Callable[[], Response]) -> None:
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        await self._refuse()(scope, receive, send)
