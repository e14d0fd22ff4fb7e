"""Bodies that an operation should accept, made from its schema and from what is known to exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from workbench.evidence.known import known_values
from workbench.evidence.zones import home
from workbench.model import Operation, SchemaReader
from workbench.partners import Partner

_DEEPEST = 8


class Maker:
    """Makes values for the schemas of one document.

    Args:
        partner: Whose test account gives the ids.
        environment: Which of its accounts.
        document: Document in which references are looked up.
        full: Whether optional fields are filled as well.
    """

    def __init__(
        self, partner: Partner, environment: str, document: str, *, full: bool = True
    ) -> None:
        self._partner = partner
        self._environment = environment
        self._reader = SchemaReader.of(partner.description, document)
        self._full = full
        zone = partner.manifest.timezone
        self._home = home(zone)
        tomorrow = datetime.now(ZoneInfo(zone)).date() + timedelta(days=1)
        # Second half of the evening: far from both ends of the day, so that shifts show.
        self._when = datetime.combine(tomorrow, time(20, 0), ZoneInfo(zone))

    def make(self, schema: Any, name: str = "", depth: int = 0) -> Any:
        """A value for a schema; None where nothing better is known."""
        schema = self._reader.first(schema)
        if depth > _DEEPEST:
            return None
        kind = _kind(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            count = max(1, int(schema.get("minItems", 1)))
            return [self.make(schema.get("items", {}), name, depth + 1) for _ in range(count)]
        return self._scalar(schema, name, kind)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", [])
        left = schema.get("minProperties", 0) - len(required)
        made: dict[str, Any] = {}
        for name, part in schema.get("properties", {}).items():
            if _is_read_only(part):
                continue
            if name not in required and not self._full:
                if left <= 0:
                    continue
                left -= 1
            made[name] = self.make(part, name, depth + 1)
        return {name: value for name, value in made.items() if value is not None}

    def _scalar(self, schema: Mapping[str, Any], name: str, kind: str) -> Any:
        known = known_values(self._partner, self._environment, name)
        if known:
            return int(known[0]) if kind == "integer" and str(known[0]).isdigit() else known[0]
        if "const" in schema:
            return schema["const"]
        place = self._place(name, kind)
        if place is not None:
            return place
        for given in ("example", "default"):
            if schema.get(given) is not None:
                return schema[given]
        for listed in ("examples", "enum"):
            options = [item for item in schema.get(listed) or () if item is not None]
            if options:
                return options[0]
        if kind in {"integer", "number"}:
            return _number(schema, name)
        return True if kind == "boolean" else self._text(schema, name)

    def _place(self, name: str, kind: str) -> float | None:
        if kind != "number" or self._home is None:
            return None
        word = name.lower()
        if word in {"lat", "latitude"}:
            return self._home.latitude
        return self._home.longitude if word in {"lng", "lon", "long", "longitude"} else None

    def _text(self, schema: Mapping[str, Any], name: str) -> str:
        given = schema.get("format")
        formats = {
            "date-time": self._when.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "date": self._when.date().isoformat(),
            "time": "20:00:00",
            "email": "test@example.com",
            "uri": "https://example.com/test",
            "uuid": "4f1c2b8e-6a55-4c0d-9d3f-2a7b1c9e8d10",
        }
        if given in formats:
            return formats[given]
        pattern = schema.get("pattern")
        if pattern:
            return _by_pattern(
                str(pattern), int(schema.get("minLength", 0)), int(schema.get("maxLength", 99))
            )
        word = name.lower()
        if "currency" in word:
            return self._partner.manifest.currency
        text = "+34600111222" if "phone" in word or "tel" in word else "Integration test"
        text = text[: schema.get("maxLength", 40)]
        return text.ljust(int(schema.get("minLength", 0)), "x")


def candidates(partner: Partner, environment: str, operation: Operation) -> Iterator[Any]:
    """Bodies to try in turn: everything filled, the documented examples, only what is required."""
    schema = operation.request_schema
    if schema is not None:
        yield Maker(partner, environment, operation.document).make(schema)
    for body in operation.bodies:
        yield from body.examples
    if schema is not None:
        yield Maker(partner, environment, operation.document, full=False).make(schema)


@cache
def _by_pattern(pattern: str, least: int, most: int) -> str:
    """The plainest text that a pattern allows; always the same one."""
    # Only here, because it takes a while to import.
    from hypothesis import HealthCheck, find, settings  # noqa: PLC0415
    from hypothesis.errors import HypothesisException  # noqa: PLC0415
    from hypothesis.strategies import from_regex  # noqa: PLC0415

    quiet = settings(database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    try:
        fits = from_regex(pattern)
        return find(fits, lambda text: least <= len(text) <= most, settings=quiet)
    except (HypothesisException, re.error):
        return "Test"


def _kind(schema: Mapping[str, Any]) -> str:
    given = schema.get("type")
    if isinstance(given, list):
        given = next((item for item in given if item != "null"), "string")
    if given is None:
        given = "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(given)


def _is_read_only(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("readOnly") is True


def _number(schema: Mapping[str, Any], name: str) -> int | float:
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    most = schema.get("maximum", schema.get("exclusiveMaximum", 10**6))
    least = least if isinstance(least, int | float) else 0
    most = most if isinstance(most, int | float) else 10**6
    wanted = 900 if re.search("price|amount|total|cents", name.lower()) else 3
    value = wanted if least < wanted < most else least if least == most else (least + most) / 2
    return int(value) if _kind(schema) == "integer" or value == int(value) else float(value)
