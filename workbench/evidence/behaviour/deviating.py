"""What a difference between sent and found means for an integrator: its kind, and how bad it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from workbench.model import ApiDescription, Difference, SchemaNode, SchemaReader

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}$")


class Deviation(NamedTuple):
    """One value that did not survive; `slug` is the kind of the finding."""

    slug: str
    difference: Difference


def deviations(differences: Sequence[Difference]) -> Iterator[Deviation]:
    """The kind of each difference; two exchanged coordinates are one deviation."""
    left = list(differences)
    for one in list(left):
        other = _exchanged(one, left)
        if other is not None and one in left:
            left = [item for item in left if item not in (one, other)]
            yield Deviation("coordinates-swapped", one)
    for item in left:
        yield _classify(item)


def documented(
    description: ApiDescription, document: str, schema: Any, differences: Sequence[Difference]
) -> list[Difference]:
    """Only those differences whose field the schema of the answer has, wrapped or not."""
    if schema is None:
        return list(differences)
    top = SchemaNode.of(SchemaReader.of(description, document), schema)
    roots = [top, *filter(None, (top.member(name) for name in top.names))]
    return [item for item in differences if any(_has(root, item.pointer) for root in roots)]


def _has(root: SchemaNode, pointer: str) -> bool:
    node: SchemaNode | None = root
    for token in pointer.strip("/").split("/"):
        is_item = node is not None and token.isdigit() and "array" in node.types
        node = node and (node.items() if is_item else node.member(token))
        if node is None:
            return pointer in {"", "/"}
    return node is not None and not node.is_write_only


def _exchanged(one: Difference, others: Sequence[Difference]) -> Difference | None:
    above, _, name = one.pointer.rpartition("/")
    if not name.lower().startswith("lat"):
        return None
    for other in others:
        same = other.pointer.rpartition("/")
        if same[0] == above and same[2].lower().startswith(("lng", "lon")):
            return other if (one.sent, other.sent) == (other.found, one.found) else None
    return None


def _classify(item: Difference) -> Deviation:
    sent, found = item.sent, item.found
    if found is None or found in ("", [], {}):
        return Deviation("field-lost", item)
    if isinstance(sent, str) and isinstance(found, str):
        if _DATE.match(sent) and _DATE.match(found) and _day(sent) != _day(found):
            return Deviation("date-shifted", item)
        if _moment(sent) is not None and _moment(found) is not None:
            return Deviation("time-shifted", item)
        if sent.startswith(found):
            return Deviation("text-cut", item)
    if _ratio(sent, found) in {100.0, 0.01, 1000.0, 0.001}:
        return Deviation("unit-changed", item)
    return Deviation("echo-differs", item)


def _ratio(sent: Any, found: Any) -> float | None:
    try:
        return round(float(found) / float(sent), 6)
    except (TypeError, ValueError, ZeroDivisionError):
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
