"""Comparison of two JSON values, once: where they differ, by a rule of what counts as the same."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from workbench.text import write_token


class Difference(NamedTuple):
    """A value that is not what it should be; `pointer` is empty for the whole.

    Where two lists differ in length, both are given whole.
    """

    pointer: str
    sent: Any
    found: Any


Keys = Callable[[Mapping[str, Any], Mapping[str, Any]], Iterable[str]]


def keys_sent(sent: Mapping[str, Any], _: Mapping[str, Any]) -> Iterable[str]:
    """All that was sent must be there; more is fine."""
    return sent


def keys_of_both(sent: Mapping[str, Any], found: Mapping[str, Any]) -> Iterable[str]:
    """Only what both have is compared."""
    return [key for key in sent if key in found]


def compare_json(
    sent: Any,
    found: Any,
    *,
    keys: Keys = keys_sent,
    same: Callable[[Any, Any], bool] = operator.eq,
    align: Callable[[list[Any], list[Any]], list[Any]] | None = None,
    pointer: str = "",
) -> Iterator[Difference]:
    """Where a value is not as another, in the order of the first.

    Args:
        sent: What it should be.
        found: What it is.
        keys: Which members of two objects are compared; one that `found` lacks counts as null.
        same: Whether two scalars, or values of two kinds, mean the same.
        align: Puts the items of the second of two lists into the order of the first.
        pointer: JSON Pointer of both in the whole.
    """
    pairs: Iterable[tuple[str | int, Any, Any]]
    if isinstance(sent, dict) and isinstance(found, dict):
        pairs = [(key, sent[key], found.get(key)) for key in keys(sent, found)]
    elif _is_list(sent) and _is_list(found):
        if len(sent) != len(found):
            yield Difference(pointer, sent, found)
            return
        items = align(sent, found) if align else found
        pairs = [(at, *pair) for at, pair in enumerate(zip(sent, items, strict=True))]
    else:
        if not same(sent, found):
            yield Difference(pointer, sent, found)
        return
    for step, one, other in pairs:
        at = pointer + write_token(step)
        yield from compare_json(one, other, keys=keys, same=same, align=align, pointer=at)


def reads_same(one: Any, other: Any) -> bool:
    """Whether two scalars are the same, or are written the same: `12.60` and "12.60"."""
    return bool(one == other) or str(one) == str(other)


def is_same_json(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; unlike in Python, `true` is not `1`."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same_json(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same_json, one, other))
    return type(one) is type(other) and bool(one == other)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
