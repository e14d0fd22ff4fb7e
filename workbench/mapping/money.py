"""Codecs of money; ours is an integer of minor units, so that nothing is ever rounded."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from pydantic import ValidationError

from workbench.canonical.base import Money, exponent
from workbench.mapping.codec import Codec, describe
from workbench.mapping.scalars import Options, to_decimal, to_number, to_whole

Amount = Money | dict[str, Any]
Style = Literal["number", "string"]


class DecimalOptions(Options):
    """How major units are written; a separator other than the point implies a string."""

    style: Style | None = None
    separator: Literal[".", ","] = "."


class ObjectOptions(Options):
    """Key names and the unit of `{amount, currency}`; `style` holds for major units."""

    amount: str = "amount"
    currency: str = "currency"
    unit: Literal["minor", "major"] = "minor"
    style: Style = "number"


@lru_cache(maxsize=4096)
def amount(minor: int, currency: str) -> Amount:
    """An amount of ours; the input of one where it is not valid, so that pydantic says why.

    Prices recur, and building one is what validating an order spends most of its time on.
    """
    try:
        return Money(amount_minor=minor, currency=currency)
    except ValidationError:
        return {"amount_minor": minor, "currency": currency}


def _from_major(value: Decimal, currency: str) -> Amount:
    minor = value.scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"it has more decimals than {currency} allows")
    return amount(int(minor), currency)


def _format_major(money: Money) -> str:
    return f"{money.major:.{money.exponent}f}"


def _check_currency(money: Money, currency: str) -> None:
    if money.currency != currency:
        raise ValueError(f"the payload is in {currency}, the amount is in {money.currency}")


def build_minor(_options: Options, _type: Any, _zone: Any) -> Codec:
    """Their integer of minor units."""

    def read(value: Any, currency: str) -> Amount:
        if isinstance(value, str):
            raise ValueError("a whole number of minor units is expected, not a string")  # noqa: TRY004 one error type per payload
        return amount(to_whole(value), currency)

    def write(money: Money, currency: str) -> int:
        _check_currency(money, currency)
        return money.amount_minor

    return Codec(
        read,
        write,
        is_money=True,
        read_inline="amount({v}, cur) if type({first}) is int else {c}({v}, cur)",
        write_inline="{v}.amount_minor if {first}.currency == cur else {c}({v}, cur)",
    )


def build_decimal(options: DecimalOptions, _type: Any, _zone: Any) -> Codec:
    """Their major units, as a number or a string."""
    separator = options.separator
    style = options.style or ("number" if separator == "." else "string")

    def read(value: Any, currency: str) -> Amount:
        return _from_major(to_decimal(value, separator), currency)

    def write(money: Money, currency: str) -> Any:
        _check_currency(money, currency)
        if style == "number":
            return to_number(money.major)
        return _format_major(money).replace(".", separator)

    return Codec(read, write, is_money=True)


def build_amount_currency(_options: Options, _type: Any, _zone: Any) -> Codec:
    """Their text of major units and currency, as in `9.00 EUR`."""

    def read(value: Any, _currency: str) -> Amount:
        parts = value.split() if isinstance(value, str) else ()
        if len(parts) != 2:
            raise ValueError("an amount and a currency are expected, as in '9.00 EUR'")
        return _from_major(to_decimal(parts[0]), parts[1])

    def write(money: Money, _currency: str) -> str:
        return f"{_format_major(money)} {money.currency}"

    return Codec(read, write, is_money=True)


def build_money_object(options: ObjectOptions, _type: Any, _zone: Any) -> Codec:
    """Their object of amount and currency; without currency the payload's holds."""
    amount_key, currency_key = options.amount, options.currency

    def read(value: Any, currency: str) -> Amount:
        if not isinstance(value, dict) or value.get(amount_key) is None:
            raise ValueError(f"an object with {amount_key!r} is expected, not {describe(value)}")
        own = value.get(currency_key) or currency
        if options.unit == "minor":
            return amount(to_whole(value[amount_key]), own)
        return _from_major(to_decimal(value[amount_key]), own)

    def write(money: Money, _currency: str) -> dict[str, Any]:
        value: Any = money.amount_minor
        if options.unit == "major":
            text = options.style == "string"
            value = _format_major(money) if text else to_number(money.major)
        return {amount_key: value, currency_key: money.currency}

    return Codec(read, write, is_money=True)
