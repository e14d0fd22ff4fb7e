"""Deliveries that are signed with a certificate and name its address."""

from __future__ import annotations

import base64
import datetime as dt
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pydantic import ValidationError

from workbench.partners.webhooks import Signature

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
# The text that notification services sign: names and values, each on a line of its own.
TEXT = "Message\n{json:$.Message}\nId\n{json:$.Id}\nType\n{json:$.Type}\n"


def certificate(days: int = 1) -> bytes:
    """A certificate of the key, valid from two days ago for so many days from now."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sender")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, KEY.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=2))
        .not_valid_after(now + dt.timedelta(days=days))
        .sign(KEY, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def host() -> Iterator[Any]:
    """Serves certificates by path, and counts how often it was asked."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            body = server.pages.get(self.path, b"no certificate")
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    server.pages = {"/now.pem": certificate(), "/old.pem": certificate(days=-1)}
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def delivery(address: str, number: int = 1, altered: bool = False) -> bytes:
    """A notification that is signed and names its certificate."""
    told = {"Message": f"order {number}", "Id": str(number), "Type": "Notification"}
    text = f"Message\norder {number}\nId\n{number}\nType\nNotification\n".encode()
    proof = base64.b64encode(KEY.sign(text, padding.PKCS1v15(), hashes.SHA1())).decode()
    told |= {"Signature": proof, "SigningCertURL": address}
    told["Message"] += "!" if altered else ""
    return json.dumps(told).encode()


def test_a_certificate_is_fetched_from_a_pinned_host_only(
    line: Callable[..., Any], host: Any
) -> None:
    """Once a day, and from nowhere else; an old one, none, or another text proves nothing."""
    signature = {
        "scheme": "rsa",
        "algorithm": "sha1",
        "encoding": "base64",
        "signature_json": "$.Signature",
        "template": TEXT,
        "certificate_json": "$.SigningCertURL",
        "certificate_hosts": ["127.0.0.1", "*.sender.example"],
    }
    running = line({"p1": ({"signature": signature}, ())})

    def send(address: str, **more: Any) -> int:
        status: int = running.send("/p1/webhooks/x", delivery(address, **more))[0]
        return status

    good = f"{host.url}/now.pem"
    assert [send(good), send(good, number=2)] == [200, 200]
    assert send(good, number=3, altered=True) == 401
    assert host.asked == ["/now.pem"]
    assert send(f"{host.url}/old.pem") == 401
    assert send(f"{host.url}/none.pem") == 401
    other = f"http://localhost:{host.server_port}/now.pem"
    evil = "https://127.0.0.1@evil.example/now.pem"
    assert [send(other), send(evil), send("https://a.b.sender.example/x")] == [401] * 3
    assert host.asked == ["/now.pem", "/old.pem", "/none.pem"]
    assert send("http://127.0.0.1:1/away.pem") == 503


@pytest.mark.parametrize(
    "fields",
    [
        {"scheme": "rsa", "header": "X", "certificate_header": "Y"},
        {"scheme": "rsa", "header": "X", "certificate_hosts": ["a"]},
        {
            "scheme": "hmac",
            "header": "X",
            "certificate_header": "Y",
            "certificate_hosts": ["a"],
        },
    ],
)
def test_a_certificate_without_pinned_hosts_is_not_stated(fields: dict[str, Any]) -> None:
    """An address that anybody may choose proves nothing."""
    with pytest.raises(ValidationError, match="certificate by its address"):
        Signature.model_validate(fields)
