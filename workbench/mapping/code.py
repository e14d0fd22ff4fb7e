"""Source text under construction, with a note of which rule each line stands for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workbench.mapping.plan import PlannedRule


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
