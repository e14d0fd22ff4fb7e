"""Where the partner keeps each field of ours: paths for the machine, a flat table for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from workbench.mapping.grammar import Mapping, Rule
from workbench.mapping.plan import Level, PlannedRule
from workbench.model import EVERY

# Stands for the key of a member, where the key itself is a value; it is equal to no JSON key.
KEY: Any = type("Key", (), {"__repr__": lambda _: "key"})()

Names = tuple[Any, ...]
# A level that comes back at a place with the same end has nothing new below.
_COMPARED = 3


@dataclass(frozen=True, slots=True)
class Location:
    """One rule, and one place of its value in the partner's payload.

    Attributes:
        owners: (type, field) of each step down to the field, from the entity of its level.
        path: Member names from the top of the payload; list items add none, `EVERY` is any name,
            and a last `KEY` says that the member's name is the value.
        root: The level at the top.
    """

    owners: tuple[tuple[Any, Any], ...]
    path: Names
    root: Level


def locate_fields(roots: Iterable[Level]) -> Iterator[Location]:
    """All rules with a place in the payload, in either direction.

    Rules of mappings that are used, of all branches of a case, of lists, groups and keys are given
    where they are used; a mapping that uses itself is given once for each place it may be in.
    """
    for root in roots:
        waiting: list[tuple[Level, Names]] = [(root, ())]
        seen: set[tuple[int, Names]] = set()
        while waiting:
            level, path = waiting.pop()
            if (level.number, path[-_COMPARED:]) in seen:
                continue
            seen.add((level.number, path[-_COMPARED:]))
            if level.case is not None:
                waiting += [(branch, path) for branch in level.case.levels]
            for step in level.steps:
                owners = _own(level, step)
                for place in _place(step, path):
                    yield Location(owners, place, root)
                    waiting += _descend(step, place)


def find_rules(level: Level, names: Names, *, inward: bool) -> Iterator[PlannedRule]:
    """The rules that convert a field of ours, what it is in, or something in it, in all branches.

    Args:
        level: Where the names begin.
        names: Of fields of ours, from the outside in; positions in lists are left out.
        inward: Only what is read; else only what is written.
    """
    waiting: list[tuple[Level, Names]] = [(level, names)]
    seen: set[tuple[int, Names]] = set()
    while waiting:
        level, rest = waiting.pop()
        if (level.number, rest) in seen:
            continue
        seen.add((level.number, rest))
        if level.case is not None:
            waiting += [(branch, rest) for branch in level.case.levels]
        for step in level.steps:
            keys = tuple(key for key in step.keys if isinstance(key, str))
            left = rest[len(keys) :]
            is_used = step.reads if inward else step.writes
            if not is_used or keys[: len(rest)] != rest[: len(keys)]:
                continue
            # One value that fills an object by itself has its parts below, and none of others'.
            if step.levels and (step.codec is None or (left and not keys)):
                waiting += [(inner, left) for inner in step.levels]
            else:
                yield step


def _own(level: Level, step: PlannedRule) -> tuple[tuple[Any, Any], ...]:
    types = (level.model, *(slot.type_ for slot in step.slots))
    return tuple((type_, slot.key) for type_, slot in zip(types, step.slots, strict=False))


def _place(step: PlannedRule, path: Names) -> Iterator[Names]:
    if not step.is_constant:
        # On the level of a key, a rule on `$` reads the key.
        for source in step.sources:
            names = (name for name in (*source, *step.item) if isinstance(name, str))
            yield (*path, *names)


def _descend(step: PlannedRule, place: Names) -> Iterator[tuple[Level, Names]]:
    shape = step.shape
    if shape is not None and shape.key is not None:
        yield shape.key, (*place, KEY)
        place = (*place, EVERY)
    if shape is not None and shape.group is not None:
        yield shape.group, place
    for inner in () if shape is None else shape.inner:
        place = (*place, *(name for name in inner if isinstance(name, str)))
    if step.level is not None:
        yield step.level, place


@dataclass(frozen=True, slots=True)
class MappedField:
    """One rule in a flat table.

    Attributes:
        field: Dotted canonical path; `lines[].name` for fields of list items.
        path: JSONPath in their payload, items as `[*]`; None for a constant of ours.
        conversion: How a value is converted, in a few words.
        enum: Their value → ours, for translated words.
    """

    field: str
    path: str | None
    conversion: str
    enum: dict[str, Any] | None = None


def tabulate(mapping: Mapping) -> list[MappedField]:
    """All rules of a mapping, nested ones in place, constants they must be sent last."""
    constants = [
        MappedField("", path, f"always {value!r}") for path, value in mapping.constants.items()
    ]
    return [*_walk(mapping.fields, "", "$"), *constants]


def _walk(fields: dict[str, Rule], prefix: str, root: str) -> Iterator[MappedField]:
    for name, rule in fields.items():
        field = f"{prefix}{name}" if name != "." else prefix.removesuffix(".") or "."
        paths = rule.join or (rule.each or rule.from_ or rule.to,)
        path = ", ".join(filter(None, (_join(root, one) for one in paths))) or None
        below = prefix if name == "." else f"{field}."
        inside = path or root
        if rule.each is not None:
            below, inside = f"{field}[].", f"{path}[*]"
            if rule.inner is not None:
                yield from _walk(rule.group or {}, below, inside)
                for inner in rule.inner:
                    inside = f"{_join(inside, inner)}[*]"
        for key in rule.key or ():
            yield MappedField(f"{below}{key}", path, "the key")
        if rule.fields is not None:
            yield from _walk(rule.fields, below, inside)
        elif rule.when is not None:
            for word, branch in rule.when.items():
                condition = f"{_join(inside, rule.case)} is {word!r}"
                if branch.fields is not None:
                    yield MappedField(field, path, f"when {condition}:")
                    yield from _walk(branch.fields, below, inside)
                else:
                    yield MappedField(field, path, f"as in {branch.use!r} when {condition}")
        else:
            yield MappedField(field, path, _convert(rule), dict(rule.enum) if rule.enum else None)


def _join(root: str, path: str | None) -> str | None:
    return None if path is None else root + path.removeprefix("$")


def _convert(rule: Rule) -> str:
    given = rule.model_fields_set
    words = (
        ("value" in given, f"always {rule.value!r}"),
        (rule.join is not None, f"joined, cut at the {rule.split}" if rule.split else "joined"),
        (rule.enum is not None, f"{len(rule.enum or ())} values"),
        (rule.as_ is not None, rule.as_),
        (rule.use is not None, f"as in {rule.use!r}"),
        ("default" in given, f"{rule.default!r} when absent"),
        (rule.none is not None, f"{rule.none!r} for none"),
        (rule.overnight is not None, "cut at midnight"),
        (rule.one_way is not None, "read only" if rule.one_way == "in" else "written only"),
    )
    return ", ".join(str(word) for holds, word in words if holds)
