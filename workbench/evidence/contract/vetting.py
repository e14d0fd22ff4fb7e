"""Schemas made fit for use: a keyword that no validator can use is taken out, and told.

A tool that meets an ill-formed schema skips the whole of it and calls the answer valid. Without the
one keyword, all the others are still compared.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from workbench.model import follow_reference
from workbench.text import write_pointer, write_token

# The dialect of the schemas decides what is ill-formed: up to OpenAPI 3.0 bounds are exclusive by
# a boolean, as in draft 4.
_OLD, _NEW = (
    "http://json-schema.org/draft-04/schema#",
    "https://json-schema.org/draft/2020-12/schema",
)
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_LARGEST = int(sys.float_info.max)
_LONGEST_INTEGER = 63  # bits; longer ones are compared as floating-point numbers
_DATA = frozenset({"example", "examples", "default", "enum", "const"})
_MOST = 200


@dataclass(frozen=True)
class Unusable:
    """A keyword that had to be left out: where it stands, and what is wrong with it."""

    pointer: str
    reason: str


@dataclass
class Vetted:
    """A bundle whose schemas can be used, and what was left out of it."""

    bundle: dict[str, Any]
    unusable: list[Unusable] = field(default_factory=list)

    def of(self, pointer: str) -> list[Unusable]:
        """What was left out of the part at a pointer, and of all that it refers to."""
        places = [*_reached(self.bundle, pointer)]
        return [
            item
            for item in self.unusable
            if any(
                item.pointer == place or item.pointer.startswith(f"{place}/") for place in places
            )
        ]


def vet(bundle: dict[str, Any]) -> Vetted:
    """A copy of a bundled OpenAPI document without what is ill-formed in its schemas."""
    vetted = Vetted(copy.deepcopy(bundle))
    _disarm(vetted.bundle)
    version = str(bundle.get("openapi", ""))
    dialect = _NEW if version.startswith(("3.1", "3.2")) else _OLD
    for pointer, schema in [*_schemas(vetted.bundle)]:
        _shorten(schema)
        vetted.unusable += _mend(schema, dialect, pointer)
    return vetted


def _disarm(bundle: dict[str, Any]) -> None:
    """Take out what looks like a reference and is data: a tool would follow it wherever it leads.

    In a bundle every true reference is local and found.
    """
    pending: list[Any] = [bundle]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            for name in ("$ref", "$dynamicRef", "$recursiveRef"):
                value = node.get(name)
                if isinstance(value, str) and follow_reference(bundle, value) is None:
                    del node[name]
            pending += node.values()
        elif isinstance(node, list):
            pending += node


def _mend(schema: dict[str, Any], dialect: str, pointer: str) -> Iterator[Unusable]:
    for _ in range(_MOST):
        try:
            jsonschema_rs.meta.validate({"$schema": dialect, **schema})
        except jsonschema_rs.ValidationError as error:
            path = list(error.instance_path)
            if not path or not _take_out(schema, path):
                return
            where = pointer + write_pointer(path)
            yield Unusable(where, " ".join(error.message.split())[:160])
        except Exception:  # noqa: BLE001 - the library has no root for errors of dialects
            return
        else:
            return


def _take_out(schema: Any, path: list[str | int]) -> bool:
    """Remove what a path leads to; a list loses the whole of it, as its positions count."""
    *way, last = path
    node = schema
    for part in way:
        node = node[part]
    if isinstance(node, list):
        return _take_out(schema, way) if way else False
    if not isinstance(node, dict) or last not in node:
        return False
    del node[last]
    return True


def _shorten(schema: Any) -> None:
    """Bounds of more than 64 bits as floating-point numbers, which every validator reads."""
    pending = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending += node
        elif isinstance(node, dict):
            for name in _BOUNDS:
                value = node.get(name)
                if isinstance(value, int) and value.bit_length() > _LONGEST_INTEGER:
                    node[name] = float(max(-_LARGEST, min(_LARGEST, value)))
            pending += [child for name, child in node.items() if name not in _DATA]


def _schemas(bundle: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The named schemas, and those that stand inline; not the schemas within them."""
    named = ("/components/schemas", "/definitions")
    for base in named:
        found = follow_reference(bundle, f"#{base}")
        for name, schema in found.items() if isinstance(found, dict) else ():
            if isinstance(schema, dict):
                yield base + write_token(name), schema
    pending: list[tuple[str, Any]] = [("", bundle)]
    while pending:
        pointer, node = pending.pop()
        for name, child in _children(node):
            place = pointer + write_token(name)
            if name == "schema" and isinstance(child, dict):
                yield place, child
            elif name not in _DATA and place not in named:
                pending.append((place, child))


def _children(node: Any) -> list[tuple[str | int, Any]]:
    if isinstance(node, dict):
        return [*node.items()]
    return [*enumerate(node)] if isinstance(node, list) else []


def _reached(bundle: dict[str, Any], pointer: str) -> Iterator[str]:
    """A pointer, and every pointer that is referred to from there."""
    seen, pending = {pointer}, [pointer]
    while pending:
        place = pending.pop()
        yield place
        nodes = [follow_reference(bundle, f"#{place}")]
        while nodes:
            node = nodes.pop()
            if isinstance(node, dict):
                reference = node.get("$ref")
                if isinstance(reference, str) and reference.startswith("#/"):
                    target = reference[1:]
                    if target not in seen:
                        seen.add(target)
                        pending.append(target)
                nodes += [child for name, child in node.items() if name not in _DATA]
            elif isinstance(node, list):
                nodes += node
