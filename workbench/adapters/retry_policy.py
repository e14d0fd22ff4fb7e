"""Bounds of one call: seconds for each of its parts, attempts, and when a partner is left alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
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
