"""Opening hours as instants: local rules, exceptions and daylight saving put together."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workbench.canonical.availability import (
    Availability,
    CalendarException,
    ExceptionKind,
    Schedule,
    TimeRange,
    Weekday,
)
from workbench.canonical.base import OrderType

DAYS = tuple(Weekday)
_DAY = timedelta(days=1)


def to_instant(day: date, at: time, zone: str) -> datetime:
    """The instant, in UTC, at which clocks of the zone show this time.

    A time that occurs twice (autumn) is its first occurrence unless `at.fold` is 1; one that is
    skipped (spring) is moved forward by the length of the gap.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: The zone is not in the IANA database.
    """
    return datetime.combine(day, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def to_local(instant: datetime, zone: str) -> datetime:
    """What clocks of the zone show at the instant; `fold` is 1 in the second pass of an hour."""
    return instant.astimezone(ZoneInfo(zone))


def has_wall_time(day: date, at: time, zone: str) -> bool:
    """Whether clocks of the zone show this time on this day at all."""
    local = to_local(to_instant(day, at, zone), zone)
    return (local.date(), local.time()) == (day, at.replace(tzinfo=None, fold=0))


def openings(
    availability: Availability, day: date, order_type: OrderType | None = None
) -> tuple[tuple[datetime, datetime], ...]:
    """Openings that start on a local day, as (start, end) in UTC, sorted.

    A closed date beats everything, special hours replace the weekly schedule (INV-T4), and a
    schedule that names the order type beats those that name none.
    """
    dated = [
        item for item in availability.exceptions if _covers(item, order_type) and _is_on(item, day)
    ]
    if any(item.kind == ExceptionKind.CLOSED for item in dated):
        return ()
    special = [item for item in dated if item.kind == ExceptionKind.SPECIAL_HOURS]
    if special:
        found = [(item, availability.timezone) for entry in special for item in entry.ranges]
    else:
        found = [
            (item, schedule.timezone or availability.timezone)
            for schedule in _in_force(availability, order_type)
            for item in schedule.ranges
            if item.day == DAYS[day.weekday()]
        ]
    return tuple(sorted(_interval(day, item, zone) for item, zone in found))


def is_open(availability: Availability, at: datetime, order_type: OrderType | None = None) -> bool:
    """Whether the restaurant is open at an instant; an opening may have begun the day before."""
    for kind, answer in ((ExceptionKind.CLOSED, False), (ExceptionKind.SPECIAL_HOURS, True)):
        if any(
            item.kind == kind and _covers(item, order_type) and _is_during(item, at)
            for item in availability.exceptions
        ):
            return answer
    today = to_local(at, availability.timezone).date()
    return any(
        start <= at < end
        for day in (today - _DAY, today, today + _DAY)
        for start, end in openings(availability, day, order_type)
    )


def _in_force(availability: Availability, order_type: OrderType | None) -> list[Schedule]:
    named = [item for item in availability.schedules if order_type in item.order_types]
    return named or [item for item in availability.schedules if not item.order_types]


def _covers(item: CalendarException, order_type: OrderType | None) -> bool:
    """Whether it is about the whole restaurant or this order type, and not about some menus."""
    return not item.menu_ids and (not item.order_types or order_type in item.order_types)


def _is_on(item: CalendarException, day: date) -> bool:
    if item.first_date is None:
        return False
    return item.first_date <= day <= (item.last_date or item.first_date)


def _is_during(item: CalendarException, at: datetime) -> bool:
    if item.starts_at is None:
        return False
    return item.starts_at <= at and (item.ends_at is None or at < item.ends_at)


def _interval(day: date, item: TimeRange, zone: str) -> tuple[datetime, datetime]:
    end = day + _DAY if item.ends_next_day else day
    return to_instant(day, item.start, zone), to_instant(end, item.end, zone)
