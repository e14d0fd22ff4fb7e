"""The client against a partner that fails in every way that partners fail."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from workbench.adapters.http_client import HttpClient
from workbench.errors import (
    InputError,
    PartnerError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
)
from workbench.partners.manifest import RateLimits

from .conftest import QUICK

Opener = Callable[..., HttpClient]


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        ("503", 2),
        ("500", 1),
        ("408", 1),
        ("429-bare", 1),
        ("429-bad", 1),
        ("rst", 1),
        ("close", 1),
        ("garbage", 1),
        ("hang", 1),
        ("truncated", 1),
        ("half-gzip", 1),
    ],
)
def test_read_survives_passing_fault(
    client: HttpClient, partner: Any, fault: str, times: int
) -> None:
    """A read meets the fault, asks again, and has its answer in the end."""
    answer = client.send("GET", f"/fault/{fault}/{times}").require()

    assert answer.json()["method"] == "GET"
    assert answer.attempts == times + 1
    assert partner.count(f"/fault/{fault}/{times}") == times + 1


@pytest.mark.parametrize("fault", ["429-seconds", "429-date"])
def test_retry_after_is_waited_for(client: HttpClient, fault: str) -> None:
    """A read survives it, and the wait is as long as the partner asks, not our backoff."""
    began = time.monotonic()
    client.send("GET", f"/fault/{fault}/1").require()

    assert 0.95 <= time.monotonic() - began < 40


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_long_retry_after_gives_up_at_once(client: HttpClient, partner: Any, method: str) -> None:
    """A partner that wants a day of rest gets it: one request, an error that says how long."""
    with pytest.raises(RateLimitedError) as caught:
        client.send(method, "/fault/429-day/9")

    assert caught.value.retry_after == 86400
    assert partner.count("/fault/429-day/9") == 1


def test_retry_after_beyond_the_deadline_is_not_waited_for(
    open_client: Opener, partner: Any
) -> None:
    """When the wait would outlast the whole call, the answer is returned as it is."""
    client = open_client(policy=replace(QUICK, total=0.5))
    answer = client.send("GET", "/fault/429-seconds/9")

    assert answer.status == 429
    assert partner.count("/fault/429-seconds/9") == 1


@pytest.mark.parametrize("fault", ["503", "rst", "close", "hang", "truncated", "429-bare"])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_harmful_repeat_is_never_sent(
    client: HttpClient, partner: Any, fault: str, method: str
) -> None:
    """Without an idempotency key, a request that may have had effect is sent exactly once."""
    try:
        answer = client.send(method, f"/fault/{fault}/1", json={"n": 1})
    except UnavailableError:
        answer = None

    assert answer is None or answer.status in {503, 429}
    time.sleep(0.05)
    assert partner.count(f"/fault/{fault}/1") == 1


def test_idempotency_key_allows_a_repeat_with_the_same_key(
    client: HttpClient, partner: Any
) -> None:
    """With a key a POST is repeated, and every attempt carries the same key."""
    client.send("POST", "/fault/rst/2", json={}, idempotency_key="k-1").require()

    assert [seen.headers["idempotency-key"] for seen in partner.seen] == ["k-1"] * 3


def test_post_is_not_lost_on_a_stale_connection(client: HttpClient, partner: Any) -> None:
    """What may not be repeated is never sent on a kept connection, which may close under it."""
    client.send("GET", "/fault/stale/9").require()
    client.send("POST", "/fault/stale/9").require()
    client.send("POST", "/x").require()

    assert partner.count("/x") == 1


def test_put_is_not_repeated_on_500(client: HttpClient, partner: Any) -> None:
    """A 500 to a write is an answer, not a reason to write again."""
    assert client.send("PUT", "/fault/500/1", json={}).status == 500
    assert partner.count("/fault/500/1") == 1


def test_lasting_fault_ends_in_an_error_that_names_the_place(
    client: HttpClient, partner: Any
) -> None:
    """When no attempt is answered, the error says where and what to check."""
    with pytest.raises(UnavailableError) as caught:
        client.send("GET", "/fault/rst/99")

    assert caught.value.location == f"{partner.url}/fault/rst/99"
    assert partner.count("/fault/rst/99") == QUICK.attempts


def test_maintenance_page_is_not_json(client: HttpClient) -> None:
    """A page of HTML with status 200 is seen for what it is."""
    answer = client.send("GET", "/fault/html/9")

    assert answer.status == 200
    assert answer.json() is None
    assert "Maintenance" in answer.excerpt


def test_redirect_is_returned_and_not_a_success(client: HttpClient, partner: Any) -> None:
    """A redirect is shown to the caller, followed by nobody."""
    answer = client.send("GET", "/fault/redirect/9")

    assert answer.status == 307
    assert len(partner.seen) == 1
    with pytest.raises(PartnerError, match="307"):
        answer.require()


def test_no_compression_is_asked_for_but_gzip_is_understood(
    client: HttpClient, partner: Any
) -> None:
    """We ask for plain bodies; a server that compresses all the same is still read."""
    assert client.send("GET", "/fault/gzip/9").json() == {"ok": True}
    assert partner.seen[0].headers["accept-encoding"] == "identity"


def test_bomb_is_refused_within_little_memory(client: HttpClient) -> None:
    """100 MiB in a tenth of one stop at the cap, and memory stays near it."""
    tracemalloc.start()
    try:
        with pytest.raises(PartnerError, match="larger than 32 MiB"):
            client.send("GET", "/fault/bomb/9")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 64 * 2**20


@pytest.mark.parametrize("fault", ["large", "brotli"])
def test_unusable_body_is_not_asked_for_again(client: HttpClient, partner: Any, fault: str) -> None:
    """Too large or compressed in an unknown way: one request, one error."""
    with pytest.raises(PartnerError) as caught:
        client.send("GET", f"/fault/{fault}/9")

    assert not isinstance(caught.value, UnavailableError)
    assert len(partner.seen) == 1


def test_deadline_ends_a_dripping_answer(open_client: Opener) -> None:
    """Bytes that keep coming slowly do not hold a call beyond its deadline."""
    client = open_client(policy=replace(QUICK, total=0.6, attempts=1))
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="slowly"):
        client.send("GET", "/fault/drip/9")

    assert time.monotonic() - began < 40


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, RefusedError), (403, RefusedError), (404, PartnerError), (503, UnavailableError)],
)
def test_require_raises_by_status(
    client: HttpClient, status: int, kind: type[PartnerError]
) -> None:
    """Each refusal has its own error, with the address in it."""
    answer = replace(client.send("GET", "/x"), status=status, body=b"no\nway")

    with pytest.raises(kind, match=f"{status} .*: no way") as caught:
        answer.require()
    assert caught.value.location == answer.request.url


def test_breaker_leaves_a_dead_partner_alone_and_comes_back(
    open_client: Opener, partner: Any
) -> None:
    """After some failures nothing is sent for a while; then one call finds the partner back."""
    client = open_client(policy=replace(QUICK, attempts=1, failures=2, rest=0.3))
    for _ in range(2):
        with pytest.raises(UnavailableError):
            client.send("GET", "/fault/rst/2")
    with pytest.raises(UnavailableError, match="left alone"):
        client.send("GET", "/ok")
    assert len(partner.seen) == 2

    time.sleep(0.35)
    assert client.send("GET", "/ok").status == 200
    assert client.send("GET", "/ok").status == 200


def test_pace_is_kept(open_client: Opener, partner: Any) -> None:
    """A request over the partner's limit, whose turn is too late, is not sent."""
    client = open_client(limits=RateLimits(requests_per_minute=2), policy=replace(QUICK, total=20))
    client.send("GET", "/ok")
    client.send("GET", "/ok")
    with pytest.raises(RateLimitedError) as caught:
        client.send("GET", "/ok")

    assert len(partner.seen) == 2
    assert 50 < (caught.value.retry_after or 0) <= 60


def test_body_query_and_headers_arrive(client: HttpClient) -> None:
    """What is given is what the partner receives; None in a query means absent."""
    told = client.send(
        "POST",
        "/a%2Fb?x=1",
        query={"y": ["2", "3"], "z": None, "ñ": "a&b"},
        json={"price": Decimal("9.95"), "n": Decimal(3)},
        headers={"X-Shop": "7"},
    ).json()

    assert told["target"] == "/a%2Fb?x=1&y=2&y=3&%C3%B1=a%26b"
    assert told["body"] == '{"price":9.95,"n":3}'
    assert told["headers"]["x-shop"] == "7"
    assert told["headers"]["content-type"] == "application/json"


def test_unwritable_body_and_header_are_input_errors(client: HttpClient, partner: Any) -> None:
    """What cannot be sent is our mistake, found before anything is sent."""
    with pytest.raises(InputError, match="JSON"):
        client.send("POST", "/x", json={"a": object()})
    with pytest.raises(InputError, match="HTTP"):
        client.send("GET", "/x", headers={"X-A": "a\r\nX-B: b"})
    with pytest.raises(InputError, match="cannot be sent"):
        client.send("GET", "/x", headers={"X-A": "ñ"})
    with pytest.raises(InputError, match="method"):
        client.send("GET /x HTTP/1.1\r\n", "/x")

    assert partner.seen == []


def test_cookies_are_not_kept(client: HttpClient, partner: Any) -> None:
    """A session cookie of the partner is not sent back."""
    client.send("GET", "/fault/cookie/9")
    client.send("GET", "/ok")

    assert "cookie" not in partner.seen[1].headers


def test_proxies_and_netrc_of_the_environment_are_ignored(
    open_client: Opener,
    partner: Any,
    production: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """No setting of the machine diverts a call or adds a login."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login user password machine-secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, production.url)
    open_client().send("GET", "/ok")

    assert len(partner.seen) == 1
    assert "authorization" not in partner.seen[0].headers
    assert production.seen == []


def test_preview_sends_nothing_and_shows_the_request(open_client: Opener, partner: Any) -> None:
    """A dry run is the exact request, with secrets masked and no byte on the wire."""
    client = open_client(secrets=("canary-secret",))
    shown = client.preview("POST", "/orders", json={"key": "canary-secret"}, query={"a": 1})

    assert (shown.method, shown.url) == ("POST", f"{partner.url}/orders?a=1")
    assert shown.body == b'{"key":"[REDACTED]"}'
    assert partner.seen == []
