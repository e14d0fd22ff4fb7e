"""Time limits for many short waits, watched together."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Any, Self

SWEEP_SECONDS = 0.1


class Deadlines:
    """Ends waits that take too long, up to `SWEEP_SECONDS` late.

    `asyncio.timeout` arms a timer for each wait, which costs a receiver a sixth of its time. Here
    one timer looks at all that wait; a wait that ends in time costs two writes to a dictionary.
    """

    def __init__(self) -> None:
        self._open: dict[Deadline, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def limit(self, seconds: float) -> Deadline:
        """A block that may take so long: `with deadlines.limit(5): await …`.

        Raises:
            TimeoutError: From the block, when it took longer.
        """
        return Deadline(self, seconds)

    def add(self, limit: Deadline) -> None:
        """Watch a block that began."""
        self._open[limit] = None
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            loop.call_later(SWEEP_SECONDS, self._sweep)

    def remove(self, limit: Deadline) -> None:
        """Forget a block that ended."""
        del self._open[limit]

    def _sweep(self) -> None:
        now = time.monotonic()
        for limit in self._open:
            limit.check(now)
        if self._open and self._loop is not None:
            self._loop.call_later(SWEEP_SECONDS, self._sweep)
        else:
            self._loop = None


class Deadline:
    """A block with a deadline; made by `Deadlines.limit`."""

    __slots__ = ("_cancelling", "_deadlines", "_end", "_is_over", "_task")

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._end = time.monotonic() + seconds
        self._is_over = False

    def __enter__(self) -> Self:
        self._task: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]
        self._cancelling = self._task.cancelling()
        self._deadlines.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._deadlines.remove(self)
        if not self._is_over:
            return
        is_ours = self._task.uncancel() <= self._cancelling
        if is_ours and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def check(self, now: float) -> None:
        """Cancel what waits in the block when its time is up."""
        if now > self._end and not self._is_over:
            self._is_over = True
            self._task.cancel()
