"""Walks down a partner's JSON Schema along the paths of a mapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from workbench.mapping.paths import Steps
from workbench.model.description import ApiDescription

_DEEP = 30  # nested compositions of one schema that anybody would write
_BY_KEYWORD = {"properties": "object", "items": "array", "additionalProperties": "object"}
_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


@dataclass(frozen=True)
class Node:
    """What a document says of one value.

    Attributes:
        shapes: The alternatives; each a schema without `$ref`, `allOf`, `oneOf` and `anyOf`.
        description: The API description.
        document: Document that holds the schema.
    """

    shapes: tuple[dict[str, Any], ...]
    description: ApiDescription
    document: str

    @property
    def is_open(self) -> bool:
        """Whether some alternative says nothing, so that anything may be there."""
        return not self.shapes or any(not _list_types(shape) for shape in self.shapes)

    @property
    def types(self) -> frozenset[str]:
        """JSON types that are documented, without null."""
        return frozenset(name for shape in self.shapes for name in _list_types(shape)) - {"null"}

    @property
    def words(self) -> tuple[Any, ...] | None:
        """Documented values without null; None when they are not listed."""
        lists = [shape["enum"] for shape in self.shapes if isinstance(shape.get("enum"), list)]
        if not lists or len(lists) < len(self.shapes):
            return None
        return tuple(dict.fromkeys(word for words in lists for word in words if word is not None))

    @property
    def names(self) -> tuple[str, ...]:
        """Documented members."""
        return tuple(dict.fromkeys(name for shape in self.shapes for name in _members(shape)))

    @property
    def required(self) -> frozenset[str]:
        """Members that every alternative requires of a writer."""
        needed = [
            frozenset(
                name
                for name in shape.get("required") or ()
                if not _says(_members(shape).get(name), "readOnly")
            )
            for shape in self.shapes
        ]
        return frozenset.intersection(*needed) if needed else frozenset()

    def go(self, steps: Steps) -> tuple[Node | None, int]:
        """Walk down.

        Returns:
            The node, or None when a step is not documented; and the number of steps taken.
        """
        node = self
        for count, step in enumerate(steps):
            if node.is_open:
                return Node((), self.description, self.document), len(steps)
            found = [inner for shape in node.shapes for inner in _enter(shape, step)]
            if not found:
                return None, count
            node = look(self.description, self.document, *found)
        return node, len(steps)

    def items(self) -> Node:
        """The node of a list's items."""
        return self._below("items")

    def members(self) -> Node:
        """The node of the values of an object by key."""
        return self._below("additionalProperties")

    def _below(self, keyword: str) -> Node:
        found = [shape[keyword] for shape in self.shapes if isinstance(shape.get(keyword), dict)]
        return look(self.description, self.document, *found)


def look(description: ApiDescription, document: str, *schemas: dict[str, Any]) -> Node:
    """The node of a value that fits one of some schemas."""
    shapes = [shape for schema in schemas for shape in _expand(description, document, schema, 0)]
    return Node(tuple(shapes), description, document)


def _expand(
    description: ApiDescription, document: str, schema: Any, depth: int
) -> Iterator[dict[str, Any]]:
    """All alternatives of a schema, compositions merged."""
    resolved = description.resolve(schema, document)
    if not isinstance(resolved, dict) or depth > _DEEP:
        yield {}
        return
    plain = {
        key: value for key, value in resolved.items() if key not in {"allOf", "oneOf", "anyOf"}
    }
    shapes = [plain]
    for part in resolved.get("allOf") or ():
        added = list(_expand(description, document, part, depth + 1))
        shapes = [_merge(shape, other) for shape in shapes for other in added]
    for keyword in ("oneOf", "anyOf"):
        parts = resolved.get(keyword) or ()
        added = [
            shape for part in parts for shape in _expand(description, document, part, depth + 1)
        ]
        added = [shape for shape in added if shape.get("type") != "null"]
        if added:
            shapes = [_merge(shape, other) for shape in shapes for other in added]
    yield from shapes


def _merge(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    merged = {**one, **other}
    if _members(one) or _members(other):
        merged["properties"] = {**_members(one), **_members(other)}
    required = [*(one.get("required") or ()), *(other.get("required") or ())]
    return {**merged, "required": required} if required else merged


def _enter(shape: dict[str, Any], step: str | int) -> Iterable[dict[str, Any]]:
    if isinstance(step, int):
        items = shape.get("items")
        return [items if isinstance(items, dict) else {}] if "array" in _list_types(shape) else []
    if step in _members(shape):
        inner = _members(shape)[step]
        return [inner if isinstance(inner, dict) else {}]
    extra = shape.get("additionalProperties")
    if isinstance(extra, dict):
        return [extra]
    # An object without a list of members says nothing about them.
    is_free = "object" in _list_types(shape) and not _members(shape)
    return [{}] if is_free else []


def _members(shape: dict[str, Any]) -> dict[str, Any]:
    members = shape.get("properties")
    return members if isinstance(members, dict) else {}


def _list_types(shape: dict[str, Any]) -> list[str]:
    stated = shape.get("type")
    if isinstance(stated, str):
        return [stated]
    if isinstance(stated, list):
        return [str(name) for name in stated]
    implied = [name for keyword, name in _BY_KEYWORD.items() if keyword in shape]
    listed = shape.get("enum")
    words = listed if isinstance(listed, list) else []
    return implied or [_JSON_TYPES[type(word)] for word in words if type(word) in _JSON_TYPES]


def _says(schema: Any, keyword: str) -> bool:
    return isinstance(schema, dict) and schema.get(keyword) is True
