"""The quarantine is bounded by what it costs, for each sender and in all; counts stay."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from workbench.receiver.connection_limits import group_sender
from workbench.receiver.events import Identity, identify_refused
from workbench.receiver.inbox_tables import DROPPED
from workbench.receiver.receipt import Arrival
from workbench.receiver.signature import Verification
from workbench.receiver.store import Store, microseconds, read_costs, write_row

OK = Verification(ok=True, reason="ok")
REFUSED = Verification(ok=False, reason="mismatch")
BOUND = 400_000


@pytest.fixture
def store(location: str) -> Iterator[Store]:
    """A store with a small quarantine, in either database."""
    made = Store(location, quarantine_bytes=BOUND)
    yield made
    made.close()


def arrival(
    number: int, *, body: bytes = b"", header: str = "", target: str = "", sender: str = "192.0.2.1"
) -> Arrival:
    """A delivery."""
    return Arrival(
        partner="p",
        pos_code="p",
        method="POST",
        target=target or f"orders/{number}",
        headers=(("x-pad", header),),
        body=body,
        received_at=datetime.now(UTC),
        sender=sender,
    )


def refuse(store: Store, arrivals: list[Arrival]) -> None:
    """Write deliveries that proved nothing."""
    store.write(
        [write_row(one, REFUSED, identify_refused(one, one.target, [])) for one in arrivals]
    )


def costs(store: Store) -> dict[str, int]:
    """Sender → what its quarantine costs, as the database says."""
    with store.database.transact() as connection:
        return dict(read_costs(connection))


@pytest.mark.parametrize("kind", ["body", "header", "target", "nothing"])
def test_everything_counts(store: Store, kind: str) -> None:
    """Large headers or addresses, and many empty deliveries, are bounded like bodies."""
    pad = 5_000
    for batch in range(40):
        refuse(
            store,
            [
                arrival(
                    batch * 50 + number,
                    body=b"x" * pad + b"%d" % (batch * 50 + number) if kind == "body" else b"",
                    header="x" * pad if kind == "header" else "",
                    target=f"{'x' * pad}/{batch}/{number}" if kind == "target" else "",
                    sender=f"192.0.2.{number}",
                )
                for number in range(50)
            ],
        )
    assert 0 < sum(costs(store).values()) <= BOUND


def test_file_stays_small(tmp_path: Path) -> None:
    """20 MB of refused deliveries without a body leave a file of about the bound."""
    store = Store(tmp_path / "inbox.sqlite", quarantine_bytes=1_000_000)
    for batch in range(20):
        refuse(store, [arrival(batch * 50 + number, header="p" * 20_000) for number in range(50)])
    store.close()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 4_000_000


def test_one_sender_does_not_crowd_out_the_others(store: Store) -> None:
    """Who sends most loses its own oldest evidence, not that of a partner with a wrong key."""
    refuse(store, [arrival(number, sender="198.51.100.7") for number in range(5)])
    for batch in range(30):
        refuse(store, [arrival(1000 + batch * 50 + n, header="x" * 2_000) for n in range(50)])
    kept = costs(store)

    assert kept["192.0.2.1"] <= BOUND // 8
    honest = [item for item in store.receipts("p", None) if item.target.startswith("orders/")]
    assert [item.target for item in honest[:5]] == [f"orders/{number}" for number in range(5)]
    newest = store.receipts("p", None)[-1]
    assert newest.target == f"orders/{1000 + 29 * 50 + 49}"


def test_a_sender_without_an_address_may_fill_the_whole(store: Store) -> None:
    """Behind a socket all senders look the same, so none of them has a part of its own."""
    refuse(store, [arrival(number, header="x" * 3_000, sender="") for number in range(40)])
    assert BOUND // 8 < sum(costs(store).values()) < BOUND
    assert len(store.receipts("p", None)) == 40


def test_senders_of_one_network_are_one() -> None:
    """An IPv6 sender has a whole network of addresses, which are bounded as one."""
    assert group_sender("2001:db8::1") == group_sender("2001:db8::ffff:1") == "2001:db8::/64"
    assert group_sender("::ffff:192.0.2.1") == group_sender("192.0.2.1") == "192.0.2.1"
    assert group_sender("") == group_sender("a/socket") == ""


def test_counts_of_what_was_dropped_stay(store: Store) -> None:
    """How many, why, and from when to when; repeats of a delivery count too."""
    came = [arrival(number, header="x" * 3_000) for number in (1, 1, *range(1, 200))]
    for one in came:
        refuse(store, [one])
    kept = store.receipts("p", None)
    targets = {item.target for item in kept}
    gone = [microseconds(one.received_at) for one in came if one.target not in targets]
    with store.database.transact() as connection:
        [row] = connection.execute(select(DROPPED)).mappings().all()
    depth = store.depth(datetime.now(UTC))

    assert (row["pos_code"], row["reason"]) == ("p", "mismatch")
    assert row["count"] + sum(1 + item.seen_again for item in kept) == 201
    assert (row["first_at"], row["last_at"]) == (gone[0], gone[-1])
    assert (depth.dropped, depth.quarantined) == (row["count"], len(kept))


def test_genuine_deliveries_are_never_dropped(store: Store) -> None:
    """However much is refused, what proved itself stays, and its sender is not noted."""
    one = arrival(7, body=b"g" * 300_000)
    store.write([write_row(one, OK, Identity("genuine"))])
    for number in range(200):
        refuse(store, [arrival(100 + number, header="x" * 5_000)])
    first = store.receipts("p", None)[0]

    assert (first.state, len(first.body)) == ("new", 300_000)
    assert write_row(one, OK, Identity("genuine"))["sender"] == ""


def test_older_inbox_is_brought_up_to_date(tmp_path: Path) -> None:
    """A file that knew no senders gets the column, and keeps its rows."""
    path = tmp_path / "inbox.sqlite"
    store = Store(path)
    refuse(store, [arrival(1, header="x" * 100)])
    store.close()
    with sqlite3.connect(path) as old:
        old.execute("ALTER TABLE receipts DROP COLUMN sender")
        old.execute("DROP TABLE dropped")
        old.execute("UPDATE inbox_version SET version = 1")
    old.close()
    again = Store(path, quarantine_bytes=BOUND)
    refuse(again, [arrival(2)])

    assert [item.target for item in again.receipts("p", None)] == ["orders/1", "orders/2"]
    assert costs(again).keys() == {"", "192.0.2.1"}
    again.close()
