"""Rules that are right one by one but contradict each other."""

from __future__ import annotations

from itertools import combinations

from workbench.mapping.plan import Case, Level, Step, group_fields
from workbench.mapping.where import Where


def is_clash(one: Step, other: Step) -> bool:
    """Whether two rules write the same place, or one inside a single value of the other."""
    for mine in one.sources:
        for yours in other.sources:
            (path, outer), (longer, inner) = sorted(
                ((mine, one), (yours, other)), key=lambda pair: len(pair[0])
            )
            if longer[: len(path)] != path:
                continue
            if not _is_open(outer) or (path == longer and not _is_open(inner)):
                return True
    return False


def check_level(level: Level, where: Where) -> None:
    """Look at the arrangements and branches of a level, once all levels are there.

    Raises:
        MappingError: A field is filled twice, or outward no branch could be chosen.
    """
    for step in level.steps:
        place = where.find(step.place)
        if step.shape is not None:
            together = [item for part in step.levels for item in part.steps]
            place.look(group_fields, together, inward=True)
        if step.level is not None and step.level.case is not None and step.writes:
            _check_case(step.level.case, place)


def _check_case(case: Case, where: Where) -> None:
    """From our side a branch is known by the constants that it fills."""
    names = {level.number: str(word) for word, level in case.branches.items()}
    for word, level in case.branches.items():
        if not level.marks and (case.other is not None or len(case.branches) > 1):
            raise where.at("when", str(word)).error(
                "nothing says when to write this branch",
                "fill a field with a `value` of its own, or give the rule `one-way: in`",
            )
    for one, other in combinations(case.branches.values(), 2):
        if not any(other.marks.get(name, value) != value for name, value in one.marks.items()):
            raise where.at("when", names[other.number]).error(
                f"it fills the same constants as {names[one.number]!r}",
                "let them differ in a `value`, or give the rule `one-way: in`",
            )


def _is_open(step: Step) -> bool:
    """Whether others may write into what the rule writes."""
    return step.is_object and step.codec is None
