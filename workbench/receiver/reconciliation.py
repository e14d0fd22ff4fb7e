"""What the partner never told us, or told us while nobody listened: asked for, and made an event.

No inbox recovers an event that was sent once while we were away, but the partner's own reads do:
every order and reservation that is not at its end is compared with what the partner says now, and
a difference is stored as a receipt of ours, which then goes the way of all others.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from sqlalchemy import RowMapping, select, text, update

from workbench.adapters import Adapter, Answer
from workbench.errors import PartnerError, StoreError, WorkbenchError
from workbench.model import Access, Aspect
from workbench.partners import load_catalogue
from workbench.receiver.database import Database
from workbench.receiver.events import Identity, digest
from workbench.receiver.inbox_tables import ENTITIES, IS_UNDER_WAY
from workbench.receiver.process import Parties
from workbench.receiver.queue import SECOND, run_loop
from workbench.receiver.receipt import Arrival
from workbench.receiver.receipt_events import OURS
from workbench.receiver.signature import Verification
from workbench.receiver.store import write_row
from workbench.receiver.upsert import upsert

EVERY = 300.0
SILENT = 600.0
SWEEP = 200
MOST_AT_ONCE = 8  # partners
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep found.

    Attributes:
        checked: Orders and reservations that the partner was asked about.
        missed: Those of which an event had been missed; each is now in the inbox.
        failed: Those that the partner would not tell, or that could not be read.
        is_complete: False when the partner could not be reached, and the rest was left.
    """

    checked: int = 0
    missed: int = 0
    failed: int = 0
    is_complete: bool = True


class Reconciler:
    """Compares what we know with what the partner says; one per partner and environment.

    Args:
        database: The inbox.
        adapter: The opened partner.
        every: Seconds between sweeps.
        silent: An order is asked about when nothing was heard of it for so many seconds.
        clock: Unix seconds, for tests.
    """

    def __init__(
        self,
        database: Database,
        adapter: Adapter,
        *,
        every: float = EVERY,
        silent: float = SILENT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._adapter = adapter
        self._every = every
        self._silent = silent
        self._clock = clock
        self._last: float | None = None
        self._is_hurried = False

    def use(self, adapter: Adapter) -> None:
        """Ask through this one from now on: the folder may have changed."""
        self._adapter = adapter

    def hurry(self) -> None:
        """Ask about everything that is open at the next turn: something was missed."""
        self._is_hurried = True

    def sweep_when_due(self) -> Sweep | None:
        """Sweep if it is time to; None when it is not.

        The first sweep, and one after a gap in our own running (the machine slept, the process
        was stopped) or in the partner's numbers (`hurry`), asks about everything that is open; the
        others about what was silent. In between, what was only ever heard of in part is asked for
        at once.
        """
        now = self._clock()
        passed = -1.0 if self._last is None else now - self._last
        if self._is_hurried or not 0 <= passed <= 2 * self._every:
            self._last, self._is_hurried = now, False
            return self.sweep(silent=0)
        if passed >= self._every:
            self._last = now
            return self.sweep()
        partial = self._open(silent=0, is_partial=True)
        return self._ask(partial) if partial else None

    def sweep(self, *, silent: float | None = None) -> Sweep:
        """Ask about every open order and reservation that was silent for so many seconds.

        Raises:
            StoreError: The database is in trouble.
        """
        return self._ask(self._open(self._silent if silent is None else silent))

    def _open(self, silent: float, *, is_partial: bool = False) -> Sequence[RowMapping]:
        before = int((self._clock() - silent) * SECOND)
        query = (
            select(ENTITIES)
            .where(
                ENTITIES.c.partner == self._adapter.partner.slug,
                ENTITIES.c.checked_at <= before,
                text(IS_UNDER_WAY),
            )
            .order_by(ENTITIES.c.checked_at)
            .limit(SWEEP)
        )
        if is_partial:
            # Asked for once: `checked_at` moves on whatever comes of it.
            query = query.where(
                ENTITIES.c.payload.is_(None), ENTITIES.c.checked_at == ENTITIES.c.heard_at
            )
        with self._database.transact() as connection:
            return connection.execute(query).mappings().all()

    def _ask(self, rows: Sequence[RowMapping]) -> Sweep:
        missed = failed = 0
        for checked, row in enumerate(rows):
            try:
                is_news = self._compare(row)
            except PartnerError as error:
                _LOG.warning("the sweep stops: %s", type(error).__name__)
                return Sweep(checked, missed, failed, is_complete=False)
            except StoreError:
                raise
            except WorkbenchError as error:
                _LOG.warning("an order cannot be asked about: %s", error.message)
                self._note(row, None)
                is_news = None
            missed += is_news is True
            failed += is_news is None
        return Sweep(len(rows), missed, failed)

    def _compare(self, row: RowMapping) -> bool | None:
        """Whether the partner knows more than we; None when that cannot be told."""
        feature = self._feature(row)
        if feature is None:
            self._note(row, None)
            return None
        answer = self._adapter.call(feature, ids={row["kind"]: row["entity_id"]})
        status = self._status(feature, answer)
        is_whole = feature == load_catalogue().asking(row["kind"], Access.READ).slug
        is_news = status != row["status"] or (is_whole and row["payload"] is None)
        if status is None or not is_news:
            self._note(row, None)
            return None if status is None else False
        self._note(row, self._arrival(row, feature, answer))
        return True

    def _feature(self, row: RowMapping) -> str | None:
        """The read that tells most: all of it where we do not have that, else the status alone."""
        asking = load_catalogue().asking
        whole = asking(row["kind"], Access.READ).slug
        status = asking(row["kind"], Access.READ, Aspect.STATUS).slug
        wanted = (whole, status) if row["payload"] is None else (status, whole)
        partner = self._adapter.partner
        return next((name for name in wanted if partner.operations(name)), None)

    def _status(self, feature: str, answer: Answer) -> str | None:
        """The status in an answer, None when it has none.

        Raises:
            PartnerError: The partner is in trouble, or does not let us in.
        """
        if answer.status in {401, 403, 429} or answer.status >= 500:
            answer.require()
        translator = self._adapter.partner.translator(feature)
        if answer.status != 200 or translator is None:
            return None
        try:
            entity = translator.translate(answer.json()).value
        except WorkbenchError:
            return None
        return str(getattr(entity, "status", "")) or None

    def _arrival(self, row: RowMapping, feature: str, answer: Answer) -> Arrival:
        return Arrival(
            partner=row["partner"],
            pos_code=row["pos_code"],
            method=OURS,
            target=f"{feature}/{quote(row['entity_id'], safe='')}",
            headers=(),
            body=answer.body,
            received_at=datetime.fromtimestamp(self._clock(), UTC),
        )

    def _note(self, row: RowMapping, arrival: Arrival | None) -> None:
        """Write down that an order was asked about, and what was missed, in one transaction."""
        columns = ENTITIES.c
        this = [columns[name] == row[name] for name in ("pos_code", "kind", "entity_id")]
        now = int(self._clock() * SECOND)
        with self._database.transact() as connection:
            if arrival is not None:
                # The same answer to the same knowledge is stored once, however often we ask.
                known = digest([arrival.target, row["status"], arrival.body])
                identity = Identity(key=f"pulled:{known}")
                upsert(connection, [write_row(arrival, Verification(True, "ok"), identity)])
            connection.execute(update(ENTITIES).where(*this).values(checked_at=now))


class Reconcilers:
    """A reconciler for each partner that has something open; each in its turn, some at a time.

    Args:
        database: The inbox.
        parties: Finds partners with their API.
        is_hurried_only: Ask only after `hurry`; another process keeps the schedule.
    """

    def __init__(
        self, database: Database, parties: Parties, *, is_hurried_only: bool = False
    ) -> None:
        self._is_hurried_only = is_hurried_only
        self._database = database
        self._parties = parties
        self._known: dict[str, Reconciler] = {}
        self._hurried: set[str] = set()
        self._busy: set[str] = set()

    def hurry(self, slug: str) -> None:
        """Ask a partner about everything that is open at the next turn: something was missed."""
        self._hurried.add(slug)

    def run(self, stop: threading.Event, *, pause: float = 5.0) -> None:
        """Sweep at the start, on schedule and after gaps, until `stop` is set."""

        def turn() -> None:  # and then a pause, whatever came of it: the partner is not pressed
            self.turn()

        run_loop(turn, stop, pause=pause, who="the reconciler")

    def turn(self) -> None:
        """Begin what is due, each partner in a thread of its own, so that none waits for another.

        Raises:
            StoreError: The database is in trouble; the turn can be repeated.
        """
        query = select(ENTITIES.c.partner).where(text(IS_UNDER_WAY)).distinct()
        with self._database.transact() as connection:
            slugs = set(connection.scalars(query)) & self._parties.webhooks.keys()
        if self._is_hurried_only:
            slugs &= self._hurried
        for slug in sorted(slugs - self._busy)[: max(0, MOST_AT_ONCE - len(self._busy))]:
            self._busy.add(slug)
            threading.Thread(target=self._sweep, args=(slug,), daemon=True).start()

    def _sweep(self, slug: str) -> None:
        try:
            adapter = self._parties.find(slug).adapter
            if adapter is None:
                return
            known = self._known.get(slug)
            if known is None:
                known = self._known[slug] = Reconciler(self._database, adapter)
            known.use(adapter)
            if slug in self._hurried:
                self._hurried.discard(slug)
                known.hurry()
            known.sweep_when_due()
        except WorkbenchError as error:
            _LOG.warning("%s cannot be asked what was missed: %s", slug, type(error).__name__)
        finally:
            self._busy.discard(slug)
