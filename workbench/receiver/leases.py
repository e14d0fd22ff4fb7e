"""Claims on work that is under way: prolonged while their worker lives, free soon after it died."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Table

from workbench.receiver.database import Database
from workbench.receiver.loop import run_loop
from workbench.receiver.queue import LEASE, SECOND, hold

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

    @contextmanager
    def held(self, table: Table, lease: str) -> Iterator[None]:
        """Keep a claim alive until the block ends, however long partner or sink take."""
        self._held[lease] = table
        try:
            yield
        finally:
            self._held.pop(lease, None)

    def run(self, stop: threading.Event, *, pause: float = BEAT_SECONDS) -> None:
        """Prolong what is held, again and again, until `stop` is set."""
        run_loop(self.beat, stop, pause=pause, who="the keeper of claims")

    def beat(self) -> None:
        """Prolong what is held now.

        Raises:
            StoreError: The database is in trouble; the claims hold until they end.
        """
        for lease, table in list(self._held.items()):
            with self._database.transact() as connection:
                hold(connection, table, lease, self._now())
