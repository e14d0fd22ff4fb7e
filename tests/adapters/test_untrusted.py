"""Certificates that are not accepted, by real TLS servers: told as such, held against nobody."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from workbench.adapters import transport
from workbench.adapters.http_client import HttpClient
from workbench.errors import UntrustedError
from workbench.reporting.language import load_language, name_refusal

from .conftest import QUICK

KEY = ec.generate_private_key(ec.SECP256R1())
DAY = timedelta(days=1)
# Kind → whose name it bears, from and until when in days, by our authority or not, what is told.
KINDS = {
    "expired": ("localhost", -9, -1, True, "certificate has expired"),
    "not yet valid": ("localhost", 1, 9, True, "certificate is not yet valid"),
    "of another host": (
        "api.other.example",
        -9,
        9,
        True,
        "certificate is not valid for 'localhost'",
    ),
    "signed by itself": ("localhost", -9, 9, False, "self-signed certificate"),
}


def _sign(name: str, since: int, until: int, *, by: str, is_authority: bool = False) -> bytes:
    now = datetime.now(UTC)
    subject, issuer = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, one)]) for one in (name, by)
    )
    builder = x509.CertificateBuilder(
        issuer,
        subject,
        KEY.public_key(),
        x509.random_serial_number(),
        now + since * DAY,
        now + until * DAY,
    ).add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    if not is_authority:
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class _Answer(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Greet whoever accepts the certificate."""
        self.send_response(204)
        self.end_headers()


@pytest.fixture(params=KINDS)
def served(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, str]]:
    """Address of a server with such a certificate, and what is to be told of it."""
    name, since, until, is_signed, told = KINDS[request.param]
    authority = tmp_path / "authority.pem"
    authority.write_bytes(_sign("Authority", -30, 30, by="Authority", is_authority=True))
    own = tmp_path / "own.pem"
    text = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    own.write_bytes(_sign(name, since, until, by="Authority" if is_signed else name) + text)
    ours = ssl.create_default_context(cafile=str(authority))
    monkeypatch.setattr(transport, "_trust", lambda: ours)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"https://localhost:{server.server_port}", told
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_certificate_that_is_not_accepted_is_told(served: tuple[str, str]) -> None:
    """What is wrong with it, what to do, and one sentence for the top of a report."""
    address, told = served
    with HttpClient(address, policy=QUICK) as client, pytest.raises(UntrustedError) as caught:
        client.send("GET", "/orders")
    assert told in caught.value.message
    assert "_ssl" not in caught.value.message
    assert caught.value.hint
    words = name_refusal(UntrustedError.__name__, load_language("en"))
    assert "TLS certificate" in words
