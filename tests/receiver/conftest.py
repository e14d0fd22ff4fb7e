"""Fixtures of the receiver's tests: a real inbox, a real server, and raw sockets."""

from __future__ import annotations

import contextlib
import http.client
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # helpers beside the tests, which are no package

import postgres_server as postgres
from children import PATIENCE

from workbench.partners.webhooks import Webhooks
from workbench.receiver.app import create_app
from workbench.receiver.inbox import Inbox
from workbench.receiver.proxy import Proxies
from workbench.receiver.routes import Bounds, Endpoint
from workbench.receiver.server import ReceiverServer


@dataclass
class Line:
    """A running receiver, and how to talk to it."""

    server: ReceiverServer
    inbox: Inbox

    def send(
        self,
        path: str,
        body: bytes = b"{}",
        headers: dict[str, str] | None = None,
        method: str = "POST",
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own: status, headers, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, fields, answer.read()

    def raw(self, *parts: bytes, seconds: float = PATIENCE) -> bytes:
        """Bytes on a socket; everything that comes back until the server closes or time is up."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=seconds) as line:
            for part in parts:
                line.sendall(part)
            received = b""
            with contextlib.suppress(TimeoutError, ConnectionError):
                while chunk := line.recv(65536):
                    received += chunk
            return received


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server of our own."""
    if reason := postgres.missing():
        pytest.skip(reason)
    with postgres.cluster() as server:
        yield server


@pytest.fixture
def own_cluster() -> Iterator[postgres.Cluster]:
    """A server that may be hurt without harm to other tests."""
    if reason := postgres.missing():
        pytest.skip(reason)
    with postgres.cluster() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty inbox can be made: a file, and a database of its own."""
    if request.param == "sqlite":
        return str(tmp_path / "inbox.db")
    server: postgres.Cluster = request.getfixturevalue("cluster")
    return server.empty()


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    """An empty inbox."""
    with Inbox(tmp_path / "inbox.db") as opened:
        yield opened


@pytest.fixture
def line(inbox: Inbox) -> Iterator[Callable[..., Line]]:
    """Starts a receiver for endpoints given as {pos-code: (webhooks as data, keys)}."""
    with contextlib.ExitStack() as stack:

        def start(
            endpoints: dict[str, tuple[dict[str, Any], tuple[bytes, ...]]],
            bounds: Bounds | None = None,
            public_url: str | None = None,
            proxies: Proxies | None = None,
        ) -> Line:
            known = {
                code: Endpoint("tavola", Webhooks.model_validate(webhooks), keys, public_url)
                for code, (webhooks, keys) in endpoints.items()
            }
            app = create_app(known, inbox, bounds=bounds, proxies=proxies)
            return Line(stack.enter_context(ReceiverServer(app)), inbox)

        yield start
