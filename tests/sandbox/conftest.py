"""What the tests of the simulators share: a client, and a receiver of their webhooks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest


class Listener:
    """A small webhook receiver that remembers what it got and answers with `statuses` in turn."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], Any]] = []
        self.statuses: list[int] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                listener.got.append((self.path, headers, json.loads(body)))
                self.send_response(listener.statuses.pop(0) if listener.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/pos-1/webhooks"

    def wait(self, count: int) -> list[tuple[str, dict[str, str], Any]]:
        """The requests, once there are `count` of them; fails after a minute."""
        deadline = time.monotonic() + 60
        while len(self.got) < count:
            assert time.monotonic() < deadline, f"{len(self.got)} of {count} webhooks came"
            time.sleep(0.01)
        return self.got


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """One connection pool for all tests."""
    with httpx.Client() as client:
        yield client


class Remote:
    """Calls one root address, with constant headers."""

    def __init__(self, client: httpx.Client, root: str, **headers: str) -> None:
        self._client = client
        self._root = root
        self._headers = headers

    def __call__(self, method: str, path: str, **content: Any) -> httpx.Response:
        """Send one request."""
        headers = self._headers | content.pop("headers", {})
        return self._client.request(method, self._root + path, headers=headers, **content)


@pytest.fixture
def listener(control: Remote) -> Iterator[Listener]:
    """A receiver to which the platform sends its webhooks."""
    receiver = Listener()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.02,))
    thread.start()
    control("POST", "/webhooks", json={"url": receiver.url})
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()
