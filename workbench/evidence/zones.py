"""Where a time zone is, whether coordinates can be near to it, and times that say no zone."""

from __future__ import annotations

import math
import re
import zoneinfo
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from workbench.evidence.check_table import say
from workbench.mapping import Translation
from workbench.model import Finding, Severity, make_finding

_FAR_KM = 3000.0
_ZONE_LINE = re.compile(r"([+-]\d{4,7})([+-]\d{5,7})$")


class Coordinates(NamedTuple):
    """Decimal degrees."""

    latitude: float
    longitude: float


@cache
def home(zone: str) -> Coordinates | None:
    """Where the city of a time zone is, by the table that comes with the zones themselves."""
    for line in _zone_table().splitlines():
        parts = line.split("\t")
        if len(parts) >= 3 and parts[2] == zone:
            match = _ZONE_LINE.match(parts[1])
            return Coordinates(_degrees(match[1], 2), _degrees(match[2], 3)) if match else None
    return None


def distance(one: Coordinates, other: Coordinates) -> float:
    """Kilometres on the sphere."""
    lat1, lng1, lat2, lng2 = map(math.radians, (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lng2 - lng1) / 2) ** 2
    return 12742 * math.asin(min(1.0, math.sqrt(half)))


def is_swapped(place: Coordinates, zone: str) -> bool:
    """Whether a place is far from the zone's city, and near to it with its numbers exchanged."""
    city = home(zone)
    if city is None or abs(place.longitude) > 90:
        return False
    exchanged = Coordinates(place.longitude, place.latitude)
    return distance(place, city) > _FAR_KM > distance(exchanged, city)


_FARTHEST, _STEP = timedelta(hours=14), timedelta(minutes=15)


def is_same_on_some_clock(one: datetime, other: datetime) -> bool:
    """Whether two instants would be one if only the zone of either was meant otherwise."""
    apart = abs(one - other)
    return apart <= _FARTHEST and not apart % _STEP


def find_unzoned(
    translation: Translation, operation: str, zone: str, severity: Severity = Severity.MEDIUM
) -> Iterator[Finding]:
    """Times that say no zone where they should: they can be read, on the restaurant's clock.

    Args:
        translation: What was read.
        operation: `METHOD /path` or event name that gave it.
        zone: The restaurant's zone.
        severity: What it weighs; a limit where it was seen live.
    """
    for pointer in translation.unzoned:
        yield make_finding(
            "time-without-zone",
            severity=severity,
            pointer=pointer,
            operation=operation,
            observed=say("time-without-zone"),
            zone=zone,
        )


@cache
def _zone_table() -> str:
    for folder in zoneinfo.TZPATH:
        path = Path(folder) / "zone.tab"
        if path.is_file():
            return path.read_text("utf-8")
    try:
        return resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        return ""


def _degrees(text: str, digits: int) -> float:
    """`+4024` or `+402400` as degrees, minutes and seconds."""
    sign = -1 if text[0] == "-" else 1
    whole, rest = int(text[1 : 1 + digits]), text[1 + digits :]
    minutes, seconds = int(rest[:2]), int(rest[2:] or 0)
    return sign * round(whole + minutes / 60 + seconds / 3600, 4)
