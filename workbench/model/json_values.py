"""JSON values: small readings of untrusted ones, their text, and where two of them differ."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from workbench.text import write_token


def text_of(value: Any) -> str:
    """Return a scalar as text; empty for null, objects and lists."""
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def mapping_of(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one for everything else."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """Return a list, or an empty one for everything else."""
    return value if isinstance(value, list) else []


def texts_of(value: Any) -> tuple[str, ...]:
    """Return the texts of a list of scalars."""
    return tuple(text for text in map(text_of, list_of(value)) if text)


def write_json(value: Any, *, indent: bool = False, sort: bool = False) -> str:
    """Return JSON text; what JSON does not know is written as `str` writes it.

    Args:
        value: What to write.
        indent: Whether to break lines, two columns a level.
        sort: Whether to sort the keys of objects.
    """
    options = (orjson.OPT_INDENT_2 if indent else 0) | (orjson.OPT_SORT_KEYS if sort else 0)
    try:
        return orjson.dumps(value, option=options, default=str).decode()
    except TypeError:  # an integer beyond 64 bits, which the fast writer does not know
        return json.dumps(
            value,
            indent=2 if indent else None,
            sort_keys=sort,
            separators=(",", ": " if indent else ":"),
            ensure_ascii=False,
            default=str,
        )


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
