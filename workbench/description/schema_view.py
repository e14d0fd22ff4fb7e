"""One schema flattened for comparison: references followed, `allOf` joined, dialects levelled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workbench.description.words import list_of, mapping_of, text_of, token
from workbench.model.description import ApiDescription, follow

DEEPEST = 40  # nesting of `allOf`, and of schemas that are compared
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
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
_CHOICES = ("oneOf", "anyOf")


@dataclass(frozen=True)
class Place:
    """A schema where it stands in the bundle; `reference` is the last one followed to it."""

    schema: Any
    pointer: str
    reference: str | None = None

    def below(self, *keys: str | int) -> Place:
        """The schema at a key inside this one."""
        node = self.schema
        for key in keys:
            node = node[key]
        return Place(node, self.pointer + "".join(map(token, keys)))


@dataclass
class View:
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
    properties: dict[str, Place] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    items: Place | None = None
    extra: Place | bool = True
    choices: tuple[Place, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it says nothing of its own beside its choices."""
        return self.types is None and self.values is None and not self.properties


@dataclass(frozen=True)
class Side:
    """One version of one document."""

    description: ApiDescription
    document: str

    def settle(self, place: Place) -> Place:
        """Follow references at the top of a schema; siblings of `$ref` stay."""
        reference = place.reference
        pointer = place.pointer
        seen: set[str] = set()
        node = place.schema
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            if reference in seen:
                return Place({}, pointer, reference)
            seen.add(reference)
            siblings = {key: value for key, value in node.items() if key != "$ref"}
            target = follow(self.description.bundles.get(self.document, {}), reference)
            node = {**target, **siblings} if isinstance(target, dict) else {}
            pointer = reference.removeprefix("#")
        return Place(node, pointer, reference)

    def view(self, place: Place, depth: int = 0) -> View:
        """Flatten a schema."""
        settled = self.settle(place)
        schema = settled.schema
        if schema is False:
            return View(settled.pointer, types=frozenset(), nullable=False)
        if not isinstance(schema, dict):
            return View(settled.pointer)
        view = _read(settled, schema)
        for keyword in _CHOICES:
            if isinstance(schema.get(keyword), list):
                self._add_choices(view, settled, keyword)
        if depth < DEEPEST:
            for index in range(len(list_of(schema.get("allOf")))):
                _join(view, self.view(settled.below("allOf", index), depth + 1))
        return view

    def _add_choices(self, view: View, place: Place, keyword: str) -> None:
        """Take `oneOf` or `anyOf`; a choice that is only null makes the others nullable."""
        places = [place.below(keyword, index) for index in range(len(place.schema[keyword]))]
        kept = [item for item in places if not _is_null(self.settle(item).schema)]
        has_null = len(kept) < len(places)
        if len(kept) == 1 and view.is_open:
            _join(view, self.view(kept[0], DEEPEST - 5))
            view.nullable = view.nullable or has_null
            return
        parts = [mapping_of(self.settle(item).schema) for item in kept]
        listed = [_values(part) for part in parts]
        if kept and all(part is not None for part in listed) and view.values is None:
            # Values with a description each, as `oneOf` of constants: a list all the same.
            view.values = tuple(value for part in listed for value in part or ())
            types = {text_of(part.get("type")) for part in parts}
            if view.types is None and "" not in types:
                view.types = frozenset(types)
            view.nullable = has_null
        else:
            view.choices = (*view.choices, *kept)
            if view.types is None and not has_null:
                view.nullable = any(self._takes_null(item) for item in kept)

    def _takes_null(self, place: Place) -> bool:
        schema = mapping_of(self.settle(place).schema)
        return schema.get("nullable") is True or "null" in list_of(schema.get("type"))


def _read(place: Place, schema: dict[str, Any]) -> View:
    view = View(place.pointer)
    stated = schema.get("type")
    types = [text_of(item) for item in (stated if isinstance(stated, list) else [stated]) if item]
    if types:
        view.types = frozenset(types) - {"null"}
        view.nullable = "null" in types
    if schema.get("nullable") is True or schema.get("x-nullable") is True:
        view.nullable = True
    view.values = _values(schema)
    if view.values is not None and None not in view.values and view.types is None:
        view.nullable = schema.get("nullable") is True
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
        elif key not in _STRUCTURE and not key.startswith("x-"):
            view.constraints[key] = value
    _level_bounds(view.constraints)
    return view


def _level_bounds(constraints: dict[str, Any]) -> None:
    for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if constraints.get(flag) is True and bound in constraints:
            constraints[flag] = constraints.pop(bound)
        elif isinstance(constraints.get(flag), bool):
            del constraints[flag]


def _values(schema: Any) -> tuple[Any, ...] | None:
    if not isinstance(schema, dict):
        return None
    if "const" in schema:
        return (schema["const"],)
    return tuple(schema["enum"]) if isinstance(schema.get("enum"), list) else None


def _is_null(schema: Any) -> bool:
    return isinstance(schema, dict) and (
        schema.get("type") in ("null", ["null"]) or _values(schema) == (None,)
    )


def _join(view: View, other: View) -> None:
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
            else Place({"allOf": [known_place.schema, place.schema]}, place.pointer)
        )
    view.required |= other.required
    view.items = view.items or other.items
    view.extra = other.extra if view.extra is True else view.extra
    view.choices += other.choices
    for key, value in other.constraints.items():
        current = view.constraints.get(key, value)
        if key in LOWER + UPPER and _are_numbers(current, value):
            view.constraints[key] = max(current, value) if key in LOWER else min(current, value)
        else:
            view.constraints.setdefault(key, value)
    view.words = {**other.words, **view.words}


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(item, int | float) and not isinstance(item, bool) for item in values)
