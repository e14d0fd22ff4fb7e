"""How long a claim of work holds."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import create_engine, literal, select

from workbench.receiver.queue import LEASE, SOON_AGAIN, _end, run_loop


@pytest.mark.parametrize(("attempts", "leases"), [(0, 1), (SOON_AGAIN - 1, 1), (SOON_AGAIN, 10)])
def test_what_was_claimed_often_is_left_alone_for_longer(attempts: int, leases: int) -> None:
    """The first claims end soon; what may be killing its workers waits ten times as long."""
    work = select(literal(attempts).label("attempts")).subquery()
    with create_engine("sqlite://").connect() as connection:
        assert connection.scalar(select(_end(work, 7))) == 7 + leases * LEASE  # type: ignore[arg-type]


class Stop(threading.Event):
    """Notes how long it was waited for, and is set after so many waits."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self.waited: list[float | None] = []
        self._waits = waits

    def wait(self, timeout: float | None = None) -> bool:
        """Do not wait."""
        self.waited.append(timeout)
        if len(self.waited) == self._waits:
            self.set()
        return self.is_set()


def test_work_that_fails_is_not_tried_without_a_breath() -> None:
    """After a fault a second goes by, even where nothing is waited for between two steps."""
    steps = iter([True, False])

    def step() -> bool:
        return next(steps)  # then it is exhausted, which is a fault

    stop = Stop(3)
    run_loop(step, stop, pause=0.25, who="test")
    assert stop.waited == [0, 0.25, 1.0]
