"""One schema flattened for comparison: references followed, `allOf` joined, dialects levelled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workbench.model.json_values import list_of, mapping_of, text_of
from workbench.model.schema.plain_schema import JSON_TYPES, LOWER, UPPER, is_null, listed, tighten
from workbench.model.schema.reader import CHOICES, LocatedSchema, SchemaReader

_BYTES = frozenset({"application/octet-stream", "binary/octet-stream"})
# Keywords that say nothing with these values: leaving them out means the same.
_IDLE: dict[str, Any] = {
    **dict.fromkeys(("minLength", "minItems", "minProperties"), 0),
    **dict.fromkeys(("uniqueItems", "readOnly", "writeOnly", "deprecated"), False),
}
_DEEPEST = 200  # nesting of compositions; far beyond what anybody writes
WORDS = frozenset(
    {"title", "description", "example", "examples", "externalDocs", "xml", "$comment"}
)
SCHEMAS = frozenset(
    {"contains", "contentSchema", "then", "else", "propertyNames", "unevaluatedItems"}
    | {"unevaluatedProperties"}
)
SCHEMA_GROUPS = frozenset({"prefixItems", "patternProperties", "dependentSchemas"})
_STRUCTURE = frozenset(
    {"$ref", "type", "nullable", "x-nullable", "enum", "const", "properties", "required", "items"}
    | {"allOf", "anyOf", "oneOf", "$defs", "definitions", "additionalProperties", "$schema"}
    | {"$id", "$anchor", "$dynamicAnchor", "$vocabulary"}
)


@dataclass
class SchemaView:
    """A flattened schema.

    Attributes:
        types: Allowed types without `null`; None when every type is.
        nullable: Whether null is allowed; true where every type is.
        values: Allowed values, None when they are not listed.
        constraints: Every other keyword that says something about values.
        words: Titles, descriptions, examples.
        extra: Schema of further properties; True when they are free, False when forbidden.
    """

    pointer: str
    types: frozenset[str] | None = None
    nullable: bool = True
    values: tuple[Any, ...] | None = None
    constraints: dict[str, Any] = field(default_factory=dict)
    words: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, LocatedSchema] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    items: LocatedSchema | None = None
    extra: LocatedSchema | bool = True
    choices: tuple[LocatedSchema, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it says nothing of its own beside its choices."""
        return self.types is None and self.values is None and not self.properties


def view_schema(reader: SchemaReader, place: LocatedSchema) -> SchemaView:
    """Flatten a schema: what it is composed of is joined, its choices are kept."""
    return _view(reader, place, set(), 0) or SchemaView(place.pointer)


def _view(
    reader: SchemaReader, place: LocatedSchema, seen: set[str], depth: int
) -> SchemaView | None:
    """One part of a value's schema; None when it was joined before."""
    settled = reader.settle(place, seen)
    if settled is None or depth > _DEEPEST:
        return None
    schema = settled.schema
    if schema is False:
        return SchemaView(settled.pointer, types=frozenset(), nullable=False)
    if not isinstance(schema, dict):
        return SchemaView(settled.pointer)
    found = _read(settled, schema)
    for keyword in CHOICES:
        if isinstance(schema.get(keyword), list):
            _add_choices(reader, found, settled, keyword, seen, depth)
    for index in range(len(list_of(schema.get("allOf")))):
        part = _view(reader, settled.below("allOf", index), seen, depth + 1)
        if part is not None:
            _join(found, part)
    # By the letter of 3.0 this needs a `type` beside it; those who write it mean what it says.
    found.nullable = found.nullable or schema.get("nullable") is True
    return found


def _add_choices(
    reader: SchemaReader,
    found: SchemaView,
    place: LocatedSchema,
    keyword: str,
    seen: set[str],
    depth: int,
) -> None:
    """Take `oneOf` or `anyOf`; a choice that is only null makes the others nullable."""
    places = [place.below(keyword, index) for index in range(len(place.schema[keyword]))]
    kept = [item for item in places if not is_null(reader.resolve(item.schema))]
    has_null = len(kept) < len(places)
    if len(kept) == 1 and found.is_open:
        only = _view(reader, kept[0], seen, depth + 1)
        if only is not None:
            _join(found, only)
        found.nullable = found.nullable or has_null
        return
    parts = [reader.resolve(item.schema) for item in kept]
    lists = [listed(part) for part in parts]
    if kept and all(part is not None for part in lists) and found.values is None:
        # Values with a description each, as `oneOf` of constants: a list all the same.
        found.values = tuple(value for part in lists for value in part or ())
        types = {text_of(part.get("type")) for part in parts}
        if found.types is None and "" not in types:
            found.types = frozenset(types)
        found.nullable = has_null
    else:
        found.choices = (*found.choices, *kept)
        if found.types is None and not has_null:
            found.nullable = any(_takes_null(part) for part in parts)


def _takes_null(schema: dict[str, Any]) -> bool:
    return schema.get("nullable") is True or "null" in list_of(schema.get("type"))


def _read(place: LocatedSchema, schema: dict[str, Any]) -> SchemaView:
    view = SchemaView(place.pointer)
    stated = schema.get("type")
    types = [text_of(item) for item in (stated if isinstance(stated, list) else [stated]) if item]
    if types:
        view.types = frozenset(types) - {"null", "integer" if "number" in types else ""}
        view.nullable = "null" in types
    if schema.get("nullable") is True or schema.get("x-nullable") is True:
        view.nullable = True
    view.values = listed(schema)
    if view.values is not None and view.types is None:
        view.types = frozenset(
            JSON_TYPES[type(value)] for value in view.values if value is not None
        )
        view.nullable = None in view.values or schema.get("nullable") is True
    view.properties = {
        name: place.below("properties", name) for name in mapping_of(schema.get("properties"))
    }
    view.required = frozenset(
        name for name in list_of(schema.get("required")) if isinstance(name, str)
    )
    if isinstance(schema.get("items"), dict | bool):
        view.items = place.below("items")
    extra = schema.get("additionalProperties", True)
    if isinstance(extra, dict) and extra:
        view.extra = place.below("additionalProperties")
    else:
        view.extra = extra is not False
    for key, value in schema.items():
        if key in WORDS:
            view.words[key] = value
        elif key not in _STRUCTURE and not key.startswith("x-") and _IDLE.get(key, ...) != value:
            view.constraints[key] = value
    _level_bounds(view.constraints)
    _level_contents(view.constraints)
    return view


def _level_bounds(constraints: dict[str, Any]) -> None:
    for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if constraints.get(flag) is True and bound in constraints:
            constraints[flag] = constraints.pop(bound)
        elif isinstance(constraints.get(flag), bool):
            del constraints[flag]


def _level_contents(constraints: dict[str, Any]) -> None:
    """What 3.1 says by `contentMediaType` and `contentEncoding`, in the formats of 3.0."""
    kind = text_of(constraints.get("contentMediaType")).lower()
    encoding = text_of(constraints.get("contentEncoding")).lower()
    if encoding in {"base64", "base64url"} and "format" not in constraints:
        del constraints["contentEncoding"]
        constraints["format"] = "byte"
        if kind in _BYTES:
            del constraints["contentMediaType"]
    elif kind in _BYTES and not encoding and constraints.get("format") in {None, "binary"}:
        del constraints["contentMediaType"]
        constraints["format"] = "binary"


def _join(view: SchemaView, other: SchemaView) -> None:
    """Add what another schema asks for: a value has to fit both."""
    if other.types is not None:
        view.nullable = other.nullable if view.types is None else view.nullable and other.nullable
        view.types = other.types if view.types is None else view.types & other.types or other.types
    if other.values is not None:
        known = view.values
        view.values = (
            other.values if known is None else tuple(item for item in known if item in other.values)
        )
    for name, place in other.properties.items():
        known_place = view.properties.get(name)
        view.properties[name] = (
            place
            if known_place is None or known_place.schema == place.schema
            else LocatedSchema({"allOf": [known_place.schema, place.schema]}, place.pointer)
        )
    view.required |= other.required
    view.items = view.items or other.items
    view.extra = other.extra if view.extra is True else view.extra
    view.choices += other.choices
    for key, value in other.constraints.items():
        current = view.constraints.get(key, value)
        is_bound = key in LOWER or key in UPPER
        view.constraints[key] = tighten(key, current, value) if is_bound else current
    view.words = {**other.words, **view.words}
