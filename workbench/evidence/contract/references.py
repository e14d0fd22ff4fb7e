"""Ids inside generated bodies: where a body is meant to be valid, they are of things that exist.

A schema cannot say that `restaurant_id` has to exist, so a refusal of a made-up one proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from workbench.adapters import Session
from workbench.evidence.known import Value, known_values
from workbench.model import ITEMS, Operation, SchemaReader

_DEEPEST = 5
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def body_references(session: Session, operation: Operation) -> dict[str, tuple[str, list[Value]]]:
    """Field name → its place in Schemathesis' words, and the ids that exist for it."""
    if operation.request_schema is None or operation.method != "POST":
        return {}
    found: dict[str, tuple[str, list[Value]]] = {}
    reader = SchemaReader.of(session.partner.description, operation.document)
    for place, name in _fields(reader, operation.request_schema):
        known = known_values(session.partner, session.environment, name)
        if known:
            found[name] = (place, [*known])
    return found


def _fields(reader: SchemaReader, schema: Any) -> Iterator[tuple[str, str]]:
    """The single values of a body: their place in Schemathesis' words, and their names."""
    for path, _ in reader.walk(schema, _DEEPEST):
        names = [part for part in path if part != ITEMS]
        if path[:1] != (ITEMS,) and names and all(map(_PLAIN_NAME.fullmatch, names)):
            steps = "".join("[*]" if part == ITEMS else f".{part}" for part in path)
            yield f"body{steps}".removesuffix("[*]"), names[-1]
