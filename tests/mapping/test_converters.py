from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from workbench.canonical.availability import Weekday
from workbench.canonical.base import Money, UnitPrice
from workbench.canonical.delivery import Address, DeliveryLocation
from workbench.mapping import times
from workbench.mapping.codec import Codec
from workbench.mapping.converters import CONVERTERS

MADRID = ZoneInfo("Europe/Madrid")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXTS = tuple[str, ...]
SPAIN = {"prefix": "+34"}
SPOT = {"latitude": 41.38, "longitude": -2.17}


def build(name: str, type_: Any, **options: Any) -> Codec:
    """The codec of a converter with options."""
    converter = CONVERTERS[name]
    return converter.build(converter.options.model_validate(options), type_, MADRID)


def read(codec: Codec, value: Any, currency: str = "EUR") -> Any:
    """Read a value as ours."""
    if codec.is_money:
        return Money.model_validate(codec.read(value, currency))
    return codec.read(value)


def write(codec: Codec, value: Any, currency: str = "EUR") -> Any:
    """Write a value as theirs."""
    return codec.write(value, currency) if codec.is_money else codec.write(value)


def euro(minor: int) -> Money:
    """An amount in euro cents."""
    return Money(amount_minor=minor, currency="EUR")


BOTH_WAYS = [
    ("string", str, {}, "a", "a"),
    ("string", int, {}, "12", 12),
    ("string", Decimal, {}, "1.50", Decimal("1.50")),
    ("integer", str, {}, 12, "12"),
    ("integer", int, {}, 12, 12),
    ("integer", Decimal, {}, 2, Decimal(2)),
    ("number", Decimal, {}, 0.1, Decimal("0.1")),
    ("number", float, {}, 1.5, 1.5),
    ("number", str, {}, 1.5, "1.5"),
    ("boolean", bool, {}, False, False),
    ("boolean", bool, {"true": "S", "false": "N"}, "S", True),
    ("boolean", bool, {"true": 1, "false": 0}, 0, False),
    ("minor", Money, {}, 900, euro(900)),
    ("minor", Money, {}, -1, euro(-1)),
    ("decimal", Money, {}, 9.05, euro(905)),
    ("decimal", Money, {}, 9, euro(900)),
    ("decimal", Money, {"style": "string"}, "9.00", euro(900)),
    ("decimal", Money, {"separator": ","}, "9,05", euro(905)),
    ("amount-currency", Money, {}, "9.00 EUR", euro(900)),
    ("amount-currency", Money, {}, "900 JPY", Money(amount_minor=900, currency="JPY")),
    ("money-object", Money, {}, {"amount": 900, "currency": "EUR"}, euro(900)),
    ("money-object", Money, {"unit": "major"}, {"amount": 9.5, "currency": "EUR"}, euro(950)),
    (
        "money-object",
        Money,
        {"unit": "major", "style": "string", "amount": "v", "currency": "c"},
        {"v": "1.250", "c": "KWD"},
        Money(amount_minor=1250, currency="KWD"),
    ),
    ("percent", int, {}, 10, 1000),
    ("percent", int, {}, 5.5, 550),
    ("fraction", int, {}, 0.1, 1000),
    ("basis-points", int, {}, 1000, 1000),
    ("instant", datetime, {}, "2026-11-23T12:00:00Z", NOON),
    ("instant", datetime, {"timespec": "milliseconds"}, "2026-11-23T12:00:00.000Z", NOON),
    ("local-datetime", datetime, {}, "2026-11-23T13:00:00", NOON),
    ("local-datetime", datetime, {"format": "%d/%m/%Y %H:%M"}, "23/11/2026 13:00", NOON),
    ("epoch-s", datetime, {}, 1795435200, NOON),
    ("epoch-ms", datetime, {}, 1795435200250, NOON + timedelta(milliseconds=250)),
    ("epoch-s", datetime, {}, 946684800, datetime(2000, 1, 1, tzinfo=UTC)),
    ("zoned-datetime", datetime, {}, "2026-11-23T13:00:00 Europe/Madrid", NOON),
    ("from-now", datetime, {}, 25, NOON + timedelta(minutes=25)),
    ("from-now", datetime, {"unit": "seconds"}, 90, NOON + timedelta(seconds=90)),
    ("date", date, {}, "2026-11-23", date(2026, 11, 23)),
    ("date", date, {"format": "%d-%m-%Y"}, "23-11-2026", date(2026, 11, 23)),
    ("time", time, {}, "13:30", time(13, 30)),
    ("time", time, {"format": "%H.%M"}, "13.30", time(13, 30)),
    ("weekday", Weekday, {}, "sunday", Weekday.SUNDAY),
    ("weekday", Weekday, {"first": "monday-1"}, 7, Weekday.SUNDAY),
    ("weekday", Weekday, {"first": "monday-0"}, 6, Weekday.SUNDAY),
    ("weekday", Weekday, {"first": "sunday-0"}, 0, Weekday.SUNDAY),
    ("weekday", Weekday, {"first": "sunday-1"}, 2, Weekday.MONDAY),
    ("weekday", Weekday, {"names": ["L", "M", "X", "J", "V", "S", "D"]}, "X", Weekday.WEDNESDAY),
    ("minutes", int, {}, 90, 90),
    ("list", TEXTS, {}, "a,b", ("a", "b")),
    ("list", str, {"separator": "\n"}, ["ring", "wait"], "ring\nwait"),
    ("list", TEXTS, {"separator": " | "}, "a | b", ("a", "b")),
    ("list", TEXTS, {}, "", ()),
    ("time", time, {"midnight": "24:00"}, "24:00", time()),
    ("time", time, {"midnight": "23:59", "format": "%H:%M"}, "23:59", time()),
    ("phone", str, SPAIN, "600123456", "+34600123456"),
    ("phone", str, SPAIN, "+33612345678", "+33612345678"),
    ("phone", str, SPAIN, "600 *** 456", "600 *** 456"),
    ("phone", str, {"prefix": "+49", "trunk": "0"}, "030123456", "+4930123456"),
    ("phone", str, {"prefix": "+44"}, "07700900000", "+447700900000"),
    ("phone", str, {"prefix": "+39"}, "0612345678", "+390612345678"),
    ("minor", Money, {"exponent": 0}, 12, Money(amount_minor=1200, currency="EUR")),
    ("minor", Money, {"exponent": 3}, 12340, Money(amount_minor=1234, currency="EUR")),
    (
        "decimal",
        UnitPrice,
        {},
        3.3333333,
        Money(amount_minor=333, currency="EUR", finer=Decimal("0.33333")),
    ),
    (
        "money-object",
        Money,
        {"exponent": "digits"},
        {"amount": 12340, "currency": "KWD", "digits": 3},
        Money(amount_minor=12340, currency="KWD"),
    ),
    ("phone", str, {**SPAIN, "style": "e164"}, "+34600123456", "+34600123456"),
    ("phone", str, {**SPAIN, "style": "00"}, "0034600123456", "+34600123456"),
    ("coordinates", Address, {}, "41.38,-2.17", SPOT),
    ("coordinates", Address, {"order": "lng-lat", "separator": ";"}, "-2.17;41.38", SPOT),
    ("coordinates", Address, {"form": "list"}, [41.38, -2.17], SPOT),
    (
        "coordinates",
        DeliveryLocation,
        {"form": "geojson"},
        {"type": "Point", "coordinates": [-2.17, 41.38]},
        SPOT,
    ),
]


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noon, for what counts from now."""
    monkeypatch.setattr(times, "now", lambda: NOON)


@pytest.mark.parametrize(("name", "type_", "options", "theirs", "ours"), BOTH_WAYS)
def test_converter_and_its_inverse(
    name: str, type_: Any, options: dict[str, Any], theirs: Any, ours: Any
) -> None:
    """Every converter reads their value as ours, and writes ours as exactly theirs again."""
    codec = build(name, type_, **options)
    result = read(codec, theirs)
    assert (tuple(result) if isinstance(result, list) else result) == ours
    written = write(codec, ours, getattr(ours, "currency", "EUR"))
    assert (written, type(written)) == (theirs, type(theirs))


def test_minutes_from_now_promise_nothing_too_early_and_nothing_past() -> None:
    """A part of a minute is a whole one; what was a minute ago and more has no such number."""
    codec = build("from-now", datetime)
    spans = ((timedelta(minutes=20, seconds=1), 21), (timedelta(seconds=-30), 0))
    assert [codec.write(NOON + span) for span, _ in spans] == [count for _, count in spans]
    for wrong in (lambda: codec.write(NOON - timedelta(minutes=1)), lambda: codec.read(-1)):
        with pytest.raises(ValueError, match="past"):
            wrong()


def test_every_converter_is_tried() -> None:
    """The table above leaves no converter out."""
    assert {name for name, *_ in BOTH_WAYS} == set(CONVERTERS)


@pytest.mark.parametrize(
    ("name", "type_", "options", "theirs", "ours"),
    [
        ("string", str, {}, 12, "12"),
        ("integer", int, {}, "12", 12),
        ("integer", int, {}, 12.0, 12),
        ("number", Decimal, {}, "1.5", Decimal("1.5")),
        ("decimal", Money, {}, "9.5", euro(950)),
        ("decimal", Money, {}, 14.309999999999999, euro(1431)),
        ("decimal", Money, {"rounding": "half-up"}, "9.005", euro(901)),
        ("decimal", Money, {"rounding": "half-even"}, "9.005", euro(900)),
        ("minor", UnitPrice, {"rounding": "up"}, 9.2, euro(10)),
        ("zoned-datetime", datetime, {}, "2026-11-23T07:00 -05:00", NOON),
        ("zoned-datetime", datetime, {}, "2026-11-23 07:00 America/New_York", NOON),
        ("local-datetime", datetime, {"zone": "UTC"}, "2026-11-23T12:00:00", NOON),
        ("phone", str, {"prefix": "+44"}, "447700900000", "+447700900000"),
        ("phone", str, {"prefix": "+44"}, "+44 (0) 7700 900000", "+447700900000"),
        ("money-object", Money, {}, {"amount": 5}, euro(5)),
        ("time", time, {}, "24:00", time()),
        ("weekday", Weekday, {}, "Monday", Weekday.MONDAY),
        ("weekday", Weekday, {"first": "monday-1"}, "1", Weekday.MONDAY),
        ("list", TEXTS, {}, " a , b ,", ["a", "b"]),
        ("epoch-s", datetime, {}, "1795435200", NOON),
        ("instant", datetime, {}, "2026-11-23T13:00:00+01:00", NOON),
    ],
)
def test_what_is_also_read(
    name: str, type_: Any, options: dict[str, Any], theirs: Any, ours: Any
) -> None:
    """Spellings that mean the same are read, though they are not what is written."""
    assert read(build(name, type_, **options), theirs) == ours


@pytest.mark.parametrize(
    ("name", "type_", "value", "message"),
    [
        ("string", str, True, "a string is expected, not a boolean"),
        ("string", str, 1.5, "a string is expected, not a number"),
        ("integer", int, 1.5, "a whole number is expected"),
        ("integer", int, True, "a decimal number is expected, not a boolean"),
        ("number", Decimal, "1e5", "a decimal number is expected"),
        ("number", Decimal, float("nan"), "a decimal number is expected"),
        ("boolean", bool, 1, "True or False is expected"),
        ("minor", Money, "900", "minor units"),
        ("minor", Money, 9.5, "a whole number is expected"),
        ("decimal", Money, 9.005, "state a `rounding`"),
        ("local-datetime", datetime, "2026-05-01", "without a time of day"),
        ("epoch-ms", datetime, 1795435200, "it would be in 1970"),
        ("zoned-datetime", datetime, "2026-05-01T19:30 Mars/Base", "no time zone"),
        ("decimal", Money, "9.005", "more decimals than EUR allows"),
        ("decimal", Money, "nine", "a decimal number is expected"),
        ("amount-currency", Money, "9.00", "as in '9.00 EUR'"),
        ("money-object", Money, 900, "an object with 'amount' is expected, not a number"),
        ("money-object", Money, {"currency": "EUR"}, "an object with 'amount'"),
        ("percent", int, 5.555, "finer than a basis point"),
        ("instant", datetime, "2026-11-23", "without a time of day"),
        ("instant", datetime, 1795435200, "a string is expected"),
        ("instant", datetime, "soon", "Invalid isoformat"),
        ("local-datetime", datetime, "2026-11-23T12:00:00Z", "is it an `instant`?"),
        ("epoch-s", datetime, 1795435200000000, "is the unit right?"),
        ("time", time, "13:00+01:00", "no offset"),
        ("weekday", Weekday, 8, "is expected"),
        ("weekday", Weekday, True, "is expected"),
        ("date", date, "23/11/2026", "Invalid isoformat"),
    ],
)
def test_what_is_refused(name: str, type_: Any, value: Any, message: str) -> None:
    """A value that does not fit says what was expected, and is never guessed at."""
    with pytest.raises(ValueError, match=message.replace("?", r"\?").replace("'", ".")):
        read(build(name, type_), value)


def test_comma_separator_refuses_a_point() -> None:
    """With a decimal comma, a point could be a thousands mark, so it is not read as decimals."""
    with pytest.raises(ValueError, match="decimal number"):
        read(build("decimal", Money, separator=","), "1.234")


@pytest.mark.parametrize("name", ["minor", "decimal"])
def test_foreign_money_is_not_written(name: str) -> None:
    """An amount without its currency is only written into a payload of that currency."""
    with pytest.raises(ValueError, match="the payload is in USD, the amount is in EUR"):
        write(build(name, Money), euro(1), "USD")


def test_list_item_with_separator_is_not_written() -> None:
    """An item that would come back as two is refused."""
    with pytest.raises(ValueError, match="separator"):
        write(build("list", TEXTS), ("a,b",))


@pytest.mark.parametrize("value", ["0.1234567890123456789", "0.1000000000000000001"])
def test_number_too_exact_for_json_is_not_written(value: str) -> None:
    """A decimal that a JSON number cannot hold is refused instead of rounded, up or down."""
    with pytest.raises(ValueError, match="more digits"):
        write(build("number", Decimal), Decimal(value))


def test_unknown_weekday_is_not_written() -> None:
    """A kept value of an open enumeration is no day of the week."""
    with pytest.raises(ValueError, match="not a day"):
        write(build("weekday", Weekday, first="monday-1"), Weekday("holiday"))
