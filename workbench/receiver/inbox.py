"""The durable inbox: many callers, one writer thread, one COMMIT for all who wait.

A caller gets its answer only after the COMMIT that holds its row. While one COMMIT waits for the
disk the next batch gathers, so throughput does not fall to one event per fsync.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from workbench.errors import StoreError
from workbench.receiver.events import Identity
from workbench.receiver.receipt import Arrival, Receipt
from workbench.receiver.signature import Verification
from workbench.receiver.store import Depth, Store, write_row
from workbench.receiver.upsert import Row

MAX_WAITING = 5_000
MAX_WAITING_BYTES = 64 * 1024 * 1024
BATCH_ROWS = 500
BATCH_BYTES = 8 * 1024 * 1024
# A slow disk: who was just answered comes again soon, so the next batch waits a little for them.
SLOW_SECONDS = 0.003
GATHER_ROWS = 8
GATHER_PART = 0.35  # of the last COMMIT
GATHER_SECONDS = 0.01  # at most


@dataclass(slots=True)
class _Entry:
    row: Row
    size: int
    future: asyncio.Future[None]


# What makes an inbox that still takes deliveries one to look after.
LATE_SECONDS = 600
LITTLE_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Health(Depth):
    """How an inbox is.

    Attributes:
        is_writing: Whether deliveries can be stored.
        queue: Deliveries that are not yet on the disk.
        free_bytes: Room on the disk; None where the inbox is on a server.
    """

    is_writing: bool
    queue: int
    free_bytes: int | None = None

    @property
    def status(self) -> str:
        """`ok`, `degraded` (it takes deliveries, and wants looking after) or `failing`."""
        if not self.is_writing:
            return "failing"
        return "degraded" if self.troubles else "ok"

    @property
    def troubles(self) -> tuple[str, ...]:
        """What wants looking after: `store`, `disk`, `backlog`, `dead`, `sink`."""
        is_full = self.free_bytes is not None and self.free_bytes < LITTLE_BYTES
        found = {
            "store": not self.is_writing,
            "disk": is_full,
            "backlog": (self.oldest_seconds or 0) > LATE_SECONDS,
            "dead": self.dead > 0,
            "sink": self.refused > 0,
        }
        return tuple(name for name, is_so in found.items() if is_so)


class Inbox:
    """Receipts on disk; a context manager. Use one per process and database.

    Args:
        location: Path of a SQLite file, `sqlite:///path`, or `postgresql://user@host/name`.
        max_waiting: Rows that may wait for the writer; more are refused.
        max_waiting_bytes: Likewise, by size of bodies and headers.

    Attributes:
        database: For the worker and the operator's queries.

    Raises:
        InputError: It cannot be opened.
    """

    def __init__(
        self,
        location: str | Path,
        *,
        max_waiting: int = MAX_WAITING,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
    ) -> None:
        self._store = Store(location)
        self.database = self._store.database
        self._max_waiting = max_waiting
        self._max_waiting_bytes = max_waiting_bytes
        self._entries: deque[_Entry] = deque()
        self._bytes = 0
        self._wake = threading.Condition()
        self._is_closing = False
        self._is_idle = False
        self._pause = 0.0
        self._fault: StoreError | None = None
        # Whether the last batch could not be written, as on a full disk; the next one may.
        self._has_failed = False
        self._thread = threading.Thread(target=self._run, name="inbox-writer", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def put(self, arrival: Arrival, verification: Verification, identity: Identity) -> None:
        """Store an arrival, or count it as a repeat; returns after the COMMIT.

        Raises:
            StoreError: It is not stored; the sender must come again.
        """
        future = asyncio.get_running_loop().create_future()
        self._enqueue(arrival, verification, identity, future)
        await future

    def receipts(self, partner: str | None, since: datetime | None = None) -> list[Receipt]:
        """What came in, in order of arrival.

        Args:
            partner: Slug; None for all partners.
            since: Only what came, or came again, at or after this instant (with a zone).

        Raises:
            StoreError: It cannot be read.
        """
        return self._store.receipts(partner, since)

    def health(self) -> Health:
        """How much waits, and whether it can be written.

        Raises:
            StoreError: It cannot be read.
        """
        depth = self._store.depth(datetime.now(UTC))
        return Health(
            **asdict(depth),
            is_writing=(
                self._fault is None
                and not self._has_failed
                and not self._is_closing
                and self._thread.is_alive()
            ),
            queue=len(self._entries),
            free_bytes=self.database.free_bytes(),
        )

    def close(self) -> None:
        """Write what waits, refuse what comes, close the database."""
        with self._wake:
            self._is_closing = True
            self._wake.notify()
        self._thread.join()
        self._store.close()

    def _enqueue(
        self,
        arrival: Arrival,
        verification: Verification,
        identity: Identity,
        future: asyncio.Future[None],
    ) -> None:
        row = write_row(arrival, verification, identity)
        size = len(row["body"]) + len(row["headers"])
        with self._wake:
            if self._fault is not None:
                raise self._fault
            if self._is_closing:
                raise StoreError("the inbox is closing")
            is_full = len(self._entries) >= self._max_waiting
            if is_full or self._bytes + size > self._max_waiting_bytes:
                raise StoreError("too much waits for the disk")
            self._entries.append(_Entry(row=row, size=size, future=future))
            self._bytes += size
            if self._is_idle:
                self._wake.notify()

    def _run(self) -> None:
        while batch := self._take():
            started = time.monotonic()
            try:
                self._store.write([entry.row for entry in batch])
            except StoreError as error:
                self._has_failed = True
                if error.is_fatal:
                    self._fault = error
                _settle(batch, error)
            except Exception as error:  # noqa: BLE001  the writer must outlive any one batch
                self._has_failed = True
                _settle(batch, StoreError(f"the inbox failed ({type(error).__name__})"))
            else:
                self._has_failed = False
                _settle(batch, None)
            self._pause = _pause_after(time.monotonic() - started, len(batch))

    def _take(self) -> list[_Entry]:
        """The next batch; empty when the inbox is closed and all is written."""
        batch: list[_Entry] = []
        size = 0
        with self._wake:
            if self._pause and not self._is_closing:
                self._wake.wait(self._pause)
            self._is_idle = True
            while not self._entries and not self._is_closing:
                self._wake.wait()
            self._is_idle = False
            while self._entries and len(batch) < BATCH_ROWS and size < BATCH_BYTES:
                entry = self._entries.popleft()
                batch.append(entry)
                size += entry.size
            self._bytes -= size
        return batch


def _pause_after(seconds: float, rows: int) -> float:
    """How long to gather the next batch, when the last took so long for so many rows."""
    if seconds < SLOW_SECONDS or rows < GATHER_ROWS:
        return 0.0
    return min(seconds * GATHER_PART, GATHER_SECONDS)


def _settle(batch: Sequence[_Entry], error: StoreError | None) -> None:
    """Answer all who wait; one wake-up for each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = defaultdict(list)
    for entry in batch:
        by_loop[entry.future.get_loop()].append(entry.future)
    for loop, futures in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, futures, error)


def _resolve(
    futures: Sequence[asyncio.Future[None]],
    error: StoreError | None,
) -> None:
    for future in futures:
        if future.done():  # the caller gave up waiting
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
