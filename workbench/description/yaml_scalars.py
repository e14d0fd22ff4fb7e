"""Plain scalars of YAML by the core schema of 1.2, made safe for JSON, and numbers of any size.

Only JSON's own values come out. Dates, times, `no`, `on`, `010`, `12:30`, `1_000` and `.inf` stay
the text that the author wrote.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation

LONGEST = 4_000  # digits; reading more takes long, and no document means them


def read_integer(text: str) -> int | str:
    """An integer of any sensible length; a longer one stays text."""
    return int(text) if len(text) <= LONGEST else text


def read_decimal(text: str) -> int | float | str:
    """A number with a fraction or an exponent; beyond what a float holds, an integer or text."""
    value = float(text)
    if math.isfinite(value):
        return value
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if number.adjusted() > LONGEST or number != number.to_integral_value():
        return text
    return int(number)


_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_STARTS = frozenset("+-.0123456789~nNtTfF")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)", re.ASCII)
_BASED = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII
)


def read_plain(text: str) -> str | int | float | bool | None:
    """Return the value of an unquoted, untagged scalar."""
    if not text:
        return None
    if text[0] not in _STARTS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return _read_number(text)


def _read_number(text: str) -> str | int | float:
    if len(text) > LONGEST:
        return text
    if _INTEGER.fullmatch(text):
        return read_integer(text)
    if _BASED.fullmatch(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    return read_decimal(text) if _FLOAT.fullmatch(text) else text


def read_tagged(tag: str, text: str) -> str | int | float | bool | None:
    """Return the value of a scalar with one of the core tags; text that does not fit stays text."""
    kind = tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind in {"int", "bool", "float"}:
        value = read_plain(text)
        return float(value) if kind == "float" and isinstance(value, int) else value
    return text
