"""Any order of deliveries, repeats, work, crashes and restarts: each event has one effect."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from deliveries import CallableSink, partner, post, status
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import func, select

from workbench.receiver.inbox import Inbox
from workbench.receiver.inbox_tables import ATTEMPTS, EFFECTS, EVENTS, RECEIPTS
from workbench.receiver.process import Party
from workbench.receiver.queue import LEASE, SECOND
from workbench.receiver.sink import OutboxMessage
from workbench.receiver.worker import Worker

ORDERS = 2


class CrashError(BaseException):
    """The end of a process, wherever it was."""


class InboxMachine(RuleBasedStateMachine):
    """An inbox with its workers, beside a model of what must come out of it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "inbox.db"
        self.inbox = Inbox(self.path)
        self.told: dict[int, list[str]] = defaultdict(list)
        self.deliveries = 0
        self.taken: list[OutboxMessage] = []
        self.ahead = 0.0
        self.calls_left: int | None = None

    @rule(number=st.integers(0, ORDERS - 1), count=st.integers(1, 7))
    def deliver(self, number: int, count: int) -> None:
        """New events of an order, each later than all before."""
        for _ in range(count):
            event = f"{number}-{len(self.told[number])}"
            self.told[number].append(event)
            self._post(number, event)

    @precondition(lambda self: self.deliveries)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """An event that came before, again."""
        known = [(number, event) for number, events in self.told.items() for event in events]
        self._post(*data.draw(st.sampled_from(known)))

    @rule()
    def work(self) -> None:
        """A worker does one round."""
        self._worker().step()

    @rule(calls=st.integers(1, 5))
    def crash(self, calls: int) -> None:
        """A worker dies in the middle of its round; its claims stay."""
        self.calls_left = calls
        with contextlib.suppress(CrashError):
            self._worker().step()
        self.calls_left = None

    @rule()
    def wait(self) -> None:
        """Time passes, and the claims of the dead run out."""
        self.ahead += 2 * LEASE / SECOND

    @rule()
    def restart(self) -> None:
        """The receiver ends and begins again."""
        self.inbox.close()
        self.inbox = Inbox(self.path)

    @invariant()
    def every_delivery_is_kept(self) -> None:
        """One receipt for each event, and every repeat counted."""
        count, again = self._one(
            select(func.count(), func.coalesce(func.sum(RECEIPTS.c.seen_again), 0))
        )
        assert count == sum(map(len, self.told.values()))
        assert count + again == self.deliveries

    @invariant()
    def nothing_is_done_twice(self) -> None:
        """At most one effect of an event, and at most one attempt that settled it."""
        for table in (EFFECTS, ATTEMPTS):
            ids = table.c.event_id
            assert self._one(select(func.count() - func.count(ids.distinct()))) == (0,)

    def teardown(self) -> None:
        """All is worked off: each event once, in the order of its order, and told to the sink."""
        self.ahead += 2 * LEASE / SECOND
        while self._worker().step():
            self.ahead += 2 * LEASE / SECOND
        states = {state for (state,) in self._all(select(EVENTS.c.state))}
        self.inbox.close()
        self.folder.cleanup()
        assert states <= {"done"}
        first: dict[str, OutboxMessage] = {}
        for effect in self.taken:
            first.setdefault(effect.id, effect)  # told again after a crash: the first time counts
        came = [*first.values()]
        for number, events in self.told.items():
            times = [one.entity["at"] for one in came if one.entity_id == f"ord_{number}"]
            assert times == sorted(times)
            assert len(times) == len(set(times)) == len(events)

    def _post(self, number: int, event: str) -> None:
        told = status("ready", number=number, event=event)
        minute = int(event.partition("-")[2])
        told["changed_at"] = f"2026-11-20T{10 + minute // 60:02d}:{minute % 60:02d}:00Z"
        post(self.inbox, "tavola", "orders/status", told)
        self.deliveries += 1

    def _worker(self) -> Worker:
        sink = CallableSink(self.taken.append)
        return Worker(self.inbox.database, [Party(partner())], sink, batch=3, clock=self._clock)

    def _clock(self) -> float:
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left <= 0:
                raise CrashError
        return time.time() + self.ahead

    def _one(self, query: object) -> tuple[int, ...]:
        return tuple(self._all(query)[0])

    def _all(self, query: object) -> list[tuple[int, ...]]:
        with self.inbox.database.transact() as connection:
            return [tuple(row) for row in connection.execute(query)]  # type: ignore[call-overload]


TestInboxMachine = InboxMachine.TestCase
TestInboxMachine.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
