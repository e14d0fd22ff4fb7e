"""How a value of theirs becomes one of ours: which converter, with which options."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from workbench.canonical import (
    TRANSITIONS,
    Money,
    OpenEnum,
    Weekday,
    find_route,
    is_terminal,
)
from workbench.suggest.fields import SourceField, TargetField
from workbench.suggest.thesaurus import match_value, tokens
from workbench.vocabulary import names_an_id

_OFFSET = re.compile(r"(?:[zZ]|[+-]\d\d:?\d\d)$")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_AMOUNT = re.compile(r"-?\d+[.,]\d{1,3}(?: ?[A-Z]{3})?$")
_SECONDS = 10**9  # as an instant: the year 2001
_MINOR = frozenset({"cent", "cents", "minor", "fractional", "centimo", "pence", "centavo"})
_MILLISECONDS = 10**11  # as seconds, this is the year 5138
# Texts of ours that are as good as enumerations; a kind has words of ours, so it needs a look.
_CODED = {"by": 0.95, "code": 0.95, "reason_code": 0.95, "state": 0.95, "kind": 0.55}
_FIT: dict[type, dict[str, float]] = {
    tuple: {"list": 1.0},
    str: {"string": 1.0, "integer": 0.85, "number": 0.5},
    datetime: {"string": 0.85, "integer": 0.85, "number": 0.6},
    date: {"string": 0.85},
    time: {"string": 0.9},
    bool: {"boolean": 1.0, "string": 0.3, "integer": 0.3},
    int: {"integer": 1.0, "number": 0.85, "string": 0.5},
    float: {"number": 1.0, "integer": 0.85, "string": 0.5},
    Decimal: {"number": 1.0, "integer": 1.0, "string": 0.6},
    Money: {"integer": 1.0, "number": 1.0, "string": 0.85}
    | {f"money-{kind}": 1.0 for kind in ("integer", "number", "string")},
}


def enum_table(target: TargetField, source: SourceField) -> dict[str, str]:
    """Their values that mean one of ours, in their order.

    Statuses are mostly listed as they follow one another. A second word for one of ours that is
    listed behind later ones (`placed, …, delivered, received`) means something else: it is left
    to a person.
    """
    if not _is_enum(target.type_):
        return {}
    ours = [member.value for member in target.type_]
    table: dict[str, str] = {}
    for value in source.values:
        own = match_value(value, ours)
        if own is not None and not _comes_late(target.type_, own, table.values()):
            table[value] = own
    return table


def _comes_late(kind: type[OpenEnum], own: str, before: Collection[str]) -> bool:
    """Whether a status is there already, and one that follows on it as well."""
    if kind not in TRANSITIONS or own not in before:
        return False
    return any(find_route(kind(own), kind(one)) and not is_terminal(kind(one)) for one in before)


def fit(target: TargetField, source: SourceField) -> float:
    """How well the types go together, from 0 to 1."""
    if _is_enum(target.type_):
        if source.values:
            return 0.3 + 0.7 * len(enum_table(target, source)) / len(source.values)
        return {"string": 0.85, "integer": 0.5}.get(source.kind, 0.0)
    factor = _FIT.get(target.type_, {}).get(source.kind, 0.0)
    if factor and _is_shown(target, source):
        return 0.98
    if target.type_ is str and source.values:
        return (_CODED.get(target.path.rpartition(".")[2], 0.6)) * factor
    if target.type_ is str and source.format in {"date-time", "date"}:
        return 0.5 * factor
    if target.type_ is datetime and source.format in {"date", "time"}:
        return 0.2  # half of an instant
    if target.type_ in {datetime, date} and source.format.startswith("date"):
        return 1.0
    return factor


def _is_shown(target: TargetField, source: SourceField) -> bool:
    """Whether it is plainly an instant, an amount in a text, or an id that is a number."""
    example = source.example
    if target.type_ is str:
        return source.kind == "integer" and names_an_id(source.path[-1])
    if target.type_ is datetime:
        if isinstance(example, int) and not isinstance(example, bool):
            return any(low <= example < 4 * low for low in (_SECONDS, _SECONDS * 1000))
        return isinstance(example, str) and _INSTANT.match(example) is not None
    return target.type_ is Money and isinstance(example, str) and _AMOUNT.match(example) is not None


def convert(target: TargetField, source: SourceField) -> dict[str, Any]:
    """The keys that a rule needs beside `from`; empty when the value is taken as it is."""
    if _is_enum(target.type_):
        return _convert_enum(target, source)
    if target.type_ is Money:
        return _convert_money(source)
    name = _plain_converter(target, source)
    return {"as": name} if name else {}


def _plain_converter(target: TargetField, source: SourceField) -> str | None:
    type_ = target.type_
    if type_ is datetime:
        return _instant(source)
    if type_ in {date, time}:
        return str(type_.__name__)
    if target.path.endswith("rate_bp"):
        is_fraction = isinstance(source.example, float) and 0 < source.example < 1
        return "fraction" if is_fraction else "percent"
    if type_ is tuple or (type_ is str and source.kind in {"integer", "number"}):
        return "string"
    if type_ in {int, float, Decimal, bool} and source.kind == "string":
        return {int: "integer", bool: "boolean"}.get(type_, "number")
    return None


def _convert_enum(target: TargetField, source: SourceField) -> dict[str, Any]:
    table = enum_table(target, source)
    if target.type_ is Weekday and (source.kind == "integer" or not table):
        return {"as": "weekday"}
    if not table:
        return {}
    first: dict[str, str] = {}
    shared = set()
    for value, own in table.items():
        if own in first:
            shared.add(own)
        first.setdefault(own, value)
    back = {own: first[own] for own in sorted(shared)}
    return {"enum": table, **({"back": back} if back else {})}


def _convert_money(source: SourceField) -> dict[str, Any]:
    is_minor = source.kind.endswith("integer") or bool({*tokens(".".join(source.path))} & _MINOR)
    if source.parts is not None:
        amount, currency = source.parts
        is_minor = is_minor or bool({*tokens(amount)} & _MINOR)
        unit = "minor" if is_minor else "major"
        return {"as": "money-object", "amount": amount, "currency": currency, "unit": unit}
    if source.kind == "string":
        if isinstance(source.example, str) and re.search(r"[A-Z]{3}$", source.example):
            return {"as": "amount-currency"}
        return {"as": "decimal", "style": "string"}
    return {"as": "minor"} if is_minor else {"as": "decimal", "style": "number"}


def _instant(source: SourceField) -> str:
    if source.kind in {"integer", "number"}:
        is_long = isinstance(source.example, int) and source.example >= _MILLISECONDS
        names = {*tokens(source.path[-1])}
        return "epoch-ms" if is_long or names & {"ms", "milli", "millis"} else "epoch-s"
    if isinstance(source.example, str) and source.example and not _OFFSET.search(source.example):
        return "local-datetime"
    return "instant"


def _is_enum(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, OpenEnum)
