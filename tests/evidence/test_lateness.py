"""When a delivery counts as late."""

from __future__ import annotations

import pytest

from workbench.evidence.receipts.delivery_check import _late
from workbench.model.evidence import Severity
from workbench.partners.webhooks import EventMatch, EventRule
from workbench.receiver.events import ReceivedEvent

EVENT = ReceivedEvent(
    "webhook:order", {}, "e1", "o1", EventRule(match=EventMatch(path="orders")), "$"
)


@pytest.mark.parametrize(
    ("seconds", "is_late"), [(None, False), (0.0, False), (5.0, False), (5.1, True), (60.0, True)]
)
def test_five_seconds_are_in_time(seconds: float | None, is_late: bool) -> None:
    """Up to five seconds after its cause a delivery is in time; one that we did not cause, ever."""
    found = [*_late(EVENT, seconds)]
    assert [(item.slug, item.severity) for item in found] == (
        [("webhook-late", Severity.LOW)] if is_late else []
    )
