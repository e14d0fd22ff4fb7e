"""Numbers as documents write them: integers and bounds of any size stay numbers."""

from __future__ import annotations

import math
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
