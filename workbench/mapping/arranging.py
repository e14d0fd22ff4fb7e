"""Lists that partners keep in another arrangement: by key, in groups, or cut at midnight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import time
from typing import Any, NamedTuple

from workbench.canonical.availability import Weekday, WeeklyRange
from workbench.mapping.codec import describe
from workbench.mapping.paths import Steps, look_up
from workbench.mapping.runtime import put, refuse_list

_MIDNIGHT = time()
_DAYS = tuple(Weekday)


class Member(NamedTuple):
    """One item of theirs.

    Attributes:
        steps: Where it is below the list.
        key: The key that it, or its group, stands under.
        group: The object that holds the list it is in.
        item: The item itself.
    """

    steps: Steps
    key: str | int
    group: Any
    item: Any


def spread(value: Any, inner: Steps | None, *, is_keyed: bool) -> Iterator[Member]:
    """All items of an arranged list, in order; absent inner lists have none.

    Raises:
        ValueError: An object or a list is something else.
    """
    members: Iterable[tuple[str | int, Any]]
    if not is_keyed:
        members = enumerate(value if isinstance(value, (list, tuple)) else refuse_list(value))
    elif isinstance(value, dict):
        members = value.items()
    else:
        raise ValueError(f"an object of items by key is expected, not {describe(value)}")
    for key, member in members:
        if inner is None:
            yield Member((key,), key, member, member)
            continue
        items, taken = look_up(member, inner)
        if taken < len(inner) or items is None:
            continue
        if not isinstance(items, list):
            refuse_list(items)
        for index, item in enumerate(items):
            yield Member((key, *inner, index), key, member, item)


class Gathering:
    """Puts written items back into the partner's arrangement.

    Attributes:
        result: The object or list so far.
    """

    def __init__(self, inner: Steps | None, *, is_keyed: bool) -> None:
        self.result: Any = {} if is_keyed else []
        self._inner = inner
        self._is_keyed = is_keyed
        self._lists: dict[str, list[Any]] = {}
        self._count = 0

    def __len__(self) -> int:
        """Number of items."""
        return self._count

    def add(self, item: Any, group: Any, key: Any) -> None:
        """Add one item; items whose key and group were written the same are one group.

        Raises:
            ValueError: The key is missing, or two items have the same.
        """
        if self._is_keyed and (key is None or isinstance(key, dict)):
            raise ValueError("the field that is their key has no value")
        if self._inner is None:
            if str(key) in self.result:
                raise ValueError(f"two items have the key {key!s}")
            self.result[str(key)] = item
        else:
            self._open(group, key).append(item)
        self._count += 1

    def _open(self, group: Any, key: Any) -> list[Any]:
        """The inner list of a group, made when it is the first item's."""
        name = repr((key, group))
        if name in self._lists:
            return self._lists[name]
        if self._is_keyed and str(key) in self.result:
            raise ValueError(f"items with the key {key!s} differ in what they should share")
        items = self._lists[name] = []
        holder: Any = items
        if self._inner:
            holder = group if isinstance(group, dict) else {}
            put(holder, self._inner, items)
        if self._is_keyed:
            self.result[str(key)] = holder
        else:
            self.result.append(holder)
        return items


def join_nights(ranges: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Openings until midnight and from midnight on of the day after, as one; order is kept.

    Only what stays below 24 hours is joined, so that a restaurant that never closes has seven days.
    """
    mornings: dict[Any, dict[str, Any]] = {}
    for item in ranges:
        if item.get("start") == _MIDNIGHT and item.get("end") != _MIDNIGHT:
            mornings.setdefault(item.get("day"), item)
    joined: list[dict[str, Any]] = []
    used: set[int] = set()
    for item in ranges:
        morning = mornings.get(_shift(item.get("day")))
        is_open_end = item.get("end") == _MIDNIGHT and item.get("start") != _MIDNIGHT
        if is_open_end and morning is not None and morning["end"] <= item["start"]:
            used.add(id(morning))
            joined.append({**item, "end": morning["end"]})
        else:
            joined.append(item)
    return [item for item in joined if id(item) not in used]


def split_nights(ranges: Sequence[WeeklyRange]) -> list[WeeklyRange]:
    """Openings that run past midnight, as two; the second is of the day after.

    Raises:
        ValueError: A day is not one of the week.
    """
    result: list[WeeklyRange] = []
    for item in ranges:
        if not item.ends_next_day or item.end == _MIDNIGHT:
            result.append(item)
            continue
        following = _shift(item.day)
        if following is None:
            raise ValueError(f"{item.day!s} is not a day of the week")
        result.append(item.model_copy(update={"end": _MIDNIGHT}))
        result.append(item.model_copy(update={"day": following, "start": _MIDNIGHT}))
    return result


def _shift(day: Any) -> Weekday | None:
    """The day after."""
    return _DAYS[(_DAYS.index(day) + 1) % 7] if day in _DAYS else None
