"""Parts that must stand inside a document, put there from where a `$ref` found them.

Published practice refers to more than the standards allow: to all paths, to an operation, to the
list of servers, to a text. Readers and other tools only know references where a standard has them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.description.reference import Reference, Role, Trail, pointer_of
from workbench.errors import DescriptionError
from workbench.model import follow_reference
from workbench.text import write_token

_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}
_NO_REFERENCE = _METHODS | {
    "info",
    "contact",
    "license",
    "servers",
    "tags",
    "security",
    "externalDocs",
    "content",
    "encoding",
    "variables",
    "flows",
    "scopes",
    "xml",
}
_TABLES = frozenset({"content", "encoding", "variables"})  # nor do their entries
_LONGEST_CHAIN = 100  # copies inside each other
_MOST_COPIED = 200_000  # objects and lists of one document

Refuse = Callable[[str, str, Trail], DescriptionError]


def spread(document: dict[str, Any], item: Reference) -> list[Reference]:
    """Give a table that is referred to as a whole one reference for each of its names."""
    table = follow_reference(document, f"#{item.target}")
    if not isinstance(table, dict) or item.step in _TABLES:
        return []
    del item.node["$ref"]
    item.is_spread = True
    made: list[Reference] = []
    for name, child in table.items():
        if name in item.node:
            continue
        if not isinstance(child, dict):
            item.node[name] = child
            continue
        node = {"$ref": f"#{item.target}{write_token(name)}"}
        item.node[name] = node
        # The parts of `components` are tables themselves.
        role = Role.NAMES if item.role is Role.KEYWORDS else Role.NAMED
        made.append(
            Reference(
                node,
                "$ref",
                item.file,
                (item.trail, name),
                role=role,
                target=f"{item.target}{write_token(name)}",
                is_settled=True,
            )
        )
    return made


@dataclass
class Includer:
    """Copies what references name into the places where no reference may stand."""

    document: dict[str, Any]
    items: Sequence[Reference]
    refuse: Refuse
    copied: int = 0
    places: list[tuple[str, int]] = field(default_factory=list)  # pointer, index of the item
    begun: set[int] = field(default_factory=set)

    def run(self) -> None:
        """Replace every such reference by a copy, inner ones first."""
        self.places = sorted(
            (pointer_of(item.trail), index)
            for index, item in enumerate(self.items)
            if self._must_stand_inside(item)
        )
        for _, index in self.places:
            self._include(index)

    def _must_stand_inside(self, item: Reference) -> bool:
        if item.key != "$ref" or item.is_spread:
            return False
        if item.step not in _NO_REFERENCE and item.holder not in _NO_REFERENCE:
            return not isinstance(follow_reference(self.document, f"#{item.target}"), dict | bool)
        if "asyncapi" in self.document:
            return False
        if item.role is Role.NAMED:
            return item.holder in _TABLES
        return item.step in _NO_REFERENCE or item.owner is not None

    def _include(self, index: int, depth: int = 0) -> None:
        if index in self.begun or depth > _LONGEST_CHAIN:
            return
        self.begun.add(index)
        item = self.items[index]
        start = bisect_left(self.places, (str(item.target), -1))
        for place, other in self.places[start:]:
            if not place.startswith(str(item.target)):
                break
            if place == item.target or place.startswith(f"{item.target}/"):
                self._include(other, depth + 1)
        target = follow_reference(self.document, f"#{item.target}")
        value = self._copy(target, item)
        if isinstance(value, dict):
            beside = {key: child for key, child in item.node.items() if key != "$ref"}
            value = {**value, **beside}
        put(self.document, item, value)

    def _copy(self, node: Any, item: Reference) -> Any:
        if not isinstance(node, dict | list):
            return node
        self.copied += 1
        if self.copied > _MOST_COPIED:
            what = f"its references write out to more than {_MOST_COPIED:,} parts"
            raise self.refuse(what, item.file, item.trail)
        if isinstance(node, dict):
            return {key: self._copy(child, item) for key, child in node.items()}
        return [self._copy(child, item) for child in node]


def put(document: dict[str, Any], item: Reference, value: Any) -> None:
    """Put a value in the place of the object that holds a reference."""
    parent = follow_reference(document, f"#{pointer_of(item.trail[0])}") if item.trail else None
    if isinstance(parent, dict) and item.step in parent:
        parent[str(item.step)] = value
    elif isinstance(parent, list):
        at = next((index for index, child in enumerate(parent) if child is item.node), None)
        if at is not None:
            parent[at] = value
