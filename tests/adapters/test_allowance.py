"""What a client may reach and change: only its own environment, and production never by tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workbench.adapters.http_client import HttpClient
from workbench.errors import InputError

Opener = Callable[..., HttpClient]

TRICKS = [
    "http://127.0.0.1:{port}/x",
    "HTTP://127.0.0.1:{port}/x",
    "http://localhost:{port}/x",
    "http://localhost.:{port}/x",
    "http://[::1]:{port}/x",
    "http://[::ffff:127.0.0.1]:{port}/x",
    "http://127.1:{port}/x",
    "http://2130706433:{port}/x",
    "http://0x7f000001:{port}/x",
    "http://0.0.0.0:{port}/x",
    "http://127.0.0.1:{own}@127.0.0.1:{port}/x",
    "http://127.0.0.1:{own}\\@127.0.0.1:{port}/x",
    "http://user:word@127.0.0.1:{own}/x",
    "http://127.0.0.1.:{own}/x",
    "https://127.0.0.1:{port}/x",
    "http://127.0.0.1:{port}#@127.0.0.1:{own}/x",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_reaches_another_address(
    open_client: Opener, partner: Any, production: Any, trick: str
) -> None:
    """However an address is dressed up, production receives nothing, nor does anyone else."""
    client = open_client()
    with pytest.raises(InputError, match=r"allowed|cannot be called"):
        client.send("GET", trick.format(port=production.port, own=partner.port))

    assert production.seen == []
    assert partner.seen == []


@pytest.mark.parametrize("path", ["//127.0.0.1:{port}/x", "@127.0.0.1:{port}/x", ":{port}/x"])
def test_path_stays_a_path(client: HttpClient, partner: Any, production: Any, path: str) -> None:
    """A path that looks like an address goes to our own host as a path."""
    client.send("GET", path.format(port=production.port))

    assert production.seen == []
    assert len(partner.seen) == 1


def test_redirect_to_production_is_not_followed(open_client: Opener, production: Any) -> None:
    """Not even where the target is allowed: a redirect is an answer."""
    client = open_client(allowed_hosts=frozenset({f"127.0.0.1:{production.port}"}))

    assert client.send("GET", "/fault/redirect/9").status == 307
    assert production.seen == []


def test_listed_host_is_reached(open_client: Opener, production: Any) -> None:
    """A further host of the manifest may be called by its URL."""
    client = open_client(allowed_hosts=frozenset({f"127.0.0.1:{production.port}"}))
    client.send("GET", f"{production.url}/x").require()

    assert production.count("/x") == 1


def test_https_is_not_downgraded(open_client: Opener) -> None:
    """The port alone does not make a plain connection to a TLS host acceptable."""
    client = open_client(base_url="https://partner.example:8443/v1")
    with pytest.raises(InputError, match="not an allowed address"):
        client.send("GET", "http://partner.example:8443/v1/x")


def test_bad_base_url_is_an_input_error(open_client: Opener) -> None:
    """A wrong address in a manifest is told, not tried."""
    with pytest.raises(InputError, match="Not an address"):
        open_client(base_url="https://user:word@partner.example")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "options",
    [
        {"allow_writes": False},
        {"allow_writes": True, "environment": "production"},
        {"allow_writes": False, "environment": "production", "purpose": "integration"},
    ],
)
def test_write_is_refused(
    open_client: Opener, partner: Any, method: str, options: dict[str, Any]
) -> None:
    """Without leave, and in production for tests, nothing is written."""
    with pytest.raises(InputError, match="not allowed here"):
        open_client(**options).send(method, "/x")

    assert partner.seen == []


def test_production_takes_no_word_for_a_reading_post(open_client: Opener, partner: Any) -> None:
    """Where a POST only searches, a sandbox believes the caller and production does not."""
    open_client(allow_writes=False).send("POST", "/search", write=False).require()
    with pytest.raises(InputError):
        open_client(environment="production").send("POST", "/search", write=False)

    assert len(partner.seen) == 1


def test_integration_may_write_to_production(open_client: Opener, partner: Any) -> None:
    """The running integration writes, when it is opened for that."""
    options = {"environment": "production", "purpose": "integration"}
    open_client(**options).send("POST", "/x").require()

    assert len(partner.seen) == 1
