"""The path language: JSONPath (RFC 9535), as steps to one value or as a query for many.

Mappings take `parse_path` and `look_up`, which work in both directions and want one value. Rules
for webhooks take `find_nodes`, which is total: an odd payload finds nothing, and never raises.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from jsonpath import JSONPath, JSONPathEnvironment
from jsonpath.exceptions import JSONPathError
from jsonpath.filter import (
    BooleanLiteral,
    FilterExpression,
    FloatLiteral,
    InfixExpression,
    IntegerLiteral,
    RelativeFilterQuery,
    StringLiteral,
)
from jsonpath.segments import JSONPathChildSegment
from jsonpath.selectors import Filter, IndexSelector, NameSelector, WildcardSelector

from workbench.errors import InputError
from workbench.model.json_values import is_same_json
from workbench.model.path_faults import explain_path
from workbench.text import write_pointer

_LITERALS = (StringLiteral, IntegerLiteral, FloatLiteral, BooleanLiteral)


class ItemFilter(NamedTuple):
    """The one item of a list whose members have these values, as in `[?@.code=='total']`.

    Attributes:
        members: Steps below the item, and the JSON scalar that stands there.
    """

    members: tuple[tuple[tuple[str, ...], str | int | float | bool], ...]

    def find(self, items: Any) -> int | None:
        """The index of the item; None when there is none.

        Raises:
            ValueError: It is no list, or several items are meant.
        """
        if not isinstance(items, list):
            raise ValueError("a list is expected for a selection by its members")  # noqa: TRY004 one error type per payload
        found = self._list(items)
        if len(found) > 1:
            raise ValueError(f"several items of the list are {self}")
        return found[0] if found else None

    def pick_index(self, items: Any) -> int | None:
        """As `find`; None also for what it would refuse."""
        found = self._list(items) if isinstance(items, list) else []
        return found[0] if len(found) == 1 else None

    def _list(self, items: list[Any]) -> list[int]:
        return [index for index, item in enumerate(items) if self.fits(item)]

    def fits(self, item: Any) -> bool:
        """Whether an item has the values; true is not 1."""
        values = ((look_up(item, steps)[0], want) for steps, want in self.members)
        return all(is_same_json(got, want) for got, want in values)

    def build(self) -> dict[str, Any]:
        """An item that has the values and nothing else."""
        item: dict[str, Any] = {}
        for steps, value in self.members:
            holder = item
            for step in steps[:-1]:
                holder = holder.setdefault(step, {})
            holder[steps[-1]] = value
        return item

    def __str__(self) -> str:
        shown = (f"@.{'.'.join(steps)}=={value!r}" for steps, value in self.members)
        return f"[?{' && '.join(shown)}]"


Keys = tuple[str | int, ...]
Steps = tuple[str | int | ItemFilter, ...]

# Stands for every item of a list in the patterns of `ignore`; it is equal to no JSON key.
EVERY: Any = object()
MISSING: Any = type("Missing", (), {"__repr__": lambda _: "missing"})()

_ENVIRONMENT = JSONPathEnvironment(strict=True)


class PathError(ValueError):
    """A text is no path for one value; `hint` says what to write."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


@lru_cache(maxsize=4096)
def compile_path(text: str) -> JSONPath:
    """Compile a JSONPath of RFC 9535.

    Raises:
        InputError: It is not one, or it joins several.
    """
    try:
        path = _ENVIRONMENT.compile(text)
    except (JSONPathError, ValueError, IndexError, RecursionError) as error:
        # Its own words speak of tokens, and cannot be had at all for an empty text.
        token = getattr(error, "token", None)
        reason, hint = explain_path(text, getattr(token, "index", -1))
        raise InputError(f"{text[:120]!r} is not a JSONPath: {reason}", hint=hint) from error
    if not isinstance(path, JSONPath):
        raise InputError(
            f"a compound JSONPath is not allowed: {text[:120]!r}",
            hint="write one path; a `join` takes several",
        )
    return path


@lru_cache(maxsize=4096)
def parse_path(text: str, *, wildcards: bool = False) -> Steps:
    """Steps of a query for one value: names, indexes, and filters for equality.

    `$.a['b c'][0].d`, or `$.totals[?@.code=='total' && @.scope==1].value`.

    Args:
        text: The JSONPath.
        wildcards: Allow `[*]`, which becomes the step `EVERY`.

    Raises:
        PathError: It is no JSONPath, or may select more than one value.
    """
    try:
        query = compile_path(text)
    except InputError as error:
        raise PathError(error.message, error.hint) from error
    steps: list[Any] = []
    for segment in query.segments:
        selector = segment.selectors[0]
        is_single = isinstance(segment, JSONPathChildSegment) and len(segment.selectors) == 1
        if is_single and isinstance(selector, NameSelector):
            steps.append(selector.name)
        elif is_single and isinstance(selector, IndexSelector):
            steps.append(selector.index)
        elif is_single and wildcards and isinstance(selector, WildcardSelector):
            steps.append(EVERY)
        elif is_single and isinstance(selector, Filter):
            steps.append(ItemFilter(_read_filter(selector.expression, text)))
        else:
            raise PathError(
                f"{text!r} may select more than one value",
                "write names, indexes or `[?@.name=='value']`; a list is read by `each`",
            )
    return tuple(steps)


def _read_filter(expression: Any, text: str) -> tuple[tuple[tuple[str, ...], Any], ...]:
    """The members that a filter asks for."""
    if isinstance(expression, FilterExpression):
        return _read_filter(expression.expression, text)
    if isinstance(expression, InfixExpression) and expression.operator == "&&":
        return (*_read_filter(expression.left, text), *_read_filter(expression.right, text))
    if isinstance(expression, InfixExpression) and expression.operator == "==":
        sides: tuple[Any, Any] = (expression.left, expression.right)
        query, literal = sides if isinstance(sides[0], RelativeFilterQuery) else sides[::-1]
        if isinstance(query, RelativeFilterQuery) and isinstance(literal, _LITERALS):
            names = parse_path("$" + str(query).strip().removeprefix("@"))
            if names and all(isinstance(name, str) for name in names):
                return ((tuple(map(str, names)), literal.value),)
    raise PathError(
        f"the filter of {text!r} is not understood",
        "compare members with values, as in `[?@.name=='value' && @.scope==1]`",
    )


def pin_filters(value: Any, steps: Steps) -> Steps:
    """The steps with indexes in place of filters, as far as the value has them."""
    pinned: list[Any] = []
    for position, step in enumerate(steps):
        found: Any = step
        if isinstance(step, ItemFilter):
            found = step.pick_index(look_up(value, tuple(pinned))[0])
            if found is None:
                return (*pinned, *steps[position:])
        pinned.append(found)
    return tuple(pinned)


def collapse_pointer(steps: Iterable[str | int | ItemFilter]) -> str:
    """The JSON Pointer with every list index written as `*`."""
    return write_pointer("*" if isinstance(step, (int, ItemFilter)) else step for step in steps)


def look_up(value: Any, steps: Steps) -> tuple[Any, int]:
    """Walk down plain JSON data.

    Returns:
        The value and the number of steps taken; the value is `MISSING` when a step was not there,
        and None with fewer steps when a null was met on the way.
    """
    for count, step in enumerate(steps):
        if value is None:
            return None, count
        try:
            value = value[step.pick_index(value) if type(step) is ItemFilter else step]
        except (KeyError, IndexError, TypeError):
            return MISSING, count
    return value, len(steps)


def find_at(value: Any, text: str) -> Any:
    """What stands at a JSONPath for one value; None when it is not there.

    Raises:
        ValueError: The text is no such path.
    """
    found, _ = look_up(value, parse_path(text))
    return None if found is MISSING else found


def find_nodes(path: str, value: Any) -> list[tuple[str, Any]]:
    """The nodes of `value` at `path`, as (normalised location, value); empty when it has none.

    Raises:
        InputError: The path is no JSONPath.
    """
    plain = _plain_walk(path)
    if plain is not None:
        location, steps = plain
        for step in steps:
            is_there = (
                isinstance(value, dict) and step in value
                if isinstance(step, str)
                else isinstance(value, list) and step < len(value)
            )
            if not is_there:
                return []
            value = value[step]
        return [(location, value)]
    if isinstance(value, str):  # The library would read it as JSON; below a text there is nothing.
        return []
    try:
        return [(str(match.path), match.value) for match in compile_path(path).finditer(value)]
    except (JSONPathError, RecursionError):
        return []


def find_text(path: str, value: Any) -> str | None:
    """The first node at `path` as text; None when there is none or it is no scalar."""
    for _, found in find_nodes(path, value)[:1]:
        return scalar_text(found)
    return None


def scalar_text(value: Any) -> str | None:
    """A JSON scalar as the text that a person would write; None for null, lists and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


_STEP = re.compile(r"\[(?:(0|[1-9]\d{0,14})|'([^'\\\x00-\x1f]*)')\]")
_NORMALISED = re.compile(rf"\$(?:{_STEP.pattern})*")


@lru_cache(maxsize=512)
def _plain_walk(path: str) -> tuple[str, Keys] | None:
    """(normalised location, steps) of a path of names and indexes, which is far faster to walk."""
    if _NORMALISED.fullmatch(path):  # a location, of which a long list has one for each item
        found = tuple(int(index) if index else name for index, name in _STEP.findall(path))
        return path, found
    compile_path(path)
    try:
        steps = parse_path(path)
    except ValueError:
        return None
    keys = tuple(
        step for step in steps if isinstance(step, str) or (type(step) is int and step >= 0)
    )
    return (normalise(keys), keys) if len(keys) == len(steps) else None


def normalise(steps: Iterable[str | int]) -> str:
    """The normalised path of RFC 9535 §2.7."""
    return "$" + "".join(f"[{step if isinstance(step, int) else _quote(step)}]" for step in steps)


def _quote(name: str) -> str:
    text = json.dumps(name, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{text}'"
