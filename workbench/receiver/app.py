"""The receiver as an ASGI application: read, verify, store, and only then acknowledge.

Some partners take a 4xx as received and never send again, so trouble of ours is always 503 with
Retry-After, and a refused delivery is in quarantine before its sender hears of it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from workbench.errors import CredentialError, StoreError
from workbench.partners import Handshake, Webhooks
from workbench.receiver.connection_limits import group_sender
from workbench.receiver.events import check_rules, identify, identify_refused
from workbench.receiver.handshake import (
    ALLOWED,
    BROKEN,
    BUSY,
    PRESENT,
    RETRY,
    TOO_LARGE,
    TOO_SLOW,
    UNKNOWN,
    UNREADABLE,
    WRONG_METHOD,
    Reply,
    Send,
    answer,
    check_handshakes,
    confirm,
    fill,
    list_handshakes,
    may_hold,
)
from workbench.receiver.inbox import Inbox
from workbench.receiver.masking import mask_arrival, mask_body, mask_headers, mask_target
from workbench.receiver.monitoring import CONTENT_TYPE, Metrics, log_answer
from workbench.receiver.proxy import (
    Proxies,
    Scope,
    declared_length,
    is_local,
    read_address,
    read_url,
)
from workbench.receiver.receipt import Arrival
from workbench.receiver.received_message import ReceivedMessage
from workbench.receiver.signature import Verification, check_statement, verify
from workbench.secrecy import Redactor

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

IDLE_SECONDS = 0.5  # after which a sender of too much is taken to wait for our word
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
        redactor: Knows all secrets of this machine; a sender that tells one does not make us
            keep it.
    """

    partner: str
    webhooks: Webhooks
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    public_url: str | None = None
    redactor: Redactor = field(default_factory=Redactor, repr=False, compare=False)


@dataclass(frozen=True)
class Bounds:
    """What a sender may take of us: bytes, and seconds.

    `store_seconds` is lowered to a part of the partner's own `timeout_seconds`.
    """

    body_bytes: int = 5 * 1024 * 1024
    body_seconds: float = 10
    store_seconds: float = 8
    reading_bytes: int = 64 * 1024 * 1024


class _BadRequestError(Exception):
    """The request cannot be read to its end; carries the reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def create_app(
    endpoints: Mapping[str, Endpoint],
    inbox: Inbox,
    *,
    bounds: Bounds | None = None,
    proxies: Proxies | None = None,
) -> Receiver:
    """Build the application for `/{pos-code}/webhooks/{anything}`; see `Receiver` for the others.

    Args:
        endpoints: Pos-code → who sends there.
        inbox: Where everything goes.
        bounds: Limits on size and time.
        proxies: Who may tell where a request came from; none: nobody.

    Raises:
        ManifestError: A template or JSONPath of a partner is wrong.
        CredentialError: A partner signs, and no key is there to check it.
    """
    for pos_code, endpoint in endpoints.items():
        check_statement(endpoint.webhooks.signature)
        check_rules(endpoint.webhooks)
        check_handshakes(endpoint.webhooks)
        if endpoint.webhooks.signature.scheme != "none" and not any(endpoint.secrets):
            raise CredentialError(
                f"no key to check the webhooks for pos-code {pos_code}",
                location="partner.yaml#/webhooks/signature/credentials",
                hint="name the credential there and set its value",
                partner=endpoint.partner,
            )
    return Receiver(endpoints, inbox, bounds or Bounds(), proxies or Proxies())


@dataclass(frozen=True, slots=True)
class _Route:
    """An endpoint with what its answers and its patience come to."""

    endpoint: Endpoint
    handshakes: tuple[Handshake, ...]
    accepted: Reply
    refused: Reply
    store_seconds: float
    body_bytes: int


class Receiver:
    """The ASGI application; made by `create_app`.

    Beside the webhooks, `/healthz` and `/readyz` tell how the inbox is, and `/metrics` tells this
    machine, in Prometheus' form, what was answered.
    """

    def __init__(
        self, endpoints: Mapping[str, Endpoint], inbox: Inbox, bounds: Bounds, proxies: Proxies
    ) -> None:
        self._doors = {code: _open_door(one, bounds) for code, one in endpoints.items()}
        self._inbox = inbox
        self._bounds = bounds
        self._reading = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._proxies = proxies
        self._metrics = Metrics(inbox.health)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] == "lifespan":
            await _follow_lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            scope = self._proxies.resolve(scope)
            reply = await self._tell(scope) or await self._answer(scope, receive)
            await reply.send(send)

    async def _tell(self, scope: Scope) -> Reply | None:
        """What is told of ourselves; None where the path is a webhook's."""
        if scope["path"] in {"/healthz", "/readyz"}:
            return await self._tell_health()
        if scope["path"] == "/metrics" and is_local(scope):
            text = await asyncio.to_thread(self._metrics.write)
            return Reply.text(200, text.decode(), CONTENT_TYPE)
        return None

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        started = time.monotonic()
        pos_code, target = read_address(scope)
        door = self._doors.get(pos_code)
        try:
            reply = await self._receive(scope, door, pos_code, target, receive)
        except _BadRequestError as error:
            reply = error.reply
        except (StoreError, TimeoutError) as error:
            _LOG.warning("webhook not stored: %s", type(error).__name__)
            reply = BUSY
        except Exception as error:  # noqa: BLE001  our fault, whatever it is: they must send again
            # The kind only: a message or a traceback may hold what a customer wrote.
            _LOG.error("webhook failed: %s", type(error).__name__)
            reply = BUSY
        spent = time.monotonic() - started
        partner, reason = door.endpoint.partner if door else "", scope.get("reason", "")
        self._metrics.count(partner, reply.status, reason, spent)
        log_answer(partner, pos_code if door else "", reply.status, reason, spent)
        return reply

    async def _receive(
        self, scope: Scope, door: _Route | None, pos_code: str, target: str, receive: Receive
    ) -> Reply:
        if door is None:
            return UNKNOWN
        if scope["method"] not in METHODS:
            return _answer_probe(scope, door, target)
        if declared_length(scope) > door.body_bytes:
            await self._drain(receive)
            return TOO_LARGE
        body = await self._read_body(receive, door.body_bytes)
        return await self._store(scope, door, pos_code, target, body)

    async def _store(
        self, scope: Scope, door: _Route, pos_code: str, target: str, body: bytes
    ) -> Reply:
        method, headers, endpoint = scope["method"], scope["headers"], door.endpoint
        webhooks, secrets = endpoint.webhooks, endpoint.secrets
        now = time.time()
        message, verification = _verify(scope, endpoint, target, body, now)
        scope["reason"] = verification.reason
        greeting = self._greet(door, message, is_proved=verification.is_proved)
        if greeting is not None and not verification.ok:
            return greeting
        arrival = Arrival(
            partner=endpoint.partner,
            pos_code=pos_code,
            method=method,
            target=mask_target(target, secrets),
            headers=mask_headers(headers, webhooks.signature, secrets),
            body=mask_body(body, webhooks.signature, secrets),
            received_at=datetime.fromtimestamp(now, UTC),
            sender=group_sender((scope.get("client") or ("",))[0]),
        )
        arrival = mask_arrival(arrival, endpoint.redactor)
        if verification.ok:
            identity = identify(webhooks, arrival, target)
        else:
            identity = identify_refused(arrival, target, headers)
        async with asyncio.timeout(door.store_seconds):
            await self._inbox.put(arrival, verification, identity)
        if not verification.ok:
            return door.refused
        if greeting is not None:
            return greeting
        return _acknowledge(webhooks, message) if "{" in webhooks.ack_body else door.accepted

    def _greet(self, door: _Route, message: ReceivedMessage, *, is_proved: bool) -> Reply | None:
        """The answer to a handshake that comes as a delivery; None for any other."""
        if not may_hold(door.handshakes, message):
            return None
        found = answer(door.handshakes, message, door.endpoint.secrets, is_proved=is_proved)
        if found is None:
            return None
        reply, address = found
        if address is not None:
            task = asyncio.create_task(asyncio.to_thread(confirm, address))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return reply

    async def _drain(self, receive: Receive) -> None:
        """Read what is too much to keep, within bounds: a sender that is cut off sees no answer."""
        size, more, end = 0, True, time.monotonic() + self._bounds.body_seconds
        with suppress(TimeoutError, _BadRequestError):
            while more and size <= self._bounds.reading_bytes and time.monotonic() < end:
                async with asyncio.timeout(IDLE_SECONDS):
                    chunk, more = await _read_chunk(receive)
                size += len(chunk)

    async def _read_body(self, receive: Receive, most: int) -> bytes:
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._bounds.body_seconds):
                while True:
                    chunk, more = await _read_chunk(receive)
                    chunks.append(chunk)
                    size += len(chunk)
                    self._reading += len(chunk)
                    if size > most:
                        raise _BadRequestError(TOO_LARGE)
                    if self._reading > self._bounds.reading_bytes:
                        raise _BadRequestError(BUSY)
                    if not more:
                        return b"".join(chunks)
        except TimeoutError:
            raise _BadRequestError(TOO_SLOW) from None
        finally:
            self._reading -= size

    async def _tell_health(self) -> Reply:
        try:
            health = await asyncio.to_thread(self._inbox.health)
        except StoreError:
            return UNREADABLE
        fields = {"status": health.status, "troubles": health.troubles, **asdict(health)}
        return Reply(200 if health.is_writing else 503, fields=fields)


def _verify(
    scope: Scope, endpoint: Endpoint, target: str, body: bytes, now: float
) -> tuple[ReceivedMessage, Verification]:
    """A request as it was signed, and what its signature proves at an instant."""
    url = read_url(scope, endpoint.public_url, target)
    message = ReceivedMessage(scope["method"], url, scope["headers"], body)
    verification = verify(
        endpoint.webhooks.signature,
        endpoint.secrets,
        method=message.method,
        url=url,
        headers=message.headers,
        body=body,
        now=now,
    )
    return message, verification


def _answer_probe(scope: Scope, door: _Route, target: str) -> Reply:
    """Whether there is such an address, asked with a method that carries no event."""
    message, verification = _verify(scope, door.endpoint, target, b"", time.time())
    found = answer(
        door.handshakes, message, door.endpoint.secrets, is_proved=verification.is_proved
    )
    if found is not None:
        return found[0]
    known = {"HEAD": PRESENT, "OPTIONS": ALLOWED}
    return known.get(scope["method"], WRONG_METHOD)


def _acknowledge(webhooks: Webhooks, message: ReceivedMessage) -> Reply:
    body = fill(webhooks.ack_body, message, is_json=webhooks.ack_type.endswith("json"))
    return Reply.text(webhooks.ack, body, webhooks.ack_type)


def _open_door(endpoint: Endpoint, bounds: Bounds) -> _Route:
    webhooks, refusal = endpoint.webhooks, endpoint.webhooks.signature.refusal
    patience = (webhooks.timeout_seconds or 60) * PATIENCE_PART
    retry = (RETRY,) if refusal == BUSY.status else ()
    return _Route(
        endpoint=endpoint,
        handshakes=list_handshakes(webhooks),
        accepted=(
            Reply.text(webhooks.ack, webhooks.ack_body, webhooks.ack_type)
            if webhooks.ack_body
            else Reply(webhooks.ack)
        ),
        refused=Reply(refusal, "signature refused", *retry),
        store_seconds=min(bounds.store_seconds, patience),
        body_bytes=(webhooks.max_body_mb or 0) * 1024 * 1024 or bounds.body_bytes,
    )


async def _read_chunk(receive: Receive) -> tuple[bytes, bool]:
    # Servers report broken framing as an exception of their own, or like a sender that went away.
    try:
        message = await receive()
    except Exception as error:
        raise _BadRequestError(BROKEN) from error
    if message["type"] != "http.request":
        raise _BadRequestError(BROKEN)
    return message.get("body", b""), message.get("more_body", False)


async def _follow_lifespan(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
