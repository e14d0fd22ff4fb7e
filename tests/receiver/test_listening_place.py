"""Where the receiver listens in service: HTTPS, a Unix socket, and what is told before."""

from __future__ import annotations

import datetime as dt
import http.client
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from workbench.errors import InputError
from workbench.receiver.server import ListeningPlace, Tls

LISTENER = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[5:]
from workbench.partners.webhooks import Webhooks
from workbench.receiver.app import Endpoint, create_app
from workbench.receiver.inbox import Inbox
from workbench.receiver.proxy import Proxies
from workbench.receiver.server import ListeningPlace, Tls, serve
webhooks = Webhooks.model_validate({"signature": {"scheme": "none"}})
database, port, unix, tls = sys.argv[1:5]
place = ListeningPlace(port=int(port), unix=Path(unix) if unix else None,
                       tls=Tls(Path(tls) / "cert.pem", Path(tls) / "key.pem") if tls else None)
with Inbox(database) as inbox:
    app = create_app({"p1": Endpoint("t", webhooks)}, inbox, proxies=Proxies(["unix"]))
    serve(app, place, ready=lambda: print("ready", flush=True))
"""


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def connect(self) -> None:
        """Connect to the socket that `host` names."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(5)
        self.sock.connect(self.host)


def certify(folder: Path) -> None:
    """A key and a certificate of its own for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@contextmanager
def listening(tmp_path: Path, *, unix: str = "", tls: str = "") -> Iterator[int]:
    """A receiver in a process of its own; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    arguments = [str(tmp_path / "inbox.db"), str(port), unix, tls, *filter(None, sys.path)]
    with subprocess.Popen(
        [sys.executable, "-c", LISTENER, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield port
        finally:
            process.terminate()
            process.wait(120)


def ask(connection: http.client.HTTPConnection, method: str, path: str, **told: str) -> int:
    """Status of one request; waits until somebody listens."""
    for _ in range(1200):
        try:
            with closing(connection):
                connection.request(method, path, b"{}", {"Host": "h", **told})
                return connection.getresponse().status
        except (ConnectionError, FileNotFoundError):
            time.sleep(0.1)
    pytest.fail("nobody listens")


def test_https_is_served_from_the_files(tmp_path: Path) -> None:
    """A client that trusts the certificate posts an event over TLS."""
    certify(tmp_path)
    context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    with listening(tmp_path, tls=str(tmp_path)) as port:
        connection = http.client.HTTPSConnection("localhost", port, timeout=60, context=context)
        assert ask(connection, "POST", "/p1/webhooks/a") == 200


def test_a_unix_socket_is_served_and_taken_away(tmp_path: Path) -> None:
    """A proxy on the socket is believed where `unix` is trusted; the socket goes in the end."""
    path = tmp_path / "s"
    with listening(tmp_path, unix=str(path)):
        assert ask(UnixConnection(str(path)), "POST", "/p1/webhooks/a") == 200
        assert ask(UnixConnection(str(path)), "GET", "/metrics") == 200
        stranger = {"X-Forwarded-For": "203.0.113.9"}
        assert ask(UnixConnection(str(path)), "GET", "/metrics", **stranger) == 404
        with pytest.raises(InputError, match="somebody listens"):
            ListeningPlace(unix=path).check()
    assert not path.exists()


def test_files_that_are_no_certificate_are_told(tmp_path: Path) -> None:
    """A key of another certificate, text, and nothing: each is told with both files."""
    certify(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    certify(other)
    (tmp_path / "text.pem").write_text("no certificate", "utf-8")
    for certificate, key in (
        (tmp_path / "cert.pem", other / "key.pem"),
        (tmp_path / "text.pem", tmp_path / "key.pem"),
        (tmp_path / "absent.pem", tmp_path / "key.pem"),
    ):
        with pytest.raises(InputError) as caught:
            ListeningPlace(tls=Tls(certificate, key)).check()
        assert certificate.name in str(caught.value.location)
        assert caught.value.hint


def test_a_path_that_holds_something_else_is_kept(tmp_path: Path) -> None:
    """A file is never taken for a socket that a dead process left."""
    path = tmp_path / "notes.txt"
    path.write_text("mine", "utf-8")
    with pytest.raises(InputError, match="cannot be made"):
        ListeningPlace(unix=path).check()
    assert path.read_text("utf-8") == "mine"
