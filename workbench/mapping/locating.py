"""Where the partner keeps each field of ours, read from the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

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
