from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workbench.canonical.availability import Weekday, WeeklyRange
from workbench.canonical.base import Money
from workbench.canonical.delivery import Address
from workbench.mapping.arranging import join_nights, split_nights
from workbench.mapping.codec import Codec
from workbench.mapping.converters import CONVERTERS

MADRID = ZoneInfo("Europe/Madrid")
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
INSTANTS = st.integers(2**30, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
MINOR = st.integers(-(10**9), 10**9)

MODERATE = settings(max_examples=60, deadline=None)


def build(name: str, type_: Any, **options: Any) -> Codec:
    """The codec of a converter with options."""
    converter = CONVERTERS[name]
    return converter.build(converter.options.model_validate(options), type_, MADRID)


@MODERATE
@given(minor=MINOR, currency=CURRENCIES)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("minor", {}),
        ("decimal", {}),
        ("decimal", {"style": "string"}),
        ("decimal", {"separator": ","}),
        ("amount-currency", {}),
        ("money-object", {}),
        ("money-object", {"unit": "major"}),
        ("money-object", {"unit": "major", "style": "string"}),
    ],
)
def test_money_is_exact(name: str, options: dict[str, str], minor: int, currency: str) -> None:
    """No amount changes on its way out and back, with none, two or three decimals."""
    codec = build(name, Money, **options)
    money = Money(amount_minor=minor, currency=currency)
    assert Money.model_validate(codec.read(codec.write(money, currency), currency)) == money


@MODERATE
@given(instant=INSTANTS)
@pytest.mark.parametrize("name", ["instant", "epoch-s", "epoch-ms"])
def test_instants_survive(name: str, instant: datetime) -> None:
    """An instant comes back as the same instant."""
    codec = build(name, datetime)
    assert codec.read(codec.write(instant)) == instant


@settings(max_examples=200, deadline=None)
@given(
    minutes=st.integers(0, 24 * 60 - 1),
    day=st.sampled_from([datetime(2026, 3, 28, 22), datetime(2026, 10, 24, 22)]),  # noqa: DTZ001 UTC follows
    pattern=st.sampled_from([None, "%d/%m/%Y %H:%M"]),
)
def test_local_times_on_days_of_change(minutes: int, day: datetime, pattern: str | None) -> None:
    """On both days of change every instant survives, but for the second pass of an hour."""
    instant = day.replace(tzinfo=UTC) + timedelta(minutes=minutes)
    codec = build("local-datetime", datetime, format=pattern)
    back = codec.read(codec.write(instant))
    is_second_pass = instant.astimezone(MADRID).fold == 1
    assert back == (instant - timedelta(hours=1) if is_second_pass else instant)


def test_nonexistent_local_time() -> None:
    """A time that the clocks skip takes the offset from before the change."""
    codec = build("local-datetime", datetime)
    skipped = codec.read("2026-03-29T02:30:00")
    assert skipped == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert codec.write(skipped) == "2026-03-29T03:30:00"


def test_ambiguous_local_time() -> None:
    """A time that occurs twice is the first of the two."""
    codec = build("local-datetime", datetime)
    assert codec.read("2026-10-25T02:30:00") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@MODERATE
@given(points=st.integers(0, 10_000))
@pytest.mark.parametrize("name", ["percent", "fraction", "basis-points"])
def test_rates_are_exact(name: str, points: int) -> None:
    """A tax rate comes back to the basis point."""
    codec = build(name, int)
    assert codec.read(codec.write(points)) == points


@MODERATE
@given(day=st.sampled_from(list(Weekday)))
@pytest.mark.parametrize("first", ["monday-1", "monday-0", "sunday-0", "sunday-1"])
def test_weekdays_survive(first: str, day: Weekday) -> None:
    """A day comes back, wherever the partner's week begins."""
    codec = build("weekday", Weekday, first=first)
    assert codec.read(codec.write(day)) is day


@MODERATE
@given(number=st.from_regex(r"\+(34[1-9][0-9]{8}|33[1-9][0-9]{8})", fullmatch=True))
@pytest.mark.parametrize("style", ["national", "e164", "00"])
@pytest.mark.parametrize("trunk", ["", "0"])
def test_phones_survive(style: str, trunk: str, number: str) -> None:
    """A number of this country or another comes back in E.164, however it is written."""
    codec = build("phone", str, prefix="+34", trunk=trunk, style=style)
    assert codec.read(codec.write(number)) == number


@MODERATE
@given(latitude=st.floats(-90, 90), longitude=st.floats(-180, 180))
@pytest.mark.parametrize("form", ["text", "list", "geojson"])
@pytest.mark.parametrize("order", ["lat-lng", "lng-lat"])
def test_coordinates_survive(form: str, order: str, latitude: float, longitude: float) -> None:
    """A place comes back to the last digit, the smallest fractions included."""
    codec = build("coordinates", Address, form=form, order=order)
    place = {"latitude": latitude, "longitude": longitude}
    assert codec.read(codec.write(place)) == place


CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@settings(max_examples=200, deadline=None)
@given(
    ranges=st.lists(
        st.builds(WeeklyRange, day=st.sampled_from(list(Weekday)), start=CLOCKS, end=CLOCKS),
        max_size=5,
        unique_by=lambda item: item.day,
    )
)
def test_nights_survive(ranges: list[WeeklyRange]) -> None:
    """Openings cut at midnight are put together again, unless two of ours already meet there."""
    days = list(Weekday)
    evenings = {item.day for item in ranges if item.end == time() and item.start != time()}
    after = {days[(days.index(day) + 1) % 7] for day in evenings}
    late = {item.day for item in ranges if item.ends_next_day and item.end != time()}
    mornings = {item.day for item in ranges if item.start == time() and item.end != time()}
    assume(not mornings & (after | {days[(days.index(day) + 1) % 7] for day in late}))
    cut = split_nights(ranges)
    assert all(not item.ends_next_day or item.end == time() for item in cut)
    joined = join_nights([item.model_dump() for item in cut])
    assert [WeeklyRange.model_validate(item) for item in joined] == ranges
