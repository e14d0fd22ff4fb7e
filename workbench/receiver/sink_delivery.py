"""What was read, taken to its destination; apart from reading, and from other destinations."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import RowMapping

from workbench.receiver.database import Database
from workbench.receiver.inbox_tables import EFFECTS
from workbench.receiver.queue import (
    MAX_ATTEMPTS,
    Leases,
    QueueDecision,
    QueueWorker,
    backoff,
    claim,
    clean_detail,
    hold,
    settle,
)
from workbench.receiver.sink import Sink, read_effect


@dataclass(frozen=True)
class Destination:
    """A sink, and the partners whose entities go there; none named: all that no other takes."""

    sink: Sink
    partners: frozenset[str] = field(default_factory=frozenset)


def share_partners(
    destinations: Sequence[Destination], slugs: Callable[[], Sequence[str]]
) -> list[tuple[Sink, Callable[[], list[str]]]]:
    """Each sink, and whose entities it takes as partners come and go."""
    named = frozenset[str]().union(*(one.partners for one in destinations))

    def choose(one: Destination) -> Callable[[], list[str]]:
        return lambda: [
            slug
            for slug in slugs()
            if (slug in one.partners if one.partners else slug not in named)
        ]

    return [(one.sink, choose(one)) for one in destinations]


class SinkDelivery(QueueWorker):
    """Takes effects to one sink: those of an order in their order, those of several at a time.

    Args:
        database: The inbox.
        sink: Where they go.
        partners: Whose.
        clock: Unix seconds, for tests.
        leases: Claims of the worker that delivers as well; None: its own.
    """

    _who = "the delivery"

    def __init__(
        self,
        database: Database,
        sink: Sink,
        partners: Callable[[], list[str]],
        *,
        clock: Callable[[], float] = time.time,
        leases: Leases | None = None,
    ) -> None:
        super().__init__(database, clock, leases)
        self._sink = sink
        self._partners = partners

    def step(self) -> int:
        """Deliver what is due, as much as the sink likes at a time; returns how much it was.

        Raises:
            StoreError: The database is in trouble; the step can be repeated.
        """
        lease = self._leases.take()
        with self._database.transact() as connection:
            rows = claim(
                connection,
                EFFECTS,
                lease,
                self._now(),
                limit=self._sink.batch,
                partners=self._partners(),
            )
        if not rows:
            return 0
        effects = [read_effect(row) for row in rows]
        with self._leases.held(EFFECTS, lease):
            troubles = self._sink.deliver(effects)
            decisions = [
                self._judge(row, troubles.get(effect.id))
                for row, effect in zip(rows, effects, strict=True)
            ]
            with self._database.transact() as connection:
                mine = hold(connection, EFFECTS, lease, self._now())
                settle(connection, EFFECTS, [item for item in decisions if item.id in mine])
        return len(rows)

    def _judge(self, row: RowMapping, trouble: str | None) -> QueueDecision:
        if trouble is None:
            return QueueDecision(row["id"], "done")
        if row["attempts"] >= MAX_ATTEMPTS:
            return QueueDecision(row["id"], "dead", error=clean_detail(trouble))
        due_at = self._now() + backoff(row["attempts"])
        return QueueDecision(row["id"], "retry", due_at, clean_detail(trouble))
