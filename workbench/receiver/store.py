"""Receipts in the database: written in batches, read back, counted; refused ones have a limit."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from workbench.receiver.database import Database
from workbench.receiver.events import Identity
from workbench.receiver.inbox_tables import DROPPED, EFFECTS, EVENTS, RECEIPTS, content_bytes
from workbench.receiver.queue import is_in_state, is_open
from workbench.receiver.receipt import Arrival, Receipt
from workbench.receiver.signature import Verification
from workbench.receiver.upsert import Row, upsert

# A row costs its keys, indexes and the page that it begins, whatever is in it.
_ROW_BYTES = 512


def cost_of(row: Row) -> int:
    """Bytes of disk that a row takes, about: body, headers, address and what every row has."""
    return len(row["body"]) + len(row["headers"]) + len(row["target"]) + _ROW_BYTES


def read_costs(connection: Connection) -> Counter[str]:
    """Sender → what its refused deliveries cost."""
    kept = RECEIPTS.c
    query = (
        select(kept.sender, func.sum(_cost()))
        .where(kept.state == "quarantined")
        .group_by(kept.sender)
    )
    return Counter({sender: int(cost) for sender, cost in connection.execute(query)})


def drop_oldest(connection: Connection, target: int, *, sender: str | None = None) -> None:
    """Drop the oldest refused deliveries until the rest costs at most `target`; counts stay.

    Args:
        connection: In whose transaction it happens.
        target: Bytes, as of `cost_of`.
        sender: Only those of this one; None: of all.
    """
    kept = RECEIPTS.c
    is_meant = kept.state == "quarantined"
    if sender is not None:
        is_meant &= kept.sender == sender
    newest_first = (
        select(kept.id, func.sum(_cost()).over(order_by=kept.id.desc()).label("cost"))
        .where(is_meant)
        .subquery()
    )
    is_old = kept.id.in_(select(newest_first.c.id).where(newest_first.c.cost > target))
    times = func.sum(1 + kept.seen_again)
    told = select(
        kept.pos_code, kept.reason, times, func.min(kept.received_at), func.max(kept.last_seen_at)
    )
    for found in connection.execute(told.where(is_old).group_by(kept.pos_code, kept.reason)).all():
        _count(connection, *found)
    connection.execute(delete(RECEIPTS).where(is_old))


def _count(connection: Connection, pos_code: str, reason: str, *told: int) -> None:
    """Add to the counts of what was dropped; several receivers may do so at once."""
    count, first_at, last_at = map(int, told)
    library: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = library.insert(DROPPED).values(
        pos_code=pos_code, reason=reason, count=count, first_at=first_at, last_at=last_at
    )
    old, new = DROPPED.c, row.excluded
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["pos_code", "reason"],
            set_={
                "count": old.count + new.count,
                "first_at": case((new.first_at < old.first_at, new.first_at), else_=old.first_at),
                "last_at": case((new.last_at > old.last_at, new.last_at), else_=old.last_at),
            },
        )
    )


def _cost() -> ColumnElement[int]:
    return content_bytes() + _ROW_BYTES


QUARANTINE_BYTES = 256 * 1024 * 1024
SENDER_PART = 8  # of the quarantine, for one sender
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits, and how much was given up.

    Attributes:
        depth: Receipts and events that are still to be done.
        oldest_seconds: Age of the oldest of them.
        receipts: All that is kept.
        quarantined: Refused deliveries that are kept.
        dropped: Refused deliveries of which only counts are left.
        dead: Events that were given up, and receipts that no rule knows.
        undelivered: Entities that are not yet with whoever takes them.
        refused: Entities that nobody would take.
    """

    depth: int = 0
    oldest_seconds: float | None = None
    receipts: int = 0
    quarantined: int = 0
    dropped: int = 0
    dead: int = 0
    undelivered: int = 0
    refused: int = 0


class Store:
    """The receipts of an inbox; written by one thread, read by any.

    Args:
        location: As of `Database`.
        quarantine_bytes: The oldest refused deliveries are dropped above this cost, headers and
            all, and those of one sender above its part of it, so that forgers cannot fill the disk
            or crowd each other out. Counts of what was dropped stay.

    Raises:
        InputError: It cannot be opened, or is no inbox.
    """

    def __init__(self, location: str | Path, *, quarantine_bytes: int = QUARANTINE_BYTES) -> None:
        self.database = Database(location)
        self._quarantine_bytes = quarantine_bytes
        with self.database.transact() as connection:
            self._costs = read_costs(connection)

    def write(self, rows: Sequence[Row]) -> None:
        """Insert rows, or count their repeats, in one transaction.

        Raises:
            StoreError: Nothing of it was committed, as far as can be known.
        """
        costs = Counter(self._costs)
        for row in rows:
            if row["state"] == "quarantined":
                costs[row["sender"]] += cost_of(row)
        with self.database.transact() as connection:
            upsert(connection, rows)
            if costs != self._costs:
                costs = self._trim(connection, costs)
        self._costs = costs

    def _trim(self, connection: Connection, costs: Counter[str]) -> Counter[str]:
        """Drop the oldest where one sender, or all of them, cost more than they may."""
        share = self._quarantine_bytes // SENDER_PART
        greedy = [sender for sender, cost in costs.items() if sender and cost > share]
        for sender in greedy:
            drop_oldest(connection, share // 2, sender=sender)
        costs = read_costs(connection) if greedy else costs
        if costs.total() > self._quarantine_bytes:
            drop_oldest(connection, self._quarantine_bytes // 2)
            costs = read_costs(connection)
        return costs

    def receipts(self, partner: str | None, since: datetime | None) -> list[Receipt]:
        """Receipts in order of arrival; `since` counts repeats too."""
        query = select(RECEIPTS).order_by(RECEIPTS.c.id)
        if partner is not None:
            query = query.where(RECEIPTS.c.partner == partner)
        if since is not None:
            query = query.where(RECEIPTS.c.last_seen_at >= microseconds(since))
        with self.database.transact() as connection:
            return [read_receipt(row) for row in connection.execute(query).mappings()]

    def depth(self, now: datetime) -> Depth:
        """How much waits at `now`."""
        return read_depth(self.database, now)

    def close(self) -> None:
        """Close all connections."""
        self.database.close()


def read_depth(database: Database, now: datetime) -> Depth:
    """How much waits in an inbox at `now`, and how much was given up; by indexes alone.

    Raises:
        StoreError: It cannot be read.
    """
    # Nearly all are read: those are counted with the rest, the few others by their states.
    state = RECEIPTS.c.state
    counts = (
        select(state, func.count(), func.min(RECEIPTS.c.received_at))
        .where(state.in_(("new", "unknown", "quarantined", "erased")))
        .group_by(state)
    )
    waiting = select(func.count(), func.min(EVENTS.c.received_at)).where(is_open(EVENTS))
    with database.transact() as connection:
        found = {state: (count, oldest) for state, count, oldest in connection.execute(counts)}
        receipts = connection.scalar(select(func.count()).select_from(RECEIPTS)) or 0
        open_events, oldest_event = connection.execute(waiting).one()
        dropped = connection.scalar(select(func.coalesce(func.sum(DROPPED.c.count), 0)))
        dead, refused, undelivered = (
            connection.scalar(select(func.count()).where(condition)) or 0
            for condition in (
                is_in_state(EVENTS, "dead"),
                is_in_state(EFFECTS, "dead"),
                is_open(EFFECTS),
            )
        )
    states = {state: count for state, (count, _) in found.items()}
    new, oldest_receipt = found.get("new", (0, None))
    oldest = min((at for at in (oldest_receipt, oldest_event) if at is not None), default=None)
    return Depth(
        depth=new + open_events,
        oldest_seconds=None if oldest is None else max(0.0, (microseconds(now) - oldest) / 1e6),
        receipts=receipts,
        quarantined=states.get("quarantined", 0),
        dropped=int(dropped or 0),
        dead=dead + states.get("unknown", 0),
        undelivered=undelivered,
        refused=refused,
    )


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 of an instant with a zone."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def read_instant(count: int) -> datetime:
    """The instant that is so many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=count)


def write_row(arrival: Arrival, verification: Verification, identity: Identity) -> Row:
    """An arrival as a row of `receipts`."""
    instant = microseconds(arrival.received_at)
    return {
        "partner": arrival.partner,
        "pos_code": arrival.pos_code,
        "dedup_key": identity.key,
        "method": arrival.method,
        "target": arrival.target,
        "headers": orjson.dumps(arrival.headers),
        "body": arrival.body,
        "content": hashlib.sha256(arrival.body).digest(),
        "received_at": instant,
        "last_seen_at": instant,
        "verified": int(verification.is_proved),
        "reason": verification.reason,
        "seen_again": 0,
        "differed": 0,
        "state": "new" if verification.ok else "quarantined",
        "sender": "" if verification.ok else arrival.sender,
        "leaked": ",".join(arrival.leaked),
        "reopens": int(identity.reopens),
    }


def read_receipt(row: Mapping[Any, Any]) -> Receipt:
    """A row of `receipts` as a receipt."""
    return Receipt(
        id=row["id"],
        partner=row["partner"],
        pos_code=row["pos_code"],
        method=row["method"],
        target=row["target"],
        headers=tuple((name, value) for name, value in orjson.loads(row["headers"])),
        body=bytes(row["body"]),
        received_at=read_instant(row["received_at"]),
        last_seen_at=read_instant(row["last_seen_at"]),
        verified=bool(row["verified"]),
        reason=row["reason"],
        seen_again=row["seen_again"],
        differed=row["differed"],
        state=row["state"],
        leaked=tuple(filter(None, row["leaked"].split(","))),
    )
