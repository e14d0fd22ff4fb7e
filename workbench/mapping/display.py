"""What of a payload can be written as one object display, because it is there in every entity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeGuard

from workbench.mapping.plan import Group, Level, PlannedRule, group_fields
from workbench.model import Steps


class Display:
    """Nested members of an object: a rule for a value, or another display.

    Attributes:
        members: Name → rule or display.
        steps: All rules in it.
    """

    def __init__(self, steps: Iterable[PlannedRule]) -> None:
        self.members: dict[str, PlannedRule | Display] = {}
        self.steps = list(steps)
        for step in self.steps:
            target = self
            *way, last = map(str, step.source or ())
            for name in way:
                inner = target.members.setdefault(name, Display(()))
                target = inner if isinstance(inner, Display) else target
            target.members[last] = step

    @property
    def paths(self) -> Iterator[Steps]:
        """Places of the objects below."""
        for name, member in self.members.items():
            if isinstance(member, Display):
                yield (name,)
                yield from ((name, *path) for path in member.paths)


def is_certain(step: Group | PlannedRule) -> TypeGuard[PlannedRule]:
    """Whether a rule writes one required value, which is never None."""
    return (
        isinstance(step, PlannedRule)
        and len(step.slots) == 1
        and step.slots[0].required
        and not step.slots[0].nullable
        and bool(step.source)
        and all(isinstance(part, str) for part in step.source or ())
        and not step.is_list
        and not step.is_constant
        and step.join is None
        and step.less is None
        and step.level is None
    )


def display_whole(level: Level) -> Display | None:
    """The display of a level that consists of certain values only; else None."""
    if level.case is not None or level.constants or level.is_root:
        return None
    tree = group_fields(level.steps, inward=False)
    steps = [step for step in tree.children.values() if is_certain(step)]
    is_whole = bool(steps) and len(steps) == len(tree.children) and not tree.merges
    return Display(steps) if is_whole else None
