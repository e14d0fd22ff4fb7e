"""The operator's queries: what came, what became of it, doing it again. Events stay.

A *replay* processes receipts again, as if they came now: a new run of their events, a new effect.
A *retry* lets what is dead or waiting try once more, without repeating what was done.
"""

from __future__ import annotations

import base64
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    Update,
    and_,
    case,
    func,
    select,
    true,
    union_all,
    update,
)

from workbench.receiver.database import Database
from workbench.receiver.inbox_tables import (
    ATTEMPTS,
    EFFECTS,
    EVENTS,
    OPEN,
    RECEIPTS,
)
from workbench.receiver.queue import is_in_state, is_open
from workbench.receiver.receipt import Receipt
from workbench.receiver.store import microseconds, read_instant, read_receipt

# A receipt is as far as the last of its events; the first of these that any has.
_PROGRESS = ("dead", "retry", "processing", "new", "done")
_PAGE = 200


@dataclass(frozen=True, slots=True)
class ReceiptFilter:
    """Which receipts; every given condition must hold, and none at all means every receipt.

    Attributes:
        ids: Numbers of receipts.
        first: Lowest number.
        last: Highest number.
        since: Received at or after.
        until: Received before.
        states: As of `Line.state`.
        reference: Name of an event in the manifest.
        entity_id: The partner's id of an order or reservation.
        mentions: Text that the body has, as a name or a telephone number.
    """

    partner: str | None = None
    ids: tuple[int, ...] = ()
    first: int | None = None
    last: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    states: tuple[str, ...] = ()
    reference: str | None = None
    entity_id: str | None = None
    mentions: str | None = None


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """One receipt in a list, without what customers wrote.

    Attributes:
        state: `new`, `processing`, `retry`, `done`, `dead` (also: no rule knows it),
            `quarantined` or `erased`.
        reason: Of the verification.
        error: Why it is dead or waits; may quote the payload.
    """

    id: int
    partner: str
    pos_code: str
    target: str
    received_at: datetime
    state: str
    reason: str
    size: int
    events: int
    seen_again: int
    error: str | None


def list_receipts(
    database: Database, chosen: ReceiptFilter, *, limit: int = 100
) -> list[ReceiptRow]:
    """The newest receipts that are chosen, newest first."""
    query = _query(chosen).order_by(RECEIPTS.c.id.desc())
    with database.transact() as connection, closing(_matching(connection, query, chosen)) as rows:
        return [_line(row) for row in islice(rows, limit)]


def show_receipt(database: Database, number: int) -> dict[str, Any] | None:
    """All of one receipt as JSON values: headers, body, events, attempts, effects; or None."""
    with database.transact() as connection:
        rows = connection.execute(_query(ReceiptFilter(ids=(number,)))).mappings().all()
        if not rows:
            return None
        found = read_receipt(rows[0])
        events = select(EVENTS).where(EVENTS.c.receipt_id == number).order_by(EVENTS.c.id)
        numbers = select(EVENTS.c.id).where(EVENTS.c.receipt_id == number)
        shown = _show(found) | {"state": rows[0]["progress"]}
        shown["events"] = _all(connection, events)
        for name, table in (("attempts", ATTEMPTS), ("effects", EFFECTS)):
            query = select(table).where(table.c.event_id.in_(numbers)).order_by(table.c.id)
            shown[name] = _all(connection, query)
    return shown


def export_receipts(database: Database, chosen: ReceiptFilter) -> Iterator[dict[str, Any]]:
    """Every chosen receipt whole, oldest first, as JSON values; for NDJSON."""
    for numbers in list_numbers(database, chosen):
        with database.transact() as connection:
            query = _query(ReceiptFilter(ids=tuple(numbers))).order_by(RECEIPTS.c.id)
            rows = connection.execute(query).mappings().all()
        for row in rows:
            yield _show(read_receipt(row)) | {"state": row["progress"]}


def list_numbers(database: Database, chosen: ReceiptFilter) -> Iterator[list[int]]:
    """Numbers of the chosen receipts, oldest first, some at a time."""
    with database.transact() as connection:
        query = _query(chosen).order_by(RECEIPTS.c.id)
        numbers = [row["id"] for row in _matching(connection, query, chosen)]
    for start in range(0, len(numbers), _PAGE):
        yield numbers[start : start + _PAGE]


def replay(database: Database, chosen: ReceiptFilter) -> int:
    """Process receipts again; refused and erased ones are left alone. Returns how many."""
    count = 0
    for numbers in list_numbers(database, chosen):
        again = (
            update(RECEIPTS)
            .where(RECEIPTS.c.id.in_(numbers), RECEIPTS.c.state.in_(["read", "unknown", "new"]))
            .values(state="new")
        )
        with database.transact() as connection:
            count += connection.execute(again).rowcount
    return count


def retry(database: Database, chosen: ReceiptFilter) -> int:
    """Let what is dead, or waits for its next try, try now; returns how many receipts."""
    return sum(_retry(database, numbers) for numbers in list_numbers(database, chosen))


def _retry(database: Database, numbers: list[int]) -> int:
    events, effects = EVENTS.c, EFFECTS.c
    own = select(events.id).where(events.receipt_id.in_(numbers))
    unread = update(RECEIPTS).where(RECEIPTS.c.id.in_(numbers), RECEIPTS.c.state == "unknown")
    with database.transact() as connection:
        again = _reopen(EVENTS, events.receipt_id.in_(numbers)).returning(events.receipt_id)
        touched = set(connection.scalars(again))
        resent = _reopen(EFFECTS, effects.event_id.in_(own)).returning(effects.event_id)
        sent = list(connection.scalars(resent))
        touched |= set(connection.scalars(select(events.receipt_id).where(events.id.in_(sent))))
        count = connection.execute(unread.values(state="new")).rowcount
    return count + len(touched)


def _reopen(table: Table, condition: ColumnElement[bool]) -> Update:
    stuck = update(table).where(condition, table.c.state.in_(["dead", "retry"]))
    return stuck.values(state="new", due_at=0, attempts=0, error=None)


def _query(chosen: ReceiptFilter) -> Select[Any]:
    # Asked receipt by receipt, so that a short list of a long inbox reads what it shows.
    events = EVENTS.c
    ranks = case({name: position for position, name in enumerate(_PROGRESS)}, value=events.state)
    rank, count, error = (
        select(what).where(events.receipt_id == RECEIPTS.c.id).correlate(RECEIPTS).scalar_subquery()
        for what in (func.min(ranks), func.count(), func.max(events.error))
    )
    names = dict(enumerate(_PROGRESS))
    progress = case(
        (RECEIPTS.c.state == "unknown", "dead"),
        (RECEIPTS.c.state != "read", RECEIPTS.c.state),
        else_=func.coalesce(case(names, value=rank), "done"),
    ).label("progress")
    query = select(RECEIPTS, progress, error.label("error"), count.label("events"))
    return query.where(*_conditions(chosen, progress))


def _may_be(states: tuple[str, ...]) -> ColumnElement[bool]:
    """What indexes find and every receipt in one of these states has; nothing for `done`."""
    if "done" in states:
        return true()
    written = (*states, "unknown") if "dead" in states else states
    parts = [select(RECEIPTS.c.id).where(RECEIPTS.c.state.in_(written)).correlate(None)]
    if not {*OPEN}.isdisjoint(states):
        parts.append(select(EVENTS.c.receipt_id).where(is_open(EVENTS)))
    if "dead" in states:
        parts.append(select(EVENTS.c.receipt_id).where(is_in_state(EVENTS, "dead")))
    return RECEIPTS.c.id.in_(union_all(*parts))


def _conditions(chosen: ReceiptFilter, progress: Any) -> Iterator[ColumnElement[bool]]:
    receipts = RECEIPTS.c
    if chosen.partner is not None:
        yield receipts.partner == chosen.partner
    if chosen.ids:
        yield receipts.id.in_(chosen.ids)
    if chosen.first is not None:
        yield receipts.id >= chosen.first
    if chosen.last is not None:
        yield receipts.id <= chosen.last
    if chosen.since is not None:
        yield receipts.received_at >= microseconds(chosen.since)
    if chosen.until is not None:
        yield receipts.received_at < microseconds(chosen.until)
    if chosen.states:
        yield and_(_may_be(chosen.states), progress.in_(chosen.states))
    for column, value in (
        (EVENTS.c.reference, chosen.reference),
        (EVENTS.c.order_key, chosen.entity_id),
    ):
        if value is not None:
            yield receipts.id.in_(select(EVENTS.c.receipt_id).where(column == value))


def _matching(
    connection: Connection, query: Select[Any], chosen: ReceiptFilter
) -> Generator[RowMapping]:
    # Bodies are searched here: what the database would search is JSON with escapes, as bytes.
    with connection.execute(query.execution_options(yield_per=_PAGE)) as result:
        for row in result.mappings():
            if chosen.mentions is None or _mentions(row["body"], chosen.mentions):
                yield row


def _mentions(body: bytes, text: str) -> bool:
    escaped = text.encode("ascii", "backslashreplace")
    return any(form in bytes(body) for form in (text.encode(), escaped))


def _line(row: RowMapping) -> ReceiptRow:
    return ReceiptRow(
        id=row["id"],
        partner=row["partner"],
        pos_code=row["pos_code"],
        target=row["target"],
        received_at=read_instant(row["received_at"]),
        state=row["progress"],
        reason=row["reason"],
        size=len(row["body"]),
        events=row["events"],
        seen_again=row["seen_again"],
        error="no rule knows it" if row["state"] == "unknown" else row["error"],
    )


def _show(receipt: Receipt) -> dict[str, Any]:
    try:
        body = {"body": receipt.body.decode("utf-8")}
    except UnicodeDecodeError:
        body = {"body_base64": base64.b64encode(receipt.body).decode()}
    return {
        "id": receipt.id,
        "partner": receipt.partner,
        "pos_code": receipt.pos_code,
        "method": receipt.method,
        "target": receipt.target,
        "headers": [list(pair) for pair in receipt.headers],
        **body,
        "received_at": receipt.received_at.isoformat(),
        "last_seen_at": receipt.last_seen_at.isoformat(),
        "verified": receipt.verified,
        "reason": receipt.reason,
        "seen_again": receipt.seen_again,
        "differed": receipt.differed,
    }


def _all(connection: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    # Names of columns are a kind of text of SQLAlchemy's own, which orjson takes for no key.
    return [
        {
            str(name): read_instant(value).isoformat()
            if name.endswith("_at") and value
            else bytes(value).decode("utf-8", "replace")
            if isinstance(value, bytes | memoryview)
            else value
            for name, value in row.items()
        }
        for row in connection.execute(query).mappings()
    ]
