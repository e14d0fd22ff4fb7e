"""What differs between two versions of a schema, and whether it takes fewer or more values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from workbench.description.document_change import shown
from workbench.description.schema_changes import (
    SchemaChange,
    ValueSetEffect,
    compare_constraints,
    compare_types,
    compare_values,
    have_common_types,
    is_compared_inside,
)
from workbench.model import (
    SCHEMA_GROUPS,
    SCHEMAS,
    ApiDescription,
    Direction,
    Event,
    LocatedSchema,
    Operation,
    SchemaReader,
    SchemaView,
    mapping_of,
    text_of,
    view_schema,
)

_MOST = 2_000  # changes of one schema; two documents with more have little in common
_DEEPEST = 40  # nesting of schemas that are compared
_NARROW = _DEEPEST - 3  # beyond this depth only a glance is wanted, which is not remembered
_MOST_GLANCES = 6  # glances inside each other: choices of choices
_MOST_PAIRS = 20_000  # pairs of schemas that are compared for one body


@dataclass(frozen=True)
class DocumentVersion:
    """One version of one document."""

    description: ApiDescription
    document: str
    directions: Mapping[tuple[str, str], Direction] = field(default_factory=dict, repr=False)

    def direction(self, item: Operation | Event) -> Direction:
        """Who sends an operation or event."""
        return self.directions.get((item.document, item.id), Direction.OUTBOUND)

    @cached_property
    def reader(self) -> SchemaReader:
        """Reads its schemas."""
        return SchemaReader.of(self.description, self.document)

    def settle(self, place: LocatedSchema) -> LocatedSchema:
        """Follow references at the top of a schema."""
        return self.reader.settle(place) or place

    def view(self, place: LocatedSchema) -> SchemaView:
        """Flatten a schema."""
        return view_schema(self.reader, place)


class SchemaDiff:
    """Compares schemas of two versions of one document; named schemas are compared once.

    Args:
        old: The old version.
        new: The new version.
        sent: Whether the values are written by us; decides what `readOnly` takes away.
    """

    def __init__(self, old: DocumentVersion, new: DocumentVersion, *, sent: bool) -> None:
        self.old = old
        self.new = new
        self.sent = sent
        self.known: dict[tuple[str, str], tuple[SchemaChange, ...]] = {}
        self.seen: dict[tuple[Any, ...], frozenset[ValueSetEffect]] = {}
        self.glances = 0
        self.left = _MOST_PAIRS

    def compare(
        self,
        old: LocatedSchema,
        new: LocatedSchema,
        *,
        as_text: bool = False,
        as_list: bool = False,
    ) -> tuple[SchemaChange, ...]:
        """All changes between two schemas.

        Args:
            old: The old schema.
            new: The new schema.
            as_text: Whether values travel as text (parameters): a text takes any scalar.
            as_list: Whether one value and a list of one value are written alike (query).
        """
        if as_list:
            one, other = self.old.view(old), self.new.view(new)
            is_list = other.types == frozenset({"array"}) and "array" not in (
                one.types or {"array"}
            )
            if is_list and other.items and not other.constraints:
                new = other.items
        self.left = _MOST_PAIRS
        self.seen.clear()
        changes = self._places(old, new, 0)[:_MOST]
        if self.left < 0:
            words = f"is compared only in part: it has more than {_MOST_PAIRS} parts"
            changes += (
                SchemaChange("schema-left-out", ValueSetEffect.COSMETIC, "", new.pointer, words),
            )
        return tuple(map(_ease, changes)) if as_text else changes

    def _places(
        self, old: LocatedSchema, new: LocatedSchema, depth: int
    ) -> tuple[SchemaChange, ...]:
        one, other = self.old.settle(old), self.new.settle(new)
        self.left -= 1
        if depth > _DEEPEST or self.left < 0:
            return ()
        names = (one.reference or "", other.reference or "")
        is_named = depth < _NARROW and _is_bare(old) and _is_bare(new)
        if is_named and names in self.known:
            return self.known[names]
        if is_named:
            self.known[names] = ()
        found = tuple(self._views(self.old.view(old), self.new.view(new), depth))
        if is_named:
            self.known[names] = found
        return found

    def _views(self, old: SchemaView, new: SchemaView, depth: int) -> Iterator[SchemaChange]:
        wrapped = self._wrapping(old, new)
        if wrapped is not None:
            yield wrapped
            return
        yield from compare_types(old, new)
        if not have_common_types(old, new):
            return
        yield from compare_values(old, new)
        yield from compare_constraints(old, new)
        yield from self._properties(old, new, depth)
        yield from self._parts(old, new, depth)
        yield from self._choices(old, new, depth)
        if old.words != new.words:
            yield SchemaChange(
                "words-changed",
                ValueSetEffect.COSMETIC,
                "",
                new.pointer,
                "is worded anew in its schema",
            )

    def _wrapping(self, old: SchemaView, new: SchemaView) -> SchemaChange | None:
        """A schema that became one of several choices, or the other way round."""
        if bool(old.choices) == bool(new.choices):
            return None
        wraps = bool(new.choices)
        if not (new if wraps else old).is_open:
            return None
        effects = (
            [self._effects(old, self.new.view(item)) for item in new.choices]
            if wraps
            else [self._effects(self.old.view(item), new) for item in old.choices]
        )
        is_wider = (any if wraps else all)(found <= {ValueSetEffect.WIDENED} for found in effects)
        is_narrower = (all if wraps else any)(
            found <= {ValueSetEffect.NARROWED} for found in effects
        )
        effect = ValueSetEffect.MOVED if not (is_wider or is_narrower) else ValueSetEffect.GAINED
        if is_wider != is_narrower:
            effect = ValueSetEffect.WIDENED if is_wider else ValueSetEffect.NARROWED
        slug = "choice-added" if wraps else "choice-removed"
        count = len(new.choices or old.choices)
        words = f"is one of {count} shapes now" if wraps else f"is no longer one of {count} shapes"
        return SchemaChange(slug, effect, "", new.pointer, words)

    def _effects(self, old: SchemaView, new: SchemaView) -> frozenset[ValueSetEffect]:
        return self._glance(old, new) - {ValueSetEffect.COSMETIC, ValueSetEffect.GAINED}

    def _glance(self, old: SchemaView, new: SchemaView) -> frozenset[ValueSetEffect]:
        """What differs near the top; two that come back to themselves are alike till then."""
        key = (old.pointer, *old.constraints, "", new.pointer, *new.constraints)
        if key not in self.seen:
            self.seen[key] = frozenset()
            if self.glances < _MOST_GLANCES:
                self.glances += 1
                found = self._views(old, new, _NARROW)
                self.seen[key] = frozenset(change.effect for change in found)
                self.glances -= 1
        return self.seen[key]

    def _properties(self, old: SchemaView, new: SchemaView, depth: int) -> Iterator[SchemaChange]:
        before = {name: at for name, at in old.properties.items() if self._counts(self.old, at)}
        after = {name: at for name, at in new.properties.items() if self._counts(self.new, at)}
        for name, place in before.items():
            if name in after:
                for change in self._places(place, after[name], depth + 1):
                    yield _under(name, change)
                if (name in old.required) != (name in new.required):
                    is_required = name in new.required
                    yield _requirement(name, after[name].pointer, is_required=is_required)
            else:
                words = f"lost the field {shown(name)}"
                gone = place.schema
                at = place.pointer
                yield SchemaChange(
                    "property-removed", ValueSetEffect.LOST, name, at, words, gone, is_old=True
                )
        for name, place in after.items():
            if name not in before:
                yield self._added(name, place, is_required=name in new.required)
        named = new.properties.keys() | old.properties.keys()
        for name in sorted((new.required ^ old.required) - named):
            yield _requirement(name, new.pointer, is_required=name in new.required)

    def _added(self, name: str, place: LocatedSchema, *, is_required: bool) -> SchemaChange:
        """A new property; one with a default may be left out all the same."""
        schema = place.schema
        if not is_required or "default" in mapping_of(self.new.settle(place).schema):
            words = f"gained the field {shown(name)}"
            return SchemaChange(
                "property-added", ValueSetEffect.GAINED, name, place.pointer, words, after=schema
            )
        words = f"gained the required field {shown(name)}"
        slug = "property-added-required"
        return SchemaChange(slug, ValueSetEffect.NARROWED, name, place.pointer, words, after=schema)

    def _counts(self, side: DocumentVersion, place: LocatedSchema) -> bool:
        """Whether a property is part of what travels this way."""
        hidden = "readOnly" if self.sent else "writeOnly"
        return mapping_of(side.settle(place).schema).get(hidden) is not True

    def _parts(self, old: SchemaView, new: SchemaView, depth: int) -> Iterator[SchemaChange]:
        if old.items is not None and new.items is not None:
            for change in self._places(old.items, new.items, depth + 1):
                yield _under("[]", change)
        elif old.items is not None or new.items is not None:
            effect = ValueSetEffect.NARROWED if old.items is None else ValueSetEffect.WIDENED
            yield SchemaChange(
                "items-changed", effect, "[]", new.pointer, "changed what its list holds"
            )
        if isinstance(old.extra, LocatedSchema) and isinstance(new.extra, LocatedSchema):
            for change in self._places(old.extra, new.extra, depth + 1):
                yield _under("*", change)
        elif old.extra is not new.extra:
            ranks = [_openness(old.extra), _openness(new.extra)]
            yield SchemaChange(
                "further-properties-changed",
                ValueSetEffect.NARROWED if ranks[0] > ranks[1] else ValueSetEffect.WIDENED,
                "",
                new.pointer,
                "takes fewer further fields" if ranks[0] > ranks[1] else "takes further fields",
            )

        yield from self._inner(old, new, depth)

    def _inner(self, old: SchemaView, new: SchemaView, depth: int) -> Iterator[SchemaChange]:
        """Keywords whose values are schemas, the same ones on both sides."""
        for key in sorted(
            (SCHEMAS | SCHEMA_GROUPS) & old.constraints.keys() & new.constraints.keys()
        ):
            before, after = old.constraints[key], new.constraints[key]
            if not is_compared_inside(key, before, after):
                continue
            one, other = (
                LocatedSchema(part, f"{view.pointer}/{key}")
                for part, view in ((before, old), (after, new))
            )
            keys = [()] if key in SCHEMAS else [(item,) for item in _keys(before)]
            for tokens in keys:
                found = self._places(one.below(*tokens), other.below(*tokens), depth + 1)
                yield from (_under(f"({key})", change) for change in found)

    def _choices(self, old: SchemaView, new: SchemaView, depth: int) -> Iterator[SchemaChange]:
        pairs, gone, added = self._pair(list(old.choices), list(new.choices))
        for one, other in pairs:
            yield from self._places(one, other, depth + 1)
        for place in gone:
            effect = ValueSetEffect.NARROWED if new.choices else ValueSetEffect.WIDENED
            yield SchemaChange(
                "choice-removed",
                effect,
                "",
                place.pointer,
                f"lost the shape {shown(_label(place))}",
                before=place.schema,
                is_old=True,
            )
        for place in added:
            effect = ValueSetEffect.WIDENED if old.choices else ValueSetEffect.NARROWED
            summary = f"gained the shape {shown(_label(place))}"
            yield SchemaChange(
                "choice-added", effect, "", place.pointer, summary, after=place.schema
            )

    def _pair(
        self, old: list[LocatedSchema], new: list[LocatedSchema]
    ) -> tuple[list[tuple[LocatedSchema, LocatedSchema]], list[LocatedSchema], list[LocatedSchema]]:
        """Choices that belong together: same name, else same content, else the last one left."""
        pairs: list[tuple[LocatedSchema, LocatedSchema]] = []
        for is_match in (self._is_namesake, self._is_equal):
            for one in list(old):
                other = next((item for item in new if is_match(one, item)), None)
                if other is not None:
                    pairs.append((one, other))
                    old.remove(one)
                    new.remove(other)
        if len(old) == len(new) == 1:
            pairs.append((old.pop(), new.pop()))
        return pairs, old, new

    def _is_namesake(self, old: LocatedSchema, new: LocatedSchema) -> bool:
        return _name(old) != "" and _name(old) == _name(new)

    def _is_equal(self, old: LocatedSchema, new: LocatedSchema) -> bool:
        return not self._glance(self.old.view(old), self.new.view(new)) - {ValueSetEffect.COSMETIC}


def _requirement(name: str, pointer: str, *, is_required: bool) -> SchemaChange:
    """A field that may no longer, or may now, be left out."""
    verb = "now requires" if is_required else "no longer promises"
    return SchemaChange(
        "property-became-required" if is_required else "property-became-optional",
        ValueSetEffect.NARROWED if is_required else ValueSetEffect.WIDENED,
        name,
        pointer,
        f"{verb} the field {shown(name)}",
    )


def _ease(change: SchemaChange) -> SchemaChange:
    """In a parameter, a text without conditions takes what a number or a flag would be."""
    scalars = {"integer", "number", "boolean", "string"}
    if (
        change.slug == "type-changed"
        and change.effect is ValueSetEffect.MOVED
        and set(change.before or ()) <= scalars
        and "string" in (change.after or ())
    ):
        return replace(change, effect=ValueSetEffect.WIDENED)
    return change


def _under(name: str, change: SchemaChange) -> SchemaChange:
    inner = change.field
    joined = name + inner if inner.startswith("[]") else f"{name}.{inner}" if inner else name
    return replace(change, field=joined)


def _openness(extra: LocatedSchema | bool) -> int:
    return 1 if isinstance(extra, LocatedSchema) else 2 * extra


def _is_bare(place: LocatedSchema) -> bool:
    return isinstance(place.schema, dict) and set(place.schema) == {"$ref"}


def _name(place: LocatedSchema) -> str:
    schema = mapping_of(place.schema)
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return reference.rpartition("/")[2]
    return text_of(schema.get("title"))


def _label(place: LocatedSchema) -> str:
    """What a message calls a choice: its name, else its type, else where it stands."""
    return (
        _name(place)
        or text_of(mapping_of(place.schema).get("type"))
        or place.pointer.rpartition("/")[2]
    )


def _keys(group: Any) -> list[str | int]:
    return list(group) if isinstance(group, dict) else list(range(len(group)))
