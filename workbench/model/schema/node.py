"""What a document says of one value, walked along the paths of a mapping or of a payload."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.model.schema.plain_schema import members, required, types
from workbench.model.schema.reader import SchemaReader


@dataclass(frozen=True)
class SchemaNode:
    """What a document says of one value.

    Attributes:
        shapes: The alternatives; each a schema without `$ref`, `allOf`, `oneOf` and `anyOf`.
        reader: Reads the document that holds them.
    """

    shapes: tuple[dict[str, Any], ...]
    reader: SchemaReader

    @classmethod
    def of(cls, reader: SchemaReader, *schemas: Any) -> SchemaNode:
        """The node of a value that fits one of some schemas."""
        return cls(reader.alternatives(*schemas), reader)

    @property
    def is_open(self) -> bool:
        """Whether some alternative says nothing, so that anything may be there."""
        return not self.shapes or any(not types(shape) for shape in self.shapes)

    @property
    def types(self) -> frozenset[str]:
        """JSON types that are documented, without null."""
        return frozenset(name for shape in self.shapes for name in types(shape)) - {"null"}

    @property
    def formats(self) -> frozenset[str]:
        """Documented formats of text; empty when some form of it has none."""
        found = [shape.get("format") for shape in self.shapes]
        return (
            frozenset(map(str, found))
            if all(isinstance(name, str) for name in found)
            else frozenset()
        )

    @property
    def words(self) -> tuple[Any, ...] | None:
        """Documented values without null; None when they are not listed."""
        lists = [shape["enum"] for shape in self.shapes if "enum" in shape]
        if not lists or len(lists) < len(self.shapes):
            return None
        return tuple(dict.fromkeys(word for words in lists for word in words if word is not None))

    @property
    def names(self) -> tuple[str, ...]:
        """Documented members."""
        return tuple(dict.fromkeys(name for shape in self.shapes for name in members(shape)))

    @property
    def required(self) -> frozenset[str]:
        """Members that every alternative requires of a writer."""
        needed = [
            frozenset(
                name
                for name in required(shape)
                if members(shape).get(name, {}).get("readOnly") is not True
            )
            for shape in self.shapes
        ]
        return frozenset.intersection(*needed) if needed else frozenset()

    @property
    def is_write_only(self) -> bool:
        """Whether it is only ever sent."""
        return any(shape.get("writeOnly") is True for shape in self.shapes)

    def member(self, name: str) -> SchemaNode | None:
        """The node of a documented member; None when it is not listed."""
        found = [members(shape)[name] for shape in self.shapes if name in members(shape)]
        return SchemaNode.of(self.reader, *found) if found else None

    def go(self, steps: Sequence[str | int]) -> tuple[SchemaNode | None, int]:
        """Walk down.

        Returns:
            The node, or None when a step is not documented; and the number of steps taken.
        """
        node = self
        for count, step in enumerate(steps):
            if node.is_open:
                return SchemaNode((), self.reader), len(steps)
            found = [inner for shape in node.shapes for inner in _enter(shape, step)]
            if not found:
                return None, count
            node = SchemaNode.of(self.reader, *found)
        return node, len(steps)

    def items(self) -> SchemaNode:
        """The node of a list's items."""
        return self._below("items")

    def values(self) -> SchemaNode:
        """The node of the values of an object by key."""
        return self._below("additionalProperties")

    def _below(self, keyword: str) -> SchemaNode:
        found = [shape[keyword] for shape in self.shapes if isinstance(shape.get(keyword), dict)]
        return SchemaNode.of(self.reader, *found)


def _enter(shape: dict[str, Any], step: str | int) -> Iterable[dict[str, Any]]:
    if isinstance(step, int):
        return [shape.get("items", {})] if "array" in types(shape) else []
    if step in members(shape):
        return [members(shape)[step]]
    extra = shape.get("additionalProperties")
    if isinstance(extra, dict):
        return [extra]
    # An object without a list of members says nothing about them.
    is_free = "object" in types(shape) and not members(shape)
    return [{}] if is_free else []
