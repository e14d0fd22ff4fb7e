"""The operator's desk, erasure and the quarantine: seen, done again, removed, let in."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from deliveries import START, keep, order, post, status, work
from sqlalchemy import select, update

from workbench.partners.webhooks import Webhooks
from workbench.receiver.app import Endpoint
from workbench.receiver.events import identify_refused
from workbench.receiver.inbox import Inbox
from workbench.receiver.inbox_tables import ATTEMPTS, EFFECTS, EVENTS, RECEIPTS
from workbench.receiver.quarantine import Review, reverify
from workbench.receiver.queries import (
    ReceiptFilter,
    _query,
    export_receipts,
    list_receipts,
    replay,
    retry,
    show_receipt,
)
from workbench.receiver.receipt import Arrival
from workbench.receiver.retention import erase, retain
from workbench.receiver.signature import Verification


@pytest.fixture
def inbox(location: str) -> Iterator[Inbox]:
    """An empty inbox in either store."""
    with Inbox(location) as opened:
        yield opened


def fill(inbox: Inbox) -> None:
    """Four receipts: two orders, a status, and one that no rule knows."""
    post(inbox, "tavola", "orders", order(1))
    post(inbox, "tavola", "orders", order(2), at=START + timedelta(hours=1))
    post(inbox, "tavola", "orders/status", status("ready"), at=START + timedelta(hours=2))
    post(inbox, "tavola", "odd", {"a": "Zoë"}, at=START + timedelta(hours=3))


def test_receipts_are_found_by_every_condition(inbox: Inbox) -> None:
    """By number, range, time, state, event, order and text; newest first; none of the bodies."""
    fill(inbox)
    assert [line.state for line in list_receipts(inbox.database, ReceiptFilter())] == ["new"] * 4
    work(inbox)

    def found(**given: Any) -> list[int]:
        return [line.id for line in list_receipts(inbox.database, ReceiptFilter(**given))]

    assert found() == [4, 3, 2, 1]
    assert found(ids=(2, 4)) == [4, 2]
    assert found(first=2, last=3) == [3, 2]
    assert found(since=START + timedelta(hours=1), until=START + timedelta(hours=2)) == [2]
    assert found(states=("dead",)) == [4]
    assert found(states=("done",)) == [3, 2, 1]
    assert found(reference="webhook:orderStatusChanged") == [3]
    assert found(entity_id="ord_1") == [3, 1]
    assert found(mentions="Zoë") == [4]
    assert found(partner="mesa") == []
    (line,) = list_receipts(inbox.database, ReceiptFilter(), limit=1)
    assert (line.error, line.target) == ("no rule knows it", "odd")


def test_a_receipt_is_shown_whole(inbox: Inbox) -> None:
    """Body, events, attempts and effects as JSON values; None for a number that is not there."""
    fill(inbox)
    work(inbox)
    shown = show_receipt(inbox.database, 1)
    assert shown is not None
    assert orjson.loads(orjson.dumps(shown)) == shown
    assert json.loads(shown["body"]) == order(1)
    assert [event["state"] for event in shown["events"]] == ["done"]
    assert [attempt["outcome"] for attempt in shown["attempts"]] == ["done"]
    assert json.loads(shown["effects"][0]["body"])["ids"]["partner_id"] == "ord_1"
    assert show_receipt(inbox.database, 99) is None


def test_export_has_the_very_bytes(inbox: Inbox) -> None:
    """Oldest first; a body that is no text is given in base64."""
    post(inbox, "tavola", "orders", b"\xff\x00")
    fill(inbox)
    lines = list(export_receipts(inbox.database, ReceiptFilter(last=2)))
    assert [line["id"] for line in lines] == [1, 2]
    assert lines[0]["body_base64"] == "/wA="
    assert json.loads(lines[1]["body"]) == order(1)


def test_replay_is_a_new_run_and_changes_no_event(inbox: Inbox) -> None:
    """The same receipt gives a second attempt and a second effect; its bytes stay."""
    fill(inbox)
    first = work(inbox)
    before = inbox.receipts("tavola")[1]
    assert replay(inbox.database, ReceiptFilter(ids=(2,))) == 1
    (again,) = work(inbox)
    assert again.entity == first[1].entity
    assert again.id != first[1].id
    assert inbox.receipts("tavola")[1] == before
    with inbox.database.transact() as connection:
        query = select(ATTEMPTS.c.run).join(EVENTS).where(EVENTS.c.receipt_id == 2)
        assert list(connection.scalars(query)) == [1, 2]


def test_retry_takes_only_what_is_stuck(inbox: Inbox) -> None:
    """Dead events, dead effects and unknown receipts try again; what is done is left alone."""
    fill(inbox)
    post(inbox, "tavola", "orders", {"id": "x", "event": order()["event"] | {"event_id": "y"}})
    assert len(work(inbox)) == 3
    with inbox.database.transact() as connection:
        connection.execute(update(EFFECTS).where(EFFECTS.c.id == 2).values(state="dead"))
    assert retry(inbox.database, ReceiptFilter()) == 3
    assert [effect.entity_id for effect in work(inbox)] == ["ord_2"]
    assert [line.state for line in list_receipts(inbox.database, ReceiptFilter())] == [
        "dead",
        "dead",
        "done",
        "done",
        "done",
    ]


def test_what_is_erased_leaves_no_byte(tmp_path: Path) -> None:
    """After an erasure a customer's data is in no file of the inbox, and a repeat is known."""
    canary = "Mariona Canary-7741"

    def whole() -> bytes:
        return b"".join(file.read_bytes() for file in tmp_path.iterdir())

    path = tmp_path / "inbox.db"
    with Inbox(path) as inbox:
        payload = order(1)
        payload["customer"] = (payload.get("customer") or {}) | {"name": canary}
        post(inbox, "tavola", "orders", payload)
        post(inbox, "tavola", "orders", payload | {"id": None, "event": order(9)["event"]})
        post(inbox, "tavola", "orders", order(2))
        assert len(work(inbox)) == 2
        with inbox.database.transact() as connection:  # as it is kept, which is packed
            kept = connection.exec_driver_sql("SELECT body FROM receipts WHERE id < 3").scalars()
            packed = [bytes(body) for body in kept]
        assert all(one in whole() for one in packed)
        assert erase(inbox.database, ReceiptFilter(mentions=canary)) == 2
        assert not [one for one in [canary.encode(), *packed] if one[-200:] in whole()]
        post(inbox, "tavola", "orders", payload)
        receipts = inbox.receipts("tavola")
        assert [(r.state, r.seen_again) for r in receipts] == [
            ("erased", 1),
            ("erased", 0),
            ("read", 0),
        ]
        assert replay(inbox.database, ReceiptFilter()) == 1
        assert len(work(inbox)) == 1


def test_retention_takes_what_is_finished_and_old(inbox: Inbox) -> None:
    """What waits is kept whatever its age, unless it is forced."""
    fill(inbox)
    work(inbox)
    post(inbox, "tavola", "orders", order(5))
    assert retain(inbox.database, START + timedelta(minutes=90)) == 2
    lines = list_receipts(inbox.database, ReceiptFilter())
    assert [line.state for line in lines] == ["new", "dead", "done", "erased", "erased"]
    assert erase(inbox.database, ReceiptFilter(ids=(5,))) == 0
    assert erase(inbox.database, ReceiptFilter(ids=(5,)), force=True) == 1
    assert work(inbox) == []


def test_only_what_is_finished_is_erased(inbox: Inbox) -> None:
    """States that are asked for are erased among the finished ones only, and no other is."""
    fill(inbox)
    work(inbox)
    post(inbox, "tavola", "orders", order(5))

    def states() -> list[str]:
        return [line.state for line in list_receipts(inbox.database, ReceiptFilter())]

    assert states() == ["new", "dead", "done", "done", "done"]
    assert erase(inbox.database, ReceiptFilter(states=("new", "retry", "processing"))) == 0
    assert states() == ["new", "dead", "done", "done", "done"]
    assert erase(inbox.database, ReceiptFilter(states=("new", "dead"))) == 1
    assert states() == ["new", "erased", "done", "done", "done"]
    assert erase(inbox.database, ReceiptFilter()) == 3
    assert states() == ["new", *["erased"] * 4]


HMAC = Webhooks.model_validate(
    {
        "signature": {"scheme": "hmac", "header": "X-Sig", "credentials": ["secret"]},
        "events": {"e": {"match": {"path": "orders"}, "event_id": "$.id"}},
    }
)


def refuse(inbox: Inbox, body: Any, key: bytes) -> None:
    """A delivery that is signed with `key`, refused because we had another one."""
    raw = orjson.dumps(body)
    proof = hmac.new(key, raw, hashlib.sha256).hexdigest()
    arrival = Arrival(
        partner="p",
        pos_code="pos-1",
        method="POST",
        target="orders",
        headers=(("x-sig", proof),),
        body=raw,
        received_at=START,
    )
    identity = identify_refused(arrival, "orders", [(b"x-sig", proof.encode())])
    keep(inbox, arrival, Verification(False, "mismatch"), identity)


def test_an_hour_with_the_wrong_key_loses_nothing(inbox: Inbox) -> None:
    """With the right key the quarantine is let in, once per event; a forgery stays outside."""
    for body in ({"id": "1"}, {"id": "2"}, {"id": "2", "sent": "again"}):
        refuse(inbox, body, b"right")
    refuse(inbox, {"id": "3"}, b"forged")
    endpoints = {"pos-1": Endpoint("p", HMAC, (b"wrong",))}
    assert reverify(inbox.database, endpoints, ReceiptFilter()) == Review(0, 0, 4)
    endpoints = {"pos-1": Endpoint("p", HMAC, (b"wrong", b"right"))}
    assert reverify(inbox.database, endpoints, ReceiptFilter()) == Review(2, 1, 1)
    assert reverify(inbox.database, endpoints, ReceiptFilter()) == Review(0, 0, 1)
    found = [(r.state, r.verified, r.seen_again, r.differed) for r in inbox.receipts("p")]
    assert found == [("new", True, 0, 0), ("new", True, 1, 1), ("quarantined", False, 0, 0)]
    assert replay(inbox.database, ReceiptFilter(states=("quarantined",))) == 0
    with inbox.database.transact() as connection:
        keys = list(connection.scalars(select(RECEIPTS.c.dedup_key).order_by(RECEIPTS.c.id)))
    assert [key.partition(":")[0] for key in keys] == ["event", "event", "refused"]


@pytest.mark.parametrize("states", [(), ("dead",), ("new", "retry"), ("done",)])
def test_a_list_reads_what_it_shows(tmp_path: Path, states: tuple[str, ...]) -> None:
    """However long the inbox: rows come in the order of an index, and no table is read whole."""
    chosen = ReceiptFilter(partner="p", states=states)
    query = _query(chosen).order_by(RECEIPTS.c.id.desc())
    with Inbox(tmp_path / "inbox.db") as inbox, inbox.database.transact() as connection:
        words = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}")]
    scans = [step for step in plan if step.startswith("SCAN") and "_open" not in step]
    assert [step for step in scans if "_dead" not in step] == []
