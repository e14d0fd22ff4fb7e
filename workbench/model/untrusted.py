"""Small readings of untrusted values: a partner's document may hold anything anywhere."""

from __future__ import annotations

from typing import Any


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
