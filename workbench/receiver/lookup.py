"""JSONPath, total for every value: an odd payload finds nothing, never raises."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError
from jsonpath.segments import JSONPathChildSegment
from jsonpath.selectors import IndexSelector, NameSelector

from workbench.errors import ManifestError

_ENVIRONMENT = JSONPathEnvironment(strict=True)


@lru_cache(maxsize=512)
def compile_path(text: str) -> JSONPath:
    """Compile a JSONPath of RFC 9535.

    Raises:
        ManifestError: It is not one.
    """
    try:
        path = _ENVIRONMENT.compile(text)
    except JSONPathError as error:
        raise ManifestError(
            f"not a JSONPath: {text!r}",
            location="partner.yaml#/webhooks",
            hint="write it after RFC 9535, for example `$.order.id`",
        ) from error
    if not isinstance(path, JSONPath):
        raise ManifestError(
            f"a compound JSONPath is not allowed: {text!r}", location="partner.yaml#/webhooks"
        )
    return path


def find(path: str, value: Any) -> list[tuple[str, Any]]:
    """The nodes of `value` at `path`, as (normalised location, value); empty when it has none."""
    plain = _walk_of(path)
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
    try:
        return [(str(match.path), match.value) for match in compile_path(path).finditer(value)]
    except (JSONPathError, RecursionError):
        return []


@lru_cache(maxsize=512)
def _walk_of(path: str) -> tuple[str, tuple[str | int, ...]] | None:
    """(normalised location, steps) of a path of names and indexes, which is far faster to walk."""
    compiled = compile_path(path)
    steps: list[str | int] = []
    for segment in compiled.segments:
        (first, *more) = segment.selectors
        if more or not isinstance(segment, JSONPathChildSegment):
            return None
        if isinstance(first, NameSelector):
            steps.append(first.name)
        elif isinstance(first, IndexSelector) and first.index >= 0:
            steps.append(first.index)
        else:
            return None
    return normalise(steps), tuple(steps)


def normalise(steps: Iterable[str | int]) -> str:
    """The normalised path of RFC 9535 §2.7."""
    return "$" + "".join(f"[{step if isinstance(step, int) else _quote(step)}]" for step in steps)


def _quote(name: str) -> str:
    text = json.dumps(name, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{text}'"


def find_text(path: str, value: Any) -> str | None:
    """The first node at `path` as text; None when there is none or it is no scalar."""
    for _, found in find(path, value)[:1]:
        return scalar_text(found)
    return None


def scalar_text(value: Any) -> str | None:
    """A JSON scalar as the text that a person would write; None for null, lists and objects."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return None
