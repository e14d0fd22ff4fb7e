"""A partner in bad conditions: a gateway that gets in the way stands before it.

Before a sandbox of this process it is a part of its server, as each hop costs as much as an answer;
before any other partner it is a server of its own.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.sandbox.outbox import Outbox
from workbench.sandbox.server import Running, Sandbox, Simulator

NOBODY = "http://127.0.0.1:9"
_EMPTY = 204
_DROPPED = {"connection", "host", "transfer-encoding", "content-length"}


@dataclass
class Gateway:
    """What stands between us and the partner.

    Attributes:
        target: Address of the sandbox's API.
        control: Address of its control.
        status: Answered instead of the partner, from the request of number `after` on; 0: never.
        every: Only each so many of these are.
        body: What is answered then, and `kind` its media type; `to` is where it leads.
        broken: `METHOD pattern` pairs, the pattern of a path, answered with 500.
        seconds: How long each answer takes.
        expire: Number of the request at which all tokens end; 0: never. The sandbox forgets them,
            if it has a control; else those that came so far are answered with 401.
        silent: Kinds of event (the end of their address) that are never sent.
        down: Nothing listens at the address of the API, nor at that of its control.
    """

    target: str
    control: str = ""
    status: int = 0
    after: int = 0
    every: int = 1
    body: str = '{"error": "no"}'
    kind: str = "application/json"
    to: str = ""
    broken: tuple[str, ...] = ()
    seconds: float = 0.0
    expire: int = 0
    silent: tuple[str, ...] = ()
    down: bool = False
    seen: int = 0
    tokens: set[str] = field(default_factory=set)
    ended: frozenset[str] = frozenset()
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, token: str = "") -> int:
        """The status with which it gets in the way of a request; 0: it lets it through."""
        with self.lock:
            self.seen += 1
            number = self.seen
            self.tokens |= {token} - {""}
            if number == self.expire:
                self._expire()
        if token in self.ended:
            return 401
        for verb, _, part in (item.partition(" ") for item in self.broken):
            if method == verb and re.search(part, path.partition("?")[0]):
                return 500
        is_hit = number > self.after and number % self.every == 0
        return self.status if is_hit else 0

    def said(self, status: int) -> tuple[dict[str, str], bytes]:
        """Headers and body of what it answers itself."""
        headers = {"content-type": self.kind} | ({"location": self.to} if self.to else {})
        return headers, b"" if status == _EMPTY else self.body.encode()

    def before(self, app: ASGIApp) -> ASGIApp:
        """The program of a sandbox with this gateway before its API; its control stays free."""

        async def pass_on(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"].startswith("/_control"):
                await app(scope, receive, send)
                return
            given = dict(scope["headers"]).get(b"authorization", b"").decode()
            path = scope["raw_path"].decode()
            # In a thread of its own where it asks the sandbox itself for something.
            ask = asyncio.to_thread if self.expire else _at_once
            status = await ask(self.answer, scope["method"], path, given)
            await asyncio.sleep(self.seconds)
            if not status:
                await app(scope, receive, send)
                return
            headers, body = self.said(status)
            listed = [(name.encode(), value.encode()) for name, value in headers.items()]
            listed.append((b"content-length", str(len(body)).encode()))
            await send({"type": "http.response.start", "status": status, "headers": listed})
            await send({"type": "http.response.body", "body": body})

        return pass_on

    def _expire(self) -> None:
        if self.control:
            _post(f"{self.control}/tokens/expire")
        else:
            self.ended = frozenset(self.tokens)


async def _at_once(function: Any, *given: Any) -> Any:
    return function(*given)


def _post(url: str) -> None:
    parts = urlsplit(url)
    there = http.client.HTTPConnection(parts.netloc, timeout=60)
    there.request("POST", parts.path)
    there.getresponse().read()
    there.close()


def _handler(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            token = self.headers.get("authorization", "")
            status = gateway.answer(self.command, self.path, token)
            time.sleep(gateway.seconds)
            if status:
                self._reply(status, *gateway.said(status))
                return
            parts = urlsplit(gateway.target)
            there = http.client.HTTPConnection(parts.netloc, timeout=30)
            kept = {k: v for k, v in self.headers.items() if k.lower() not in _DROPPED}
            there.request(self.command, self.path, body or None, kept)
            found = there.getresponse()
            data = found.read()
            headers = {k: v for k, v in found.getheaders() if k.lower() not in _DROPPED}
            there.close()
            self._reply(found.status, headers, data)

        def _reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _pass  # noqa: N815

    return Handler


def _hush(outbox: Outbox, silent: tuple[str, ...]) -> None:
    """Keep the outbox from sending events whose address ends so."""
    send = outbox.send

    def choose(tail: str, *given: object, **named: object) -> None:
        if tail not in silent:
            send(tail, *given, **named)  # type: ignore[arg-type]

    outbox.send = choose  # type: ignore[method-assign,assignment]


@contextmanager
def guarded(gateway: Gateway) -> Iterator[str]:
    """Stand before a partner; gives the address of the gateway, or one where nobody listens."""
    if gateway.down:
        yield NOBODY
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(gateway))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def opened(
    simulator: Simulator, *, credentials: bool | str = True, **conditions: object
) -> Iterator[Gateway]:
    """Run a partner behind a gateway; the environment of this process leads to it.

    `credentials`: whether we have them; `wrong`: those of the API are of somebody else, while the
    webhook secret is ours.
    """
    sandbox = Sandbox([simulator])
    running: Running = sandbox.partners[simulator.slug]
    gateway = Gateway("", running.control_url, **conditions)  # type: ignore[arg-type]
    running.server.config.app = gateway.before(running.server.config.app)  # type: ignore[arg-type]
    _hush(running.outbox, gateway.silent)
    with sandbox:
        given = sandbox.environment()
        if gateway.down:
            given |= {name: NOBODY for name in given if name.endswith("_URL")}
        kept = {k: v for k, v in given.items() if credentials or k.endswith("_URL")}
        if credentials == "wrong":
            ours = (k for k in kept if not k.endswith("_URL") and "WEBHOOK" not in k)
            kept |= {name: secrets.token_hex(16) for name in ours}
        os.environ.update(kept)
        try:
            yield gateway
        finally:
            for name in kept:
                os.environ.pop(name, None)
