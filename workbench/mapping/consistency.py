"""Rules that are right one by one but contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from workbench.mapping.grammar import SourceLocation
from workbench.mapping.plan import Case, Level, PlannedRule, group_fields
from workbench.model import ItemFilter, Steps


def is_clash(one: PlannedRule, other: PlannedRule) -> bool:
    """Whether two rules write the same place, or one inside a single value of the other."""
    if one.nested is not None or other.nested is not None:
        return False
    for mine in one.sources:
        for yours in other.sources:
            (path, outer), (longer, inner) = sorted(
                ((mine, one), (yours, other)), key=lambda pair: len(pair[0])
            )
            if not all(map(_may_meet, path, longer)):
                continue
            if not _is_open(outer) or (path == longer and not _is_open(inner)):
                return True
    return False


def _may_meet(one: str | int | ItemFilter, other: str | int | ItemFilter) -> bool:
    """Whether two steps can lead to one place: an index may be the item that a filter means."""
    is_mixed = {type(one), type(other)} == {int, ItemFilter}
    return one == other or is_mixed


def nest_items(step: PlannedRule, steps: Sequence[PlannedRule], where: SourceLocation) -> None:
    """Find out whether a rule's items stand in lists that other rules write.

    So it is where a menu holds its sections, a section its dishes, a dish its groups of options,
    and ours keeps dishes and groups on their own: one rule writes the sections with the ids of
    their dishes, the other what these dishes are.

    Args:
        step: The rule; `nested` is set to the member that both write.
        steps: All rules of its level.
        where: Its place in the file.

    Raises:
        MappingError: It has no place of its own to write to, and shares none.
    """
    if step.level is None or not step.writes or len(step.lists) < 2:
        return
    opened = _list_opened([other for other in steps if other is not step], step.lists)
    members = {path for path, _ in opened}
    own = _list_single(step.level)
    step.nested = next((path for path in own if path in members), None)
    if step.nested is None and (opened or len(step.lists) > 2):
        raise where.error(
            "its items stand in lists that another rule writes, and nothing says which is which",
            "let both write the same member of theirs (the id), or give it `one-way: in`",
        )


def _list_opened(
    steps: Sequence[PlannedRule], lists: tuple[Steps, ...]
) -> list[tuple[Steps, PlannedRule]]:
    """Members of the items at the end of some lists, with the rules that write them."""
    found: list[tuple[Steps, PlannedRule]] = []
    for step in steps:
        if not (step.is_list and step.writes and step.lists == lists[: len(step.lists)]):
            continue
        rest = lists[len(step.lists) :]
        if step.level is not None and rest:
            found += _list_opened(step.level.steps, rest)
        elif step.level is not None:
            found += [(path, step) for path in _list_single(step.level)]
        elif not rest and step.item:
            found.append((step.item, step))
    return found


def _list_single(level: Level) -> list[Steps]:
    """Where a level writes single values."""
    return [
        step.source
        for step in level.steps
        if step.writes and step.source and step.level is None and not step.is_list
    ]


def check_level(level: Level, where: SourceLocation) -> None:
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


def _check_case(case: Case, where: SourceLocation) -> None:
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


def _is_open(step: PlannedRule) -> bool:
    """Whether others may write into what the rule writes."""
    return step.is_object and step.codec is None
