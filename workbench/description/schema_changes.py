"""Differences of one flat schema: types, listed values, bounds and other conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workbench.description.document_change import shown
from workbench.model import LOWER, SCHEMA_GROUPS, SCHEMAS, UPPER, SchemaView, mapping_of

_ANNOTATIONS = frozenset({"readOnly", "writeOnly", "deprecated", "default"})


class ValueSetEffect(StrEnum):
    """What a change does to the set of values that a schema takes."""

    NARROWED = "narrowed"
    WIDENED = "widened"
    MOVED = "moved"  # some values in, some out
    LOST = "lost"  # a part that is read or written is gone, whoever sends
    GAINED = "gained"
    COSMETIC = "cosmetic"


@dataclass(frozen=True)
class SchemaChange:
    """One difference; `field` is the dotted path of the value inside the body.

    `is_old` says that `pointer` is one of the old version.
    """

    slug: str
    effect: ValueSetEffect
    field: str
    pointer: str
    summary: str
    before: Any = None
    after: Any = None
    is_old: bool = False


def compare_types(old: SchemaView, new: SchemaView) -> Iterator[SchemaChange]:
    """Shifts of the allowed types, null among them."""
    if old.types != new.types:
        yield SchemaChange(
            "type-changed",
            _type_effect(old.types, new.types),
            "",
            new.pointer,
            f"changed its type from {_types(old)} to {_types(new)}",
            before=sorted(old.types) if old.types is not None else None,
            after=sorted(new.types) if new.types is not None else None,
        )
    elif old.nullable != new.nullable:
        yield SchemaChange(
            "became-nullable" if new.nullable else "became-not-nullable",
            ValueSetEffect.WIDENED if new.nullable else ValueSetEffect.NARROWED,
            "",
            new.pointer,
            "may now be null" if new.nullable else "may no longer be null",
        )


def have_common_types(old: SchemaView, new: SchemaView) -> bool:
    """Whether some value could fit the types of both, so that the rest is worth comparing."""
    if old.types is None or new.types is None:
        return True
    return bool(old.types & _wide(new.types) or new.types & _wide(old.types))


def _type_effect(old: frozenset[str] | None, new: frozenset[str] | None) -> ValueSetEffect:
    if old is None or new is None:
        return ValueSetEffect.NARROWED if old is None else ValueSetEffect.WIDENED
    if old <= _wide(new):
        return ValueSetEffect.WIDENED
    return ValueSetEffect.NARROWED if new <= _wide(old) else ValueSetEffect.MOVED


def _wide(types: frozenset[str]) -> frozenset[str]:
    return types | {"integer"} if "number" in types else types


def _types(view: SchemaView) -> str:
    return "any" if view.types is None else " or ".join(sorted(view.types)) or "none"


def compare_values(old: SchemaView, new: SchemaView) -> Iterator[SchemaChange]:
    """Shifts of the listed values."""
    if old.values is None or new.values is None:
        if old.values is not new.values:
            yield SchemaChange(
                "values-listed" if old.values is None else "values-freed",
                ValueSetEffect.NARROWED if old.values is None else ValueSetEffect.WIDENED,
                "",
                new.pointer,
                "takes only listed values now" if old.values is None else "takes any value now",
                before=old.values,
                after=new.values,
            )
        return
    for value in old.values:
        if not _contains(new.values, value):
            yield SchemaChange(
                "value-removed",
                ValueSetEffect.NARROWED,
                "",
                new.pointer,
                f"lost the value {shown(value)}",
                before=value,
            )
    for value in new.values:
        if not _contains(old.values, value):
            yield SchemaChange(
                "value-added",
                ValueSetEffect.WIDENED,
                "",
                new.pointer,
                f"gained the value {shown(value)}",
                after=value,
            )


def _contains(values: tuple[Any, ...], value: Any) -> bool:
    is_flag = isinstance(value, bool)
    return any(isinstance(item, bool) is is_flag and item == value for item in values)


def compare_constraints(old: SchemaView, new: SchemaView) -> Iterator[SchemaChange]:
    """Shifts of bounds, patterns, formats and every other keyword."""
    for key in sorted(old.constraints.keys() | new.constraints.keys()):
        before, after = old.constraints.get(key), new.constraints.get(key)
        if before == after and isinstance(before, bool) is isinstance(after, bool):
            continue
        if key in _ANNOTATIONS:
            yield from _annotation(key, before, after, new.pointer)
            continue
        if is_compared_inside(key, before, after):
            continue
        if key == "discriminator":
            yield from _discriminator(mapping_of(before), mapping_of(after), new.pointer)
            continue
        effect = _constraint_effect(key, before, after)
        verb = {ValueSetEffect.NARROWED: "tightened", ValueSetEffect.WIDENED: "loosened"}.get(
            effect, "changed"
        )
        yield SchemaChange(
            f"{key.lstrip('$').lower()}-{verb}",
            effect,
            "",
            new.pointer,
            f"{verb} its {shown(key)} from {_said(before)} to {_said(after)}",
            before=before,
            after=after,
        )


def is_compared_inside(key: str, before: Any, after: Any) -> bool:
    """Whether a keyword holds schemas on both sides, which are compared one by one."""
    if key in SCHEMAS:
        return isinstance(before, dict) and isinstance(after, dict)
    if key == "prefixItems" and isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after)
    return key in SCHEMA_GROUPS and (
        isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys()
    )


def _discriminator(
    before: dict[str, Any], after: dict[str, Any], pointer: str
) -> Iterator[SchemaChange]:
    names = (before.get("propertyName"), after.get("propertyName"))
    if names[0] != names[1]:
        yield SchemaChange(
            "discriminator-changed",
            ValueSetEffect.MOVED if all(names) else ValueSetEffect.GAINED,
            "",
            pointer,
            f"is told apart by {_said(names[1])}, was by {_said(names[0])}",
            *names,
        )
    known, stated = mapping_of(before.get("mapping")), mapping_of(after.get("mapping"))
    for value in sorted(known.keys() | stated.keys()) if all(names) else ():
        if value not in stated:
            words = f"lost the kind {shown(value)}"
            yield SchemaChange("kind-removed", ValueSetEffect.NARROWED, "", pointer, words, value)
        elif value not in known:
            words = f"gained the kind {shown(value)}"
            yield SchemaChange(
                "kind-added", ValueSetEffect.WIDENED, "", pointer, words, None, value
            )
        elif known[value] != stated[value]:
            words = f"gives the kind {shown(value)} another schema"
            yield SchemaChange(
                "kind-changed",
                ValueSetEffect.MOVED,
                "",
                pointer,
                words,
                *(known[value], stated[value]),
            )


def _constraint_effect(key: str, before: Any, after: Any) -> ValueSetEffect:
    if key.startswith("unevaluated"):
        return ValueSetEffect.NARROWED if before in (None, True) else ValueSetEffect.WIDENED
    if before is None or after is None or isinstance(before, bool) or isinstance(after, bool):
        return (
            ValueSetEffect.NARROWED if not before and after is not False else ValueSetEffect.WIDENED
        )
    if isinstance(before, int | float) and isinstance(after, int | float):
        if key in LOWER or key in UPPER:
            return (
                ValueSetEffect.NARROWED
                if (after > before) == (key in LOWER)
                else ValueSetEffect.WIDENED
            )
        if key == "multipleOf" and before and after and after % before == 0:
            return ValueSetEffect.NARROWED
    if key == "pattern" and after in {"", ".*", "^.*$"}:
        return ValueSetEffect.WIDENED
    return ValueSetEffect.MOVED


def _annotation(key: str, before: Any, after: Any, pointer: str) -> Iterator[SchemaChange]:
    if key == "default":
        yield SchemaChange(
            "default-changed",
            ValueSetEffect.GAINED,
            "",
            pointer,
            f"changed its default from {_said(before)} to {_said(after)}",
            before=before,
            after=after,
        )
    elif key == "deprecated":
        verb = "is deprecated now" if after else "is no longer deprecated"
        yield SchemaChange(
            "field-deprecated" if after else "field-restored",
            ValueSetEffect.GAINED,
            "",
            pointer,
            verb,
        )


def _said(value: Any) -> str:
    return "nothing" if value is None else shown(value)
