"""Personal data goes: erased after its time, or on request; that something came stays known."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select, text, tuple_, update

from workbench.receiver.database import PAUSE_SECONDS, Database
from workbench.receiver.inbox_tables import (
    ATTEMPTS,
    EFFECTS,
    ENTITIES,
    EVENTS,
    RECEIPTS,
    content_bytes,
)
from workbench.receiver.queries import ReceiptFilter, list_numbers
from workbench.receiver.queue import is_open, run_loop

# Deliveries are stored between two portions: a file has one writer at a time.
PORTION = 20
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
        for start in range(0, len(numbers), PORTION):
            with database.transact() as connection:
                count += _erase(connection, numbers[start : start + PORTION])
            time.sleep(PAUSE_SECONDS)
    if database.is_file:
        with database.transact() as connection:  # the log holds copies of pages until it is cut
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return count


def retain(database: Database, since: datetime, *, partner: str | None = None) -> int:
    """Erase everything finished that was received before an instant; returns how many receipts."""
    return erase(database, ReceiptFilter(partner=partner, until=since))


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long and how much an inbox keeps of what is finished; None: no bound.

    Attributes:
        days: Receipts older than this are erased.
        bytes: Above this size of the whole, the oldest receipts are erased until it fits.
    """

    days: float | None = None
    bytes: int | None = None


class Retainer:
    """Keeps an inbox within its bounds, some receipts at a time so that nobody waits.

    Args:
        database: The inbox.
        keeping: Its bounds.
        clock: The time now, with a zone.
    """

    def __init__(
        self,
        database: Database,
        keeping: Keeping,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._keeping = keeping
        self._clock = clock

    def run(self, stop: threading.Event, *, pause: float = 600) -> None:
        """Work until `stop` is set."""
        run_loop(self.step, stop, pause=pause, who="retention")

    def step(self) -> int:
        """Erase what is too old or too much, and give its room back; returns how many receipts.

        Raises:
            StoreError: The database is in trouble; the step can be repeated.
        """
        count = 0
        if self._keeping.days is not None:
            count += retain(self._database, self._clock() - timedelta(days=self._keeping.days))
        size = self._database.size()
        if self._keeping.bytes is not None and size > self._keeping.bytes:
            count += self._shrink(size - self._keeping.bytes)
        if count:
            self._database.give_back()
        return count

    def _shrink(self, excess: int) -> int:
        """Erase the oldest receipts whose contents come to so many bytes."""
        kept = RECEIPTS.c
        oldest_first = (
            select(kept.id, func.sum(content_bytes()).over(order_by=kept.id).label("cost"))
            .where(kept.state.in_(("read", "unknown", "quarantined")))
            .subquery()
        )
        last = select(func.min(oldest_first.c.id)).where(oldest_first.c.cost >= excess)
        with self._database.transact() as connection:
            number = connection.scalar(last) or connection.scalar(select(func.max(kept.id)))
        return erase(self._database, ReceiptFilter(last=number)) if number else 0


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
