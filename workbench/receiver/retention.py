"""Personal data goes: erased after its time, or on request; that something came stays known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, select, text, tuple_, update

from workbench.receiver.database import Database
from workbench.receiver.queries import ReceiptFilter, list_numbers
from workbench.receiver.queue import is_open
from workbench.receiver.schema import ATTEMPTS, EFFECTS, ENTITIES, EVENTS, RECEIPTS

FINISHED = ("done", "dead", "quarantined")


def erase(database: Database, chosen: ReceiptFilter, *, force: bool = False) -> int:
    """Remove bodies, headers, paths and entities of receipts; returns how many receipts.

    The row stays with its key, so that a repeat is still known as one. Effects that no sink has
    taken go as well; an event that is still to be processed is left alone.

    Args:
        database: The inbox.
        chosen: Which receipts.
        force: Also what is still to be processed; it never will be.
    """
    states = chosen.states if force else tuple(set(chosen.states or FINISHED) & set(FINISHED))
    if not force and not states:
        return 0
    count = 0
    for numbers in list_numbers(database, replace(chosen, states=states)):
        with database.transact() as connection:
            count += _erase(connection, numbers)
    if database.is_file:
        with database.transact() as connection:  # the log holds copies of pages until it is cut
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return count


def retain(database: Database, since: datetime, *, partner: str | None = None) -> int:
    """Erase everything finished that was received before an instant; returns how many receipts."""
    return erase(database, ReceiptFilter(partner=partner, until=since))


def _erase(connection: Connection, numbers: list[int]) -> int:
    events = select(EVENTS.c.id).where(EVENTS.c.receipt_id.in_(numbers))
    named = select(EFFECTS.c.pos_code, EFFECTS.c.entity_id).where(EFFECTS.c.event_id.in_(events))
    of_them = tuple_(ENTITIES.c.pos_code, ENTITIES.c.entity_id).in_(named)
    nothing = {"error": None, "lease": None}
    for statement in (
        update(ENTITIES).where(of_them).values(payload=None, mapping=None),
        update(EFFECTS)
        .where(EFFECTS.c.event_id.in_(events))
        .values(body=b"{}", state=_closed(EFFECTS), **nothing),
        update(ATTEMPTS).where(ATTEMPTS.c.event_id.in_(events)).values(detail=None),
        update(EVENTS)
        .where(EVENTS.c.receipt_id.in_(numbers))
        .values(state=_closed(EVENTS), **nothing),
    ):
        connection.execute(statement)
    gone = update(RECEIPTS).where(RECEIPTS.c.id.in_(numbers), RECEIPTS.c.state != "erased")
    return connection.execute(
        gone.values(body=b"", headers=b"[]", target="", sender="", state="erased")
    ).rowcount


def _closed(table: Any) -> ColumnElement[str]:
    return case((is_open(table), "dead"), else_=table.c.state)
