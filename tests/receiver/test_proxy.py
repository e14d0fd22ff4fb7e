"""Requests that come through proxies: who sent them, by which URL, and whom we believe."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest

from workbench.errors import InputError
from workbench.receiver.proxy import Proxies

KEY = b"key-of-the-proxy-tests"
# As Square does: the URL and the body are signed together.
SIGNED_URL = {
    "signature": {
        "scheme": "hmac",
        "header": "X-Sign",
        "encoding": "base64",
        "template": "{url}{body}",
        "credentials": ["webhook_secret"],
    }
}


def sign(url: str, body: bytes) -> dict[str, str]:
    """What a partner sends that knows us by this URL."""
    digest = hmac.new(KEY, url.encode() + body, hashlib.sha256).digest()
    return {"X-Sign": base64.b64encode(digest).decode()}


def resolve(proxies: Proxies, peer: str, **headers: str) -> dict[str, Any]:
    """The request as the sender made it, from the headers of the last proxy."""
    pairs = [(b"host", b"inner:8700")]
    pairs += [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope = {
        "type": "http",
        "client": (peer, 5000) if peer else None,
        "scheme": "http",
        "path": "/p1/webhooks/x",
        "raw_path": b"/p1/webhooks/x",
        "headers": pairs,
    }
    found = dict(proxies.resolve(scope))
    found["host"] = dict(found["headers"])[b"host"].decode()
    found["client"] = (found["client"] or ("",))[0]
    return found


@pytest.mark.parametrize(
    ("trusted", "peer", "headers", "expected"),
    [
        ("10.0.0.0/8", "10.1.2.3", {"x_forwarded_for": "203.0.113.9"}, ("203.0.113.9", "http")),
        (
            "10.0.0.0/8",
            "10.1.2.3",
            {"forwarded": 'for="[2001:db8::7]:4711";proto=https;host=hooks.example'},
            ("2001:db8::7", "https", "hooks.example"),
        ),
        # What the sender wrote itself stands before what the proxies added.
        (
            "10.0.0.0/8",
            "10.1.2.3",
            {
                "x_forwarded_for": "198.51.100.1, 203.0.113.9, 10.9.9.9",
                "x_forwarded_proto": "https",
            },
            ("203.0.113.9", "https"),
        ),
        (
            "10.0.0.0/8",
            "10.1.2.3",
            {"forwarded": "for=198.51.100.1;host=evil.example, for=203.0.113.9;host=a.example"},
            ("203.0.113.9", "http", "a.example"),
        ),
        (
            "10.0.0.0/8",
            "10.1.2.3",
            {"forwarded": "for=203.0.113.9;host=outer.example, for=10.7.7.7;host=inner.example"},
            ("203.0.113.9", "http", "outer.example"),
        ),
        ("unix", "", {"x_forwarded_for": "203.0.113.9"}, ("203.0.113.9", "http")),
        (
            "127.0.0.1",
            "::ffff:127.0.0.1",
            {"x_forwarded_for": "203.0.113.9"},
            ("203.0.113.9", "http"),
        ),
        # Nobody of these may tell us anything.
        ("", "10.1.2.3", {"x_forwarded_for": "203.0.113.9"}, ("10.1.2.3", "http", "inner:8700")),
        ("10.0.0.0/8", "192.0.2.1", {"forwarded": "for=203.0.113.9"}, ("192.0.2.1", "http")),
        ("10.0.0.0/8", "", {"x_forwarded_for": "203.0.113.9"}, ("", "http")),
        # Nonsense is passed over.
        ("10.0.0.0/8", "10.1.2.3", {"forwarded": 'for="203.0.113.9'}, ("10.1.2.3", "http")),
        (
            "10.0.0.0/8",
            "10.1.2.3",
            {"x_forwarded_host": "a.example/@evil", "x_forwarded_proto": "javascript"},
            ("10.1.2.3", "http", "inner:8700"),
        ),
        (  # the proxy writes the one kind, and hands on the other as the sender forged it
            "10.0.0.0/8",
            "10.1.2.3",
            {"forwarded": "for=198.51.100.1;host=evil.example", "x_forwarded_for": "203.0.113.9"},
            ("10.1.2.3", "http", "inner:8700"),
        ),
        (
            "10.0.0.0/8",
            "10.1.2.3",
            {"forwarded": "for=203.0.113.9;proto=https", "x_forwarded_for": "9.9.9.9, 203.0.113.9"},
            ("203.0.113.9", "https"),
        ),
    ],
)
def test_a_request_is_read_as_its_sender_made_it(
    trusted: str, peer: str, headers: dict[str, str], expected: tuple[str, ...]
) -> None:
    """Client, scheme and host come from the outermost proxy that we trust, and from no other."""
    found = resolve(Proxies(trusted.split(",")), peer, **headers)
    assert (found["client"], found["scheme"], found["host"])[: len(expected)] == expected


def test_headers_of_a_megabyte_are_passed_over() -> None:
    """A header that no proxy writes costs nothing and changes nothing."""
    found = resolve(Proxies(["10.0.0.0/8"]), "10.1.2.3", forwarded="for=1.2.3.4," * 100_000)
    assert found["client"] == "10.1.2.3"


@pytest.mark.parametrize(
    ("trusted", "prefix"), [("proxy.example", ""), ("", "hooks"), ("", "/a b")]
)
def test_what_is_no_address_or_path_is_told(trusted: str, prefix: str) -> None:
    """A wrong setting ends the start, and says how to write it."""
    with pytest.raises(InputError) as caught:
        Proxies(trusted.split(","), prefix)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("prefix", "path", "told", "url"),
    [
        ("", "/p1/webhooks/new", {}, "https://hooks.example/p1/webhooks/new"),
        ("/in", "/in/p1/webhooks/new", {}, "https://hooks.example/in/p1/webhooks/new"),
        (
            "",
            "/p1/webhooks/new?a=1",
            {"X-Forwarded-Prefix": "/in"},
            "https://hooks.example/in/p1/webhooks/new?a=1",
        ),
    ],
)
def test_a_signature_over_the_url_holds_behind_a_proxy(
    line: Callable[..., Any], prefix: str, path: str, told: dict[str, str], url: str
) -> None:
    """The partner signs the address that it knows; a proxy that is not trusted changes nothing."""
    headers = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "hooks.example",
        "X-Forwarded-For": "203.0.113.9",
        **told,
        **sign(url, b"{}"),
    }
    endpoints = {"p1": (SIGNED_URL, (KEY,))}
    behind = line(endpoints, proxies=Proxies(["127.0.0.1"], prefix))
    assert behind.send(path, headers=headers)[0] == 200
    before = line(endpoints, proxies=Proxies([], prefix))
    assert before.send(path, headers=headers)[0] == 401
