"""Local rules as instants: clock changes, midnight, exceptions."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.canonical import Availability, OrderType, TimeRange
from workbench.canonical.opening import has_wall_time, is_open, openings, to_instant, to_local

ZONE = "Europe/Madrid"
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
DAYS = st.sampled_from([SPRING, AUTUMN])


def madrid(text: str) -> datetime:
    """A local time in Madrid as an instant."""
    local = datetime.fromisoformat(text)
    return to_instant(local.date(), local.time(), ZONE)


@given(DAYS, st.times())
def test_local_times_survive_the_round_trip(day: date, at: time) -> None:
    """INV-T3: on both change days a time that clocks show comes back as it was."""
    back = to_local(to_instant(day, at, ZONE), ZONE)
    skipped = day == SPRING and at.hour == 2
    assert has_wall_time(day, at, ZONE) == (not skipped)
    expected = datetime.combine(day, at) + timedelta(hours=skipped)
    assert back.replace(tzinfo=None, fold=0) == expected


@given(DAYS, st.integers(min_value=0, max_value=26 * 3600))
def test_instants_survive_the_round_trip(day: date, seconds: int) -> None:
    """INV-T3: every instant of both change days comes back from local time, by way of `fold`."""
    start = datetime.combine(day, time(), tzinfo=UTC) - timedelta(hours=2)
    instant = start + timedelta(seconds=seconds)
    local = to_local(instant, ZONE)
    assert to_instant(local.date(), local.timetz().replace(tzinfo=None), ZONE) == instant


def test_the_hour_that_comes_twice() -> None:
    """02:30 on the autumn day is 00:30 UTC, and 01:30 UTC the second time."""
    assert to_instant(AUTUMN, time(2, 30), ZONE) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = time(2, 30, fold=1)
    assert to_instant(AUTUMN, second, ZONE) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_change_days_have_their_length(day: date, hours: int) -> None:
    """A whole day lasts 23 hours in spring and 25 in autumn."""
    whole = Availability.model_validate(
        {
            "restaurant_id": "r",
            "timezone": ZONE,
            "schedules": [{"ranges": [{"day": "sunday", "start": "00:00", "end": "00:00"}]}],
        }
    )
    ((start, end),) = openings(whole, day)
    assert end - start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [("19:00", "01:00", True), ("19:00", "00:00", True), ("12:00", "15:00", False)],
)
def test_ranges_past_midnight(start: str, end: str, expected: bool) -> None:
    """A range whose end is not after its start runs into the next day."""
    hours = TimeRange(start=time.fromisoformat(start), end=time.fromisoformat(end))
    assert hours.ends_next_day is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-20 18:59", False),
        ("2026-03-20 19:00", True),
        ("2026-03-21 00:59", True),  # Friday's dinner, on Saturday
        ("2026-03-21 01:00", False),
        ("2026-03-22 23:59", True),
        ("2026-03-23 00:00", False),
        ("2026-03-25 20:00", False),
    ],
)
def test_weekly_hours(availability: Availability, at: str, expected: bool) -> None:
    """An opening counts from its first minute up to, not including, its last; past midnight too."""
    assert is_open(availability, madrid(at)) is expected


def test_special_hours_replace_the_week(availability: Availability) -> None:
    """INV-T4: on the special day only the special hours hold."""
    assert is_open(availability, madrid("2026-03-29 13:00"))
    assert not is_open(availability, madrid("2026-03-29 20:00"))
    assert is_open(availability, madrid("2026-03-22 20:00"))


def test_closed_beats_everything(availability: Availability) -> None:
    """INV-T4: a closed date has no openings, even with special hours on the same day."""
    special = availability.exceptions[1].model_copy(update={"first_date": date(2026, 4, 4)})
    both = availability.model_copy(update={"exceptions": (special, *availability.exceptions)})
    for day in (date(2026, 4, 3), date(2026, 4, 4)):
        assert openings(both, day) == ()
    assert openings(both, date(2026, 4, 10))


def test_closed_interval(availability: Availability) -> None:
    """INV-T4: a closure between two instants holds from the first to before the second."""
    assert not is_open(availability, madrid("2026-05-01 00:30"))  # Thursday has no dinner anyway
    assert not is_open(availability, madrid("2026-05-02 20:00"))
    assert is_open(availability, madrid("2026-05-08 20:00"))


def test_open_ended_closure(availability: Availability) -> None:
    """INV-T4: without an end a closure lasts until further notice."""
    closure = availability.exceptions[2].model_copy(update={"ends_at": None})
    closed = availability.model_copy(update={"exceptions": (closure,)})
    assert is_open(closed, madrid("2026-04-24 20:00"))
    assert not is_open(closed, madrid("2027-05-07 20:00"))


def test_special_opening_between_instants(availability: Availability) -> None:
    """An extra opening between two instants holds outside the weekly hours."""
    extra = availability.exceptions[2].model_copy(update={"kind": "special-hours"})
    opened = availability.model_copy(update={"exceptions": (extra,)})
    assert is_open(opened, madrid("2026-05-05 04:00"))


def test_a_schedule_for_an_order_type_beats_the_general_one(availability: Availability) -> None:
    """Collection keeps its own hours; delivery follows the general ones."""
    noon = madrid("2026-03-20 12:30")
    assert is_open(availability, noon, OrderType.COLLECTION)
    assert not is_open(availability, noon, OrderType.DELIVERY)
    assert not is_open(availability, madrid("2026-03-21 20:00"), OrderType.COLLECTION)


def test_exceptions_of_other_order_types_do_not_matter(availability: Availability) -> None:
    """A closure of collection leaves delivery open, and one of a menu leaves both."""
    closed = availability.exceptions[0]
    at = madrid("2026-04-03 20:00")
    for scope in ({"order_types": (OrderType.COLLECTION,)}, {"menu_ids": ("lunch",)}):
        narrow = closed.model_copy(update=scope)
        partly = availability.model_copy(update={"exceptions": (narrow,)})
        assert is_open(partly, at, OrderType.DELIVERY)


def test_a_schedule_may_have_its_own_zone(availability: Availability) -> None:
    """Monday 00:30 in Tokyo is still Sunday in Madrid, and open."""
    monday = {"day": "monday", "start": "00:00", "end": "01:00"}
    document = {**availability.model_dump(mode="json"), "exceptions": []}
    document["schedules"] = [{"timezone": "Asia/Tokyo", "ranges": [monday]}]
    tokyo = Availability.model_validate(document)
    assert is_open(tokyo, madrid("2026-03-22 16:30"))
    assert not is_open(tokyo, madrid("2026-03-23 00:30"))
