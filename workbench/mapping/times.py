"""Codecs of instants, dates, clock times and weekdays.

A local time without offset is read in the restaurant's zone by the rule of RFC 5545: one that
occurs twice (clocks go back) is the first of the two, one that does not occur (clocks go forward)
takes the offset from before the change. So every instant survives the round trip, except those of
the second pass through a repeated hour, which such a format cannot tell from the first.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, Field

from workbench.canonical import Weekday
from workbench.mapping.codec import Codec, Options, describe, to_decimal, to_whole
from workbench.model import Takes, fault
from workbench.text import suggest_name

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PROBE = datetime(2026, 11, 23, 17, 45, 59, tzinfo=UTC)
_ZERO_SECONDS = re.compile(r"(?<=T\d\d:\d\d):00(?![.\d])")
# Nobody ordered before, and what is later is seconds that were taken for milliseconds.
_EARLIEST, _LATEST = (datetime(year, 1, 1, tzinfo=UTC) for year in (2000, 2100))
_FIRST_NUMBER = {"monday-1": (0, 1), "monday-0": (0, 0), "sunday-0": (6, 0), "sunday-1": (6, 1)}


class InstantOptions(Options):
    """Precision that is written."""

    timespec: Literal["auto", "seconds", "milliseconds"] = "auto"


def _reads_what_it_writes(value: str | None) -> str | None:
    if value is not None:
        try:
            datetime.strptime(_PROBE.strftime(value), value)  # noqa: DTZ007 only tried out
        except ValueError:
            hint = "write it as Python does: `%d/%m/%Y %H:%M`"
            raise fault(f"{value!r} is no format that can be read back", hint) from None
    return value


Format = Annotated[str | None, AfterValidator(_reads_what_it_writes)]


def _has_clock(value: str | None) -> str | None:
    if value is not None and _PROBE.strftime(value) == _PROBE.replace(hour=5).strftime(value):
        raise ValueError("it says no time of day; is it a `date`?")
    if value is not None and _PROBE.strftime(value) == _PROBE.replace(year=2027).strftime(value):
        raise ValueError("it says no year; is it a `time`, or half of a `join`?")
    return value


def _is_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise fault(f"{value!r} is no time zone of the IANA", _near(value)) from None
    return value


def _near(zone: str) -> str:
    known = suggest_name(zone, available_timezones())
    return known if known.startswith("Did") else "Name a city, as in `Europe/Madrid`."


Zone = Annotated[str, AfterValidator(_is_zone), Takes("a time zone, as `Europe/Madrid`")]


class FormatOptions(Options):
    """A format of `strptime`; without it ISO 8601."""

    format: Format = None


class LocalOptions(Options):
    """A format as before, with a time of day; the zone, if it is not the restaurant's."""

    format: Annotated[Format, AfterValidator(_has_clock)] = None
    zone: Zone | None = None


class TimeOptions(Options):
    """A format as before; how midnight at a day's end is written (24:00, 23:59), else 00:00."""

    format: Format = None
    midnight: str | None = None


class FromNowOptions(Options):
    """What is counted."""

    unit: Literal["minutes", "seconds"] = "minutes"


class WeekdayOptions(Options):
    """Number of the first day, or the names from Monday on; else English names in lower case."""

    first: Literal["monday-1", "monday-0", "sunday-0", "sunday-1"] | None = None
    names: tuple[str, ...] | None = Field(default=None, min_length=7, max_length=7)


def _require_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a string is expected, not {describe(value)}")  # noqa: TRY004 one error type per payload
    return value


def build_instant(options: InstantOptions, _type: Any, zone: ZoneInfo) -> Codec:
    """Their ISO 8601 text with offset; UTC is written as Z.

    Many programs leave the offset out where they promised it. Such a time is read on the
    restaurant's clock, as ISO 8601 has it, and `lacks_zone` tells of it.
    """

    def read(value: Any) -> datetime:
        instant = datetime.fromisoformat(_require_text(value))
        if instant.tzinfo is not None:
            return instant
        if _is_date(value):
            raise ValueError("it is a date without a time of day; is it a `date`, or a `join`?")
        return _place(instant, zone)

    def write(value: datetime) -> str:
        text = value.isoformat(timespec=options.timespec)
        return f"{text[:-6]}Z" if text.endswith("+00:00") else text

    return Codec(read, write, lacks_zone=_lacks_zone)


def _lacks_zone(value: Any) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is None


def _read_local(text: str, pattern: str | None = None) -> datetime:
    """A wall-clock time; a date alone says no time of day, least of all midnight."""
    local = datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)  # noqa: DTZ007 the zone follows
    if local.tzinfo is not None:
        raise ValueError("it has an offset from UTC; is it an `instant`?")
    if not pattern and _is_date(text):
        raise ValueError("it is a date without a time of day; is it a `date`, or a `join`?")
    return local


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _place(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock time in a zone."""
    offset = local.replace(tzinfo=zone).utcoffset() or timedelta()
    return local.replace(tzinfo=timezone(offset))


def _spell_clock(clock: time) -> str:
    return clock.isoformat("auto" if clock.second or clock.microsecond else "minutes")


def cut_clock(text: str, parts: int, separator: str) -> str:
    """A written time as the parts of a `join`: no seconds where there are none, date apart."""
    short = _ZERO_SECONDS.sub("", text)
    return short.replace("T", separator, 1) if short.count(separator) + 1 < parts else short


def build_local_datetime(options: LocalOptions, _type: Any, zone: ZoneInfo) -> Codec:
    """Their wall-clock time without offset, in the restaurant's zone or a stated one."""
    pattern = options.format
    own = ZoneInfo(options.zone) if options.zone else zone

    def read(value: Any) -> datetime:
        return _place(_read_local(_require_text(value), pattern), own)

    def write(value: datetime) -> str:
        local = value.astimezone(own).replace(tzinfo=None)
        return local.strftime(pattern) if pattern else local.isoformat()

    return Codec(read, write)


def build_zoned_datetime(_options: Options, _type: Any, zone: ZoneInfo) -> Codec:
    """Their wall-clock time with the name of its zone or its offset, a space between them.

    It is written in the restaurant's zone, by name.
    """

    def read(value: Any) -> datetime:
        text, blank, name = _require_text(value).rpartition(" ")
        if not blank:
            raise ValueError(
                "a time and a zone are expected, as in '2026-05-01T19:30 Europe/Paris'"
            )
        local = _read_local(text)
        if name[0] in "+-Zz":
            return datetime.fromisoformat(f"{local.isoformat()}{name}")
        try:
            return _place(local, ZoneInfo(name))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name} is no time zone") from None

    def write(value: datetime) -> str:
        return f"{value.astimezone(zone).replace(tzinfo=None).isoformat()} {zone.key}"

    return Codec(read, write)


def build_epoch(unit: timedelta) -> Any:
    """Their count of seconds or milliseconds since 1970; what is finer is cut off."""

    def read(value: Any) -> datetime:
        try:
            found = _EPOCH + int(to_decimal(value) * (unit // _MICROSECOND)) * _MICROSECOND
        except OverflowError:
            raise ValueError("it is far beyond our calendar; is the unit right?") from None
        if not _EARLIEST <= found < _LATEST:
            raise ValueError(f"it would be in {found.year}; are these `epoch-s` or `epoch-ms`?")
        return found

    codec = Codec(read, lambda value: (value - _EPOCH) // unit)
    return lambda _options, _type, _zone: codec


_MICROSECOND = timedelta(microseconds=1)


def build_date(options: FormatOptions, _type: Any, _zone: ZoneInfo) -> Codec:
    """Their calendar date."""
    pattern = options.format
    if pattern is None:
        return Codec(lambda value: date.fromisoformat(_require_text(value)), date.isoformat)

    def read(value: Any) -> date:
        return datetime.strptime(_require_text(value), pattern).date()  # noqa: DTZ007 only the date

    return Codec(read, lambda value: value.strftime(pattern))


def build_time(options: TimeOptions, _type: Any, _zone: ZoneInfo) -> Codec:
    """Their clock time; 24:00 is midnight at the end of the day, which is our 00:00."""
    pattern = options.format
    midnights = {"24:00", "24:00:00", options.midnight}

    def read(value: Any) -> time:
        text = _require_text(value)
        if text in midnights:
            return time()
        clock = datetime.strptime(text, pattern).time() if pattern else time.fromisoformat(text)  # noqa: DTZ007 only the time
        if clock.tzinfo is not None:
            raise ValueError("a clock time of a restaurant has no offset from UTC")
        return clock

    def write(value: time) -> str:
        if options.midnight is not None and value == time():
            return options.midnight
        if pattern:
            return value.strftime(pattern)
        return _spell_clock(value)

    return Codec(read, write)


def build_weekday(options: WeekdayOptions, _type: Any, _zone: ZoneInfo) -> Codec:
    """Their number or name of a day."""
    days = tuple(Weekday)
    words: list[Any] = list(options.names or days)
    if options.first:
        start, offset = _FIRST_NUMBER[options.first]
        words = [(index - start) % 7 + offset for index in range(7)]
    ours = {str(word).casefold(): day for word, day in zip(words, days, strict=True)}
    theirs = {
        day: word if options.first else str(word) for word, day in zip(words, days, strict=True)
    }

    def read(value: Any) -> Weekday:
        day = None if isinstance(value, bool) else ours.get(str(value).casefold())
        if day is None:
            raise ValueError(f"one of {', '.join(map(str, words))} is expected")
        return day

    def write(value: Weekday) -> Any:
        if value not in theirs:
            raise ValueError("it is not a day of the week")
        return theirs[value]

    return Codec(read, write)


def build_minutes(_options: Options, _type: Any, _zone: ZoneInfo) -> Codec:
    """Their whole number of minutes."""
    return Codec(to_whole, to_whole)


def now() -> datetime:
    """The instant from which `from-now` counts; one place, so that tests can stop the clock."""
    return datetime.now(UTC)


def build_from_now(options: FromNowOptions, _type: Any, _zone: ZoneInfo) -> Codec:
    """Their count of minutes (or seconds) from now on, as in "ready in 20 minutes".

    A part of a minute is written as a whole one, so that nothing is promised too early. What is
    past cannot be said so.
    """
    unit = timedelta(**{options.unit: 1})

    def read(value: Any) -> datetime:
        count = to_whole(value)
        if count < 0:
            raise ValueError(f"{count} {options.unit} from now are past")
        return now().replace(microsecond=0) + count * unit

    def write(value: datetime) -> int:
        left = value - now()
        if left <= -unit:
            raise ValueError(f"it is past: {options.unit} from now cannot say it")
        return max(0, -(-left // unit))

    return Codec(read, write)
