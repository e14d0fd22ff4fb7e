"""Reads the JSON Schemas of one document: references followed, compositions joined.

A schema and all that it refers to or is composed of speak of one value. Whoever asks what they say
meets each named schema once: saying a thing twice adds nothing to it, so no cycle and no diamond of
references makes a reading longer than the document. What is not read because of a bound, or because
a schema is composed of itself, is kept in `left_out`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.model.description import ApiDescription, follow_reference
from workbench.model.schema.plain_schema import COMPOSING, is_null, join, members, plain
from workbench.text import write_pointer

ITEMS = "[]"  # stands in a path for "each item of the list"
CHOICES = ("oneOf", "anyOf")
MOST_ALTERNATIVES = 64
_MOST_STEPS = 2_000  # schemas that are looked at for the alternatives of one value
_MOST_SURVEYED = 20_000  # schemas that are looked at for what no reading will see
_MOST_PARTS = 2_000  # schemas that speak of one value
_MOST_LEAVES = 400  # after which a body is known well enough

Path = tuple[str, ...]
Choose = Callable[[Sequence["LocatedSchema"]], Sequence["LocatedSchema"]]


_REPEATED = "A schema is part of what it is composed of; the repetition is left out."


@dataclass(frozen=True)
class LocatedSchema:
    """A schema where it stands in the bundle; `reference` is the last one followed to it."""

    schema: Any
    pointer: str = ""
    reference: str | None = None

    def below(self, *keys: str | int) -> LocatedSchema:
        """The schema at a key inside this one."""
        node = self.schema
        for key in keys:
            node = node[key]
        return LocatedSchema(node, self.pointer + write_pointer(keys))

    def options(self, keyword: str) -> list[LocatedSchema]:
        """The schemas of `allOf`, `oneOf` or `anyOf`; those that nothing fits are no choice."""
        stated = self.schema.get(keyword) if isinstance(self.schema, dict) else None
        parts = stated if isinstance(stated, list) else []
        return [
            LocatedSchema(part, f"{self.pointer}/{keyword}/{index}")
            for index, part in enumerate(parts)
            if part is not False
        ]


@dataclass(frozen=True)
class Omission:
    """A part of a schema that is left out; `kind`: repeated, parts, combinations, unsurveyed."""

    pointer: str
    kind: str
    summary: str


class SchemaReader:
    """Reads the schemas of one document.

    Args:
        bundle: The document that references (`#/…`) lead into.
    """

    def __init__(self, bundle: Any) -> None:
        self._bundle = bundle
        self._walked: dict[tuple[str, int], tuple[tuple[Path, dict[str, Any]], ...]] = {}
        self._nulls: dict[str, bool] = {}
        self._composed: dict[str, tuple[LocatedSchema, ...]] = {}
        self._surveyed = 0
        self._omissions: dict[tuple[str, str], Omission] = {}

    @classmethod
    def of(cls, description: ApiDescription, document: str) -> SchemaReader:
        """The reader of one document of a description."""
        return cls(description.bundles.get(document, {}))

    @property
    def left_out(self) -> tuple[Omission, ...]:
        """What was not read so far, each place once."""
        return tuple(self._omissions.values())

    def settle(self, place: LocatedSchema, seen: set[str] | None = None) -> LocatedSchema | None:
        """Follow references at the top of a schema; what stands beside `$ref` comes first.

        Args:
            place: The schema.
            seen: References followed for the same value before; each is followed once.

        Returns:
            The schema without reference at its top; None when all of it was seen before.
        """
        seen = set() if seen is None else seen
        node, pointer, reference = place.schema, place.pointer, place.reference
        mine: set[str] = set()
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            beside = {key: value for key, value in node.items() if key != "$ref"}
            if reference in mine:
                self._leave_out(LocatedSchema(node, pointer), "repeated", _REPEATED)
            if reference in seen:
                is_new = bool(beside) or reference in mine
                return LocatedSchema(beside, pointer, reference) if is_new else None
            seen.add(reference)
            mine.add(reference)
            target = follow_reference(self._bundle, reference)
            if target is False:
                return LocatedSchema(False, reference.removeprefix("#"), reference)
            node = {**target, **beside} if isinstance(target, dict) else beside
            pointer = reference.removeprefix("#")
        return LocatedSchema(node, pointer, reference)

    def resolve(self, schema: Any) -> dict[str, Any]:
        """The schema that a reference leads to; `{}` when it leads nowhere."""
        settled = self.settle(LocatedSchema(schema))
        return settled.schema if settled and isinstance(settled.schema, dict) else {}

    def parts(self, place: LocatedSchema, choose: Choose = list) -> Iterator[LocatedSchema]:
        """The schemas that speak of one value, outer ones first, each once.

        Args:
            place: Where to start.
            choose: Which choices of a `oneOf` or `anyOf` to take; all of them by default.
        """
        reference = _lone_reference(place.schema)
        if reference is None or choose is not list:
            yield from self._compose(place, choose)
            return
        if reference not in self._composed:
            self._composed[reference] = tuple(self._compose(place, choose))
        yield from self._composed[reference]

    def _compose(self, place: LocatedSchema, choose: Choose) -> Iterator[LocatedSchema]:
        seen: set[str] = set()
        pending = [place]
        count = 0
        while pending:
            settled = self._enter(pending.pop(), seen, place)
            if settled is None:
                continue
            count += 1
            if count > _MOST_PARTS:
                what = f"Only {_MOST_PARTS} of the schemas that this one is composed of are read."
                self._leave_out(place, "parts", what)
                return
            yield settled
            inner = settled.options("allOf")
            for keyword in CHOICES:
                inner += choose(self._useful(settled.options(keyword)))
            pending += reversed(inner)

    def survey(self, pointer: str) -> None:
        """Notice, in `left_out`, what of the schema at a pointer no reading will see."""
        schema = {"$ref": f"#{pointer}"}
        if self._surveyed > _MOST_SURVEYED:
            self._leave_out(
                LocatedSchema(schema), "unsurveyed", "It may repeat itself: nobody looked."
            )
            return
        combinations = 1
        for part in self.parts(LocatedSchema(schema)):
            self._surveyed += 1
            for keyword in CHOICES:
                combinations *= max(1, len(part.options(keyword)))
        if combinations > MOST_ALTERNATIVES:  # at most: choices of one option exclude another's
            self._surveyed += _MOST_STEPS
            self.alternatives(schema)

    def first(self, schema: Any) -> dict[str, Any]:
        """One plain schema: `allOf` joined, the first way of `oneOf` and `anyOf` taken."""
        found: dict[str, Any] = {}
        for part in self.parts(LocatedSchema(schema), lambda options: options[:1]):
            found = join(found, plain(part.schema))
        return found

    def properties(self, schema: Any) -> dict[str, Any]:
        """Properties of an object in all of its alternatives; the outermost description wins."""
        found: dict[str, Any] = {}
        for part in self.parts(LocatedSchema(schema)):
            if isinstance(part.schema, dict):
                found = {**members(part.schema), **found}
        return found

    def alternatives(self, *schemas: Any) -> tuple[dict[str, Any], ...]:
        """Plain schemas of which a value fits one; null is left aside.

        More than `MOST_ALTERNATIVES` become a single one that knows the properties of all and
        requires only what is required whatever is chosen.
        """
        return tuple(
            found for schema in schemas for found in self._alternatives(LocatedSchema(schema))
        )

    def _alternatives(self, place: LocatedSchema) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        # Each state: what is joined so far, what is still to join (lists are choices), and the
        # references followed.
        pending: list[_State] = [({}, (place,), frozenset())]
        for _ in range(_MOST_STEPS):
            if not pending or len(found) > MOST_ALTERNATIVES:
                break
            joined, todo, seen = pending.pop()
            if not todo:
                found.append(joined)
                continue
            head, *rest = todo
            if isinstance(head, list):
                pending += [(joined, (option, *rest), seen) for option in reversed(head)]
                continue
            known = set(seen)
            settled = self._enter(head, known, place)
            if settled is not None:
                joined = join(joined, plain(settled.schema))
                groups = [self._useful(settled.options(keyword)) for keyword in CHOICES]
                rest = [*settled.options("allOf"), *(g for g in groups if g), *rest]
            pending.append((joined, tuple(rest), frozenset(known)))
        if pending or len(found) > MOST_ALTERNATIVES:
            what = f"More than {MOST_ALTERNATIVES} combinations of choices are read as one shape."
            self._leave_out(place, "combinations", what)
            return [self._summed(place)]
        return found

    def _summed(self, place: LocatedSchema) -> dict[str, Any]:
        """All alternatives as one, where they are too many."""
        certain: dict[str, Any] = {}
        for part in self.parts(place, lambda _: ()):
            certain = join(certain, plain(part.schema))
        extra = {"type": "object"} if "type" not in certain else {}
        return {**extra, **certain, "properties": self.properties(place.schema)}

    def walk(self, schema: Any, deep: int) -> tuple[tuple[Path, dict[str, Any]], ...]:
        """Paths and plain schemas of the single values in a body, in all of its alternatives.

        Args:
            schema: Schema of the body.
            deep: Levels of properties to go down.

        Returns:
            Pairs; a path holds property names and `ITEMS`. The first 400 of each named schema.
        """
        is_named = isinstance(schema, dict) and isinstance(schema.get("$ref"), str)
        if not is_named:
            return tuple(self._leaves(LocatedSchema(schema), deep))
        key = (schema["$ref"], deep)
        if key not in self._walked:
            self._walked[key] = ()  # a list that holds itself at this depth has no more to say
            found = tuple(self._leaves(LocatedSchema(schema), deep))
            self._walked[key] = found[:_MOST_LEAVES]
        return self._walked[key]

    def _leaves(self, place: LocatedSchema, deep: int) -> Iterator[tuple[Path, dict[str, Any]]]:
        if deep < 0:
            return
        for part in self.parts(place):
            node = plain(part.schema)
            if "properties" in node:
                chosen = _discriminated(node)
                for name, inner in node["properties"].items():
                    for path, leaf in self.walk(inner, deep - 1):
                        words = {"enum": chosen[name]} if name in chosen else {}
                        yield (str(name), *path), {**leaf, **words}
            elif "items" in node:
                for path, leaf in self.walk(node["items"], deep):
                    yield (ITEMS, *path), leaf
            elif isinstance(part.schema, dict) and COMPOSING.isdisjoint(part.schema):
                yield (), node

    def _enter(
        self, place: LocatedSchema, seen: set[str], start: LocatedSchema
    ) -> LocatedSchema | None:
        """Settle a part of a composition, and notice when it is the start again."""
        top = start.schema.get("$ref") if isinstance(start.schema, dict) else None
        inner = place.schema.get("$ref") if isinstance(place.schema, dict) else None
        if isinstance(top, str) and top == inner and top in seen:
            self._leave_out(place, "repeated", _REPEATED)
        if isinstance(inner, str) and inner in seen and len(place.schema) == 1:
            return None  # as `settle` would find out
        return self.settle(place, seen)

    def _useful(self, options: list[LocatedSchema]) -> list[LocatedSchema]:
        """Choices but null."""
        return [item for item in options if not self._is_null(item.schema)]

    def _is_null(self, schema: Any) -> bool:
        """Whether only null fits; of a mere reference it is looked up once."""
        reference = _lone_reference(schema)
        if reference is None:
            return is_null(schema) or is_null(self.resolve(schema))
        if reference not in self._nulls:
            self._nulls[reference] = is_null(self.resolve(schema))
        return self._nulls[reference]

    def _leave_out(self, place: LocatedSchema, kind: str, summary: str) -> None:
        schema = place.schema if isinstance(place.schema, dict) else {}
        pointer = place.pointer or str(schema.get("$ref", "")).removeprefix("#")
        self._omissions.setdefault((pointer, kind), Omission(pointer, kind, summary))


def _lone_reference(schema: Any) -> str | None:
    """What a mere reference leads to; None of a schema that says anything itself."""
    if isinstance(schema, dict) and len(schema) == 1 and isinstance(schema.get("$ref"), str):
        return str(schema["$ref"])
    return None


_State = tuple[dict[str, Any], tuple[LocatedSchema | list[LocatedSchema], ...], frozenset[str]]


def _discriminated(schema: dict[str, Any]) -> dict[str, list[str]]:
    """The values that a discriminator gives its property."""
    found = schema.get("discriminator")
    mapping = found.get("mapping") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(mapping, dict):
        return {}
    return {str(found.get("propertyName")): list(map(str, mapping))}
