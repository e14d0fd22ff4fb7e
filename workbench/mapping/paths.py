"""The path language: RFC 9535 singular queries as steps, and JSON Pointers to report them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment
from jsonpath.exceptions import JSONPathError
from jsonpath.segments import JSONPathChildSegment
from jsonpath.selectors import IndexSelector, NameSelector, WildcardSelector

Steps = tuple[str | int, ...]

# Stands for every item of a list in the patterns of `ignore`; it is equal to no JSON key.
EVERY: Any = object()
MISSING: Any = type("Missing", (), {"__repr__": lambda _: "missing"})()

_ENVIRONMENT = JSONPathEnvironment(strict=True)


@lru_cache(maxsize=4096)
def parse(text: str, *, wildcards: bool = False) -> Steps:
    """Steps of a singular query such as `$.a['b c'][0]`: names and indexes.

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
        else:
            raise ValueError(f"{text!r} may select more than one value")
    return tuple(steps)


def point(steps: Iterable[str | int]) -> str:
    """The JSON Pointer (RFC 6901) of some steps."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def collapse(steps: Iterable[str | int]) -> str:
    """The JSON Pointer with every list index written as `*`."""
    return point("*" if isinstance(step, int) else step for step in steps)


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
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return MISSING, count
    return value, len(steps)
