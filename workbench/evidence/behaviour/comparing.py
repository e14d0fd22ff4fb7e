"""Compares what was sent with what is read back, and says what a difference means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from workbench.evidence.zones import is_same_on_some_clock
from workbench.model import ApiDescription, Difference, SchemaNode, SchemaReader, compare_json
from workbench.text import read_pointer


def differences(sent: Any, found: Any) -> list[Difference]:
    """What of `sent` is missing or different in `found`; more in `found` is fine.

    An answer often wraps the resource (`{"data": …}`), so the part of it that fits best counts.
    """
    candidates = [found]
    if isinstance(found, dict):
        candidates += [value for value in found.values() if isinstance(value, dict | list)]
    return min((list(_walk(sent, one)) for one in candidates), key=len)


def reordered(sent: Any, found: Any) -> Iterator[str]:
    """Pointers of lists that hold the same things by their ids, in another order."""
    candidates = [found]
    if isinstance(found, dict):
        candidates += [value for value in found.values() if isinstance(value, dict | list)]
    best = min(candidates, key=lambda one: sum(1 for _ in _walk(sent, one)))
    yield from _shuffled(sent, best, "")


def _shuffled(sent: Any, found: Any, pointer: str) -> Iterator[str]:
    if isinstance(sent, dict) and isinstance(found, dict):
        for key, value in sent.items():
            yield from _shuffled(value, found.get(key), f"{pointer}/{key}")
    elif isinstance(sent, list) and isinstance(found, list) and len(sent) == len(found):
        aligned = _aligned(sent, found)
        if aligned != found:
            yield pointer or "/"
        for index, (one, other) in enumerate(zip(sent, aligned, strict=True)):
            yield from _shuffled(one, other, f"{pointer}/{index}")


def _walk(sent: Any, found: Any) -> Iterator[Difference]:
    for item in compare_json(sent, found, keys=_keys, same=_means_same, align=_aligned):
        sent, found = item.sent, item.found
        if isinstance(sent, list) and isinstance(found, list):
            sent, found = f"{len(sent)} items", f"{len(found)} items"
        yield Difference(item.pointer or "/", sent, found)


def _keys(sent: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """What was sent; a null may be left out."""
    return (key for key, value in sent.items() if value is not None or key in found)


def _aligned(sent: list[Any], found: list[Any]) -> list[Any]:
    """The found items in the order of the sent ones, where an id tells which is which."""
    for key in _id_keys(sent):
        places = {item.get(key): item for item in found if isinstance(item, dict)}
        if len(places) == len(found) and all(item[key] in places for item in sent):
            return [places[item[key]] for item in sent]
    return found


def _id_keys(items: list[Any]) -> list[str]:
    if not items or not all(isinstance(item, dict) for item in items):
        return []
    shared = set(items[0]).intersection(*items[1:])
    keys = [key for key in shared if key.lower().endswith("id") or key.lower() == "code"]
    return sorted(key for key in keys if all(isinstance(item[key], str | int) for item in items))


def _means_same(sent: Any, found: Any) -> bool:
    if sent == found:
        return True
    if isinstance(sent, bool) or isinstance(found, bool) or sent is None or found is None:
        return False
    return (_number(sent) is not None and _number(sent) == _number(found)) or (
        _instant(sent) is not None and _instant(sent) == _instant(found)
    )


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _instant(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


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
    return [
        item
        for item in differences
        if schema is None or is_named(description, document, schema, item.pointer)
    ]


def is_named(description: ApiDescription, document: str, schema: Any, pointer: str) -> bool:
    """Whether a schema has a field of this place, by itself or wrapped."""
    if schema is None:
        return False
    top = SchemaNode.of(SchemaReader.of(description, document), schema)
    roots = [top, *filter(None, (top.member(name) for name in top.names))]
    return any(_has(root, pointer) for root in roots)


def _has(root: SchemaNode, pointer: str) -> bool:
    node: SchemaNode | None = root
    for token in read_pointer(pointer):
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
        before, after = _moment(sent), _moment(found)
        if before is not None and after is not None:
            is_bare = _has_lost_zone(before, after)
            return Deviation("time-without-zone" if is_bare else "time-shifted", item)
        if sent.startswith(found):
            return Deviation("text-cut", item)
    if _ratio(sent, found) in {100.0, 0.01, 1000.0, 0.001}:
        return Deviation("unit-changed", item)
    return Deviation("echo-differs", item)


def _has_lost_zone(sent: datetime, found: datetime) -> bool:
    """Whether only the zone was lost: without it, the time may be that of any clock on earth."""
    if sent.tzinfo is None or found.tzinfo is not None:
        return False
    return is_same_on_some_clock(found, sent.astimezone(UTC).replace(tzinfo=None))


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
