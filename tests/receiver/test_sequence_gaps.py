"""Running numbers of a sender: what is missing is noticed, and asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from deliveries import partner, post, status, with_webhooks
from hypothesis import given
from hypothesis import strategies as st

from workbench.partners import Partner
from workbench.receiver.inbox import Inbox
from workbench.receiver.process import Party
from workbench.receiver.worker import RESTART, Numbers, Worker


@pytest.mark.parametrize(
    ("numbers", "holes"),
    [
        ([7, 8, 9], []),
        ([7, 9], [9]),
        ([7, 9, 8, 10], [9]),
        ([7, 7, 7, 8], []),
        ([5000, 1, 2, 3], []),
        ([5000, 1, 3], [3]),
        ([7, 12, 20], [12, 20]),
        # The farthest straggler is still one; whatever is older begins a new count.
        ([5000, 5000 - RESTART, 5001], []),
        ([5000, 5000 - RESTART - 1, 5001], [5001]),
    ],
)
def test_a_hole_is_noticed_once(numbers: list[int], holes: list[int]) -> None:
    """Stragglers, repeats and a counter that starts anew are none."""
    seen = Numbers()
    assert [number for number in numbers if seen.has_hole("p1", number)] == holes


def test_each_restaurant_is_counted_for_itself() -> None:
    """Numbers of one do not fill the holes of another."""
    seen = Numbers()
    told = [("a", 1), ("b", 50), ("a", 2), ("b", 52)]
    assert [code for code, number in told if seen.has_hole(code, number)] == ["b"]


@given(st.integers(0, 10**9), st.lists(st.integers(1, RESTART), min_size=1, max_size=30))
def test_every_hole_of_a_rising_count_is_noticed(first: int, steps: list[int]) -> None:
    """As many holes as steps of more than one."""
    seen, number, holes = Numbers(), first, 0
    seen.has_hole("p1", number)
    for step in steps:
        number += step
        holes += seen.has_hole("p1", number)
    assert holes == sum(step > 1 for step in steps)


def numbered(place: str) -> Partner:
    """Tavola, if it numbered its deliveries."""
    webhooks = partner().manifest.webhooks
    assert webhooks is not None
    return with_webhooks(webhooks.model_copy(update={"sequence": place}))


def test_the_worker_tells_whose_deliveries_are_missing(tmp_path: Path) -> None:
    """Once for the hole, not for a body without a number, and the events are processed."""
    missed: list[str] = []
    with Inbox(tmp_path / "inbox.db") as inbox:
        parties = [Party(numbered("$.number"))]
        worker = Worker(inbox.database, parties, missed=missed.append)
        for number, event in ((1, "a"), (2, "b"), (5, "c"), ("six", "d"), (6, "e")):
            post(
                inbox, "tavola", "orders/status", status("ready", event=event) | {"number": number}
            )
            worker.step()
        assert missed == ["tavola"]
        assert {receipt.state for receipt in inbox.receipts("tavola")} == {"read"}
