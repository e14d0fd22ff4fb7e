"""Both stores keep the same promises behind one interface."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import orjson
import postgres_server
import pytest
from deliveries import keep, order
from sqlalchemy import func, select

from workbench.errors import InputError
from workbench.receiver.events import Identity
from workbench.receiver.inbox import Inbox
from workbench.receiver.inbox_tables import _PACKED, RECEIPTS
from workbench.receiver.receipt import Arrival
from workbench.receiver.signature import Verification

OK = Verification(True, "ok")
REFUSED = Verification(False, "mismatch")
START = datetime(2026, 9, 21, 12, tzinfo=UTC)


def arrival(number: int, body: bytes = b"{}", at: datetime = START) -> Arrival:
    """An arrival that differs from others by its number."""
    return Arrival(
        partner="p",
        pos_code="pos-1",
        method="POST",
        target=f"orders/{number}",
        headers=(("x-n", "tw\xefce\x00"),),
        body=body,
        received_at=at,
    )


def test_bytes_come_back_as_they_were(location: str) -> None:
    """Body, headers, address, time and verification, after the inbox was opened again."""
    body = bytes(range(256))
    with Inbox(location) as inbox:
        keep(inbox, arrival(1, body), OK, Identity("k"))
    with Inbox(location) as inbox:
        (receipt,) = inbox.receipts("p")
    assert receipt.body == body
    assert receipt.headers == (("x-n", "tw\xefce\x00"),)
    assert (receipt.target, receipt.reason, receipt.state) == ("orders/1", "ok", "new")
    assert receipt.received_at == START


def test_repeats_in_one_batch_are_counted(location: str) -> None:
    """Equal keys that are committed together, and later: one row, each repeat counted."""

    async def storm(inbox: Inbox) -> None:
        puts = [inbox.put(arrival(n % 3, b"%d" % n), OK, Identity(str(n % 3))) for n in range(30)]
        await asyncio.gather(*puts)

    with Inbox(location) as inbox:
        for _ in range(2):
            asyncio.run(storm(inbox))
        receipts = inbox.receipts("p")
    assert [(r.target, r.body) for r in receipts] == [(f"orders/{n}", b"%d" % n) for n in range(3)]
    assert {(r.seen_again, r.differed) for r in receipts} == {(19, 18)}


def test_a_ping_that_is_repeated_is_news(location: str) -> None:
    """Only where the rule says so, and never out of the quarantine."""
    with Inbox(location) as inbox:
        for identity, proof in ((Identity("a", reopens=True), OK), (Identity("b"), OK)):
            keep(inbox, arrival(1), proof, identity)
        keep(inbox, arrival(1), REFUSED, Identity("c", reopens=True))
        with inbox.database.transact() as connection:
            connection.exec_driver_sql("UPDATE receipts SET state='read' WHERE state='new'")
        for key in "abc":
            keep(inbox, arrival(1), OK, Identity(key, reopens=key != "b"))
        assert [r.state for r in inbox.receipts("p")] == ["new", "read", "quarantined"]


def test_health_counts_and_ages(location: str) -> None:
    """Depth, oldest age and quarantine are those of the database."""
    with Inbox(location) as inbox:
        old = datetime.now(UTC) - timedelta(minutes=5)
        keep(inbox, arrival(1, at=old), OK, Identity("a"))
        keep(inbox, arrival(2), REFUSED, Identity("b"))
        health = inbox.health()
    assert (health.depth, health.quarantined, health.is_writing) == (1, 1, True)
    assert health.oldest_seconds == pytest.approx(300, abs=5)


def test_quarantine_is_trimmed(location: str) -> None:
    """Above its share the oldest refused deliveries go, in either store."""
    inbox = Inbox(location)
    inbox._store._quarantine_bytes = 5_000
    with inbox:
        keep(inbox, arrival(0, b"g" * 4_000), OK, Identity("genuine"))
        for number in range(1, 13):
            keep(inbox, arrival(number, b"x" * 1000), REFUSED, Identity(f"refused:{number}"))
        kept = [receipt.target for receipt in inbox.receipts("p")]
    assert kept[0] == "orders/0"
    assert kept[-1] == "orders/12"
    assert len(kept) < 8


def test_bodies_are_packed_and_come_back_as_they_came(location: str) -> None:
    """Small, plain, random, and one that looks packed already: byte for byte, and JSON is small."""
    plain = orjson.dumps(order(1))
    bodies = [b"", b"{}", plain, os.urandom(2000), _PACKED, _PACKED + plain, _PACKED + b"x" * 2000]
    with Inbox(location) as inbox:
        for number, body in enumerate(bodies):
            keep(inbox, arrival(number, body), OK, Identity(str(number)))
        assert [receipt.body for receipt in inbox.receipts("p")] == bodies
        with inbox.database.transact() as connection:
            sizes = connection.scalars(select(func.length(RECEIPTS.c.body)).order_by("id")).all()
    assert sizes[2] < len(plain) / 2


def test_several_may_open_at_once(location: str) -> None:
    """A rolling restart: two receivers on one database, the tables made once, no row twice."""
    with ThreadPoolExecutor(4) as pool:
        inboxes = list(pool.map(Inbox, [location] * 4))
    try:
        for number in range(8):
            keep(inboxes[number % 4], arrival(number % 2), OK, Identity(str(number % 2)))
        receipts = inboxes[0].receipts("p")
    finally:
        for inbox in inboxes:
            inbox.close()
    assert [r.seen_again for r in receipts] == [3, 3]


def test_a_server_without_fsync_is_refused(cluster: postgres_server.Cluster) -> None:
    """Durability is not left to luck: `fsync=off` is an input error, and the session commits."""
    with Inbox(cluster.create("durable")) as inbox, inbox.database.transact() as connection:
        shown = connection.exec_driver_sql("SHOW synchronous_commit").scalar()
    assert shown == "on"
    with Inbox(cluster.url("durable")) as inbox:
        _set_fsync(inbox, "off")
        with pytest.raises(InputError, match="fsync is off"):
            Inbox(cluster.url("durable"))
        _set_fsync(inbox, "on")


def test_a_server_that_is_away_is_an_input_error() -> None:
    """The message names the address and never the password."""
    with pytest.raises(InputError) as caught:
        Inbox("postgresql://u:secret@127.0.0.1:1/d")
    assert "secret" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def _set_fsync(inbox: Inbox, value: str) -> None:
    engine = inbox.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"ALTER SYSTEM SET fsync = {value}")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
        for _ in range(200):
            if connection.exec_driver_sql("SHOW fsync").scalar() == value:
                return
            connection.exec_driver_sql("SELECT pg_sleep(0.02)")
