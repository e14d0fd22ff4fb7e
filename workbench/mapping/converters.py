"""The closed table of converters: name → options, the types of ours it fits, and its codec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from workbench.canonical import Address, DeliveryLocation, Money, UnitPrice, Weekday
from workbench.mapping import codec, contacts, money, times
from workbench.mapping.codec import Codec, Options


@dataclass(frozen=True, slots=True)
class Converter:
    """A way in which partners write a value.

    Attributes:
        build: Codec from options, the type of the canonical field, and the restaurant's zone.
        fits: Types of canonical fields for which it can be used.
        options: Model of its options.
        reads: JSON types of theirs that it takes, in the words of JSON Schema.
        writes: JSON types that it may write; as `reads` where that is empty.
        is_lossy: Whether what was read is not written back to the letter, as time goes by.
    """

    build: Callable[[Any, Any, Any], Codec]
    fits: tuple[Any, ...]
    options: type[Options] = Options
    reads: tuple[str, ...] = ("string",)
    writes: tuple[str, ...] = ()
    is_lossy: bool = False


TEXTS = "tuple[str, ...]"
NUMBERS = ("integer", "number", "string")
WHOLE = ("integer",)
WORDS = ("string", "integer", "boolean")

CONVERTERS: Mapping[str, Converter] = MappingProxyType(
    {
        "string": Converter(
            codec.build_string, (str, int, float, Decimal), reads=NUMBERS, writes=("string",)
        ),
        "integer": Converter(
            codec.build_integer, (int, str, float, Decimal), reads=NUMBERS, writes=WHOLE
        ),
        "number": Converter(
            codec.build_number,
            (Decimal, float, int, str),
            reads=NUMBERS,
            writes=("number", "integer"),
        ),
        "boolean": Converter(codec.build_boolean, (bool,), codec.BooleanOptions, WORDS),
        "minor": Converter(
            money.build_minor, (Money,), money.MinorOptions, (*WHOLE, "number"), WHOLE
        ),
        "decimal": Converter(money.build_decimal, (Money,), money.DecimalOptions, NUMBERS),
        "amount-currency": Converter(money.build_amount_currency, (Money,), money.RoundingOptions),
        "money-object": Converter(
            money.build_money_object, (Money,), money.ObjectOptions, ("object",)
        ),
        "percent": Converter(codec.build_rate(100), (int,), reads=NUMBERS),
        "fraction": Converter(codec.build_rate(10_000), (int,), reads=NUMBERS),
        "basis-points": Converter(codec.build_rate(1), (int,), reads=NUMBERS, writes=WHOLE),
        "instant": Converter(times.build_instant, (datetime,), times.InstantOptions),
        "local-datetime": Converter(times.build_local_datetime, (datetime,), times.LocalOptions),
        "zoned-datetime": Converter(times.build_zoned_datetime, (datetime,)),
        "epoch-s": Converter(
            times.build_epoch(timedelta(seconds=1)), (datetime,), reads=NUMBERS, writes=WHOLE
        ),
        "epoch-ms": Converter(
            times.build_epoch(timedelta(milliseconds=1)), (datetime,), reads=NUMBERS, writes=WHOLE
        ),
        "from-now": Converter(
            times.build_from_now,
            (datetime,),
            times.FromNowOptions,
            NUMBERS,
            WHOLE,
            is_lossy=True,
        ),
        "date": Converter(times.build_date, (date,), times.FormatOptions),
        "time": Converter(times.build_time, (time,), times.TimeOptions),
        "weekday": Converter(times.build_weekday, (Weekday,), times.WeekdayOptions, WORDS[:2]),
        "minutes": Converter(times.build_minutes, (int,), reads=NUMBERS, writes=WHOLE),
        "phone": Converter(contacts.build_phone, (str,), contacts.PhoneOptions),
        "coordinates": Converter(
            contacts.build_coordinates,
            (Address, DeliveryLocation),
            contacts.CoordinateOptions,
            ("string", "array", "object"),
        ),
        "list": Converter(codec.build_list, (TEXTS, str), codec.ListOptions, ("string", "array")),
    }
)


def is_fitting(name: str, type_: object) -> bool:
    """Whether the converter can fill a canonical field of that type."""
    fits = CONVERTERS[name].fits
    if type_ is Any:
        return True
    if TEXTS in fits and type_ == tuple[str, ...]:
        return True
    if isinstance(type_, type) and issubclass(type_, str) and str in fits:
        return True
    if type_ is UnitPrice:
        return Money in fits
    return type_ in fits


def list_fitting(type_: Any) -> tuple[str, ...]:
    """Names of the converters that can fill a field of that type."""
    return tuple(name for name in CONVERTERS if is_fitting(name, type_))
