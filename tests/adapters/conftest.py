"""A partner that misbehaves on purpose: a real server on loopback with faults at socket level."""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import socket
import socketserver
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

import pytest

from workbench.adapters.adapter import Adapter
from workbench.adapters.http_client import HttpClient
from workbench.adapters.proof import Login
from workbench.adapters.recorder import Recorder
from workbench.adapters.retry_policy import RetryPolicy
from workbench.adapters.session import Session
from workbench.partners import Partner as Folder
from workbench.partners import load_partner
from workbench.sandbox.server import Sandbox
from workbench.sandbox.simulators import SIMULATORS
from workbench.secrecy import Redactor
from workbench.settings import Settings

ROOT = Path(__file__).parents[2]
# How the manifest of the folders in these tests begins; `write_folder` fills it in.
NOOK = """
partner: nook
title: Nook
timezone: Europe/Madrid
currency: EUR
documents: [{{path: api.json, sha256: {sha256}}}]
environments: {{sandbox: {{base_url: {url}}}}}
auth: {{scheme: none}}"""
QUICK = RetryPolicy(
    connect=20,
    read=20,
    write=20,
    pool=20,
    total=60,
    wait_initial=0.01,
    wait_max=0.05,
    wait_jitter=0,
)


Opened = Callable[[str], Adapter]


@dataclass
class Seen:
    """One request that reached the server."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass
class Partner:
    """The server's memory, and what tests change about it."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    hits: Counter[str] = field(default_factory=Counter)
    tokens: set[str] = field(default_factory=set)
    token_life: float | str | None = 300
    token_delay: float = 0.0
    token_status: int = 200
    routes: dict[str, Callable[[Seen], bytes]] = field(default_factory=dict)
    acts: dict[str, Callable[[socket.socket], bytes]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Root of the server."""
        return f"http://127.0.0.1:{self.port}"

    def count(self, path: str) -> int:
        """How many requests came for a path."""
        return sum(seen.path == path for seen in self.seen)


def answer(
    status: int, body: bytes = b"{}", *, kind: str = "application/json", **headers: str
) -> bytes:
    """A whole answer, as bytes."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    headers.setdefault("Connection", "close")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@functools.cache
def _bomb() -> bytes:
    machine = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    zeros = bytes(1024 * 1024)
    return b"".join([*(machine.compress(zeros) for _ in range(100)), machine.flush()])


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _truncate(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def _drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b" ")
        time.sleep(0.1)


def _html() -> bytes:
    return answer(200, b"<html><title>Maintenance</title></html>", kind="text/html")


# Each is bytes to answer with, or something to do to the connection.
FAULTS: dict[str, Callable[[], bytes] | Callable[[socket.socket], None]] = {
    "503": lambda: answer(503),
    "500": lambda: answer(500),
    "429-seconds": lambda: answer(429, Retry_After="1"),
    "429-date": lambda: answer(
        429, Date=formatdate(1e9, usegmt=True), Retry_After=formatdate(1e9 + 1, usegmt=True)
    ),
    "429-day": lambda: answer(429, Retry_After="86400"),
    "429-bare": lambda: answer(429),
    "429-bad": lambda: answer(429, Retry_After="soon"),
    "html": _html,
    # Promises to keep the connection, and closes it: the next request on it is lost.
    "stale": lambda: answer(200, Connection="keep-alive"),
    "redirect": lambda: answer(307, Location="http://127.0.0.1:1/elsewhere"),
    "bomb": lambda: answer(200, _bomb(), Content_Encoding="gzip"),
    "gzip": lambda: answer(200, gzip.compress(b'{"ok":true}'), Content_Encoding="gzip"),
    "half-gzip": lambda: answer(200, gzip.compress(b"{}" * 99)[:-12], Content_Encoding="gzip"),
    "brotli": lambda: answer(200, b"\x0b\x00", Content_Encoding="br"),
    "large": lambda: answer(200, bytes(33 * 1024 * 1024)),
    "cookie": lambda: answer(200, Set_Cookie="session=partner-session; Path=/"),
    "rst": _reset,
    "close": lambda connection: connection.close(),
    "garbage": lambda connection: connection.sendall(b"\x16\x03\x01 no HTTP at all\r\n\r\n"),
    "hang": lambda _: time.sleep(0.8),
    "truncated": _truncate,
    "drip": _drip,
}


_ON_SOCKET = {"rst", "close", "garbage", "hang", "truncated", "drip"}


def inject(fault: str, connection: socket.socket) -> bytes:
    """Let a fault happen: to the connection, or by what is answered."""
    act = FAULTS[fault]
    if fault in _ON_SOCKET:
        act(connection)  # type: ignore[call-arg]
        return b""
    return act()  # type: ignore[call-arg, return-value]


class _Handler(socketserver.StreamRequestHandler):
    partner: Partner

    def handle(self) -> None:
        seen = self._read()
        if seen is None:
            return
        with self.partner.lock:
            self.partner.seen.append(seen)
            self.partner.hits[seen.path] += 1
            nth = self.partner.hits[seen.path]
        try:
            self._respond(seen, nth)
        except OSError:
            return

    def _read(self) -> Seen | None:
        first = self.rfile.readline().decode().split()
        if len(first) != 3:
            return None
        headers: dict[str, str] = {}
        while (line := self.rfile.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        return Seen(first[0], first[1], headers, body)

    def _respond(self, seen: Seen, nth: int) -> None:
        _, kind, *rest = [*seen.path.split("/"), ""]
        route = self.partner.routes.get(f"{seen.method} {seen.path}")
        act = self.partner.acts.get(f"{seen.method} {seen.path}")
        if route is not None:
            self.connection.sendall(route(seen))
        elif act is not None:
            self._finish(act(self.connection))
        elif kind == "fault" and nth <= int(rest[1]):
            self._finish(inject(rest[0], self.connection))
        elif kind == "token":
            self._give_token()
        elif kind == "private":
            token = seen.headers.get("authorization", "").removeprefix("Bearer ")
            self.connection.sendall(answer(200 if token in self.partner.tokens else 401))
        else:
            told = {"method": seen.method, "target": seen.target, "headers": seen.headers}
            body = json.dumps({**told, "body": seen.body.decode("latin-1")}).encode()
            self.connection.sendall(answer(200, body, X_Echo=seen.headers.get("x-api-key", "")))

    def _finish(self, body: bytes) -> None:
        if body:
            self.connection.sendall(body)

    def _give_token(self) -> None:
        time.sleep(self.partner.token_delay)
        with self.partner.lock:
            token = f"access-token-{len(self.partner.tokens)}-{time.monotonic_ns()}"
            self.partner.tokens.add(token)
        told = {"access_token": token, "token_type": "bearer"}
        if self.partner.token_life is not None:
            told |= {"expires_in": self.partner.token_life}
        self.connection.sendall(answer(self.partner.token_status, json.dumps(told).encode()))


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64


def write_folder(
    root: Path, url: str, manifest: str, mapping: str, paths: dict[str, object]
) -> Settings:
    """A checkout with the partner folder `nook`, whose document has these paths."""
    folder = root / "contracts" / "nook"
    folder.mkdir(parents=True)
    document = json.dumps(
        {"openapi": "3.1.0", "info": {"title": "Nook", "version": "1"}, "paths": paths}
    )
    sha256 = hashlib.sha256(document.encode()).hexdigest()
    (folder / "api.json").write_text(document)
    (folder / "mapping.yaml").write_text(mapping)
    (folder / "partner.yaml").write_text(manifest.format(url=url, sha256=sha256))
    return Settings(root=root)


def _serve() -> Iterator[Partner]:
    partner = Partner()
    handler = type("Handler", (_Handler,), {"partner": partner})
    _bomb()
    with _Server(("127.0.0.1", 0), handler) as server:
        partner.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield partner
        server.shutdown()
        thread.join()


@pytest.fixture
def partner() -> Iterator[Partner]:
    """The partner's sandbox."""
    yield from _serve()


@pytest.fixture
def production() -> Iterator[Partner]:
    """Another server, which must never be reached."""
    yield from _serve()


@pytest.fixture
def open_client(partner: Partner) -> Iterator[Callable[..., HttpClient]]:
    """Opens clients to the sandbox and closes them."""
    opened: list[HttpClient] = []

    def open_(
        auth: Login | None = None,
        *,
        secrets: tuple[str, ...] = (),
        told: bytes = b"",
        **options: object,
    ) -> HttpClient:
        redactor = Redactor(secrets, told=told)
        settings = {"policy": QUICK, "allow_writes": True, **options}
        base_url = str(settings.pop("base_url", partner.url))
        client = HttpClient(
            base_url, auth=auth, redactor=redactor, recorder=Recorder(redactor), **settings
        )
        opened.append(client)
        return client

    yield open_
    for client in opened:
        client.close()


@pytest.fixture
def client(open_client: Callable[..., HttpClient]) -> HttpClient:
    """A client without login that may write."""
    return open_client()


@functools.cache
def find_partner(slug: str) -> Folder:
    """The folder of an embedded partner, read once."""
    return load_partner(slug, Settings(root=ROOT))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The embedded partners, running."""
    with Sandbox(SIMULATORS.values()) as running:
        yield running


@pytest.fixture
def open_adapter(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Opens adapters to the embedded partners, freshly seeded, and closes them."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    opened: list[Adapter] = []

    def open_(slug: str) -> Adapter:
        adapter = Adapter.open(find_partner(slug), settings=Settings(root=ROOT))
        opened.append(adapter)
        assert adapter.session.control is not None
        adapter.session.control.send("POST", "/reset").require()
        return adapter

    yield open_
    for adapter in opened:
        adapter.close()


@pytest.fixture
def open_nook(tmp_path: Path, partner: Partner) -> Iterator[Callable[..., Adapter]]:
    """Opens an adapter to a folder made for the test, on the server that misbehaves."""
    opened: list[Adapter] = []

    def open_(manifest: str, mapping: str, paths: dict[str, object], **options: object) -> Adapter:
        settings = write_folder(tmp_path, partner.url, manifest, mapping, paths)
        loaded = load_partner("nook", settings)
        how = {"policy": QUICK, "allow_writes": True, "purpose": "integration", **options}
        adapter = Adapter(Session(loaded, "sandbox", settings, **how))  # type: ignore[arg-type]
        opened.append(adapter)
        return adapter

    yield open_
    for adapter in opened:
        adapter.close()
