"""The path language: RFC 9535 singular queries as steps, and JSON Pointers to report them."""

from __future__ import annotations

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
        return all(got == want and type(got) is type(want) for got, want in values)

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


@lru_cache(maxsize=4096)
def parse(text: str, *, wildcards: bool = False) -> Steps:
    """Steps of a query for one value: names, indexes, and filters for equality.

    `$.a['b c'][0].d`, or `$.totals[?@.code=='total' && @.scope==1].value`.

    Args:
        text: The JSONPath.
        wildcards: Allow `[*]`, which becomes the step `EVERY`.

    Raises:
        ValueError: It is no JSONPath, or may select more than one value.
    """
    try:
        query = _ENVIRONMENT.compile(text)
    except JSONPathError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{text!r} is not a JSONPath: {reason}") from error
    steps: list[Any] = []
    for segment in query.segments if isinstance(query, JSONPath) else ():
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
            raise ValueError(
                f"{text!r} may select more than one value; write names, indexes or "
                "[?@.name=='value']"
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
            names = parse("$" + str(query).strip().removeprefix("@"))
            if names and all(isinstance(name, str) for name in names):
                return ((tuple(map(str, names)), literal.value),)
    raise ValueError(
        f"a filter compares members with values, as in [?@.name=='value'], not {text!r}"
    )


def pin(value: Any, steps: Steps) -> Steps:
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


def point(steps: Iterable[str | int | ItemFilter]) -> str:
    """The JSON Pointer (RFC 6901) of some steps."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def collapse(steps: Iterable[str | int | ItemFilter]) -> str:
    """The JSON Pointer with every list index written as `*`."""
    return point("*" if isinstance(step, (int, ItemFilter)) else step for step in steps)


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
    found, _ = look_up(value, parse(text))
    return None if found is MISSING else found
