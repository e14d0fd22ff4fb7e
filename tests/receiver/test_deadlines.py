"""Waits end in time, in order, and nothing else is touched."""

from __future__ import annotations

import asyncio
import time

import pytest

from workbench.receiver.deadlines import SWEEP_SECONDS, Deadlines


def test_a_wait_in_time_is_left_alone() -> None:
    """A block that ends in time gives its result, and nothing is watched afterwards."""

    async def run() -> str:
        deadlines = Deadlines()
        with deadlines.limit(5):
            await asyncio.sleep(0.01)
        await asyncio.sleep(2 * SWEEP_SECONDS)
        assert not deadlines._open
        assert deadlines._loop is None
        return "done"

    assert asyncio.run(run()) == "done"


def test_each_wait_has_its_own_end() -> None:
    """Of many waits those that are too long end, about when they should."""
    limits = [0.05, 0.3, 0.6]

    async def wait(deadlines: Deadlines, seconds: float) -> float:
        started = time.monotonic()
        with pytest.raises(TimeoutError), deadlines.limit(seconds):
            await asyncio.sleep(5)
        return time.monotonic() - started

    async def run() -> list[float]:
        deadlines = Deadlines()
        return await asyncio.gather(*(wait(deadlines, seconds) for seconds in limits))

    for limit, spent in zip(limits, asyncio.run(run()), strict=True):
        assert limit <= spent < limit + SWEEP_SECONDS + 0.2


def test_the_task_goes_on_after_its_deadline() -> None:
    """The cancellation is used up: the task can wait again, and under another limit."""

    async def run() -> int:
        deadlines = Deadlines()
        for _ in range(2):
            with pytest.raises(TimeoutError), deadlines.limit(0.01):
                await asyncio.sleep(5)
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    assert asyncio.run(run()) == 0


def test_a_cancellation_from_outside_stays_one() -> None:
    """Who cancels the task is not told that it was late."""

    async def wait(deadlines: Deadlines) -> None:
        with deadlines.limit(5):
            await asyncio.sleep(5)

    async def run() -> None:
        deadlines = Deadlines()
        task = asyncio.ensure_future(wait(deadlines))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not deadlines._open

    asyncio.run(run())


def test_another_fault_is_not_hidden() -> None:
    """What the block itself raises comes out, even when its time was up."""

    async def fail() -> None:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            raise ValueError("mine") from None

    async def run() -> None:
        with Deadlines().limit(0.01):
            await fail()

    with pytest.raises(ValueError, match="mine"):
        asyncio.run(run())


def test_a_new_event_loop_is_watched_too() -> None:
    """The loop of an earlier run, closed while somebody waited, does not stop the watch."""
    deadlines = Deadlines()

    async def run() -> None:
        with deadlines.limit(0.01):
            await asyncio.sleep(5)

    async def leave() -> None:
        task = asyncio.ensure_future(run())
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(leave())
    with pytest.raises(TimeoutError):
        asyncio.run(run())
