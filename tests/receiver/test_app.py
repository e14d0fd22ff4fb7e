"""The receiver over real sockets: the right answer for every request, and nothing unstored."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import hmac
import json
import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import CredentialError, ManifestError
from workbench.partners.webhooks import Webhooks
from workbench.receiver.app import Bounds, Endpoint, create_app
from workbench.receiver.inbox import Inbox

KEY = b"canary-5f1c0ffee"
OPEN: dict[str, Any] = {
    "signature": {"scheme": "none"},
    "events": {"order": {"match": {"path": "orders"}, "event_id": "$.id"}},
}
SIGNED: dict[str, Any] = {
    "signature": {"scheme": "hmac", "header": "X-Sig", "credentials": ["webhook_secret"]},
    "ack": 202,
}
Start = Callable[..., Any]


def sign(body: bytes) -> dict[str, str]:
    """Headers with the right signature."""
    return {"X-Sig": hmac.digest(KEY, body, "sha256").hex()}


BODIES = [
    ("application/json", b'{"id": 1}'),
    ("application/json", b"{not json"),
    ("application/json", b'"\xff\xfe\x00"'),
    ("text/xml; charset=latin-1", "<ñ/>".encode("latin-1")),
    ("application/x-www-form-urlencoded", b"a=1&b=%ff"),
    ("application/octet-stream", bytes(range(256))),
    ("", b""),
]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_any_body_is_stored_as_it_came(line: Start, method: str) -> None:
    """POST and PUT of any content are acknowledged, and the bytes kept."""
    receiver = line({"p1": (OPEN, ())})
    path = "/p1/webhooks/deep/er/path%2Fx?q=%20&r"
    for content_type, body in BODIES:
        status, _, answer = receiver.send(path, body, {"Content-Type": content_type}, method)
        assert (status, answer) == (200, b"")
        receipt = receiver.inbox.receipts("tavola")[-1]
        assert (receipt.body, receipt.method, receipt.query) == (body, method, "q=%20&r")
        assert receipt.tail == "deep/er/path/x"
        assert receipt.header("Content-Type") == content_type
        assert (receipt.verified, receipt.reason) == (False, "unsigned")
    assert len(receiver.inbox.receipts("tavola")) == len(BODIES)


def test_an_unknown_address_is_404(line: Start) -> None:
    """Unknown pos-codes and other paths are not found, and nothing is stored."""
    receiver = line({"p1": (OPEN, ())})
    for path in ("/", "/p2/webhooks/x", "/p1", "/p1/hooks/x", "//webhooks/x", "/%"):
        assert receiver.send(path)[0] == 404, path
    assert receiver.inbox.receipts(None) == []


def test_an_empty_tail_is_an_address(line: Start) -> None:
    """Partners that call the bare address are heard."""
    receiver = line({"p1": (OPEN, ())})
    assert [receiver.send(f"/p1/webhooks{end}")[0] for end in ("", "/")] == [200, 200]


def test_other_methods_are_405(line: Start) -> None:
    """Only POST and PUT carry events, and the answer says so; a probe hears that we are there."""
    receiver = line({"p1": (OPEN, ())})
    assert receiver.send("/p1/webhooks/x", method="HEAD")[0] == 200
    status, headers, _ = receiver.send("/p1/webhooks/x", method="OPTIONS")
    assert (status, headers["allow"]) == (204, "POST, PUT")
    for method in ("GET", "DELETE", "PATCH"):
        status, headers, _ = receiver.send("/p1/webhooks/x", method=method)
        assert (status, headers["allow"]) == (405, "POST, PUT")


def test_a_right_signature_gets_the_partners_own_code(line: Start) -> None:
    """The acknowledgement is the manifest's, and the receipt is verified."""
    receiver = line({"p1": (SIGNED, (b"other", KEY))})
    assert receiver.send("/p1/webhooks/x", b"abc", sign(b"abc"))[0] == 202
    (receipt,) = receiver.inbox.receipts("tavola")
    assert (receipt.verified, receipt.reason, receipt.state) == (True, "ok", "new")


def test_a_wrong_signature_is_kept_and_refused(line: Start) -> None:
    """A forged or unsigned delivery is in quarantine, and the genuine one still gets in."""
    receiver = line({"p1": (SIGNED, (KEY,))})
    assert receiver.send("/p1/webhooks/x", b"abc", sign(b"abd"))[0] == 401
    assert receiver.send("/p1/webhooks/x", b"abc")[0] == 401
    assert receiver.send("/p1/webhooks/x", b"abc", sign(b"abc"))[0] == 202
    kept = receiver.inbox.receipts("tavola")
    assert [(r.state, r.reason) for r in kept] == [
        ("quarantined", "mismatch"),
        ("quarantined", "missing"),
        ("new", "ok"),
    ]
    assert all(r.body == b"abc" and r.seen_again == 0 for r in kept)


@pytest.mark.parametrize("refusal", [403, 503])
def test_the_refusal_is_the_manifests(line: Start, refusal: int) -> None:
    """Another code for a wrong signature; 503 asks the sender to come again."""
    webhooks = {**SIGNED, "signature": {**SIGNED["signature"], "refusal": refusal}}
    status, headers, _ = line({"p1": (webhooks, (KEY,))}).send("/p1/webhooks/x")
    assert status == refusal
    assert ("retry-after" in headers) == (refusal == 503)


def test_a_signature_over_the_address(line: Start) -> None:
    """The signed address is what the partner calls: with host and query, or the public one."""
    webhooks = {
        "signature": {**SIGNED["signature"], "template": "{url}|{body}"},
    }
    receiver = line({"p1": (webhooks, (KEY,))})
    path = "/p1/webhooks/a%20b?c=d"
    assert receiver.send(path, b"x", sign(f"{receiver.server.url}{path}|x".encode()))[0] == 200
    public = line({"p1": (webhooks, (KEY,))}, public_url="https://hooks.example/p1/webhooks")
    signed = sign(b"https://hooks.example/p1/webhooks/a%20b?c=d|x")
    assert public.send(path, b"x", signed)[0] == 200


def test_ten_duplicates_at_once_are_one_event(line: Start) -> None:
    """Every repeat gets the same answer, and one receipt counts them."""
    receiver = line({"p1": (OPEN, ())})
    bodies = [json.dumps({"id": "e-1", "attempt": n}).encode() for n in range(10)]
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda body: receiver.send("/p1/webhooks/orders", body)[0], bodies))
    assert answers == [200] * 10
    (receipt,) = receiver.inbox.receipts("tavola")
    assert (receipt.seen_again, receipt.differed) == (9, 9)


def test_a_large_body_is_413_and_the_line_is_cut(line: Start) -> None:
    """Declared or not, a body over the cap is refused without being read to its end."""
    receiver = line({"p1": (OPEN, ())}, Bounds(body_bytes=1000))
    assert receiver.send("/p1/webhooks/x", b"x" * 1000)[0] == 200
    declared = b"POST /p1/webhooks/x HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n"
    assert receiver.raw(declared).startswith(b"HTTP/1.1 413")
    chunked = b"POST /p1/webhooks/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = receiver.raw(chunked, b"3e9\r\n" + b"x" * 1001 + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 413")
    assert len(receiver.inbox.receipts(None)) == 1


def test_the_default_cap_lets_real_bodies_through(line: Start) -> None:
    """A menu of 5 MiB is taken, one byte more is not."""
    receiver = line({"p1": (OPEN, ())})
    cap = 5 * 1024 * 1024
    assert receiver.send("/p1/webhooks/x", b"x" * cap)[0] == 200
    head = f"POST /p1/webhooks/x HTTP/1.1\r\nHost: h\r\nContent-Length: {cap + 1}\r\n\r\n"
    assert receiver.raw(head.encode()).startswith(b"HTTP/1.1 413")


def test_a_slow_body_is_cut_off(line: Start) -> None:
    """A body that does not come is answered 408 and the connection closed; others go on."""
    receiver = line({"p1": (OPEN, ())}, Bounds(body_seconds=0.3))
    head = b"POST /p1/webhooks/x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        slow = [pool.submit(receiver.raw, head) for _ in range(20)]
        assert receiver.send("/p1/webhooks/x")[0] == 200
        answers = [future.result() for future in slow]
    assert all(answer.startswith(b"HTTP/1.1 408") for answer in answers)
    assert len(receiver.inbox.receipts(None)) == 1


def test_a_sender_that_goes_away_leaves_nothing(line: Start) -> None:
    """Half a body is no event."""
    receiver = line({"p1": (OPEN, ())})
    head = b"POST /p1/webhooks/x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"
    receiver.raw(head, seconds=0.1)
    assert receiver.send("/p1/webhooks/y")[0] == 200
    assert [receipt.tail for receipt in receiver.inbox.receipts(None)] == ["y"]


HEAD = b"POST /p1/webhooks/x HTTP/1.1\r\nHost: h\r\n"
MALFORMED = [
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n",
    HEAD + b"Transfer-Encoding: nonsense\r\n\r\nabc",
    HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    HEAD + b"Content-Length: +3\r\n\r\nabc",
    HEAD + b"Content-Length: 1_0\r\n\r\nabc",
    HEAD + b"Content-Length: \xb2\r\n\r\nabc",
    HEAD + b"X-A: a\x00b\r\nContent-Length: 3\r\n\r\nabc",
    HEAD + b" folded: no\r\n\r\n",
    b"POST /p1/webhooks/\xff HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx",
    b"POST /p1/webhooks/x HTTP/9.9\r\nHost: h\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


def test_malformed_requests_never_give_a_5xx(line: Start) -> None:
    """Broken framing is a 4xx or a closed line, and the next sender is served."""
    receiver = line({"p1": (OPEN, ())}, Bounds(body_seconds=0.3))
    with concurrent.futures.ThreadPoolExecutor(len(MALFORMED)) as pool:
        answers = list(pool.map(lambda sent: receiver.raw(sent, seconds=1), MALFORMED))
    for sent, answer in zip(MALFORMED, answers, strict=True):
        assert answer[:10] != b"HTTP/1.1 5", sent
    assert sum(answer.startswith(b"HTTP/1.1 4") for answer in answers) >= 10
    assert receiver.send("/p1/webhooks/x")[0] == 200


ODD = [b"\xff" * 64, b"\xc3\xa9", b"", b"0" * 63, b"0" * 65, b"'\";--", b"%s%n{}"]


def test_odd_signature_headers_are_401(line: Start) -> None:
    """Any bytes in the signature header are refused with the body kept, never a 5xx."""
    receiver = line({"p1": (SIGNED, (KEY,))})
    for count, value in enumerate(ODD, start=1):
        fields = b"Connection: close\r\nContent-Length: 1\r\nX-Sig: " + value
        assert receiver.raw(HEAD + fields + b"\r\n\r\nx").startswith(b"HTTP/1.1 401"), value
        assert len(receiver.inbox.receipts(None)) == count
    assert {receipt.state for receipt in receiver.inbox.receipts(None)} == {"quarantined"}


def test_trouble_with_the_store_is_503(line: Start) -> None:
    """While the file is locked the sender is asked to come again soon."""
    receiver = line({"p1": (OPEN, ()), "p2": (SIGNED, (KEY,))})
    with contextlib.closing(sqlite3.connect(receiver.inbox.database.name)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, headers, _ = receiver.send("/p1/webhooks/x")
        assert (status, headers["retry-after"]) == (503, "5")
        assert receiver.send("/p2/webhooks/x")[0] == 503  # no 401 before it is in quarantine
        other.rollback()
    assert receiver.inbox.receipts(None) == []
    assert receiver.send("/p1/webhooks/x")[0] == 200


def test_the_partners_patience_bounds_the_wait(line: Start) -> None:
    """A partner that waits half a second hears 503 before it gives up."""
    receiver = line({"p1": ({**OPEN, "timeout_seconds": 0.5}, ())})
    with contextlib.closing(sqlite3.connect(receiver.inbox.database.name)) as other:
        other.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        assert receiver.send("/p1/webhooks/x")[0] == 503
        assert time.monotonic() - started < 20
        other.rollback()


def test_a_closed_inbox_is_503(line: Start) -> None:
    """Going down is our trouble too, and health says so."""
    receiver = line({"p1": (OPEN, ())})
    receiver.inbox.close()
    status, headers, _ = receiver.send("/p1/webhooks/x")
    assert (status, "retry-after" in headers) == (503, True)
    assert receiver.send("/healthz", method="GET")[0] == 503


def test_bodies_on_their_way_are_bounded(line: Start) -> None:
    """More bytes at once than we hold are 503, and the count goes back to nothing."""
    receiver = line({"p1": (OPEN, ())}, Bounds(reading_bytes=1000))
    assert receiver.send("/p1/webhooks/x", b"x" * 1001)[0] == 503
    assert receiver.send("/p1/webhooks/x", b"x" * 1000)[0] == 200


def test_health_tells_depth_and_age(line: Start) -> None:
    """`/healthz` is JSON with the depth and the age of the oldest."""
    receiver = line({"p1": (OPEN, ()), "p2": (SIGNED, (KEY,))})
    receiver.send("/p1/webhooks/x")
    receiver.send("/p2/webhooks/x")
    status, headers, body = receiver.send("/healthz", method="GET")
    health = json.loads(body)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert (health["status"], health["depth"], health["quarantined"]) == ("ok", 1, 1)
    assert 0 <= health["oldest_seconds"] < 10


@pytest.mark.parametrize(
    ("signature", "headers", "path"),
    [
        ({"scheme": "token", "header": "X-Shared"}, {"X-Shared": KEY.decode()}, "x"),
        ({"scheme": "token", "header": "X-Shared"}, {"X-Shared": KEY.decode() + "?"}, "x"),
        ({"scheme": "basic"}, {"Authorization": "Basic dTpwLXNlY3JldA=="}, "x"),
        ({"scheme": "hmac", "header": "X-Sig"}, {"X-Copy": "a " + KEY.decode()}, "x"),
        ({"scheme": "hmac", "header": "X-Sig"}, {}, f"{KEY.decode()}/x?a={KEY.decode()}&token=zz9"),
        ({"scheme": "hmac", "header": "X-Sig"}, {"Cookie": "c=zz9", "X-Api-Key": "zz9"}, "x"),
    ],
)
def test_no_secret_is_at_rest(
    line: Start, signature: dict[str, Any], headers: dict[str, str], path: str
) -> None:
    """Credentials that a webhook carries are in no byte of the files of the inbox."""
    receiver = line({"p1": ({"signature": signature}, (KEY, b"u:p-secret"))})
    assert receiver.send(f"/p1/webhooks/{path}", headers=headers)[0] in {200, 401}
    folder = Path(receiver.inbox.database.name).parent
    stored = b"".join(file.read_bytes() for file in folder.iterdir())
    assert b"redacted" in stored
    for secret in (KEY, b"dTpwLXNlY3JldA", b"zz9"):
        assert secret not in stored


def test_a_proof_is_kept_for_a_second_look(line: Start) -> None:
    """The header of an HMAC is no secret: a quarantined body can be checked again later."""
    receiver = line({"p1": (SIGNED, (b"wrong key",))})
    receiver.send("/p1/webhooks/x", b"abc", sign(b"abc"))
    (receipt,) = receiver.inbox.receipts(None)
    assert receipt.header("x-sig") == sign(b"abc")["X-Sig"]


def test_logs_tell_nothing_of_a_customer(line: Start, caplog: pytest.LogCaptureFixture) -> None:
    """Neither body, path, headers nor secrets are logged, at any level, whatever happens."""
    caplog.set_level(logging.DEBUG)
    receiver = line({"p1": (SIGNED, (KEY,))})
    receiver.send(
        "/p1/webhooks/ana-path", b"ana-body", {"X-Who": "ana-header", **sign(b"ana-body")}
    )
    receiver.send("/p1/webhooks/ana-path", b"ana-body", {"X-Sig": "ana-sig"})
    receiver.inbox.close()
    receiver.send("/p1/webhooks/ana-path", b"ana-body")
    assert "p1 answered" in caplog.text
    assert "ana" not in caplog.text
    assert KEY.decode() not in caplog.text


def test_an_unforeseen_fault_is_503(inbox: Inbox) -> None:
    """Whatever breaks in us, the sender is asked to come again."""
    app = create_app({"p1": Endpoint("t", Webhooks.model_validate(OPEN))}, inbox)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": "not bytes"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/p1/webhooks/x", "headers": []}
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 503


def test_a_server_that_reports_broken_framing_as_an_exception(inbox: Inbox) -> None:
    """An exception out of `receive` is the sender's fault: 400, not 5xx."""
    app = create_app({"p1": Endpoint("t", Webhooks.model_validate(OPEN))}, inbox)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        raise RuntimeError("bad chunk")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "PUT", "path": "/p1/webhooks/x", "headers": []}
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 400


def test_a_partner_that_signs_needs_a_key(inbox: Inbox) -> None:
    """Without a key the application does not start, so that nothing is refused by mistake."""
    signed = Webhooks.model_validate(SIGNED)
    for keys in ((), (b"",)):
        with pytest.raises(CredentialError) as caught:
            create_app({"p1": Endpoint("tavola", signed, keys)}, inbox)
        assert caught.value.partner == "tavola"


def test_a_wrong_rule_stops_the_start(inbox: Inbox) -> None:
    """A JSONPath that is none shows before the first delivery."""
    webhooks = Webhooks.model_validate(OPEN).model_copy(update={"sequence": "$.["})
    with pytest.raises(ManifestError):
        create_app({"p1": Endpoint("tavola", webhooks)}, inbox)


def test_an_endpoint_does_not_show_its_keys() -> None:
    """The representation of an endpoint is without secrets."""
    assert KEY.decode() not in repr(Endpoint("t", Webhooks.model_validate(SIGNED), (KEY,)))


def test_a_partner_may_send_large_batches(line: Start) -> None:
    """The bound on a body is the partner's own; beyond it the sender hears why."""
    receiver = line({"p1": ({**OPEN, "max_body_mb": 6}, ()), "p2": (OPEN, ())})
    body = b'{"id": 1, "pad": "' + b"x" * (5 * 1024 * 1024 + 4000) + b'"}'
    assert receiver.send("/p1/webhooks/orders", body)[0] == 200
    assert receiver.send("/p2/webhooks/orders", body)[0] == 413
