"""A partner in bad conditions: the embedded sandbox behind a gateway that gets in the way."""

from __future__ import annotations

import http.client
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from workbench.sandbox.server import Sandbox
from workbench.sandbox.simulators import SIMULATORS

_DROPPED = {"connection", "host", "transfer-encoding", "content-length"}


@dataclass
class Gateway:
    """What stands between us and the partner.

    Attributes:
        target: Address of the sandbox's API.
        status: Answered instead of the partner, from the request of number `after` on; 0: never.
        broken: `METHOD path-part`, answered with 500.
        seconds: How long each answer takes.
        seen: Requests so far.
    """

    target: str
    status: int = 0
    after: int = 0
    broken: str = ""
    seconds: float = 0.0
    seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str) -> int:
        """The status with which it gets in the way of a request; 0: it lets it through."""
        with self.lock:
            self.seen += 1
            number = self.seen
        time.sleep(self.seconds)
        verb, _, part = self.broken.partition(" ")
        if self.broken and method == verb and part in path:
            return 500
        return self.status if number > self.after else 0


def _handler(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status = gateway.answer(self.command, self.path)
            if status:
                self._reply(status, {"content-type": "application/json"}, b'{"error": "no"}')
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


Open = Callable[..., "contextmanager[Gateway]"]


@pytest.fixture
def open_gateway(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Run an embedded partner behind a gateway; the environment leads to it."""

    @contextmanager
    def opened(slug: str, *, credentials: bool = True, **conditions: object) -> Iterator[Gateway]:
        with Sandbox([SIMULATORS[slug]]) as sandbox:
            for name, value in sandbox.environment().items():
                is_secret = not name.endswith("_URL")
                if credentials or not is_secret:
                    monkeypatch.setenv(name, value)
                else:
                    monkeypatch.delenv(name, raising=False)
            monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
            address = f"WORKBENCH_{slug.upper()}__SANDBOX__BASE_URL"
            base = urlsplit(os.environ[address])
            gateway = Gateway(f"{base.scheme}://{base.netloc}", **conditions)  # type: ignore[arg-type]
            server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(gateway))
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            monkeypatch.setenv(address, f"http://127.0.0.1:{server.server_port}{base.path}")
            try:
                yield gateway
            finally:
                server.shutdown()
                server.server_close()
                thread.join()

    return opened
