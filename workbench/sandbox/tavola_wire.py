"""How Tavola speaks HTTP: methods, bearer tokens, problem documents, bodies, idempotency."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

SCOPES = ("orders", "reservations", "menu", "availability")
TOKEN_SECONDS = 3600
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
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

T = TypeVar("T")


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


@dataclass(frozen=True)
class Call:
    """One request that may proceed: its path values, query, headers and raw body."""

    place: str
    path: Mapping[str, str]
    query: QueryParams
    headers: Headers
    body: bytes

    def read(self, adapter: TypeAdapter[T]) -> T:
        """Parse the JSON body into the adapter's type.

        Raises:
            ProblemError: 415 for another media type, 400 for a body that does not fit.
        """
        media = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            raise ProblemError(415, "unsupported_media_type", "Send application/json.")
        try:
            return adapter.validate_json(self.body)
        except ValidationError as error:
            raise unfit(error) from None


Handler = Callable[[Call], Response]


def unfit(error: ValidationError) -> ProblemError:
    """Problem that names each place of a body that does not follow the description."""
    errors = [
        {"pointer": "".join(f"/{part}" for part in item["loc"]), "message": item["msg"]}
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return ProblemError(400, "invalid_body", "The body does not fit.", errors=errors[:20])


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

    def issue(self, request: Request, body: bytes) -> Response:
        """Answer a token request after RFC 6749, section 4.4."""
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/x-www-form-urlencoded":
            problem = ProblemError(415, "unsupported_media_type", "Send a form.")
            return problem.response()
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        form = dict(pairs)
        if len(form) != len(pairs) or not all(
            form.get(name) for name in ("grant_type", "client_id", "client_secret")
        ):
            return _refuse_token(400, "invalid_request", "A parameter is missing or repeated.")
        if form["grant_type"] != "client_credentials":
            return _refuse_token(400, "unsupported_grant_type", "Use client_credentials.")
        if not self._knows(form["client_id"], form["client_secret"]):
            return _refuse_token(401, "invalid_client", "Client id or secret is wrong.")
        scopes = form["scope"].split(" ") if "scope" in form else list(SCOPES)
        if not set(scopes) <= set(SCOPES):
            return _refuse_token(400, "invalid_scope", f"Scopes are {', '.join(SCOPES)}.")
        return self._grant(scopes)

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

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        request = Request(scope, receive)
        if request.method == "POST":
            response = self._tokens.issue(request, await request.body())
        else:
            response = _refuse_method(["POST"]).response()
        await response(scope, receive, send)


class Resource:
    """One path of the API: a handler per method, all behind one scope."""

    def __init__(self, tokens: Tokens, scope: str, handlers: Mapping[str, Handler]) -> None:
        self._tokens = tokens
        self._scope = scope
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        request = Request(scope, receive)
        try:
            response = self._answer(request, await request.body())
        except ProblemError as problem:
            response = problem.response()
        await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        handler = self._handlers.get(request.method)
        if handler is None:
            raise _refuse_method(self._handlers)
        self._tokens.check(request.headers.get("authorization"), self._scope)
        _require_json_accepted(request.headers.get("accept", "*/*"))
        place = f"{request.method} {request.url.path}"
        return handler(
            Call(place, request.path_params, request.query_params, request.headers, body)
        )


class UnknownPath:
    """Every path that the API does not have."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request with 404 (ASGI)."""
        problem = ProblemError(404, "unknown_path", "The API has no such path.")
        await problem.response()(scope, receive, send)


class Replays:
    """Answers that were given under an idempotency key, to be given again."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], tuple[str, Response]] = {}

    def answer(self, call: Call, act: Handler) -> Response:
        """Act once per `Idempotency-Key`; without a key, act.

        Raises:
            ProblemError: 400 for a malformed key, 409 for a key reused with another body.
        """
        key = call.headers.get("idempotency-key")
        if key is None:
            return act(call)
        if not _KEY.fullmatch(key):
            raise ProblemError(400, "invalid_header", "Idempotency-Key has 8 to 64 characters.")
        digest = hashlib.sha256(call.body).hexdigest()
        given, response = self._given.get((call.place, key), (None, None))
        if response is None:
            response = act(call)
            self._given[call.place, key] = (digest, response)
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


def _require_json_accepted(accept: str) -> None:
    ranges = {item.partition(";")[0].strip().lower() for item in accept.split(",")}
    if not ranges & {"*/*", "application/*", "application/json", "application/problem+json", ""}:
        raise ProblemError(406, "not_acceptable", "Answers are application/json.")
