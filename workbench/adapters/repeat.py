"""Asking again: only where a repeat does no harm, as the partner asks, within one deadline."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

import stamina

from workbench.adapters.answer import UNAVAILABLE, Answer
from workbench.adapters.patience import Budget, Patience
from workbench.errors import UnavailableError

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_IDEMPOTENT = SAFE | {"PUT", "DELETE"}
_AGAIN = UNAVAILABLE | {408, 425, 429}
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


def persist(
    ask: Callable[[], Answer],
    *,
    method: str,
    repeatable: bool,
    patience: Patience,
    deadline: float,
    budget: Budget,
) -> Answer:
    """Ask until there is an answer worth having, or patience ends; the last answer, as it is.

    Args:
        ask: Sends once and reads the whole answer.
        method: HTTP method, in upper case.
        repeatable: Whether a second attempt is harmless; if not, there is one attempt.
        patience: Bounds.
        deadline: Instant of `time.monotonic` after which no attempt begins.
        budget: Pays for repeats.

    Raises:
        UnavailableError: The last attempt brought no answer.
        RateLimitedError: 429 with a longer wait than `patience.retry_after_max`.
    """
    attempts = patience.attempts if repeatable else 1
    try:
        for attempt in stamina.retry_context(
            on=_wait_rule(patience, deadline, attempts, budget),
            attempts=attempts,
            timeout=patience.total,
            wait_initial=patience.wait_initial,
            wait_max=patience.wait_max,
            wait_jitter=patience.wait_jitter,
        ):
            with attempt:
                answer = replace(ask(), attempts=attempt.num)
                _accept(method, answer)
    except _AskAgainError as last:
        answer = last.answer
    is_too_long = (answer.retry_after or 0) > patience.retry_after_max
    return answer.require() if answer.status == _TOO_MANY and is_too_long else answer


def _accept(method: str, answer: Answer) -> None:
    """Object to an answer that may be gone at the next attempt; 500 only for reads."""
    is_passing = answer.status in _AGAIN or answer.is_page
    if is_passing or (answer.status == _BROKEN and method in SAFE):
        raise _AskAgainError(answer)


def _wait_rule(
    patience: Patience, deadline: float, attempts: int, budget: Budget
) -> Callable[[Exception], bool | float]:
    budget.earn()
    left_over = iter(range(attempts - 1))

    def wait(error: Exception) -> bool | float:
        if not isinstance(error, _AskAgainError | UnavailableError):
            return False
        left = deadline - time.monotonic()
        asked = error.answer.retry_after if isinstance(error, _AskAgainError) else None
        if left <= 0 or (asked or 0) > min(patience.retry_after_max, left):
            return False
        if next(left_over, None) is None or not budget.spend():
            return False
        return True if asked is None else asked

    return wait
