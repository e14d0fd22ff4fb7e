"""When the restaurant takes orders: schedule, shifts, calendar exceptions, current state.

Wall-clock rules stay local times in the restaurant's zone; only exceptions and states that are
instants carry an offset.
"""

from __future__ import annotations

from datetime import date, time

from pydantic import AwareDatetime, Field

from workbench.canonical.base import Entity, Ext, OpenEnum, OrderType


class Weekday(OpenEnum):
    """ISO 8601 order, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class TimeRange(Entity):
    """A local opening; it ends on the next day when `end` is not after `start`.

    `end` 00:00 means midnight at the end of the day, so 00:00 to 00:00 is the whole day. Any other
    equal pair is an opening of no length, which INV-T2 forbids.
    """

    start: time
    end: time

    @property
    def ends_next_day(self) -> bool:
        """Whether the range runs to midnight or past it."""
        return self.end <= self.start


class WeeklyRange(TimeRange):
    """A local opening that repeats every week; `day` is the day on which it starts."""

    day: Weekday


class Schedule(Entity):
    """Weekly openings; `order_types` empty: all that no other schedule names."""

    ranges: tuple[WeeklyRange, ...] = ()
    order_types: tuple[OrderType, ...] = ()
    timezone: str | None = None


class Shift(Entity):
    """A named service window (lunch, dinner) with an optional capacity in covers."""

    name: str
    schedule: Schedule
    capacity: int | None = Field(default=None, ge=0)
    slot_minutes: int | None = Field(default=None, gt=0)
    last_order_offset_min: int | None = None


class ExceptionKind(OpenEnum):
    """What is different on those days."""

    CLOSED = "closed"
    SPECIAL_HOURS = "special-hours"


class CalendarException(Entity):
    """A deviation from the weekly schedule, stated in one of two ways.

    Either on local dates, both included (`ranges` replace the day's openings), or from `starts_at`
    to before `ends_at` (None: until further notice). `order_types` and `menu_ids` empty: all.
    """

    kind: ExceptionKind
    first_date: date | None = None
    last_date: date | None = None
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    ranges: tuple[TimeRange, ...] = ()
    order_types: tuple[OrderType, ...] = ()
    menu_ids: tuple[str, ...] = ()
    reason: str | None = None
    id: str | None = None


class AvailabilityState(Entity):
    """Whether orders are taken right now."""

    accepting: bool
    until: AwareDatetime | None = None
    reason: str | None = None
    busy_extra_min: int | None = Field(default=None, ge=0)
    order_types: tuple[OrderType, ...] = ()


class Availability(Ext):
    """Everything about when a restaurant takes orders or bookings."""

    restaurant_id: str
    timezone: str
    schedules: tuple[Schedule, ...] = ()
    shifts: tuple[Shift, ...] = ()
    exceptions: tuple[CalendarException, ...] = ()
    state: AvailabilityState | None = None
