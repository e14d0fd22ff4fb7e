"""JSON bodies and JSONPath, total for every body: an odd payload finds nothing, never raises."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError
from jsonpath.segments import JSONPathChildSegment
from jsonpath.selectors import NameSelector

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
        location, names = plain
        for name in names:
            if not isinstance(value, dict) or name not in value:
                return []
            value = value[name]
        return [(location, value)]
    try:
        return [(str(match.path), match.value) for match in compile_path(path).finditer(value)]
    except (JSONPathError, RecursionError):
        return []


@lru_cache(maxsize=512)
def _walk_of(path: str) -> tuple[str, tuple[str, ...]] | None:
    """(normalised location, names) of a path of names alone, which is far faster to walk."""
    compiled = compile_path(path)
    names: list[str] = []
    for segment in compiled.segments:
        (first, *more) = segment.selectors
        is_child = isinstance(segment, JSONPathChildSegment)
        if more or not is_child or not isinstance(first, NameSelector):
            return None
        names.append(first.name)
    sample: Any = None
    for name in reversed(names):
        sample = {name: sample}
    (match,) = compiled.finditer(sample)
    return str(match.path), tuple(names)


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


def parse_body(body: bytes, content_type: str = "") -> Any:
    """The body as JSON values (a form as an object of texts); None when it is neither."""
    if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
