"""Codecs: one value in the partner's words and in ours, both ways; and those of plain values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True, slots=True)
class Codec:
    """Two pure functions, each the inverse of the other on the values that both sides can hold.

    `read` takes a value that is neither missing nor null; `write` never sees None. Both raise
    ValueError with a message that makes sense beside the path and the value.

    Attributes:
        read: Theirs to ours, in a form that pydantic takes.
        write: Ours to theirs, plain JSON.
        is_money: Both take the payload's currency as second argument.
        read_inline: The same as `read` as an expression, for the hot paths: `{first}` is the value
            on first evaluation, `{v}` afterwards, `{c}` the name of the `read` function. A faster
            equal of `read`, never another behaviour. Kept because it is felt: a mapping takes 0.9
            (in) and 1.2 times (out) as long as one written by hand, and 1.6 and 3.8 without.
        write_inline: Likewise for `write`.
        assumes_unit: Both count minor units as ISO 4217 has them, because the rule says nothing.
        lacks_zone: Whether a value of theirs says no zone though it should, so that `read` takes
            the restaurant's.
    """

    read: Callable[..., Any]
    write: Callable[..., Any]
    is_money: bool = False
    read_inline: str = ""
    write_inline: str = ""
    lacks_zone: Callable[[Any], bool] | None = None
    assumes_unit: bool = False


def describe(value: Any) -> str:
    """The JSON kind of a value in words, for messages."""
    if isinstance(value, bool):
        return "a boolean"
    names = {str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return "null" if value is None else names.get(type(value), type(value).__name__)


_NUMERAL = re.compile(r"[+-]?\d+(?:\.\d+)?")


class Options(BaseModel):
    """Base of all converter options: frozen and closed. On its own: no options."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class BooleanOptions(Options):
    """The partner's values for true and false."""

    true: str | int | bool = True
    false: str | int | bool = False


class ListOptions(Options):
    """What stands between the items of a joined list."""

    separator: str = Field(default=",", min_length=1)


def to_decimal(value: Any, separator: str = ".") -> Decimal:
    """An exact decimal from a JSON number or a plain numeral; 0.1 is one tenth.

    Raises:
        ValueError: It is not a finite number.
    """
    if isinstance(value, str):
        text = value.strip()
        if separator != ".":
            text = "?" if "." in text else text.replace(separator, ".")
        if _NUMERAL.fullmatch(text):
            return Decimal(text)
    elif isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return Decimal(value)
    raise ValueError(f"a decimal number is expected, not {describe(value)}")


def to_number(value: Decimal) -> int | float:
    """The JSON number of a decimal.

    Raises:
        ValueError: A JSON number cannot hold it exactly.
    """
    whole = int(value)
    if whole == value:
        return whole
    number = float(value)
    if Decimal(repr(number)) != value:
        raise ValueError("it has more digits than a JSON number holds")
    return number


def to_whole(value: Any) -> int:
    """An integer from a JSON number without fraction, or from a plain numeral.

    Raises:
        ValueError: It is not whole.
    """
    if type(value) is int:
        return value
    number = to_decimal(value)
    if number != number.to_integral_value():
        raise ValueError("a whole number is expected")
    return int(number)


def to_text(value: Any) -> str:
    """Text from a string or a whole number (ids are often numbers).

    Raises:
        ValueError: It is something else.
    """
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    raise ValueError(f"a string is expected, not {describe(value)}")


def to_plain(value: Any) -> Any:
    """JSON data from one of our values of unknown type (fields under `ext`)."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return to_number(value)
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    return value


def same(value: Any) -> Any:
    """The value itself."""
    return value


_ADAPT: dict[Any, Callable[[Any], Any]] = {
    str: to_text,
    int: to_whole,
    float: lambda value: float(to_decimal(value)),
    Decimal: to_decimal,
}


def build_plain(type_: Any) -> Codec:
    """The codec of a rule without converter: pydantic reads it, we only write plain JSON."""
    if type_ in {str, int, float, bool}:
        return Codec(same, same, read_inline="{first}", write_inline="{first}")
    if isinstance(type_, type) and issubclass(type_, str):
        return Codec(same, str, read_inline="{first}")
    write = to_number if type_ is Decimal else to_plain
    return Codec(same, write, read_inline="{first}")


def build_string(_options: Options, type_: Any, _zone: Any) -> Codec:
    """Their string for our text or number; a whole number of theirs is read too."""
    if type_ in {int, float, Decimal}:
        return Codec(_ADAPT[type_], lambda value: format(value, "f" if type_ is Decimal else ""))
    inline = "{v} if type({first}) is str else {c}({v})"
    return Codec(
        to_text, str, read_inline=inline, write_inline="" if type_ is not str else "{first}"
    )


def build_integer(_options: Options, type_: Any, _zone: Any) -> Codec:
    """Their whole number for our number or text; a numeral of theirs is read too."""
    if type_ is int:
        inline = "{v} if type({first}) is int else {c}({v})"
        return Codec(to_whole, same, read_inline=inline, write_inline="{first}")
    adapt: Callable[[Any], Any] = _ADAPT.get(type_, to_text)
    return Codec(lambda value: adapt(to_whole(value)), to_whole)


def build_number(_options: Options, type_: Any, _zone: Any) -> Codec:
    """Their number for our number or text; a numeral of theirs is read too."""
    read = _ADAPT[type_] if type_ in {int, float} else to_decimal
    if type_ is str:
        return Codec(
            lambda value: format(to_decimal(value), "f"),
            lambda value: to_number(to_decimal(value)),
        )
    return Codec(read, lambda value: to_number(to_decimal(value)))


def build_boolean(options: BooleanOptions, _type: Any, _zone: Any) -> Codec:
    """Their two values for our true and false."""
    yes, no = options.true, options.false

    def read(value: Any) -> bool:
        for word, meaning in ((yes, True), (no, False)):
            if type(value) is type(word) and value == word:
                return meaning
        raise ValueError(f"{yes!r} or {no!r} is expected")

    return Codec(read, lambda value: yes if value else no)


def build_rate(per_unit: int) -> Callable[[Options, Any, Any], Codec]:
    """Their tax rate for our basis points; `per_unit` is how many of ours make one of theirs."""

    def read(value: Any) -> int:
        points = to_decimal(value) * per_unit
        if points != points.to_integral_value():
            raise ValueError("it is finer than a basis point")
        return int(points)

    def write(value: int) -> int | float:
        whole, rest = divmod(value, per_unit)
        return to_number(Decimal(value) / per_unit) if rest else whole

    codec = Codec(
        read,
        write,
        read_inline=f"{{v}} * {per_unit} if type({{first}}) is int else {{c}}({{v}})",
        write_inline="{first}" if per_unit == 1 else "",
    )
    return lambda _options, _type, _zone: codec


def _build_joined(separator: str) -> Codec:
    """Their list of texts for our one text."""

    def read(value: Any) -> str:
        if not isinstance(value, list):
            raise ValueError(f"a list is expected, not {describe(value)}")  # noqa: TRY004 one error type per payload
        parts = [to_text(item) for item in value]
        if any(separator in part for part in parts):
            raise ValueError(f"an item holds the separator {separator!r}")
        return separator.join(parts)

    return Codec(read, lambda text: text.split(separator) if text else [])


def build_list(options: ListOptions, type_: Any, _zone: Any) -> Codec:
    """Their joined text for our list of texts, or their list for our one text.

    Blanks around the items of a text do not count.
    """
    separator = options.separator
    if isinstance(type_, type) and issubclass(type_, str):
        return _build_joined(separator)

    def read(value: Any) -> list[str]:
        return [part.strip() for part in to_text(value).split(separator) if part.strip()]

    def write(value: tuple[str, ...]) -> str:
        if any(separator in item for item in value):
            raise ValueError(f"an item holds the separator {separator!r}")
        return separator.join(value)

    return Codec(read, write)
