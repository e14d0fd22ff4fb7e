"""An exchange ends at its deadline, whichever part of it the far side draws out."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from workbench.adapters import transport
from workbench.adapters.download import download
from workbench.adapters.http_client import HttpClient
from workbench.adapters.retry_policy import RetryPolicy
from workbench.errors import UnavailableError

PATIENCE = RetryPolicy(connect=5, read=5, write=5, pool=5, total=0.7, attempts=1)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
# A sender that is not cut off goes on for this long; tests wait for its end, not for a clock.
PAUSE, PARTS = 0.1, 600

Act = Callable[[socket.socket, threading.Event], None]


def drip(first: bytes, part: bytes, pause: float = PAUSE) -> Act:
    """Send `first`, then `part` again and again."""

    def act(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(first)
        for _ in range(PARTS):
            connection.sendall(part)
            if over.wait(pause):
                return

    return act


def keep_silent(connection: socket.socket, over: threading.Event) -> None:
    """Answer nothing."""
    over.wait(PAUSE * PARTS)


SLOW: dict[str, Act] = {
    "status line": drip(b"HTTP/1.1 200 OK", b" "),
    "one byte of status at a time": drip(b"", b"H"),
    "headers": drip(HEAD, b"X: y\r\n"),
    "one long header": drip(HEAD + b"X: ", b"y"),
    "103 early hints": drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "100 continue": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "100 continue, in floods": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 200, 0.001),
    "102 processing with headers": drip(b"", b"HTTP/1.1 102 Processing\r\nA: b\r\n\r\n"),
    "chunk size": drip(CHUNKED, b"0"),
    "chunk extension": drip(CHUNKED + b"5;", b"a" * 100),
    "chunk by chunk": drip(CHUNKED, b"1\r\nx\r\n"),
    "trailers": drip(CHUNKED + b"2\r\n{}\r\n0\r\n", b"T: x\r\n"),
    "body of known length": drip(HEAD + b"Content-Length: 9999\r\n\r\n", b"x"),
    "body until the end": drip(HEAD + b"Connection: close\r\n\r\n", b"x"),
    "nothing at all": keep_silent,
}


class Slow:
    """A server on loopback that does one thing to every connection; counts whom it let go."""

    def __init__(self, act: Act, context: ssl.SSLContext | None = None, read: int = 65536) -> None:
        self._act, self._context, self._read = act, context, read
        self.over = threading.Event()
        self.cut_off = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(
                    target=self._handle, args=(self._listener.accept()[0],), daemon=True
                ).start()

    def _handle(self, connection: socket.socket) -> None:
        try:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            if self._read:
                connection.recv(self._read)
            self._act(connection, self.over)
        except OSError:
            self.cut_off.set()
        finally:
            connection.close()

    def close(self) -> None:
        """Stop, and let every sender end."""
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Slow]]:
    """Starts slow servers and stops them."""
    started: list[Slow] = []

    def start(act: Act, **options: object) -> Slow:
        started.append(Slow(act, **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for server in started:
        server.close()


def ask(server: Slow, method: str = "GET", **content: bytes) -> None:
    """One request with little patience."""
    scheme = "https" if server._context else "http"
    with HttpClient(
        f"{scheme}://127.0.0.1:{server.port}", policy=PATIENCE, allow_writes=True
    ) as client:
        client.send(method, "/x", **content)  # type: ignore[arg-type]


@pytest.mark.parametrize("part", SLOW)
def test_drawn_out_answer_is_cut_off(serve: Callable[..., Slow], part: str) -> None:
    """Each part of an answer counts: the connection is closed while the sender still sends."""
    server = serve(SLOW[part])
    with pytest.raises(UnavailableError, match="too slowly"):
        ask(server)

    assert not server.over.is_set()
    if part != "nothing at all":
        assert server.cut_off.wait(PAUSE * PARTS / 2)


@pytest.mark.parametrize("part", ["headers", "trailers", "103 early hints"])
def test_drawn_out_document_is_cut_off(
    serve: Callable[..., Slow], tmp_path: Path, part: str
) -> None:
    """Fetching a document by its address ends in time too, and leaves nothing."""
    server = serve(SLOW[part])
    with pytest.raises(UnavailableError, match="too slowly"):
        download(f"http://127.0.0.1:{server.port}/api.json", tmp_path, policy=PATIENCE)

    assert list(tmp_path.iterdir()) == []


def test_request_that_nobody_reads_is_cut_off(serve: Callable[..., Slow]) -> None:
    """A far side that takes a body by the crumb does not hold us either."""

    def sip(connection: socket.socket, over: threading.Event) -> None:
        while not over.wait(PAUSE) and connection.recv(100):
            pass

    server = serve(sip, read=0)
    with pytest.raises(UnavailableError, match="too slowly"):
        ask(server, "POST", content=bytes(16 * 1024 * 1024))


def test_handshake_is_cut_off(serve: Callable[..., Slow]) -> None:
    """A server that accepts and never shakes hands counts as one that does not answer."""
    server = serve(keep_silent, read=0)
    with (
        pytest.raises(UnavailableError, match="too slowly"),
        HttpClient(f"https://127.0.0.1:{server.port}", policy=PATIENCE) as client,
    ):
        client.send("GET", "/x")


def test_deadline_holds_on_an_encrypted_connection(
    serve: Callable[..., Slow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS changes nothing: the same parts are cut off."""
    certificate = _certify(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    trust = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(transport, "_trust", lambda: trust)
    server = serve(SLOW["headers"], context=context)
    with pytest.raises(UnavailableError, match="too slowly"):
        ask(server)

    assert server.cut_off.wait(PAUSE * PARTS / 2)


def test_kept_connection_gets_a_new_deadline(serve: Callable[..., Slow]) -> None:
    """A second request on the same connection has its whole time, and no more."""
    answered = threading.Event()

    def once(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")
        answered.set()
        connection.recv(65536)
        SLOW["headers"](connection, over)

    server = serve(once)
    with HttpClient(f"http://127.0.0.1:{server.port}", policy=PATIENCE) as client:
        assert client.send("GET", "/x").json() == {}
        assert answered.wait(5)
        with pytest.raises(UnavailableError, match="too slowly"):
            client.send("GET", "/x")
    assert server.cut_off.wait(PAUSE * PARTS / 2)


def _certify(folder: Path) -> Path:
    """A certificate of our own for 127.0.0.1, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
