"""Time laws that need opening hours or the time of day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from workbench.canonical import Availability, Catalog, Entity, Order
from workbench.canonical.invariants import check, check_due_time, check_hours, check_snooze

Damage = Callable[[Entity, dict[str, Any]], Any]
NOW = datetime.fromisoformat("2026-03-20T19:00:00+01:00")


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"/timing/due_at": "2026-03-21T00:30:00+01:00"}, True),
        ({"/timing/due_at": "2026-03-21T01:30:00+01:00"}, False),
        ({"/timing/due_at": "2026-04-03T20:00:00+02:00"}, False),
        ({"/timing": {"window_start": "2026-03-20T17:00:00+01:00"}}, False),
        ({"/timing": {}, "/placed_at": "2026-03-20T17:00:00+01:00"}, False),
    ],
)
def test_due_in_opening_hours(
    order: Order, availability: Availability, damage: Damage, changes: dict[str, Any], holds: bool
) -> None:
    """INV-T5 warns of an order that is due while the restaurant is closed."""
    found = check_due_time(damage(order, changes), availability)
    assert [(item.code, item.severity) for item in found] == (
        [] if holds else [("INV-T5", "warning")]
    )


def test_without_schedules_nothing_is_known(order: Order, availability: Availability) -> None:
    """No schedule does not mean closed."""
    unknown = availability.model_copy(update={"schedules": ()})
    assert check_due_time(order, unknown) == ()


@pytest.mark.parametrize("place", ["/products/0", "/option_categories/1/options/0"])
@pytest.mark.parametrize(("hours", "holds"), [(1, True), (0, False), (-1, False)])
def test_snoozes_end_in_the_future(
    catalog: Catalog, damage: Damage, place: str, hours: int, holds: bool
) -> None:
    """INV-T6: a snooze that ends now or earlier is over."""
    until = (NOW + timedelta(hours=hours)).isoformat()
    found = check_snooze(damage(catalog, {f"{place}/snoozed_until": until}), NOW)
    assert [(item.code, item.path) for item in found] == (
        [] if holds else [("INV-T6", f"{place}/snoozed_until")]
    )


def test_an_opening_of_no_length_is_found(availability: Availability, damage: Damage) -> None:
    """INV-T2: an equal start and end are no opening."""
    monday = {"day": "monday", "start": "09:00", "end": "09:00"}
    odd = damage(availability, {"/schedules/0/ranges/-": monday})
    assert [item.path for item in check_hours(odd)] == ["/schedules/0/ranges/4"]


def test_a_whole_day_is_an_opening(availability: Availability, damage: Damage) -> None:
    """INV-T2: 00:00 to 00:00 is the whole day, so it overlaps whatever else is on that day."""
    whole = {"day": "monday", "start": "00:00", "end": "00:00"}
    open_all_day = damage(availability, {"/schedules/0/ranges/-": whole})
    assert check(open_all_day) == ()
    also = {"day": "monday", "start": "23:00", "end": "23:30"}
    twice = damage(open_all_day, {"/schedules/0/ranges/-": also})
    assert [item.path for item in check_hours(twice)] == ["/schedules/0/ranges/5"]


def test_openings_may_touch(availability: Availability, damage: Damage) -> None:
    """INV-T2: one opening may begin when another ends, across Sunday's midnight too."""
    touching = {
        "/schedules/0/ranges/0/end": "19:00",
        "/schedules/0/ranges/-": {"day": "monday", "start": "00:00", "end": "01:00"},
    }
    assert check(damage(availability, touching)) == ()
