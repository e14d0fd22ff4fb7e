"""Work that waits in the database: claimed, prolonged while its worker lives, done again and again.

A worker that dies keeps its claim until the lease ends; one that was only slow finds at `hold` that
the claim is another's, and its result is dropped.
"""

from __future__ import annotations

import logging
import threading
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    bindparam,
    case,
    exists,
    literal,
    select,
    update,
)

from workbench.errors import StoreError
from workbench.receiver.database import Database
from workbench.receiver.inbox_tables import OPEN

_LOG = logging.getLogger(__name__)


def run_loop(step: Callable[[], object], stop: threading.Event, *, pause: float, who: str) -> None:
    """Call `step` until `stop` is set, whatever it raises.

    Args:
        step: Returns something false when there was nothing to do.
        stop: Ends the work, after the step that is under way.
        pause: Seconds to wait when there was nothing to do; after a fault, a second at least.
        who: For the log.
    """
    while not stop.is_set():
        try:
            done = step()
        except StoreError as error:
            _LOG.warning("%s waits for the database: %s", who, error.message)
        except Exception as error:  # noqa: BLE001  a thread that ends would not be missed
            # The kind only: a message may hold what a customer wrote.
            _LOG.error("%s failed: %s", who, type(error).__name__)
        else:
            stop.wait(0 if done else pause)
            continue
        stop.wait(max(1.0, pause))


SECOND = 1_000_000
SOON_AGAIN = 3  # claims of one piece of work
LEASE = 12 * SECOND  # without a sign of life
MAX_ATTEMPTS = 35  # after 2 s, 4 s, … then every hour: the waits add up to a day


@dataclass(frozen=True, slots=True)
class QueueDecision:
    """What became of one piece of work; `due_at` is the next try of a `retry`."""

    id: int
    state: str
    due_at: int = 0
    error: str | None = None


def is_open(table: Any) -> ColumnElement[bool]:
    """Whether something is still to be done, in the very words of the partial indexes."""
    return is_in_state(table, *OPEN)


def is_in_state(table: Any, *states: str) -> ColumnElement[bool]:
    """Whether something is in one of these states; written out, so that a partial index is used."""
    name, is_one = "_".join(states), len(states) == 1
    words: BindParameter[str] = bindparam(
        name, states[0] if is_one else states, expanding=not is_one, literal_execute=True
    )
    condition: ColumnElement[bool] = table.c.state == words if is_one else table.c.state.in_(words)
    return condition


def claim(
    connection: Connection, table: Table, lease: str, now: int, *, limit: int, partners: list[str]
) -> list[RowMapping]:
    """Take what is due, at most the oldest of each order, for the holder of `lease`.

    Args:
        connection: A transaction; once it is committed, the claim holds for `LEASE`, and for ten
            times as long where it was claimed often.
        table: `EVENTS` or `EFFECTS`.
        lease: A token that nobody else has.
        now: Microseconds.
        limit: How many at most.
        partners: Slugs whose work is taken.
    """
    older = table.alias("older")
    has_older = exists().where(
        older.c.pos_code == table.c.pos_code,
        older.c.order_key == table.c.order_key,
        older.c.id < table.c.id,
        is_open(older),
    )
    chosen = (
        select(table.c.id)
        .where(is_open(table), table.c.due_at <= now, table.c.partner.in_(partners), ~has_older)
        .order_by(table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .with_hint(table, f"INDEXED BY {table.name}_open", "sqlite")
        # Evaluated once: PostgreSQL may run a plain subquery again, and lock more each time.
        .cte("chosen")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    taken = (
        update(table)
        .where(table.c.id.in_(select(chosen.c.id)), is_open(table), table.c.due_at <= now)
        .values(state="processing", lease=lease, due_at=_end(table, now))
        .values(attempts=table.c.attempts + 1)
        .returning(*table.c)
    )
    return sorted(connection.execute(taken).mappings(), key=lambda row: row["id"])


def _end(table: Table, now: int) -> ColumnElement[int]:
    """When a claim ends; what may be killing its workers is left alone for longer."""
    soon, late = (literal(now + times * LEASE, BigInteger) for times in (1, 10))
    return case((table.c.attempts < SOON_AGAIN, soon), else_=late)


def hold(connection: Connection, table: Table, lease: str, now: int) -> set[int]:
    """Prolong a lease, and lock its rows until the transaction ends: the ids that it still has."""
    mine = (
        update(table)
        .where(table.c.lease == lease, is_open(table), table.c.state == "processing")
        .values(due_at=now + LEASE)
        .returning(table.c.id)
    )
    return set(connection.execute(mine).scalars())


def release(connection: Connection, table: Table, lease: str) -> None:
    """Give back a claim that was not settled."""
    mine = update(table).where(
        table.c.lease == lease, is_open(table), table.c.state == "processing"
    )
    connection.execute(
        mine.values(state="retry", lease=None, due_at=0, attempts=table.c.attempts - 1)
    )


def settle(connection: Connection, table: Table, verdicts: Sequence[QueueDecision]) -> None:
    """Write what became of work that the caller holds, in the transaction of `hold`."""
    if not verdicts:
        return
    alike: dict[tuple[str, int, str | None], list[int]] = {}
    for item in verdicts:
        alike.setdefault((item.state, item.due_at, item.error), []).append(item.id)
    for (state, due_at, error), ids in alike.items():  # nearly always one: all are done
        those = update(table).where(table.c.id.in_(ids))
        connection.execute(those.values(state=state, due_at=due_at, error=error, lease=None))


def backoff(attempts: int) -> int:
    """Microseconds until the next try: 2 s, doubled each time, at most an hour."""
    return int(min(2.0 ** min(attempts, 12), 3600) * SECOND)


BEAT_SECONDS = LEASE / SECOND / 4


class Leases:
    """The claims of one worker.

    Args:
        database: The inbox.
        now: Microseconds since 1970.
    """

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now
        self._held: dict[str, Table] = {}
        self._name = uuid.uuid4().hex[:12]
        self._turn = 0

    def take(self) -> str:
        """A token for a claim, which nobody else has."""
        self._turn += 1
        return f"{self._name}-{self._turn}"

    @contextmanager
    def held(self, table: Table, lease: str) -> Iterator[None]:
        """Keep a claim alive until the block ends, however long partner or sink take."""
        self._held[lease] = table
        try:
            yield
        finally:
            self._held.pop(lease, None)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Prolong what is held, again and again, until the block ends."""
        done = threading.Event()
        words = {"pause": BEAT_SECONDS, "who": "the keeper of claims"}
        thread = threading.Thread(
            target=run_loop, args=(self.beat, done), kwargs=words, daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def release(self) -> None:
        """Give back what is held and not settled: it is due at once, as if it had not been tried.

        Raises:
            StoreError: The database is in trouble; the claims hold until they end.
        """
        for lease, table in list(self._held.items()):
            with self._database.transact() as connection:
                release(connection, table, lease)

    def beat(self) -> None:
        """Prolong what is held now.

        Raises:
            StoreError: The database is in trouble; the claims hold until they end.
        """
        for lease, table in list(self._held.items()):
            with self._database.transact() as connection:
                hold(connection, table, lease, self._now())


def clean_detail(text: str) -> str:
    """Text that both databases take."""
    return text[:500].replace("\0", "␀").encode("utf-8", "backslashreplace").decode()


class QueueWorker(ABC):
    """Works a queue off; what it has claimed stays its own while it runs.

    Args:
        database: The inbox.
        clock: Unix seconds.
        leases: Claims of the worker that this one is a part of; None: its own.
    """

    _who: ClassVar[str]

    def __init__(
        self, database: Database, clock: Callable[[], float], leases: Leases | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._stop = threading.Event()
        self._leases = leases or Leases(database, self._now)

    @abstractmethod
    def step(self) -> int:
        """One round; returns how much was done, 0 when nothing is due.

        Raises:
            StoreError: The database is in trouble; the round can be repeated.
        """

    def run(self, stop: threading.Event, *, pause: float = 0.2) -> None:
        """Work until `stop` is set; a database that is away is waited for."""
        self._stop = stop
        with self._leases.beating():
            run_loop(self.step, stop, pause=pause, who=self._who)

    def release(self) -> None:
        """Give back what is under way, for the next worker.

        Raises:
            StoreError: The database is in trouble; the claims end by themselves.
        """
        self._leases.release()

    def _now(self) -> int:
        return int(self._clock() * SECOND)
