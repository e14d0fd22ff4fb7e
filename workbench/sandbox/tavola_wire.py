"""How Tavola speaks HTTP: methods, bearer tokens, problem documents, bodies, idempotency."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from workbench.sandbox.request_rules import PartnerDocument, RequestRules, UnfitError
from workbench.sandbox.resource import Call, Handler, admit

SCOPES = ("orders", "reservations", "menu", "availability")
TOKEN_SECONDS = 3600
# What a wrong member of a token request is called; all else is `invalid_request`.
_TOKEN_ERRORS = {"/grant_type": "unsupported_grant_type", "/scope": "invalid_scope"}
_TITLES = {
    400: "The request does not follow the description",
    401: "A valid access token is needed",
    403: "The access token lacks the scope",
    404: "No such resource",
    405: "The resource does not know this method",
    406: "Only JSON can be answered",
    409: "The state of the resource does not allow this",
    415: "Only JSON is understood",
}


class ProblemError(Exception):
    """A refusal, answered as an RFC 9457 problem document."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Iterable[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.document: dict[str, Any] = {
            "type": f"https://developer.tavola.example/problems/{code.replace('_', '-')}",
            "title": _TITLES[status],
            "status": status,
            "code": code,
            "detail": detail,
        }
        if errors:
            self.document["errors"] = [dict(error) for error in errors]
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The answer to send."""
        return JSONResponse(
            self.document, self.status, self.headers, media_type="application/problem+json"
        )


def unfit(error: UnfitError) -> ProblemError:
    """Problem that names each place of a request that does not follow the description."""
    mark = {"query": "?", "header": "", "body": "/"}[error.place]
    errors = [
        {"pointer": mark + item.pointer.removeprefix("/"), "message": item.message}
        for item in error.violations[:20]
    ]
    return ProblemError(
        400, f"invalid_{error.place}", f"The {error.place} does not fit.", errors=errors
    )


def unknown(kind: str, name: str) -> ProblemError:
    """Problem for an id that is not known here."""
    return ProblemError(404, f"unknown_{kind}", f"There is no {kind.replace('_', ' ')} {name!r}.")


def conflict(code: str, detail: str) -> ProblemError:
    """Problem for a request that is well formed but not possible now."""
    return ProblemError(409, code, detail)


@dataclass
class Tokens:
    """Access tokens by client credentials: made here, checked here, gone after an hour."""

    client_id: str
    client_secret: str
    _live: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)

    def issue(self, request: Request, body: bytes, rules: RequestRules) -> Response:
        """Answer a token request after RFC 6749, section 4.4."""
        if not _has_media_type(request, rules):
            return ProblemError(415, "unsupported_media_type", "Send a form.").response()
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        form = dict(pairs)
        if len(form) != len(pairs):
            return _refuse_token(400, "invalid_request", "A parameter is repeated.")
        try:
            form = rules.read_body(orjson.dumps(form))
        except UnfitError as error:
            first = min(error.violations, key=lambda item: item.pointer in _TOKEN_ERRORS)
            code = _TOKEN_ERRORS.get(first.pointer, "invalid_request")
            return _refuse_token(400, code, first.message)
        if not self._knows(form["client_id"], form["client_secret"]):
            return _refuse_token(401, "invalid_client", "Client id or secret is wrong.")
        return self._grant(form["scope"].split(" ") if "scope" in form else list(SCOPES))

    def check(self, header: str | None, scope: str) -> None:
        """Refuse a request whose `Authorization` header does not carry a live token.

        Raises:
            ProblemError: 401 without a live token, 403 without the scope.
        """
        kind, _, token = (header or "").partition(" ")
        expires, scopes = self._live.get(token, (0.0, frozenset()))
        if kind.lower() != "bearer" or expires <= time.monotonic():
            challenge = 'Bearer realm="tavola", error="invalid_token"'
            detail = "The access token is missing, unknown or expired."
            raise ProblemError(
                401, "invalid_token", detail, headers={"WWW-Authenticate": challenge}
            )
        if scope not in scopes:
            raise ProblemError(403, "insufficient_scope", f"This needs the scope {scope!r}.")

    def expire(self) -> None:
        """End the life of every token."""
        self._live.clear()

    def _knows(self, client_id: str, client_secret: str) -> bool:
        given = f"{client_id}\n{client_secret}".encode()
        return hmac.compare_digest(given, f"{self.client_id}\n{self.client_secret}".encode())

    def _grant(self, scopes: list[str]) -> Response:
        token = f"tvl_{secrets.token_urlsafe(24)}"
        self._live[token] = (time.monotonic() + TOKEN_SECONDS, frozenset(scopes))
        answer = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": " ".join(scopes),
        }
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _refuse_token(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)


class TokenResource:
    """The token address: a form by POST, nothing else."""

    def __init__(self, tokens: Tokens, rules: RequestRules) -> None:
        self._tokens = tokens
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        request = Request(scope, receive)
        if request.method == "POST":
            response = self._tokens.issue(request, await request.body(), self._rules)
        else:
            response = _refuse_method(["POST"]).response()
        await response(scope, receive, send)


class MarketResource:
    """One documented path of the API: a handler per method, all behind one scope.

    Args:
        document: What is documented.
        path: The path.
        tokens: Those that are alive.
        scope: Which a token must have.
        handlers: Method → what is done.
    """

    def __init__(
        self,
        document: PartnerDocument,
        path: str,
        tokens: Tokens,
        scope: str,
        handlers: Mapping[str, Handler],
    ) -> None:
        self._rules = {method: document.rules(method, path) for method in handlers}
        self._tokens = tokens
        self._scope = scope
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        request = Request(scope, receive)
        try:
            response = self._answer(request, await request.body())
        except UnfitError as error:
            response = unfit(error).response()
        except ProblemError as problem:
            response = problem.response()
        await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        handler = self._handlers.get(request.method)
        if handler is None:
            raise _refuse_method(self._handlers)
        rules = self._rules[request.method]
        self._tokens.check(request.headers.get("authorization"), self._scope)
        _require_accepted(request.headers.get("accept", "*/*"), rules)
        if not _has_media_type(request, rules):
            wanted = " or ".join(sorted(rules.media_types))
            raise ProblemError(415, "unsupported_media_type", f"Send {wanted}.")
        return handler(admit(request, body, rules))


def refuse_path() -> Response:
    """The answer where the API has no such path."""
    return ProblemError(404, "unknown_path", "The API has no such path.").response()


class Replays:
    """Answers that were given under an idempotency key, to be given again."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], tuple[str, Response]] = {}

    def answer(self, call: Call, act: Handler) -> Response:
        """Act once per `Idempotency-Key`; without a key, act.

        Raises:
            ProblemError: 409 for a key reused with another body.
        """
        key = call.request.headers.get("idempotency-key")
        if key is None:
            return act(call)
        digest = hashlib.sha256(call.raw).hexdigest()
        place = f"{call.request.method} {call.request.url.path}"
        given, response = self._given.get((place, key), (None, None))
        if response is None:
            response = act(call)
            self._given[place, key] = (digest, response)
            return response
        if given != digest:
            detail = "The Idempotency-Key was used with another body."
            raise conflict("idempotency_key_reused", detail)
        again = Response(response.body, response.status_code, media_type="application/json")
        again.headers["Idempotency-Replayed"] = "true"
        return again


def _refuse_method(allowed: Iterable[str]) -> ProblemError:
    methods = ", ".join(sorted(allowed))
    return ProblemError(
        405, "method_not_allowed", f"Known methods: {methods}.", headers={"Allow": methods}
    )


def _require_accepted(accept: str, rules: RequestRules) -> None:
    ranges = {item.partition(";")[0].strip().lower() for item in accept.split(",")}
    groups = {f"{name.partition('/')[0]}/*" for name in rules.answer_types}
    if rules.answer_types and not ranges & {"*/*", "", *groups, *rules.answer_types}:
        offered = " or ".join(sorted(rules.answer_types))
        raise ProblemError(406, "not_acceptable", f"Answers are {offered}.")


def _has_media_type(request: Request, rules: RequestRules) -> bool:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return not rules.media_types or media in rules.media_types
