"""Source text under construction, with a note of which rule each line stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeGuard

from workbench.mapping.plan import Group, Level, PlannedRule, group_fields
from workbench.model import Steps


class GeneratedCode:
    """Lines of generated Python, and the objects that they name.

    Attributes:
        names: Global name → object.
        rules: Line number → the rules, from the outside in, each with whether the line handles one
            item of its list.
        depth: Blocks around the next line.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {}
        self.rules: dict[int, tuple[tuple[PlannedRule, bool], ...]] = {}
        self.depth = 0
        self._variables = 0

    def add(
        self,
        text: str,
        rule: PlannedRule | None = None,
        *,
        is_item: bool = False,
        around: PlannedRule | None = None,
    ) -> None:
        """Append one line at the current depth; `around` is the list that the rule's item is in."""
        self.lines.append("    " * self.depth + text)
        if rule is not None:
            outer = () if around is None else ((around, True),)
            self.rules[len(self.lines)] = (*outer, (rule, is_item))

    @contextmanager
    def block(self, head: str, rule: PlannedRule | None = None) -> Iterator[None]:
        """Append a line and indent what follows inside the `with`."""
        self.add(head, rule)
        self.depth += 1
        yield
        self.depth -= 1

    def variable(self, prefix: str) -> str:
        """A fresh local name."""
        self._variables += 1
        return f"{prefix}{self._variables}"

    def bind(self, name: str, value: Any) -> str:
        """Make an object reachable under a global name."""
        self.names[name] = value
        return name

    @property
    def text(self) -> str:
        """The whole source."""
        return "\n".join(self.lines) + "\n"


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
