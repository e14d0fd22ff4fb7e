"""The receiver as an ASGI application: read, verify, store, and only then acknowledge.

Some partners take a 4xx as received and never send again, so trouble of ours is always 503 with
Retry-After, and a refused delivery is in quarantine before its sender hears of it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

import orjson

from workbench.errors import CredentialError, StoreError
from workbench.partners.manifest import Webhooks
from workbench.receiver.events import check_rules, identify, identify_refused
from workbench.receiver.inbox import Inbox
from workbench.receiver.receipt import Arrival
from workbench.receiver.secrecy import mask_headers, mask_target
from workbench.receiver.signature import check_statement, verify

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

RETRY_AFTER_SECONDS = 5
PATIENCE_PART = 0.7  # of what the partner waits: the rest is the way there and back
METHODS = frozenset({"POST", "PUT"})
_LOG = logging.getLogger("workbench.receiver")


@dataclass(frozen=True)
class Endpoint:
    """Who sends to a pos-code.

    Attributes:
        partner: Slug.
        webhooks: How they sign and what they send.
        secrets: Keys that are valid now (`signature.read_secrets`).
        public_url: Address up to and including `/webhooks` as the partner knows it, where a proxy
            hides it and the signature covers it.
    """

    partner: str
    webhooks: Webhooks
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    public_url: str | None = None


@dataclass(frozen=True)
class Bounds:
    """What a sender may take of us: bytes, and seconds.

    `store_seconds` is lowered to a part of the partner's own `timeout_seconds`.
    """

    body_bytes: int = 5 * 1024 * 1024
    body_seconds: float = 10
    store_seconds: float = 8
    reading_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    title: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()


_RETRY = ((b"retry-after", str(RETRY_AFTER_SECONDS).encode()),)
_CLOSE = ((b"connection", b"close"),)
_BUSY = _Reply(503, "not stored, please send again", _RETRY)
_UNKNOWN = _Reply(404, "no such address")


class _BadRequestError(Exception):
    """The request cannot be read to its end; carries the reply."""

    def __init__(self, reply: _Reply) -> None:
        super().__init__()
        self.reply = reply


def create_app(
    endpoints: Mapping[str, Endpoint], inbox: Inbox, *, bounds: Bounds | None = None
) -> Receiver:
    """Build the application for `/{pos-code}/webhooks/{anything}` and `/healthz`.

    Args:
        endpoints: Pos-code → who sends there.
        inbox: Where everything goes.
        bounds: Limits on size and time.

    Raises:
        ManifestError: A template or JSONPath of a partner is wrong.
        CredentialError: A partner signs, and no key is there to check it.
    """
    for pos_code, endpoint in endpoints.items():
        check_statement(endpoint.webhooks.signature)
        check_rules(endpoint.webhooks)
        if endpoint.webhooks.signature.scheme != "none" and not any(endpoint.secrets):
            raise CredentialError(
                f"no key to check the webhooks for pos-code {pos_code}",
                location="partner.yaml#/webhooks/signature/credentials",
                hint="name the credential there and set its value",
                partner=endpoint.partner,
            )
    return Receiver(endpoints, inbox, bounds or Bounds())


class Receiver:
    """The ASGI application; made by `create_app`."""

    def __init__(self, endpoints: Mapping[str, Endpoint], inbox: Inbox, bounds: Bounds) -> None:
        self._endpoints = endpoints
        self._inbox = inbox
        self._bounds = bounds
        self._reading = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] == "lifespan":
            await _follow_lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["path"] == "/healthz":
            await self._tell_health(send)
        else:
            await _send(send, await self._answer(scope, receive))

    async def _answer(self, scope: Scope, receive: Receive) -> _Reply:
        started = time.monotonic()
        try:
            reply = await self._receive(scope, receive)
        except _BadRequestError as error:
            reply = error.reply
        except (StoreError, TimeoutError) as error:
            _LOG.warning("webhook not stored: %s", type(error).__name__)
            reply = _BUSY
        except Exception as error:  # noqa: BLE001  our fault, whatever it is: they must send again
            # The kind only: a message or a traceback may hold what a customer wrote.
            _LOG.error("webhook failed: %s", type(error).__name__)
            reply = _BUSY
        if _LOG.isEnabledFor(logging.INFO):
            spent = round((time.monotonic() - started) * 1000, 1)
            _LOG.info("webhook answered %s in %s ms", reply.status, spent)
        return reply

    async def _receive(self, scope: Scope, receive: Receive) -> _Reply:
        pos_code, target = _read_address(scope)
        endpoint = self._endpoints.get(pos_code)
        if endpoint is None:
            return _UNKNOWN
        if scope["method"] not in METHODS:
            return _Reply(405, "send POST or PUT", ((b"allow", b"POST, PUT"),))
        body = await self._read_body(scope, receive)
        return await self._store(scope, endpoint, pos_code, target, body)

    async def _store(
        self, scope: Scope, endpoint: Endpoint, pos_code: str, target: str, body: bytes
    ) -> _Reply:
        method, headers = scope["method"], scope["headers"]
        webhooks, secrets = endpoint.webhooks, endpoint.secrets
        url = _address(scope, endpoint, target)
        now = time.time()
        verification = verify(
            webhooks.signature,
            secrets,
            method=method,
            url=url,
            headers=headers,
            body=body,
            now=now,
        )
        arrival = Arrival(
            partner=endpoint.partner,
            pos_code=pos_code,
            method=method,
            target=mask_target(target, secrets),
            headers=mask_headers(headers, webhooks.signature, secrets),
            body=body,
            received_at=datetime.fromtimestamp(now, UTC),
        )
        if verification.ok:
            identity = identify(webhooks, arrival, target)
        else:
            identity = identify_refused(arrival, target, headers)
        patience = (webhooks.timeout_seconds or 60) * PATIENCE_PART
        async with asyncio.timeout(min(self._bounds.store_seconds, patience)):
            await self._inbox.put(arrival, verification, identity)
        if verification.ok:
            return _Reply(webhooks.ack)
        refusal = webhooks.signature.refusal
        return _Reply(refusal, "signature refused", _RETRY if refusal == _BUSY.status else ())

    async def _read_body(self, scope: Scope, receive: Receive) -> bytes:
        too_large = _Reply(413, "body too large", _CLOSE)
        if _declared_length(scope) > self._bounds.body_bytes:
            raise _BadRequestError(too_large)
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._bounds.body_seconds):
                while True:
                    chunk, more = await _read_chunk(receive)
                    chunks.append(chunk)
                    size += len(chunk)
                    self._reading += len(chunk)
                    if size > self._bounds.body_bytes:
                        raise _BadRequestError(too_large)
                    if self._reading > self._bounds.reading_bytes:
                        raise _BadRequestError(_BUSY)
                    if not more:
                        return b"".join(chunks)
        except TimeoutError:
            raise _BadRequestError(_Reply(408, "body too slow", _CLOSE)) from None
        finally:
            self._reading -= size

    async def _tell_health(self, send: Send) -> None:
        try:
            health = await asyncio.to_thread(self._inbox.health)
        except StoreError:
            await _send(send, _Reply(503, "the inbox cannot be read", _RETRY))
            return
        status = 200 if health.is_writing else 503
        fields = {
            "status": "ok" if health.is_writing else "failing",
            "depth": health.depth,
            "oldest_seconds": health.oldest_seconds,
            "quarantined": health.quarantined,
            "queue": health.queue,
        }
        await _send_body(
            send, status, orjson.dumps(fields), ((b"content-type", b"application/json"),)
        )


async def _read_chunk(receive: Receive) -> tuple[bytes, bool]:
    # Servers report broken framing as an exception of their own, or like a sender that went away.
    broken = _BadRequestError(_Reply(400, "broken body", _CLOSE))
    try:
        message = await receive()
    except Exception as error:
        raise broken from error
    if message["type"] != "http.request":
        raise broken
    return message.get("body", b""), message.get("more_body", False)


def _read_address(scope: Scope) -> tuple[str, str]:
    """The pos-code, empty if the address is not ours, and what follows `/webhooks/`, as sent."""
    raw = scope.get("raw_path")
    path = raw.decode("latin-1") if raw is not None else quote(scope["path"])
    _, _, rest = path.partition("/")
    pos_code, _, rest = rest.partition("/")
    word, _, tail = rest.partition("/")
    if word != "webhooks":
        return "", ""
    query = scope.get("query_string", b"").decode("latin-1")
    return unquote(pos_code), f"{tail}?{query}" if query else tail


def _address(scope: Scope, endpoint: Endpoint, target: str) -> str:
    """The URL that the partner called, for signatures that cover it."""
    if endpoint.public_url is not None:
        return f"{endpoint.public_url}/{target}"
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    mark = "?" if query else ""
    return f"{scope.get('scheme', 'http')}://{host.decode('latin-1')}{path}{mark}{query}"


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


async def _follow_lifespan(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


async def _send(send: Send, reply: _Reply) -> None:
    body = b""
    headers = reply.headers
    if reply.title:
        body = orjson.dumps({"title": reply.title, "status": reply.status})
        headers = (*headers, (b"content-type", b"application/problem+json"))
    await _send_body(send, reply.status, body, headers)


async def _send_body(
    send: Send, status: int, body: bytes, headers: tuple[tuple[bytes, bytes], ...]
) -> None:
    length = () if status == 204 else ((b"content-length", str(len(body)).encode()),)
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})
