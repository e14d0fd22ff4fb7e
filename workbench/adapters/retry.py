"""How long we wait, how often we ask again, and when we stop asking: for the partner's sake too.

Only what does no harm is repeated, as the partner asks, within one deadline.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import stamina

from workbench.adapters.answer import UNAVAILABLE, Answer
from workbench.adapters.retry_policy import RetryPolicy
from workbench.errors import RateLimitedError, UnavailableError

_MINUTE = 60.0


class RateLimiter:
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


class RetryBudget:
    """Keeps repeats to a share of all calls: a partner in trouble is not buried under them."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._share = policy.retry_share
        self._most = self._left = policy.retry_reserve
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


class CircuitBreaker:
    """Leaves a partner that does not answer alone; then exactly one call finds out if it is back.

    Every `admit` that returns is followed by one `report` of what it gave.
    """

    def __init__(self, policy: RetryPolicy, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
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
            if self._failures < self._policy.failures:
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
            if self._failures >= self._policy.failures:
                self._closed_until = self._clock() + self._policy.rest


SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_IDEMPOTENT = SAFE | {"PUT", "DELETE"}
_AGAIN = UNAVAILABLE | {425, 429}
_TOO_MANY = 429
_BROKEN = 500

# Retries are our own business: without a handler of the program's they are not worth a warning.
logging.getLogger("stamina").addHandler(logging.NullHandler())


class _AskAgainError(Exception):
    """An answer that may be better next time; never leaves this module."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"status {answer.status}")
        self.answer = answer


def is_repeatable(method: str, idempotency_key: str | None) -> bool:
    """Whether asking twice does no harm: by the method, or because the partner can tell."""
    return method in _IDEMPOTENT or idempotency_key is not None


def send_with_retries(
    ask: Callable[[], Answer],
    *,
    method: str,
    repeatable: bool,
    policy: RetryPolicy,
    deadline: float,
    budget: RetryBudget,
) -> Answer:
    """Ask until an answer is worth having or attempts are used up; the last answer, as it is.

    Args:
        ask: Sends once and reads the whole answer.
        method: HTTP method, in upper case.
        repeatable: Whether a second attempt is harmless; if not, there is one attempt.
        policy: Bounds.
        deadline: Instant of `time.monotonic` after which no attempt begins.
        budget: Pays for repeats.

    Raises:
        UnavailableError: The last attempt brought no answer.
        RateLimitedError: 429 with a longer wait than `policy.retry_after_max`.
    """
    attempts = policy.attempts if repeatable else 1
    try:
        for attempt in stamina.retry_context(
            on=_wait_rule(policy, deadline, attempts, budget),
            attempts=attempts,
            timeout=policy.total,
            wait_initial=policy.wait_initial,
            wait_max=policy.wait_max,
            wait_jitter=policy.wait_jitter,
        ):
            with attempt:
                answer = replace(ask(), attempts=attempt.num)
                _accept(method, answer)
    except _AskAgainError as last:
        answer = last.answer
    is_too_long = (answer.retry_after or 0) > policy.retry_after_max
    return answer.require() if answer.status == _TOO_MANY and is_too_long else answer


def _accept(method: str, answer: Answer) -> None:
    """Object to an answer that may be gone at the next attempt; 500 only for reads."""
    is_passing = answer.status in _AGAIN or answer.is_page
    if is_passing or (answer.status == _BROKEN and method in SAFE):
        raise _AskAgainError(answer)


def _wait_rule(
    policy: RetryPolicy, deadline: float, attempts: int, budget: RetryBudget
) -> Callable[[Exception], bool | float]:
    budget.earn()
    left_over = iter(range(attempts - 1))

    def wait(error: Exception) -> bool | float:
        if not isinstance(error, _AskAgainError | UnavailableError):
            return False
        left = deadline - time.monotonic()
        asked = error.answer.retry_after if isinstance(error, _AskAgainError) else None
        if left <= 0 or (asked or 0) > min(policy.retry_after_max, left):
            return False
        if next(left_over, None) is None or not budget.spend():
            return False
        return True if asked is None else asked

    return wait
