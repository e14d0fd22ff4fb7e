"""How long we wait, how often we ask again, and when we stop asking: for the partner's sake too."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from workbench.errors import RateLimitedError, UnavailableError

_MINUTE = 60.0


@dataclass(frozen=True)
class Patience:
    """Seconds and counts that bound one call.

    Attributes:
        total: For the whole call, with all attempts and the waits between them.
        retry_after_max: A partner that asks us to wait longer than this is not asked again.
        failures: Calls in a row without an answer after which the partner is left alone …
        rest: … for this long; then one call may try.
        retry_share: Repeats per call that are allowed in the long run …
        retry_reserve: … after this many, so that a quiet program may repeat too.
    """

    connect: float = 5.0
    read: float = 20.0
    write: float = 10.0
    pool: float = 5.0
    total: float = 90.0
    attempts: int = 4
    wait_initial: float = 0.2
    wait_max: float = 5.0
    wait_jitter: float = 0.2
    retry_after_max: float = 60.0
    failures: int = 5
    rest: float = 30.0
    retry_share: float = 0.1
    retry_reserve: float = 10.0


class Pace:
    """At most so many requests in any minute; those over it wait for their turn."""

    def __init__(
        self, per_minute: int | None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._turns: deque[float] = deque(maxlen=per_minute)

    def wait(self, deadline: float) -> None:
        """Sleep until it is this request's turn.

        Raises:
            RateLimitedError: The turn would come after `deadline`.
        """
        if self._per_minute is None:
            return
        with self._lock:
            now = turn = self._clock()
            if len(self._turns) == self._per_minute:
                turn = max(now, self._turns[0] + _MINUTE)
            if turn > deadline:
                raise RateLimitedError(
                    f"Our own limit of {self._per_minute} requests a minute is used up",
                    retry_after=turn - now,
                    hint="Wait, or raise limits.requests_per_minute if the partner agrees.",
                )
            self._turns.append(turn)
        time.sleep(turn - now)


class Budget:
    """Keeps repeats to a share of all calls: a partner in trouble is not buried under them."""

    def __init__(self, patience: Patience) -> None:
        self._share = patience.retry_share
        self._most = self._left = patience.retry_reserve
        self._lock = threading.Lock()

    def earn(self) -> None:
        """A call begins."""
        with self._lock:
            self._left = min(self._most, self._left + self._share)

    def spend(self) -> bool:
        """Take one repeat, if there is one left."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True


class Breaker:
    """Leaves a partner that does not answer alone; then exactly one call finds out if it is back.

    Every `admit` that returns is followed by one `report` of what it gave.
    """

    def __init__(self, patience: Patience, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_until = 0.0
        self._is_probing = False

    def admit(self) -> bool:
        """Let a call through; returns whether it is the one that finds out.

        Raises:
            UnavailableError: The partner is being left alone.
        """
        with self._lock:
            if self._failures < self._patience.failures:
                return False
            left = self._closed_until - self._clock()
            if left > 0 or self._is_probing:
                until = f"for {left:.0f} s" if left > 0 else "until a first call is answered"
                raise UnavailableError(
                    f"The partner did not answer {self._failures} times in a row, so it is left "
                    f"alone {until}"
                )
            self._is_probing = True
            return True

    def report(self, *, is_probe: bool, is_there: bool | None) -> None:
        """Say whether an admitted call showed that the partner is there; None: it did not tell."""
        with self._lock:
            # A call from before the rest that ends only now does not make room for another.
            self._is_probing &= not is_probe
            if is_there is None:
                return
            if is_there:
                self._failures = 0
                return
            self._failures += 1
            if self._failures >= self._patience.failures:
                self._closed_until = self._clock() + self._patience.rest
