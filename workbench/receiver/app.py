"""The receiver as an ASGI application: read, verify, store, and only then acknowledge.

Some partners take a 4xx as received and never send again, so trouble of ours is always 503 with
Retry-After, and a refused delivery is in quarantine before its sender hears of it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from workbench.errors import StoreError
from workbench.partners import Webhooks
from workbench.receiver.certificates import fetch_certificates
from workbench.receiver.connection_limits import group_sender
from workbench.receiver.events import identify, identify_refused
from workbench.receiver.handshake import (
    ALLOWED,
    BROKEN,
    BUSY,
    PRESENT,
    TOO_LARGE,
    TOO_SLOW,
    UNKNOWN,
    UNREADABLE,
    WRONG_METHOD,
    Reply,
    Send,
    answer,
    confirm,
    fill,
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
)
from workbench.receiver.receipt import Arrival
from workbench.receiver.received_message import ReceivedMessage
from workbench.receiver.routes import (
    Bounds,
    Endpoint,
    Route,
    choose_route,
    list_unfetched,
    open_routes,
)

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

IDLE_SECONDS = 0.5  # after which a sender of too much is taken to wait for our word
METHODS = frozenset({"POST", "PUT"})
_LOG = logging.getLogger("workbench.receiver")


class _BadRequestError(Exception):
    """The request cannot be read to its end; carries the reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def create_app(
    endpoints: Mapping[str, Endpoint | Sequence[Endpoint]],
    inbox: Inbox,
    *,
    bounds: Bounds | None = None,
    proxies: Proxies | None = None,
) -> Receiver:
    """Build the application for `/{pos-code}/webhooks/{anything}`; see `Receiver` for the others.

    Args:
        endpoints: Pos-code → who sends there; several are told apart by `choose_route`.
        inbox: Where everything goes.
        bounds: Limits on size and time.
        proxies: Who may tell where a request came from; none: nobody.

    Raises:
        ManifestError: A template or JSONPath of a partner is wrong.
        CredentialError: A partner signs, and no key is there to check it.
    """
    receiver = Receiver(inbox, bounds or Bounds(), proxies or Proxies())
    several = {
        code: (given,) if isinstance(given, Endpoint) else tuple(given)
        for code, given in endpoints.items()
    }
    for endpoint in {id(one): one for given in several.values() for one in given}.values():
        endpoint.check()
    receiver.replace(several)
    return receiver


class Receiver:
    """The ASGI application; made by `create_app`.

    Beside the webhooks, `/healthz` and `/readyz` tell how the inbox is, and `/metrics` tells this
    machine, in Prometheus' form, what was answered.
    """

    def __init__(self, inbox: Inbox, bounds: Bounds, proxies: Proxies) -> None:
        self._routes: dict[str, tuple[Route, ...]] = {}
        self._inbox = inbox
        self._bounds = bounds
        self._reading = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._proxies = proxies
        self._metrics = Metrics(inbox.health)

    def replace(self, endpoints: Mapping[str, Sequence[Endpoint]]) -> None:
        """Serve these from now on; a request that was begun ends as it began.

        Args:
            endpoints: Pos-code → who sends there; checked by `Endpoint.check`.
        """
        self._routes = open_routes(endpoints, self._bounds)

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
        routes = self._routes.get(pos_code, ())
        if len(routes) == 1:
            scope["partner"] = routes[0].endpoint.partner
        try:
            reply = await self._receive(scope, routes, pos_code, target, receive)
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
        partner, reason = scope.get("partner", ""), scope.get("reason", "")
        self._metrics.count(partner, reply.status, reason, spent)
        log_answer(partner, pos_code if routes else "", reply.status, reason, spent)
        return reply

    async def _receive(
        self,
        scope: Scope,
        routes: Sequence[Route],
        pos_code: str,
        target: str,
        receive: Receive,
    ) -> Reply:
        if not routes:
            return UNKNOWN
        if scope["method"] not in METHODS:
            return _answer_probe(scope, routes, target)
        most = max(route.body_bytes for route in routes)
        if declared_length(scope) > most:
            await self._drain(receive)
            return TOO_LARGE
        body = await self._read_body(receive, most)
        return await self._store(scope, routes, pos_code, target, body)

    async def _store(
        self, scope: Scope, routes: Sequence[Route], pos_code: str, target: str, body: bytes
    ) -> Reply:
        now = time.time()
        for unfetched in list_unfetched(routes, scope, body):
            await asyncio.to_thread(fetch_certificates, *unfetched)
        choice = choose_route(routes, scope, target, body, now)
        route, target, verification = choice.route, choice.target, choice.verification
        scope["partner"], scope["reason"] = route.endpoint.partner, verification.reason
        if len(body) > route.body_bytes:
            return TOO_LARGE
        greeting = self._greet(route, choice.message, is_proved=verification.is_proved)
        if greeting is not None and not verification.ok:
            return greeting
        webhooks = route.endpoint.webhooks
        arrival = _read_arrival(scope, route.endpoint, pos_code, target, body, now)
        if verification.ok:
            identity = identify(webhooks, arrival, target)
        else:
            identity = identify_refused(arrival, target, scope["headers"])
        async with asyncio.timeout(route.store_seconds):
            await self._inbox.put(arrival, verification, identity)
        if not verification.ok:
            return route.refused
        if greeting is not None:
            return greeting
        if "{" in webhooks.ack_body:
            return _acknowledge(webhooks, choice.message)
        return route.accepted

    def _greet(self, route: Route, message: ReceivedMessage, *, is_proved: bool) -> Reply | None:
        """The answer to a handshake that comes as a delivery; None for any other."""
        if not may_hold(route.handshakes, message):
            return None
        found = answer(route.handshakes, message, route.endpoint.secrets, is_proved=is_proved)
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


def _read_arrival(
    scope: Scope, endpoint: Endpoint, pos_code: str, target: str, body: bytes, now: float
) -> Arrival:
    """What came, without what must not be kept."""
    signature, secrets = endpoint.webhooks.signature, endpoint.secrets
    arrival = Arrival(
        partner=endpoint.partner,
        pos_code=pos_code,
        method=scope["method"],
        target=mask_target(target, secrets),
        headers=mask_headers(scope["headers"], signature, secrets),
        body=mask_body(body, signature, secrets),
        received_at=datetime.fromtimestamp(now, UTC),
        sender=group_sender((scope.get("client") or ("",))[0]),
    )
    return mask_arrival(arrival, endpoint.redactor)


def _answer_probe(scope: Scope, routes: Sequence[Route], target: str) -> Reply:
    """Whether there is such an address, asked with a method that carries no event."""
    for route in routes:
        choice = choose_route([route], scope, target, b"", time.time())
        is_proved = choice.verification.is_proved
        secrets = route.endpoint.secrets
        found = answer(route.handshakes, choice.message, secrets, is_proved=is_proved)
        if found is not None:
            return found[0]
    known = {"HEAD": PRESENT, "OPTIONS": ALLOWED}
    return known.get(scope["method"], WRONG_METHOD)


def _acknowledge(webhooks: Webhooks, message: ReceivedMessage) -> Reply:
    body = fill(webhooks.ack_body, message, is_json=webhooks.ack_type.endswith("json"))
    return Reply.text(webhooks.ack, body, webhooks.ack_type)


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
