"""The status machines with the steps that were tried: kinds, signs, and the worst that was seen."""

from __future__ import annotations

import pytest

from workbench.lab.walk_card import WalkCard
from workbench.model import Evidence, Outcome, Source
from workbench.reporting import draw_walks


@pytest.fixture
def lines() -> list[Evidence]:
    """An order that went its way, was taken back wrongly and rightly, and once the other way."""
    return [
        _step("placed", "accepted", taken=True),
        _step("accepted", "placed", taken=False),
        _step("cancelled", "accepted", taken=True),
        _step("cancelled", "accepted", taken=False),
        _step("accepted", "cancelled", taken=False),
        _step("accepted", "nowhere", taken=True),
    ]


def _step(start: str, end: str, *, taken: bool) -> Evidence:
    detail = {"step": {"noun": "order", "from": start, "to": end, "taken": taken}}
    return Evidence(
        feature="order-status-write",
        source=Source.BEHAVIOUR,
        check="status-round-trip",
        outcome=Outcome.PASSED,
        summary="Set.",
        environment="sandbox",
        tool="test",
        detail=detail,
    )


def test_each_step_is_told_once_by_the_worst_that_was_seen(lines: list[Evidence]) -> None:
    """Legal and taken, illegal and refused; both other ways are wrong. Other statuses are none."""
    (walk,) = draw_walks(lines)
    assert walk.noun == "order"
    told = {(step.start, step.end): step.kind for step in walk.tried}
    assert told == {
        ("placed", "accepted"): "taken",
        ("accepted", "placed"): "refused",
        ("cancelled", "accepted"): "wrong",
        ("accepted", "cancelled"): "wrong",
    }
    drawn = {(arrow.start, arrow.end) for arrow in walk.untried}
    assert drawn
    assert not drawn & told.keys()


def test_a_card_tells_by_sign_and_by_picture(lines: list[Evidence]) -> None:
    """As a picture without script, as rows with what is wrong first, and as text."""
    card = WalkCard("r", lines)
    page = card._repr_html_()
    assert page.count('class="step wrong"') == 2
    assert "<script" not in page
    assert [*card.to_frame()["Outcome"]] == ["failed", "failed", "passed", "passed"]
    assert "✗ order: cancelled → accepted (wrong)" in repr(card)
    assert repr(WalkCard("", [])).endswith("0 steps of statuses tried")
