"""What generated code calls for the rare cases; the common ones are written out in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from workbench.canonical import Money
from workbench.mapping.codec import describe, to_decimal, to_number
from workbench.mapping.plan import Join, Less, Mark
from workbench.model import MISSING, ItemFilter, Steps, look_up


def pick(value: Any, index: int | ItemFilter) -> Any:
    """One item of a list; None when it has no such item."""
    if type(value) is not list:
        raise ValueError(f"a list is expected, not {describe(value)}")
    if isinstance(index, ItemFilter):
        found = index.find(value)
        return None if found is None else value[found]
    try:
        return value[index]
    except IndexError:
        return None


def find_marked(items: Sequence[Any], marks: Mapping[str, Mark]) -> Any:
    """The first item of ours that has the constants of a rule; None when there is none."""
    for item in items:
        if all(getattr(item, name, None) == mark.value for name, mark in marks.items()):
            return item
    return None


def pluck(items: Any, steps: Steps) -> list[Any]:
    """One value of each object of a list."""
    found = [
        look_up(item, steps)[0] for item in (items if type(items) is list else refuse_list(items))
    ]
    if any(value is MISSING or value is None for value in found):
        raise ValueError(f"an object of the list has no {steps[-1]!r}")
    return found


def plant(steps: Steps, value: Any) -> dict[str, Any]:
    """An object that holds one value."""
    target: dict[str, Any] = {}
    put(target, steps, value)
    return target


def take_off(source: Any, value: Any, less: Less) -> Any:
    """A price of theirs without what it contains."""
    contained = _sum(source, less)
    return to_decimal(value) - contained if contained else value


def add_on(target: Any, less: Less) -> None:
    """Write a price with what it contains, in the type that it was written in."""
    value, contained = reach(target, less.source), _sum(target, less)
    if value is None or not contained:
        return
    total = to_decimal(value) + contained
    put(target, less.source, format(total, "f") if isinstance(value, str) else to_number(total))


def _sum(holder: Any, less: Less) -> Decimal:
    """The prices of what is contained, by their quantities."""
    total = Decimal()
    for item in reach(holder, less.each) or ():
        price = reach(item, less.price)
        quantity = None if less.quantity is None else reach(item, less.quantity)
        if price is not None:
            total += to_decimal(price) * (1 if quantity is None else to_decimal(quantity))
    return total


def refuse_list(value: Any) -> Any:
    """Raise for what should have been a list."""
    raise ValueError(f"a list is expected, not {describe(value)}")


def refuse_constant(value: Any, constant: Any) -> Any:
    """Raise for a value that the mapping says is always another one."""
    raise ValueError(f"this partner only knows {constant!s}, not {value!s}")


def refuse_word(words: Iterable[Any]) -> Any:
    """Raise for a discriminator that no branch is for."""
    known = ", ".join(map(str, words))
    raise ValueError(f"no branch of the mapping is for it (there are {known})")


def refuse_entity(model: str, marks: Iterable[str]) -> Any:
    """Raise for an entity that no branch can write."""
    names = ", ".join(marks)
    raise ValueError(f"no branch of the mapping writes such a {model}; they differ by {names}")


def reach(value: Any, steps: Steps) -> Any:
    """What is at a path; None when it is not there."""
    found = look_up(value, steps)[0]
    return None if found is MISSING else found


def is_null(value: Any, steps: Steps) -> bool:
    """Whether a null stands at a path, not only on the way to it."""
    found, taken = look_up(value, steps)
    return found is None and taken == len(steps)


def join_parts(value: Any, paths: Iterable[Steps], separator: str) -> str | None:
    """The texts at some paths as one; None when there is none of them."""
    parts = [reach(value, path) for path in paths]
    texts = [part if type(part) is str else refuse_text(part) for part in parts if part is not None]
    return separator.join(text for text in texts if text) if texts else None


def refuse_text(value: Any) -> Any:
    """Raise for what should have been text."""
    raise ValueError(f"a string is expected, not {describe(value)}")


def split_parts(target: Any, join: Join, text: str | None) -> None:
    """Write a joined text as its parts; those that it does not have stay absent."""
    parts: list[str | None] = [None] * len(join.paths)
    if text is not None:
        cut = text.split if join.split == "first" else text.rsplit
        parts = [*cut(join.separator, len(parts) - 1)]
    for path, part in zip(join.paths, parts, strict=False):
        put(target, path, part)


def put(target: Any, steps: Steps, value: Any) -> None:
    """Write below an object, making objects and lists on the way; two objects are merged."""
    for step, following in pairwise(steps):
        inner = _get(target, step)
        if inner is None:
            _set(target, step, {} if isinstance(following, str) else [])
            inner = _get(target, step)
        target = inner
    last = steps[-1]
    present = _get(target, last)
    if isinstance(present, dict) and isinstance(value, dict):
        merge(present, value)
    elif value is not None or present is None:
        _set(target, last, value)


def merge(target: dict[str, Any], other: Mapping[str, Any]) -> None:
    """Add the members of another object, level by level."""
    for key, value in other.items():
        put(target, (key,), value)


def _get(target: Any, step: str | int | ItemFilter) -> Any:
    if isinstance(step, ItemFilter):
        found = step.find(target)
        return None if found is None else target[found]
    if isinstance(step, int):
        return target[step] if step < len(target) else None
    return target.get(step)


def _set(target: Any, step: str | int | ItemFilter, value: Any) -> None:
    if isinstance(step, ItemFilter):
        target.append(step.build() | (value or {}))
    elif isinstance(step, int) and step == len(target):
        target.append(value)
    elif isinstance(step, int) and step > len(target):
        raise ValueError("the items before it in the partner's list have no value")
    else:
        target[step] = value


def find_currency(value: Any) -> str | None:
    """Currency of the first amount of money in an entity, depth first."""
    if isinstance(value, Money):
        return value.currency
    parts: Any = ()
    if isinstance(value, BaseModel):
        parts = value.__dict__.values()
    elif isinstance(value, (list, tuple)):
        parts = value
    elif isinstance(value, dict):
        parts = value.values()
    return next(filter(None, map(find_currency, parts)), None)
