"""One reference where it stands in a document, while the document is being bundled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.description.neighbours import TEXTS
from workbench.description.roles import Role
from workbench.text import write_pointer

Trail = tuple[Any, ...]  # nested pairs: (trail of the parent, key of this node)


@dataclass
class Reference:
    """`node[key]`, met in `file` (empty for the document itself).

    Attributes:
        node: The object that holds it.
        key: The keyword, or the name of a kind in a discriminator.
        file: Where it was met, relative to the document.
        trail: The way to `node`.
        owner: The list that holds `node`, if one does.
        role: The role of `node`.
        target: Pointer into the bundle, once it is found.
        is_settled: Whether it was looked for.
        is_begun: Whether spreading out its table was begun.
        is_spread: Whether its table was spread out, so that it is no reference any more.
    """

    node: dict[str, Any]
    key: str
    file: str
    trail: Trail
    owner: list[Any] | None = None
    role: Role = Role.KEYWORDS
    target: str | None = None
    is_settled: bool = False
    is_begun: bool = False
    is_spread: bool = False

    @property
    def is_table(self) -> bool:
        """Whether it stands for a table of names as a whole."""
        is_components = self.step == "components" and self.role is Role.KEYWORDS
        return self.key == "$ref" and (self.role in {Role.NAMES, Role.EXAMPLES} or is_components)

    @property
    def is_text(self) -> bool:
        """Whether it stands for the words of a text file."""
        if self.key != "$ref" or self.is_settled:
            return False
        file = str(self.node.get("$ref")).partition("#")[0]
        return Path(file).suffix.lower() in TEXTS

    @property
    def step(self) -> str | int | None:
        """The key under which `node` stands; an index in a list."""
        return self.trail[1] if self.trail else None

    @property
    def holder(self) -> str | None:
        """The key of what holds `node`, lists left out."""
        trail = self.trail[0] if self.trail else ()
        return str(trail[1]) if trail else None


def pointer_of(trail: Trail) -> str:
    """The JSON Pointer of a trail."""
    steps: list[str | int] = []
    while trail:
        trail, key = trail
        steps.append(key)
    return write_pointer(reversed(steps))
