"""Nothing but the listed addresses can be connected to, by whatever library."""

from __future__ import annotations

import asyncio
import http.client
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from workbench.adapters.egress import (
    guard_egress,
    hook_source,
    judge_address,
    read_endpoint,
    write_endpoint,
)
from workbench.adapters.http_client import HttpClient


def _by_urllib(port: int) -> None:
    urllib.request.urlopen(f"http://127.0.0.1:{port}/x", timeout=20).read()


def _by_http_client(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/x")
    connection.getresponse().read()
    connection.close()


def _by_httpx(port: int) -> None:
    httpx.get(f"http://127.0.0.1:{port}/x", trust_env=False)


def _by_async_httpx(port: int) -> None:
    async def ask() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"http://127.0.0.1:{port}/x")

    asyncio.run(ask())


def _by_name(port: int) -> None:
    httpx.get(f"http://localhost:{port}/x", trust_env=False)


def _by_socket(port: int) -> None:
    with socket.socket() as plain:
        plain.connect(("127.0.0.1", port))


def _by_connect_ex(port: int) -> None:
    with socket.socket() as plain:
        plain.connect_ex(("127.0.0.1", port))


def _by_mapped_address(port: int) -> None:
    with socket.socket(socket.AF_INET6) as plain:
        plain.connect(("::ffff:127.0.0.1", port))


def _by_odd_spelling(port: int) -> None:
    with socket.socket() as plain:
        plain.connect(("127.1", port))


def _by_datagram(port: int) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as plain:
        plain.sendto(b"x", ("127.0.0.1", port))


WAYS = [
    _by_urllib,
    _by_http_client,
    _by_httpx,
    _by_async_httpx,
    _by_name,
    _by_socket,
    _by_connect_ex,
    _by_mapped_address,
    _by_odd_spelling,
    _by_datagram,
]


@pytest.mark.parametrize("way", WAYS)
def test_unlisted_address_is_not_reached(
    way: Callable[[int], None], partner: Any, production: Any
) -> None:
    """Every library's connection to an unlisted port fails before a byte is sent."""
    with (
        guard_egress([partner.url]) as guard,
        pytest.raises((OSError, httpx.HTTPError), match=r"not allowed|attempts failed"),
    ):
        way(production.port)

    assert production.seen == []
    assert guard.refused


@pytest.mark.parametrize("way", [_by_urllib, _by_http_client, _by_httpx, _by_async_httpx])
def test_listed_address_is_reached(way: Callable[[int], None], partner: Any) -> None:
    """A listed port can be called as before."""
    with guard_egress([f"127.0.0.1:{partner.port}"]):
        way(partner.port)

    assert len(partner.seen) == 1


def test_name_on_the_list_allows_its_addresses(partner: Any) -> None:
    """A listed name may be connected to at what it resolves to."""
    with guard_egress([f"localhost:{partner.port}"]):
        _by_httpx(partner.port)

    assert len(partner.seen) == 1


def test_several_guards_must_agree_and_closing_ends_them(partner: Any, production: Any) -> None:
    """Inside two guards only what both list can be called; after them everything can."""
    with guard_egress([partner.url, production.url]), guard_egress([partner.url]) as inner:
        _by_socket(partner.port)
        with pytest.raises(PermissionError):
            _by_socket(production.port)
        inner.close()
        _by_socket(production.port)
    _by_socket(production.port)


def test_wire_works_under_its_guard(client: HttpClient, partner: Any) -> None:
    """The guard and the client agree on what is allowed."""
    with guard_egress(write_endpoint(item) for item in client.allowed):
        assert client.send("GET", "/x").status == 200


def test_hook_guards_another_process(tmp_path: Path, partner: Any, production: Any) -> None:
    """The file that schemathesis loads stands alone and stops its process too."""
    hook = tmp_path / "guard.py"
    hook.write_text(hook_source([partner.url]), encoding="utf-8")
    script = (
        "import sys, urllib.request as u\n"
        "from schemathesis.core.hooks import load_from_env\n"
        "load_from_env()\n"
        "u.urlopen(sys.argv[1], timeout=20).read()\n"
        "try:\n    u.urlopen(sys.argv[2], timeout=20)\n"
        "except OSError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, f"{partner.url}/x", f"{production.url}/x"],
        env={"SCHEMATHESIS_HOOKS": str(hook), "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert "not allowed" in done.stdout
    assert len(partner.seen) == 1
    assert production.seen == []


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("API.Partner.example", ("api.partner.example", 443)),
        ("https://api.partner.example/v1", ("api.partner.example", 443)),
        ("http://api.partner.example", ("api.partner.example", 80)),
        ("127.0.0.1:8801", ("127.0.0.1", 8801)),
        ("[::1]:8801", ("::1", 8801)),
        ("http://[0:0:0:0:0:0:0:1]:8801/x", ("::1", 8801)),
        ("[::ffff:127.0.0.1]:80", ("127.0.0.1", 80)),
        ("münchen.example:1", ("xn--mnchen-3ya.example", 1)),
    ],
)
def test_endpoint_is_read(text: str, endpoint: tuple[str, int]) -> None:
    """Addresses have one form, whatever they were written like."""
    assert read_endpoint(text) == endpoint
    assert read_endpoint(write_endpoint(endpoint)) == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://",
        "user:password@partner.example",
        "https://partner.example@evil.example/",
        "partner.example.",
        "partner .example",
        "partner.example:port",
        "2130706433",
        "0x7f.1",
        "127.1",
        "ftp://partner.example",
        "a" * 300,
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Tricks with user names, dots, odd numbers and schemes are no addresses."""
    with pytest.raises(ValueError, match=r".") as caught:
        read_endpoint(text)
    assert "password" not in str(caught.value)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("64:ff9b::7f00:1", "loopback"),
        ("64:ff9b::a00:1", "private"),
        ("64:ff9b::808:808", "public"),
        ("2606:4700::1111", "public"),
    ],
)
def test_an_address_inside_another_is_what_counts(address: str, place: str) -> None:
    """What a translator (NAT64) leads to is judged, and nothing is read into other addresses."""
    assert judge_address(address) == place


def test_of_inner_addresses_a_public_guard_lets_only_the_stated_localhost_through() -> None:
    """A name on the list opens no way into a private network, not even on its port."""
    with guard_egress(["localhost:81"], is_public=True) as guard:
        assert guard.is_allowed("127.0.0.1", 81)
        assert not guard.is_allowed("127.0.0.1", 82)
        assert not guard.is_allowed("10.0.0.1", 81)
