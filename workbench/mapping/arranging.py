"""Lists that partners keep in another arrangement: by key, in groups, or cut at midnight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import time
from typing import Any, NamedTuple

from workbench.canonical import Weekday, WeeklyRange
from workbench.mapping.codec import describe
from workbench.mapping.plan import UNSET, Arrangement
from workbench.mapping.runtime import merge, put, refuse_list
from workbench.model import Steps, look_up

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


def spread(value: Any, shape: Arrangement) -> Iterator[Member]:
    """All items of an arranged list, in order; absent inner lists have none.

    Raises:
        ValueError: An object or a list is something else.
    """
    members: Iterable[tuple[str | int, Any]]
    if shape.key is None:
        members = enumerate(value if isinstance(value, (list, tuple)) else refuse_list(value))
    elif isinstance(value, dict):
        members = value.items()
    else:
        raise ValueError(f"an object of items by key is expected, not {describe(value)}")
    for key, member in members:
        if shape.closed is not UNSET and member == shape.closed:
            continue
        yield from _descend(Member((key,), key, member, member), shape.inner)


def _descend(member: Member, inner: tuple[Steps, ...]) -> Iterator[Member]:
    """The items of the lists below a member; itself when there are none."""
    if not inner:
        yield member
        return
    items, taken = look_up(member.item, inner[0])
    if taken < len(inner[0]) or items is None:
        return
    if not isinstance(items, list):
        refuse_list(items)
    for index, item in enumerate(items):
        steps = (*member.steps, *inner[0], index)
        yield from _descend(Member(steps, member.key, member.item, item), inner[1:])


def place_nested(target: Any, lists: tuple[Steps, ...], by: Steps, items: list[Any]) -> None:
    """Complete the items that other rules wrote, in lists of lists, by what they are.

    Args:
        target: What is written so far.
        lists: The lists that lead to the items, from the outside in.
        by: The member that tells which item is which.
        items: What is to be added to them.

    Raises:
        ValueError: An item stands in none of the lists.
    """
    named: dict[str, Any] = {}
    for item in items:
        name = repr(look_up(item, by)[0])
        if named.setdefault(name, item) != item:
            raise ValueError(f"two items are called {name}, and differ in what they are")
    placed: set[str] = set()
    holders = [target]
    for steps in lists:
        found = [look_up(holder, steps)[0] for holder in holders]
        holders = [item for one in found if isinstance(one, list) for item in one]
    for holder in holders:
        name = repr(look_up(holder, by)[0])
        if name in named:
            merge(holder, named[name])
            placed.add(name)
    lost = [name for name in named if name not in placed]
    if lost:
        raise ValueError(
            f"their items stand in lists of others, and {lost[0]} is in none of these "
            f"({len(lost)} of {len(named)} have no place)"
        )


def unite(items: list[Any], names: list[Any]) -> list[Any]:
    """Items that stand in several lists of theirs, each once.

    Raises:
        ValueError: Two of the same name differ.
    """
    found: dict[str, Any] = {}
    for item, name in zip(items, names, strict=True):
        if found.setdefault(repr(name), item) != item:
            raise ValueError(f"{name!r} stands in several lists, and they differ in what it is")
    return list(found.values())


class Gathering:
    """Puts written items back into the partner's arrangement.

    Attributes:
        result: The object or list so far.
    """

    def __init__(self, shape: Arrangement) -> None:
        self.result: Any = {} if shape.key is not None else []
        self._shape = shape
        self._inner = shape.first if shape.inner else None
        self._is_keyed = shape.key is not None
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
        if self._inner is None and not self._is_keyed:
            self.result.append(item)
        elif self._inner is None:
            if str(key) in self.result:
                raise ValueError(f"two items have the key {key!s}")
            self.result[str(key)] = item
        else:
            self._open(group, key).append(item)
        self._count += 1

    def finish(self) -> Any:
        """The object or list, with all days of a week."""
        if not self._shape.days:
            return self.result
        return {str(day): self.result.get(str(day), self._close()) for day in self._shape.days}

    def _close(self) -> Any:
        """What stands under a day without openings."""
        if self._shape.closed is not UNSET:
            return self._shape.closed
        if not self._inner:
            return []
        holder: dict[str, Any] = {}
        put(holder, self._inner, [])
        return holder

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

    Raises:
        ValueError: An opening has no length.
    """
    mornings: dict[Any, dict[str, Any]] = {}
    for item in ranges:
        _refuse_empty(item.get("start"), item.get("end"))
        if item.get("start") == _MIDNIGHT and item.get("end") != _MIDNIGHT:
            mornings.setdefault(item.get("day"), item)
    joined: list[dict[str, Any]] = []
    used: set[int] = set()
    for item in ranges:
        morning = mornings.get(_shift(item.get("day")))
        is_open_end = item.get("end") == _MIDNIGHT and item.get("start") != _MIDNIGHT
        if is_open_end and morning is not None and morning["end"] < item["start"]:
            used.add(id(morning))
            joined.append({**item, "end": morning["end"]})
        else:
            joined.append(item)
    return [item for item in joined if id(item) not in used]


def split_nights(ranges: Sequence[WeeklyRange]) -> list[WeeklyRange]:
    """Openings that run past midnight, as two; the second is of the day after.

    Raises:
        ValueError: A day is not one of the week, or an opening has no length.
    """
    result: list[WeeklyRange] = []
    for item in ranges:
        _refuse_empty(item.start, item.end)
        if not item.ends_next_day or item.end == _MIDNIGHT:
            result.append(item)
            continue
        following = _shift(item.day)
        if following is None:
            raise ValueError(f"{item.day!s} is not a day of the week")
        result.append(item.model_copy(update={"end": _MIDNIGHT}))
        result.append(item.model_copy(update={"day": following, "start": _MIDNIGHT}))
    return result


def _refuse_empty(start: Any, end: Any) -> None:
    """An opening that ends when it starts is none, or the whole day: only midnight says which."""
    if start == end != _MIDNIGHT and isinstance(start, time):
        raise ValueError(f"an opening of no length, from {start:%H:%M} to {start:%H:%M}")


def _shift(day: Any) -> Weekday | None:
    """The day after."""
    return _DAYS[(_DAYS.index(day) + 1) % 7] if day in _DAYS else None
