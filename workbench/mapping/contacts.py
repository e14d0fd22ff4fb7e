"""Codecs of phone numbers and of coordinates."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from workbench.mapping.codec import Codec, Options, describe, to_decimal, to_number, to_text
from workbench.model import Takes

_E164 = re.compile(r"\+[1-9]\d{5,14}", re.ASCII)
_PUNCTUATION = re.compile(r"[\s().\-/]+")


class PhoneOptions(Options):
    """Country calling code as in +34, and what is written.

    `trunk` is the digit before national numbers, where it is not the one that the country has.
    """

    prefix: Annotated[
        str,
        StringConstraints(pattern=r"^\+[1-9]\d{0,3}$"),
        Takes("the prefix of a country, as '+34'"),
    ]
    trunk: Annotated[
        str, StringConstraints(pattern=r"^\d?$"), Takes("the one digit before a national number")
    ] = ""
    style: Literal["national", "e164", "00"] = "national"


class CoordinateOptions(Options):
    """`form`: text ("41.38,2.17"), list ([41.38, 2.17]) or geojson (a Point, longitude first)."""

    form: Literal["text", "list", "geojson"] = "text"
    order: Literal["lat-lng", "lng-lat"] | None = None
    separator: str = Field(default=",", min_length=1)


def build_phone(options: PhoneOptions, _type: Any, _zone: Any) -> Codec:
    """Their national or international number; ours is E.164.

    What is no whole number (masked, or with an extension) passes as it is, both ways; so does, when
    written, a number of another country, in the international form.
    """
    import phonenumbers  # noqa: PLC0415 the numbering plans of all countries take their time

    prefix, trunk, style = options.prefix, options.trunk, options.style
    region = phonenumbers.region_code_for_country_code(int(prefix))
    if region == phonenumbers.UNKNOWN_REGION:
        raise ValueError(f"{prefix} is no country's calling code")

    def read(value: Any) -> str:
        text = to_text(value)
        digits = _PUNCTUATION.sub("", text)
        if digits.startswith("00"):
            digits = f"+{digits[2:]}"
        elif not digits.startswith("+"):
            digits = digits.removeprefix(trunk)
        return _find_number(phonenumbers, digits, region) or text

    def write(value: str) -> str:
        if not _E164.fullmatch(value) or style == "e164":
            return value
        if style == "national" and value.startswith(prefix):
            form = phonenumbers.PhoneNumberFormat.NATIONAL
            national = phonenumbers.format_number(phonenumbers.parse(value), form)
            national = trunk + value.removeprefix(prefix) if trunk else national
            national = _PUNCTUATION.sub("", national)
            # A number that would be read as something else is written in full.
            return national if read(national) == value else value
        return f"00{value[1:]}" if style == "00" else value

    return Codec(read, write)


def _find_number(phonenumbers: Any, digits: str, region: str) -> str | None:
    """The E.164 form; None for what is masked, has an extension, or is no number at all."""
    if not digits.removeprefix("+").isdecimal():
        return None
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    found: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return found if _E164.fullmatch(found) else None


def build_coordinates(options: CoordinateOptions, _type: Any, _zone: Any) -> Codec:
    """Their pair of decimal degrees as one value; ours is an object of latitude and longitude."""
    is_flipped = (options.order or ("lng-lat" if options.form == "geojson" else "lat-lng")) == (
        "lng-lat"
    )
    form, separator = options.form, options.separator

    def read(value: Any) -> dict[str, Any]:
        parts = value
        if form == "geojson":
            parts = value.get("coordinates") if isinstance(value, dict) else None
        elif form == "text":
            parts = value.split(separator) if isinstance(value, str) else None
        # GeoJSON may give an altitude as a third number.
        if not isinstance(parts, list) or not 2 <= len(parts) <= (3 if form == "geojson" else 2):
            raise ValueError(f"a pair of coordinates is expected ({form}), not {describe(value)}")
        first, second = (float(to_decimal(part)) for part in parts[:2])
        latitude, longitude = (second, first) if is_flipped else (first, second)
        return {"latitude": latitude, "longitude": longitude}

    def write(value: dict[str, Any]) -> Any:
        pair = [value.get("latitude"), value.get("longitude")]
        if None in pair:
            if pair == [None, None]:
                return None
            raise ValueError("latitude and longitude are needed together")
        numbers = [to_number(to_decimal(part)) for part in (pair[::-1] if is_flipped else pair)]
        if form == "text":
            return separator.join(map(_spell, numbers))
        return {"type": "Point", "coordinates": numbers} if form == "geojson" else numbers

    return Codec(read, write)


def _spell(number: float) -> str:
    """A number without exponent."""
    return format(to_decimal(number), "f")
