"""Sinks: a file that never has a line twice, a signed POST that comes until it is taken."""

from __future__ import annotations

import base64
import http.server
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from children import wait_until
from pydantic import SecretStr

from workbench.adapters.retry_policy import RetryPolicy
from workbench.errors import InputError
from workbench.partners.webhooks import Signature
from workbench.receiver.signature import verify
from workbench.receiver.sink import HttpSink, NdjsonSink, OutboxMessage, read_effect

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
QUICK = RetryPolicy(
    total=2, attempts=2, wait_initial=0.01, wait_max=0.02, wait_jitter=0, failures=99
)


def effect(number: int) -> OutboxMessage:
    """An effect of this number."""
    return OutboxMessage(
        id=f"effect_{number}",
        partner="tavola",
        pos_code="pos-1",
        kind="order",
        entity_id=f"o{number}",
        made_at=datetime(2026, 11, 20, tzinfo=UTC),
        entity={"note": 'quote " newline \n {"id":"effect_77",'},
    )


def test_the_file_has_each_effect_once(tmp_path: Path) -> None:
    """A second delivery after a crash adds nothing; a torn last line is written again."""
    path = tmp_path / "out" / "effects.ndjson"
    assert NdjsonSink(path).deliver([effect(1), effect(2)]) == {}
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"id":"effect_3","partn')
    sink = NdjsonSink(path)
    assert sink.deliver([effect(2), effect(3)]) == {}
    assert sink.deliver([effect(4)]) == {}
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [line["id"] for line in lines] == [f"effect_{number}" for number in range(1, 5)]
    assert lines[0]["entity"] == effect(1).entity
    assert path.stat().st_mode & 0o077 == 0


def test_two_writers_share_a_file(tmp_path: Path) -> None:
    """Workers in turn, each with its own sink: no line is lost, none is doubled."""
    path = tmp_path / "effects.ndjson"
    sinks = [NdjsonSink(path) for _ in range(3)]
    threads = [
        threading.Thread(
            target=lambda sink=sink, lane=lane: [
                sink.deliver([effect(n)]) for n in range(lane, 60, 3)
            ]
        )
        for lane, sink in enumerate(sinks)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [json.loads(line)["id"] for line in path.read_bytes().splitlines()]
    assert sorted(numbers) == sorted(f"effect_{number}" for number in range(60))


def ids(path: Path) -> list[str]:
    """The ids in a file, in its order."""
    return [json.loads(line)["id"] for line in path.read_bytes().splitlines()]


def test_the_same_writer_may_come_again(tmp_path: Path) -> None:
    """What was written, but not noted in the inbox, comes again: also with others in between."""
    path = tmp_path / "effects.ndjson"
    one, other = NdjsonSink(path), NdjsonSink(path)
    one.deliver([effect(1), effect(2)])
    one.deliver([effect(1), effect(2), effect(3)])
    other.deliver([effect(4)])
    one.deliver([effect(4), effect(3), effect(2), effect(5)])
    other.deliver([effect(5), effect(1)])
    assert ids(path) == [f"effect_{number}" for number in range(1, 6)]


def test_a_torn_line_of_another_writer_is_cut(tmp_path: Path) -> None:
    """A writer that lives on mends what another left half written when it died."""
    path = tmp_path / "effects.ndjson"
    sink = NdjsonSink(path)
    sink.deliver([effect(1)])
    path.write_bytes(path.read_bytes() + effect(2).encode() + b"\n" + effect(3).encode()[:40])
    sink.deliver([effect(2), effect(3)])
    assert ids(path) == ["effect_1", "effect_2", "effect_3"]


@pytest.mark.parametrize("is_longer", [False, True])
def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path, is_longer: bool) -> None:
    """After a rotation nothing is taken for written that is not in the file."""
    path = tmp_path / "effects.ndjson"
    sink = NdjsonSink(path)
    sink.deliver([effect(1), effect(2)])
    path.rename(tmp_path / "effects.1.ndjson")
    others = [effect(number) for number in range(10, 20 if is_longer else 11)]
    NdjsonSink(path).deliver(others)
    sink.deliver([effect(2), effect(10)])
    assert ids(path) == [*(other.id for other in others), "effect_2"]


def row(**changes: Any) -> dict[str, Any]:
    """A row of `effects` as the database gives it."""
    return {
        "id": 1,
        "event_id": 1,
        "run": 1,
        "partner": "tavola",
        "pos_code": "pos-1",
        "kind": "order",
        "entity_id": "o1",
        "made_at": 1_800_000_000_000_000,
        "body": b"{}",
        "attempts": 1,
        "state": "processing",
        "due_at": 5,
    } | changes


def test_ids_are_stable_and_of_one_effect_alone() -> None:
    """Tries do not change an id; another partner, inbox, order or run has another one."""
    same = {read_effect(row(attempts=n, due_at=n, state="retry")).id for n in range(3)}
    assert len(same) == 1
    others = [
        {"id": 2},
        {"run": 2},
        {"partner": "bocado"},
        {"pos_code": "pos-2"},
        {"entity_id": "o2"},
        {"made_at": 1_800_000_000_000_001},
    ]
    assert len(same | {read_effect(row(**change)).id for change in others}) == 1 + len(others)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The effects stay in the inbox with the reason."""
    assert NdjsonSink(tmp_path).deliver([effect(1)]) == {"effect_1": "Is a directory"}


@pytest.fixture
def far_side() -> Iterator[Any]:
    """A service that answers with the statuses in its list, then 204, and keeps requests."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            is_first = not server.seen
            server.seen.append(({k.lower(): v for k, v in self.headers.items()}, body))
            if is_first and server.waiting is not None:
                server.waiting.wait(60)
            status = server.statuses.pop(0) if server.statuses else 204
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.seen, server.statuses, server.waiting = [], [], None
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_forwarded_effects_verify(far_side: Any) -> None:
    """Our signature is one that our own verifier, and so any Standard Webhooks one, accepts."""
    sink = HttpSink(far_side.url, SecretStr(SECRET), policy=QUICK)
    assert sink.deliver([effect(5)]) == {}
    sink.close()
    ((headers, body),) = far_side.seen
    signature = Signature.model_validate({"scheme": "standard-webhooks"})
    given = {"method": "POST", "url": far_side.url, "headers": headers, "now": time.time()}
    assert verify(signature, [SECRET.encode()], body=body, **given).is_proved
    assert not verify(signature, [SECRET.encode()], body=body + b" ", **given).ok
    assert headers["webhook-id"] == "effect_5"
    assert json.loads(body)["entity"] == effect(5).entity


def test_a_refused_forward_comes_again(far_side: Any) -> None:
    """503 once is retried at once with the same id; what stays refused is told, others go on."""
    sink = HttpSink(far_side.url, SecretStr(SECRET), policy=QUICK)
    far_side.statuses = [503, 204]
    assert sink.deliver([effect(1)]) == {}
    far_side.statuses = [400]
    assert list(sink.deliver([effect(2)])) == ["effect_2"]
    assert sink.deliver([effect(3), effect(4)]) == {}
    sink.close()
    came = [headers["webhook-id"] for headers, _ in far_side.seen]
    assert came[:3] == ["effect_1", "effect_1", "effect_2"]
    assert sorted(came[3:]) == ["effect_3", "effect_4"]


def test_one_slow_answer_does_not_hold_up_the_others(far_side: Any) -> None:
    """While one post waits for its answer, those of other orders are made."""
    far_side.waiting = threading.Event()
    sink = HttpSink(far_side.url, SecretStr(SECRET), policy=QUICK)
    thread = threading.Thread(target=sink.deliver, args=([effect(n) for n in range(20)],))
    thread.start()
    try:
        assert wait_until(lambda: len(far_side.seen) == 20)
    finally:
        far_side.waiting.set()
        thread.join()
    sink.close()


@pytest.mark.parametrize(("url", "secret"), [("nowhere", SECRET), ("http://h/", "whsec_%%")])
def test_a_wrong_target_or_secret_is_an_input_error(url: str, secret: str) -> None:
    """Seen at start, and without the secret in the message."""
    with pytest.raises(InputError) as caught:
        HttpSink(url, SecretStr(secret))
    assert "%%" not in str(caught.value)
