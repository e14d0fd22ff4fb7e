"""The status machines as pictures: SVG for a page, a Mermaid diagram for Markdown, and a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from workbench.canonical import TRANSITIONS, OpenEnum

_ROW, _LEFT, _RIGHT, _WIDTH, _HEIGHT = 56, 70, 330, 150, 34
_MOST_SKIPS = 6


@dataclass(frozen=True)
class Node:
    """One status in the picture, by its upper left corner."""

    name: str
    x: int
    y: int

    @property
    def middle(self) -> int:
        """Where arrows end, from above."""
        return self.y + _HEIGHT // 2


@dataclass(frozen=True)
class Arrow:
    """One step in the picture, as the path of an SVG."""

    start: str
    end: str
    path: str


@dataclass(frozen=True)
class Machine:
    """One status machine, drawn from its transitions alone.

    Attributes:
        name: Of the enumeration, such as `OrderStatus`.
        table: Status → every status that may follow.
        path: The happy path.
        steps: What is drawn: every step, without those that leave out steps where these are many.
    """

    name: str
    table: dict[str, tuple[str, ...]]
    path: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The happy path on the left, from top to bottom; what leads away from it on the right."""
        rest = [name for name in self.table if name not in self.path]
        left = [Node(name, _LEFT, _ROW * row + 8) for row, name in enumerate(self.path)]
        gap = max(1, len(self.path) // max(1, len(rest)))
        right = [Node(name, _RIGHT, _ROW * row * gap + 8) for row, name in enumerate(rest)]
        return (*left, *right)

    @property
    def height(self) -> int:
        """Of the picture."""
        return max(node.y for node in self.nodes) + _ROW

    @property
    def arrows(self) -> tuple[Arrow, ...]:
        """Every next step as a line."""
        return tuple(place_arrow(self, start, end) for start, end in self.steps)

    @property
    def mermaid(self) -> str:
        """The picture as a Mermaid state diagram, which many Markdown readers draw."""
        names = {name: name.replace("-", "_") for name in self.table}
        lines = ["stateDiagram-v2"]
        lines += [f"  {short} : {name}" for name, short in names.items()]
        lines += [f"  {names[start]} --> {names[end]}" for start, end in self.steps]
        lines += [f"  {names[name]} --> [*]" for name, after in self.table.items() if not after]
        return "\n".join(lines)


@cache
def list_machines() -> tuple[Machine, ...]:
    """Every status machine that our entities have."""
    return tuple(_build(kind) for kind in TRANSITIONS)


def place_arrow(machine: Machine, start: str, end: str) -> Arrow:
    """The line from one status to another, whether or not the machine has that step."""
    places = {node.name: node for node in machine.nodes}
    return Arrow(start, end, _draw(places[start], places[end]))


def _build(kind: type[OpenEnum]) -> Machine:
    table = {
        str(status): tuple(str(end) for end in kind if end in TRANSITIONS[kind].get(status, ()))
        for status in kind
    }
    names = list(table)
    # The enumeration begins with the happy path, each status after the one before.
    length = next((n for n, (a, b) in enumerate(pairwise(names), 1) if b not in table[a]), 1)
    path = names[:length]
    steps = [(start, end) for start, after in table.items() for end in after]
    skips = {(a, b) for a, b in steps if {a, b} <= {*path} and path.index(b) > path.index(a) + 1}
    shown = [step for step in steps if step not in skips or len(skips) <= _MOST_SKIPS]
    return Machine(kind.__name__, table, tuple(path), tuple(shown))


def _draw(start: Node, end: Node) -> str:
    if start.x == end.x and abs(start.y - end.y) == _ROW:
        down = start.y < end.y
        x = start.x + _WIDTH // 2 + (0 if down else 12)
        first, last = (start.y + _HEIGHT, end.y - 2) if down else (start.y, end.y + _HEIGHT + 2)
        return f"M{x} {first}V{last}"
    if start.x == end.x:
        side = start.x + (_WIDTH if start.x == _RIGHT else 0)
        bend = side + (40 if start.x == _RIGHT else -12 * abs(start.y - end.y) // _ROW - 12)
        return (
            f"M{side} {start.middle}C{bend} {start.middle} {bend} {end.middle} {side} {end.middle}"
        )
    from_left = start.x < end.x
    first = start.x + (_WIDTH if from_left else 0)
    last = end.x - 2 if from_left else end.x + _WIDTH + 2
    half = (first + last) // 2
    return f"M{first} {start.middle}C{half} {start.middle} {half} {end.middle} {last} {end.middle}"
