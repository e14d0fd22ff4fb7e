"""What a broken invariant looks like, and how entities are walked to find it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from workbench.canonical.base import Entity
from workbench.text import write_token

Severity = Literal["error", "warning"]


class Violation(Entity):
    """An invariant that an entity breaks; `path` is a JSON Pointer into that entity.

    The summary names paths, amounts and identifiers, never a person.
    """

    code: str
    severity: Severity
    summary: str
    path: str = ""


def violation(
    code: str, path: str, summary: str, *, severity: Severity = "error"
) -> tuple[Violation, ...]:
    """One violation, ready to be returned or added to others."""
    return (Violation(code=code, severity=severity, summary=summary, path=path),)


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Entity]]:
    """Every entity inside a value, itself included, with its JSON Pointer."""
    if isinstance(value, Entity):
        yield path, value
        for name in type(value).model_fields:
            yield from walk(getattr(value, name), f"{path}/{name}")
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from walk(item, f"{path}/{position}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, path + write_token(key))
