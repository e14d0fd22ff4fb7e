"""The worker: receipts → events → effects → sink, each step in a transaction that a crash undoes.

What is done in the database is done once: an effect and the state of its event are one COMMIT,
and a worker whose lease ran out writes nothing. What leaves the database carries a stable id.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, RowMapping, select

from workbench.errors import PartnerError, RateLimitedError, StoreError, WorkbenchError
from workbench.receiver import ledger
from workbench.receiver.database import Database
from workbench.receiver.events import read_number
from workbench.receiver.inbox_tables import EVENTS, RECEIPTS
from workbench.receiver.ledger import AttemptOutcome
from workbench.receiver.monitoring import log_attempt
from workbench.receiver.process import FixedParties, Parties, Party, process_event
from workbench.receiver.queue import (
    MAX_ATTEMPTS,
    SECOND,
    QueueWorker,
    backoff,
    claim,
    clean_detail,
    hold,
)
from workbench.receiver.receipt import Receipt
from workbench.receiver.receipt_events import split
from workbench.receiver.sink import Sink
from workbench.receiver.sink_delivery import SinkDelivery
from workbench.receiver.store import read_receipt

RESTART = 1000  # so far back is no straggler: the sender counts anew


class Numbers:
    """The last number of each pos-code.

    What is seen may be less than what came: another worker may have read a delivery in between,
    and a straggler may still come. A hole is a reason to ask, not a proof.
    """

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def has_hole(self, pos_code: str, number: int) -> bool:
        """Whether numbers before this one are missing."""
        last = self._last.get(pos_code)
        if last is None or number > last or number < last - RESTART:
            self._last[pos_code] = number
        return last is not None and number > last + 1


BATCH = 200
MAX_FAULTS = 3  # of our own code, on one event
MAX_DEATHS = 12  # workers that took it, and never said what became of it
SETTLE_SECONDS = 1.0
_LOG = logging.getLogger(__name__)


class Worker(QueueWorker):
    """Works on the inbox of one or several partners; several workers may share a database.

    Args:
        database: The inbox (`Inbox.database`).
        parties: Whose events.
        sink: Where effects go after each step; without one they stay in the database.
        missed: Is told the slug of a partner whose deliveries have a hole in their numbers.
        batch: How many events are claimed at a time.
        clock: Unix seconds, for tests.
    """

    _who = "the worker"

    def __init__(
        self,
        database: Database,
        parties: Iterable[Party] | Parties,
        sink: Sink | None = None,
        *,
        missed: Callable[[str], None] | None = None,
        batch: int = BATCH,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(database, clock)
        self._parties: Parties = FixedParties(parties) if isinstance(parties, Iterable) else parties
        self._missed = missed
        self._numbers = Numbers()
        self._fresh: dict[int, Receipt] = {}  # as they were read, to be worked on next
        self._batch = batch
        self._delivery = (
            SinkDelivery(
                database,
                sink,
                lambda: list(self._parties.webhooks),
                clock=clock,
                leases=self._leases,
            )
            if sink is not None
            else None
        )

    def step(self) -> int:
        """One round of everything; returns how much was done, 0 when nothing is due.

        Raises:
            StoreError: The database is in trouble; the round can be repeated.
        """
        webhooks = self._parties.webhooks
        # No more at a time than are worked on next, so that a body is still known as it was read.
        done = split(self._database, webhooks, notice=self._notice, limit=self._batch)
        done += self._work(list(webhooks))
        return done + (self._delivery.step() if self._delivery else 0)

    def _notice(self, receipt: Receipt) -> None:
        self._fresh[receipt.id] = receipt
        number = read_number(self._parties.webhooks[receipt.partner], receipt)
        if number is not None and self._numbers.has_hole(receipt.pos_code, number):
            _LOG.warning("%s numbered deliveries that did not come", receipt.partner)
            if self._missed is not None:
                self._missed(receipt.partner)

    def _work(self, partners: list[str]) -> int:
        lease = self._leases.take()
        with self._database.transact() as connection:
            rows = claim(
                connection,
                EVENTS,
                lease,
                self._now(),
                limit=self._batch,
                partners=partners,
            )
            receipts = self._fresh | _receipts(connection, rows, but=self._fresh)
        # A long body is worked on in several rounds, and unpacked and read in one.
        last = rows[-1]["receipt_id"] if rows else 0
        self._fresh = {last: receipts[last]} if rows else {}
        waiting: list[AttemptOutcome] = []
        since = time.monotonic()
        with self._leases.held(EVENTS, lease):
            for row in rows:
                if self._stop.is_set():
                    break
                waiting.append(self._try(receipts[row["receipt_id"]], row))
                # Settled in between where pulls take long, so that others see what is done.
                if time.monotonic() - since > SETTLE_SECONDS:
                    self._settle(lease, waiting)
                    waiting, since = [], time.monotonic()
            self._settle(lease, waiting)
            if self._stop.is_set():
                self._leases.release()
        return len(rows)

    def _try(self, receipt: Receipt, row: RowMapping) -> AttemptOutcome:
        # An attempt that ended left its reason.
        if row["attempts"] > (MAX_DEATHS if row["error"] is None else MAX_ATTEMPTS):
            return AttemptOutcome(row, "dead", "every worker that tried it died")

        recall = ledger.open_recall(self._database, row["pos_code"])
        try:
            result = process_event(self._parties.find(row["partner"]), receipt, row, recall)
        except RateLimitedError as error:
            pause = int((error.retry_after or 0) * SECOND)
            return self._again(row, error, MAX_ATTEMPTS, pause)
        except PartnerError as error:
            return self._again(row, error, MAX_ATTEMPTS)
        except StoreError:
            raise
        except WorkbenchError as error:
            # It will not heal by itself: somebody mends the folder, then retries.
            return AttemptOutcome(row, "dead", clean_detail(str(error)))
        except Exception as error:  # noqa: BLE001  a poison event must not stop the others
            return self._again(row, error, MAX_FAULTS)
        return AttemptOutcome(row, "done", result=result)

    def _again(
        self, row: RowMapping, error: Exception, most: int, pause: int = 0
    ) -> AttemptOutcome:
        detail = clean_detail(f"{type(error).__name__}: {error}")
        if row["attempts"] >= most:
            return AttemptOutcome(row, "dead", detail)
        due_at = self._now() + max(pause, backoff(row["attempts"]))
        return AttemptOutcome(row, "retry", detail, due_at=due_at)

    def _settle(self, lease: str, outcomes: Sequence[AttemptOutcome]) -> None:
        if not outcomes:
            return
        try:
            self._enter(lease, outcomes)
        except Exception as error:
            if isinstance(error, StoreError) and not error.is_data:
                raise
            self._settle_apart(lease, outcomes, error)

    def _settle_apart(
        self, lease: str, outcomes: Sequence[AttemptOutcome], error: Exception
    ) -> None:
        """Settle each by itself, since one of them cannot be written; that one is dead."""
        if len(outcomes) > 1:
            for outcome in outcomes:
                self._settle(lease, [outcome])
            return
        (poison,) = outcomes
        detail = clean_detail(f"it cannot be written down: {type(error).__name__}: {error}")
        self._enter(lease, [replace(poison, state="dead", detail=detail, result=None)])

    def _enter(self, lease: str, outcomes: Sequence[AttemptOutcome]) -> None:
        now = self._now()
        with self._database.transact() as connection:
            mine = hold(connection, EVENTS, lease, now)
            settled = [item for item in outcomes if item.event["id"] in mine]
            ledger.enter(connection, settled, now)
        for item in settled:
            row = item.event
            log_attempt(
                row["partner"], row["pos_code"], row["receipt_id"], row["reference"], item.state
            )


def _receipts(
    connection: Connection, rows: Sequence[RowMapping], but: Mapping[int, Receipt]
) -> dict[int, Receipt]:
    wanted = {row["receipt_id"] for row in rows} - but.keys()
    if not wanted:
        return {}
    found = connection.execute(select(RECEIPTS).where(RECEIPTS.c.id.in_(wanted))).mappings()
    return {row["id"]: read_receipt(row) for row in found}
