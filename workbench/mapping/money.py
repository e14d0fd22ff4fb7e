"""Codecs of money; ours is an integer of minor units, and nothing is rounded unless it is said.

Two things are no rounding. The noise of binary arithmetic: 14.309999999999999 as a JSON number is
what a sender's floats made of 14.31. And the price of one unit, which may be finer than any coin:
three for 10.00 are 3.3333333 each, and ours keeps the rest (`Money.finer`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError

from workbench.canonical import Money, UnitPrice, exponent
from workbench.mapping.codec import Codec, Options, describe, to_decimal, to_number, to_whole

Amount = Money | dict[str, Any]
Style = Literal["number", "string"]
Rounding = Literal["half-up", "half-even", "up", "down"]
LARGEST_EXPONENT = 6
Exponent = Annotated[int, Field(ge=0, le=LARGEST_EXPONENT)]

# Of a minor unit: far above what sums of floats are off by, far below what any price means.
_NOISE = Decimal("1e-6")
_ROUNDINGS = {
    "half-up": ROUND_HALF_UP,
    "half-even": ROUND_HALF_EVEN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
}


class Unit(str):
    """A payload's currency that counts its minor units by another power of ten than ISO 4217.

    Attributes:
        digits: Decimal digits of a minor unit of theirs.
    """

    __slots__ = ("digits",)
    digits: int

    def __new__(cls, currency: str, digits: int) -> Self:
        """A currency with its own exponent."""
        unit = super().__new__(cls, currency)
        unit.digits = digits
        return unit


class RoundingOptions(Options):
    """How what is finer than a minor unit is rounded inward; without it such an amount is refused.

    The price of one unit is kept as it is, unless a rounding is given.
    """

    rounding: Rounding | None = None


class MinorOptions(RoundingOptions):
    """Decimal digits of their minor units, where these are not the currency's own (ISO 4217)."""

    exponent: Exponent | None = None


class DecimalOptions(RoundingOptions):
    """How major units are written; a separator other than the point implies a string."""

    style: Style | None = None
    separator: Literal[".", ","] = "."


class ObjectOptions(RoundingOptions):
    """Key names and the unit of `{amount, currency}`; `style` holds for major units.

    `exponent`: decimal digits of their minor units, or the key that says them.
    """

    exponent: Exponent | str | None = None
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


@dataclass(frozen=True, slots=True)
class _Counting:
    """How an exact number of theirs becomes an amount.

    Attributes:
        rounding: What to do with the rest of a minor unit.
        is_fine: Whether the rest may stay.
    """

    rounding: Rounding | None
    is_fine: bool

    @classmethod
    def of(cls, options: RoundingOptions, type_: Any) -> _Counting:
        """As the rule and the canonical field say."""
        return cls(options.rounding, type_ is UnitPrice)

    def count(self, value: Any, digits: int, currency: str, separator: str = ".") -> Amount:
        """The amount of a number in units of 10^`digits` minor units of the currency.

        Raises:
            ValueError: It is no number, or finer than allowed.
        """
        minor = to_decimal(value, separator).scaleb(digits)
        whole = minor.to_integral_value(_ROUNDINGS[self.rounding or "half-even"])
        is_noise = isinstance(value, float) and abs(minor - whole) <= _NOISE
        currency = str(currency)
        if minor == whole or is_noise or self.rounding:
            return amount(int(whole), currency)
        if not self.is_fine:
            raise ValueError(
                f"it has more decimals than {currency} allows; "
                "if that is right, state a `rounding` (half-up, half-even, up, down)"
            )
        parts = {"amount_minor": int(minor), "currency": currency, "finer": minor - int(minor)}
        try:
            return Money.model_validate(parts)
        except ValidationError:
            return parts


def _format_major(money: Money) -> str:
    digits = max(money.exponent, -int(money.major.normalize().as_tuple().exponent))
    return f"{money.major:.{digits}f}"


def _check_currency(money: Money, currency: str) -> None:
    if money.currency != currency:
        raise ValueError(f"the payload is in {currency}, the amount is in {money.currency}")


def _to_minor(money: Money, digits: int) -> int:
    """An amount in their minor units of so many digits.

    Raises:
        ValueError: They cannot hold it.
    """
    theirs = money.major.scaleb(digits)
    if theirs != int(theirs):
        raise ValueError(f"{money} is finer than their unit of {digits} decimal digits")
    return int(theirs)


def build_minor(options: MinorOptions, type_: Any, _zone: Any) -> Codec:
    """Their integer of minor units."""
    counting, stated = _Counting.of(options, type_), options.exponent

    def find_digits(currency: str) -> int:
        if stated is not None:
            return stated
        return currency.digits if isinstance(currency, Unit) else exponent(currency)

    def read(value: Any, currency: str) -> Amount:
        if isinstance(value, str):
            raise ValueError("a whole number of minor units is expected, not a string")  # noqa: TRY004 one error type per payload
        own, digits = exponent(currency), find_digits(currency)
        if own == digits and not (counting.is_fine or counting.rounding):
            value = to_whole(value)
        return counting.count(value, own - digits, currency)

    def write(money: Money, currency: str) -> int | float:
        _check_currency(money, currency)
        if money.finer and counting.is_fine:
            return to_number(money.major.scaleb(find_digits(currency)))
        return _to_minor(money, find_digits(currency))

    if stated is not None:
        return Codec(read, write, is_money=True)
    is_ours = " and {first}.finer is None" if type_ is UnitPrice else ""
    return Codec(
        read,
        write,
        is_money=True,
        assumes_unit=True,
        read_inline="amount({v}, cur) if type({first}) is int else {c}({v}, cur)",
        write_inline=(
            f"{{v}}.amount_minor if {{first}}.currency == cur{is_ours.format(first='{v}')} "
            "else {c}({v}, cur)"
        ),
    )


def build_decimal(options: DecimalOptions, type_: Any, _zone: Any) -> Codec:
    """Their major units, as a number or a string."""
    separator, counting = options.separator, _Counting.of(options, type_)
    style = options.style or ("number" if separator == "." else "string")

    def read(value: Any, currency: str) -> Amount:
        return counting.count(value, exponent(currency), currency, separator)

    def write(money: Money, currency: str) -> Any:
        _check_currency(money, currency)
        if style == "number":
            return to_number(money.major)
        return _format_major(money).replace(".", separator)

    return Codec(read, write, is_money=True)


def build_amount_currency(options: RoundingOptions, type_: Any, _zone: Any) -> Codec:
    """Their text of major units and currency, as in `9.00 EUR`."""
    counting = _Counting.of(options, type_)

    def read(value: Any, _currency: str) -> Amount:
        parts = value.split() if isinstance(value, str) else ()
        if len(parts) != 2:
            raise ValueError("an amount and a currency are expected, as in '9.00 EUR'")
        return counting.count(parts[0], exponent(parts[1]), parts[1])

    def write(money: Money, _currency: str) -> str:
        return f"{_format_major(money)} {money.currency}"

    return Codec(read, write, is_money=True)


def build_money_object(options: ObjectOptions, type_: Any, _zone: Any) -> Codec:
    """Their object of amount and currency; without currency the payload's holds."""
    amount_key, currency_key = options.amount, options.currency
    counting, stated = _Counting.of(options, type_), options.exponent

    def read(value: Any, currency: str) -> Amount:
        if not isinstance(value, dict) or value.get(amount_key) is None:
            raise ValueError(f"an object with {amount_key!r} is expected, not {describe(value)}")
        own = value.get(currency_key) or currency
        if options.unit == "major":
            return counting.count(value[amount_key], exponent(own), own)
        digits = value.get(stated) if isinstance(stated, str) else stated
        if digits is None:
            digits = currency.digits if isinstance(currency, Unit) else exponent(own)
        digits = to_whole(digits)
        return counting.count(value[amount_key], exponent(own) - digits, own)

    def write(money: Money, currency: str) -> dict[str, Any]:
        if options.unit == "major":
            text = options.style == "string"
            value: Any = _format_major(money) if text else to_number(money.major)
            return {amount_key: value, currency_key: money.currency}
        digits = stated if isinstance(stated, int) else money.exponent
        if stated is None and isinstance(currency, Unit):
            digits = currency.digits
        minor = to_number(money.major.scaleb(digits)) if money.finer else _to_minor(money, digits)
        written = {amount_key: minor, currency_key: money.currency}
        return written | ({stated: digits} if isinstance(stated, str) else {})

    assumes = options.unit == "minor" and stated is None
    return Codec(read, write, is_money=True, assumes_unit=assumes)
