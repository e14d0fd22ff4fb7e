"""INV-T: instants are in order, opening hours do not overlap, clocks may change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workbench.canonical.availability import (
    Availability,
    CalendarException,
    ExceptionKind,
    Schedule,
    TimeRange,
    WeeklyRange,
)
from workbench.canonical.invariants.violation import Violation, violation, walk
from workbench.canonical.menu import Catalog, Option, Product
from workbench.canonical.opening import DAYS, has_wall_time, is_open
from workbench.canonical.order import Order

_DAY = 24 * 60 * 60
_WEEK = 7 * _DAY
_LONGEST = 366  # days of an exception that are looked at
_Span = tuple[float, float, str]
Item = TypeVar("Item")


def check_instants(order: Order) -> tuple[Violation, ...]:
    """INV-T1: what must come later does. That every instant has a zone, its type sees to."""
    timing = order.timing
    pairs = (
        ("/timing/due_at", order.placed_at, timing.due_at),
        ("/timing/prepare_at", timing.prepare_at, timing.due_at),
        ("/timing/window_end", timing.window_start, timing.window_end),
    )
    return tuple(
        item
        for path, earlier, later in pairs
        if earlier is not None and later is not None and later < earlier
        for item in violation("INV-T1", path, f"{earlier} should not be after {later}")
    )


def check_hours(availability: Availability) -> tuple[Violation, ...]:
    """INV-T2 of everything in an availability."""
    found: tuple[Violation, ...] = ()
    groups: dict[str, list[tuple[str, WeeklyRange]]] = defaultdict(list)
    for path, schedule in _numbered(availability.schedules, "/schedules"):
        for kind in schedule.order_types or ("",):
            groups[kind] += _numbered(schedule.ranges, f"{path}/ranges")
    for kind, ranges in groups.items():
        found += _check_week(ranges, kind)
    for path, shift in _numbered(availability.shifts, "/shifts"):
        at = f"{path}/schedule"
        found += check_schedule(shift.schedule, at)
    for path, item in _numbered(availability.exceptions, "/exceptions"):
        spans, bad = _spans(_numbered(item.ranges, f"{path}/ranges"))
        found += bad + _check_overlap(spans)
    return tuple(dict.fromkeys(found))


def check_schedule(schedule: Schedule, path: str = "") -> tuple[Violation, ...]:
    """INV-T2: openings of one schedule neither overlap nor have no length."""
    return _check_week(_numbered(schedule.ranges, f"{path}/ranges"))


def check_clock_changes(availability: Availability) -> tuple[Violation, ...]:
    """INV-T3: every dated local time survives the way to UTC and back, and the zone exists.

    A time that the spring change skips is no time of that day.
    """
    found: tuple[Violation, ...] = ()
    zones = [("/timezone", availability.timezone)]
    for path, schedule in _numbered(availability.schedules, "/schedules"):
        if schedule.timezone is not None:
            zones.append((f"{path}/timezone", schedule.timezone))
    for path, zone in zones:
        if not _is_zone(zone):
            found += violation("INV-T3", path, f"{zone} is no IANA time zone")
    if found:
        return found
    for path, item in _numbered(availability.exceptions, "/exceptions"):
        for at, hours in _numbered(item.ranges, f"{path}/ranges"):
            found += _check_wall_times(item, hours, availability.timezone, at)
    return found


def check_exceptions(availability: Availability) -> tuple[Violation, ...]:
    """INV-T4: a closed exception has no hours, special hours have some, and each has its dates.

    What they then do to the weekly schedule, `opening.openings` decides.
    """
    found: tuple[Violation, ...] = ()
    for path, item in _numbered(availability.exceptions, "/exceptions"):
        if (item.first_date is None) == (item.starts_at is None):
            summary = "it needs either a first date or a starting instant"
            found += violation("INV-T4", path, summary)
        if item.first_date and item.last_date and item.last_date < item.first_date:
            found += violation("INV-T4", f"{path}/last_date", "it ends before it begins")
        if item.starts_at and item.ends_at and item.ends_at <= item.starts_at:
            found += violation("INV-T4", f"{path}/ends_at", "it ends before it begins")
        if item.kind == ExceptionKind.CLOSED and item.ranges:
            found += violation("INV-T4", f"{path}/ranges", "closed, but with opening hours")
        if item.kind == ExceptionKind.SPECIAL_HOURS and item.first_date and not item.ranges:
            found += violation("INV-T4", f"{path}/ranges", "special hours, but none given")
    return found


def check_due_time(order: Order, availability: Availability) -> tuple[Violation, ...]:
    """INV-T5: an order is due while the restaurant is open for orders of its type.

    Without schedules nothing is known. An order for now is due when it is placed.
    """
    if not availability.schedules:
        return ()
    due = order.timing.due_at or order.timing.window_start or order.placed_at
    if is_open(availability, due, order.order_type):
        return ()
    summary = f"the restaurant is closed at {due}"
    return violation("INV-T5", "/timing/due_at", summary, severity="warning")


def check_snooze(catalog: Catalog, now: datetime) -> tuple[Violation, ...]:
    """INV-T6: what is snoozed is snoozed until some time to come."""
    return tuple(
        found
        for path, item in walk(catalog)
        if isinstance(item, Product | Option)
        and item.snoozed_until is not None
        and item.snoozed_until <= now
        for found in violation("INV-T6", f"{path}/snoozed_until", "the snooze is over already")
    )


def _check_week(ranges: Sequence[tuple[str, WeeklyRange]], kind: str = "") -> tuple[Violation, ...]:
    spans, found = _spans(ranges)
    for path, item in ranges:
        if not item.day.is_known:
            found += violation("INV-T2", f"{path}/day", f"{item.day} is no day of the week")
    # What runs past Sunday night meets Monday again, one week later.
    return found + _check_overlap(spans, kind, period=_WEEK)


def _spans(
    ranges: Iterable[tuple[str, TimeRange]],
) -> tuple[list[_Span], tuple[Violation, ...]]:
    """Ranges as (start, end, path) in seconds from Monday, or from the day's, midnight."""
    spans: list[_Span] = []
    found: tuple[Violation, ...] = ()
    for path, item in ranges:
        if item.start == item.end != time(0):
            found += violation("INV-T2", path, f"an opening of no length at {item.start}")
            continue
        offset = 0
        if isinstance(item, WeeklyRange):
            if not item.day.is_known:
                continue
            offset = DAYS.index(item.day) * _DAY
        start, end = _seconds(item.start), _seconds(item.end)
        spans.append((offset + start, offset + end + _DAY * item.ends_next_day, path))
    return spans, found


def _check_overlap(
    spans: list[_Span], kind: str = "", *, period: int | None = None
) -> tuple[Violation, ...]:
    found: tuple[Violation, ...] = ()
    latest = max((end for _, end, _ in spans), default=0) - (period or _WEEK)
    for start, end, path in sorted(spans):
        if start < latest:
            words = f" for {kind}" if kind else ""
            found += violation("INV-T2", path, f"it overlaps another opening{words}")
        latest = max(latest, end)
    return found


def _check_wall_times(
    item: CalendarException, hours: TimeRange, zone: str, path: str
) -> tuple[Violation, ...]:
    found: tuple[Violation, ...] = ()
    if item.first_date is None:
        return ()
    last = item.last_date or item.first_date
    for days in range(min((last - item.first_date).days, _LONGEST) + 1):
        day = item.first_date + timedelta(days=days)
        ends_on = day + timedelta(days=1) if hours.ends_next_day else day
        for name, on, at in (("start", day, hours.start), ("end", ends_on, hours.end)):
            if not has_wall_time(on, at, zone):
                summary = f"clocks in {zone} skip {at} on {on}"
                found += violation("INV-T3", f"{path}/{name}", summary)
    return found


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _seconds(at: time) -> float:
    return at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1_000_000


def _numbered(items: Iterable[Item], path: str) -> list[tuple[str, Item]]:
    return [(f"{path}/{position}", item) for position, item in enumerate(items)]
