"""What a body holds: its leaves with types and value lists, through references and unions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.model import ITEMS, ApiDescription, Body, Event, Operation, SchemaReader
from workbench.vocabulary import Concept, concepts

_DEEP = 5  # levels of a body that are read for what it is about
_MANY = 400  # leaves after which a body is known well enough
_LATITUDE = frozenset({"latitude", "lat", "latitud", "breitengrad", "latitudine"})
_LONGITUDE = frozenset(
    {"longitude", "lng", "lon", "long", "longitud", "laengengrad", "longitudine"}
)


@dataclass(frozen=True)
class Leaf:
    """One scalar of a body; `path` holds property names and `[]`, `values` its enumeration."""

    path: tuple[str, ...]
    kind: str = "string"
    format: str = ""
    values: tuple[str, ...] = ()
    example: Any = None

    @property
    def name(self) -> str:
        """The last property name."""
        return next((part for part in reversed(self.path) if part != ITEMS), "")

    @property
    def depth(self) -> int:
        """How many properties lead to it."""
        return sum(part != ITEMS for part in self.path)


@dataclass(frozen=True)
class BodyShape:
    """The leaves of one body; empty when nothing is documented."""

    leaves: tuple[Leaf, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.leaves)

    @cached_property
    def about(self) -> frozenset[str]:
        """Names of the concepts of all property names down to the second level."""
        names = {part for leaf in self.leaves for part in leaf.path[:4] if part != ITEMS}
        return frozenset(item.name for name in names for item in concepts(name))

    @cached_property
    def statuses(self) -> tuple[Leaf, ...]:
        """Leaves near the top that are named as a status, such as `state` or `orderStatus`."""
        return tuple(
            leaf
            for leaf in self.leaves
            if leaf.depth <= 3 and _is_status(concepts(leaf.name)) and not _is_address(leaf)
        )

    @cached_property
    def positions(self) -> tuple[tuple[str, ...], ...]:
        """Paths of the objects that hold both a latitude and a longitude."""
        sides: dict[tuple[str, ...], set[str]] = {}
        for leaf in self.leaves:
            words = leaf.name.replace("_", " ").replace("-", " ").lower().split() or [""]
            for side, names in (("latitude", _LATITUDE), ("longitude", _LONGITUDE)):
                if any(
                    word.endswith(name) for word in words for name in names if len(name) > 3
                ) or (names & set(words)):
                    sides.setdefault(leaf.path[:-1], set()).add(side)
        return tuple(sorted(path for path, found in sides.items() if len(found) == 2))

    @cached_property
    def is_list(self) -> bool:
        """Whether the body is a list, or a page of one."""
        tops = {leaf.path[0] for leaf in self.leaves}
        if tops == {ITEMS}:
            return True
        listed = {leaf.path[0] for leaf in self.leaves if ITEMS in leaf.path[1:2]}
        return (
            len(tops) <= 6
            and bool(listed)
            and not any(
                leaf.depth == 1 and leaf.name.lower() in {"id", "uuid", "guid", "number", "code"}
                for leaf in self.leaves
            )
        )


class ShapeReader:
    """Reads the bodies of one description; every named schema is read once."""

    def __init__(self, description: ApiDescription, *, deep: int = _DEEP) -> None:
        self._description = description
        self._deep = deep
        self._readers: dict[str, SchemaReader] = {}

    def request(self, item: Operation | Event) -> BodyShape:
        """The body that is sent."""
        return self._shape(item.bodies, item.document)

    def response(self, item: Operation | Event) -> BodyShape:
        """The body of the successful answer."""
        bodies = [body for answer in item.responses if answer.is_success for body in answer.bodies]
        return self._shape(bodies, item.document)

    def _shape(self, bodies: Iterable[Body], document: str) -> BodyShape:
        for body in sorted(bodies, key=lambda body: "json" not in body.media_type):
            found = self.leaves(body.schema_, document) if body.schema_ else ()
            found = found or tuple(
                leaf for example in body.examples for leaf in leaves_of_value(example) if leaf.path
            )
            if found:
                return BodyShape(found)
        return BodyShape()

    def leaves(self, schema: Any, document: str) -> tuple[Leaf, ...]:
        """The leaves of a schema, each once, as deep as this reader goes."""
        if document not in self._readers:
            self._readers[document] = SchemaReader.of(self._description, document)
        found: dict[tuple[str, ...], Leaf] = {}
        for path, node in self._readers[document].walk(schema, self._deep):
            if path and path not in found:
                found[path] = _leaf(path, node)
        return tuple(found.values())[:_MANY]


def leaves_of_value(value: Any, path: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """The leaves of a JSON value; only the first items of a list are read."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves_of_value(inner, (*path, str(name)))
    elif isinstance(value, list):
        for inner in value[:3]:
            yield from leaves_of_value(inner, (*path, ITEMS))
    else:
        kinds = {bool: "boolean", int: "integer", float: "number", type(None): "null"}
        yield Leaf(path, kinds.get(type(value), "string"), example=value)


def _leaf(path: tuple[str, ...], schema: Mapping[str, Any]) -> Leaf:
    kinds = schema.get("type")
    kind = next((k for k in kinds if k != "null"), "null") if isinstance(kinds, list) else kinds
    listed = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    values = (
        tuple(str(value) for value in listed if value is not None)
        if isinstance(listed, list)
        else ()
    )
    example = schema.get(
        "example",
        next(iter(schema.get("examples") or ()), None)
        if isinstance(schema.get("examples"), list)
        else None,
    )
    return Leaf(
        path,
        str(kind or ("string" if values else "object")),
        str(schema.get("format") or ""),
        values,
        example,
    )


def _is_address(leaf: Leaf) -> bool:
    """Whether a `state` is one of a country."""
    return any(item.name == "area" for part in leaf.path[:-1] for item in concepts(part))


def _is_status(found: tuple[Concept, ...]) -> bool:
    kinds = [item for item in found if item.kind != "manner"]
    return any(item.name == "status" for item in kinds) and not any(
        item.kind == "other" for item in kinds
    )
