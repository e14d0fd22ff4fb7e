"""Handshakes over a real socket: the challenge comes back, and nothing else does."""

from __future__ import annotations

import hmac
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from children import wait_until
from pydantic import ValidationError

from workbench.partners.webhooks import Handshake

KEY = b"key-of-the-partner"
OPEN: dict[str, Any] = {"signature": {"scheme": "none"}}
SIGNED: dict[str, Any] = {
    "signature": {"scheme": "hmac", "header": "X-Sig", "credentials": ["webhook_secret"]},
    "handshakes": [
        {
            "method": "POST",
            "json": "$.payload.plain",
            "match": {"json": "$.event", "values": ["url_check"]},
            "body": '{"plain": "{challenge}", "proof": "{hmac}"}',
            "content_type": "application/json",
        }
    ],
}
Start = Callable[..., Any]


@pytest.mark.parametrize(
    ("method", "query", "body", "want"),
    [
        ("GET", "?hub.mode=subscribe&hub.challenge=1158&hub.verify_token=x", b"", b"1158"),
        ("GET", "?challenge=z%20z", b"", b"z z"),
        ("POST", "?validationToken=tok", b"", b"tok"),
        ("POST", "", b'{"type":"url_verification","challenge":"abc"}', b"abc"),
    ],
)
def test_common_challenges_come_back(
    line: Start, method: str, query: str, body: bytes, want: bytes
) -> None:
    """Without any statement, what only asks for an echo is answered, as text that is no page."""
    receiver = line({"p1": (OPEN, ())})
    status, headers, answer = receiver.send(f"/p1/webhooks{query}", body, method=method)
    assert (status, answer) == (200, want)
    assert headers["content-type"] == "text/plain"
    assert headers["x-content-type-options"] == "nosniff"


def test_an_origin_is_allowed(line: Start) -> None:
    """CloudEvents' question is answered with the origin that asked."""
    receiver = line({"p1": (OPEN, ())})
    asked = {"WebHook-Request-Origin": "events.example"}
    status, headers, _ = receiver.send("/p1/webhooks", b"", asked, "OPTIONS")
    assert (status, headers["webhook-allowed-origin"]) == (200, "events.example")


def test_an_order_with_a_challenge_is_an_order(line: Start) -> None:
    """A delivery that only looks a little like a handshake is stored and acknowledged."""
    receiver = line({"p1": (OPEN, ())})
    body = b'{"type":"order.created","challenge":"abc"}'
    assert receiver.send("/p1/webhooks/orders", body)[2] == b""
    assert receiver.inbox.receipts("tavola")[-1].body == body


def test_no_text_is_signed_for_a_stranger(line: Start) -> None:
    """A challenge is signed for a genuine sender only; a forger learns nothing."""
    receiver = line({"p1": (SIGNED, (KEY,))})
    body = json.dumps({"event": "url_check", "payload": {"plain": 'q"1'}}).encode()
    status, _, answer = receiver.send("/p1/webhooks", body)
    assert (status, b"proof" in answer) == (401, False)
    proof = {"X-Sig": hmac.digest(KEY, body, "sha256").hex()}
    status, _, answer = receiver.send("/p1/webhooks", body, proof)
    expected = hmac.new(KEY, b'q"1', "sha256").hexdigest()
    assert (status, json.loads(answer)) == (200, {"plain": 'q"1', "proof": expected})


@pytest.fixture
def called() -> Iterator[tuple[str, list[str]]]:
    """A server of the partner, and the paths that were called."""
    paths: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with server:
        yield f"127.0.0.1:{server.server_port}", paths
        server.shutdown()
        thread.join()


def test_a_subscription_is_confirmed_on_named_hosts_only(
    line: Start, called: tuple[str, list[str]]
) -> None:
    """The address in the body is called where the folder allows its host, and nowhere else."""
    host, paths = called
    rule = {
        "method": "POST",
        "match": {"json": "$.Type", "values": ["SubscriptionConfirmation"]},
        "confirm": "$.SubscribeURL",
        "body": "",
        "hosts": [host],
    }
    receiver = line({"p1": ({**OPEN, "handshakes": [rule]}, ())})
    port = host.partition(":")[2]
    for address in (f"http://localhost:{port}/evil", f"http://{host}/confirm?t=1"):
        body = {"Type": "SubscriptionConfirmation", "SubscribeURL": address}
        assert receiver.send("/p1/webhooks", json.dumps(body).encode())[0] == 200
    wait_until(lambda: bool(paths))
    assert paths == ["/confirm?t=1"]


def test_an_acknowledgement_can_say_what_came(line: Start) -> None:
    """A partner that reads our answer gets the id that it sent, in its own form."""
    stated = {**OPEN, "ack_body": "<ok>{json:$.id}</ok>", "ack_type": "text/xml"}
    receiver = line({"p1": (stated, ())})
    status, headers, answer = receiver.send("/p1/webhooks/orders", b'{"id": 7}')
    assert (status, headers["content-type"], answer) == (200, "text/xml", b"<ok>7</ok>")


def test_a_signed_question_is_answered(line: Start) -> None:
    """A challenge in the address is signed where the request itself is signed, and only then."""
    rule = {"query": "crc", "body": "{hmac}"}
    receiver = line({"p1": ({**SIGNED, "handshakes": [rule]}, (KEY,))})
    assert receiver.send("/p1/webhooks?crc=q", b"", method="GET")[0] == 405
    proof = {"X-Sig": hmac.digest(KEY, b"", "sha256").hex()}
    status, _, answer = receiver.send("/p1/webhooks?crc=q", b"", proof, "GET")
    assert (status, answer.decode()) == (200, hmac.new(KEY, b"q", "sha256").hexdigest())


@pytest.mark.parametrize("fields", [{}, {"confirm": "$.url"}, {"query": "c", "status": 404}])
def test_a_handshake_that_is_none(fields: dict[str, Any]) -> None:
    """Without a condition, without hosts to call, or with an error as answer it is refused."""
    with pytest.raises(ValidationError):
        Handshake.model_validate(fields)
