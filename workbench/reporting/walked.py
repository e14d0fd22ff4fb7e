"""Which steps of a status machine were tried at a partner, and whether it took them: a picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from workbench.model import Evidence
from workbench.reporting.machines import Arrow, Machine, list_machines, place_arrow

# Kind of a step → its sign; what a picture tells by colour it tells by these, too.
STEP_SIGNS = {"taken": "✓", "refused": "⊘", "wrong": "✗"}


class TriedStep(NamedTuple):
    """A step and how it went: `taken`, `refused` as it should be, or `wrong`."""

    start: str
    end: str
    kind: str


@dataclass(frozen=True)
class WalkedMachine:
    """A status machine with what was tried on it.

    Attributes:
        noun: What has these statuses, as `order`.
        machine: All its steps.
        tried: Each step once; the worst that was seen of it.
    """

    noun: str
    machine: Machine
    tried: tuple[TriedStep, ...]

    @property
    def untried(self) -> tuple[Arrow, ...]:
        """The arrows of steps that nobody tried."""
        known = {(step.start, step.end) for step in self.tried}
        return tuple(item for item in self.machine.arrows if (item.start, item.end) not in known)

    @property
    def arrows(self) -> tuple[tuple[str, Arrow], ...]:
        """Kind and arrow of each step that was tried; what is wrong lies on top."""
        order = sorted(self.tried, key=lambda step: step.kind == "wrong")
        return tuple((step.kind, place_arrow(self.machine, step.start, step.end)) for step in order)

    def of(self, kind: str) -> tuple[TriedStep, ...]:
        """The steps that went so."""
        return tuple(step for step in self.tried if step.kind == kind)


def draw_walks(evidence: Iterable[Evidence]) -> list[WalkedMachine]:
    """The machines of which steps were tried in a run, in the order of our entities."""
    seen: dict[tuple[str, str, str], str] = {}
    machines = {machine.name: machine for machine in list_machines()}
    for line in evidence:
        step = line.detail.get("step")
        if not isinstance(step, dict):
            continue
        noun, start, end = (str(step.get(name)) for name in ("noun", "from", "to"))
        machine = machines.get(f"{noun.capitalize()}Status")
        if machine is None or not {start, end} <= machine.table.keys():
            continue
        is_legal = end in machine.table[start]
        kind = ("taken" if is_legal else "refused") if step.get("taken") == is_legal else "wrong"
        if seen.get((noun, start, end)) != "wrong":
            seen[(noun, start, end)] = kind
    return [
        WalkedMachine(noun, machine, tuple(tried))
        for name, machine in machines.items()
        for noun in [name.removesuffix("Status").lower()]
        if (tried := [TriedStep(a, b, kind) for (of, a, b), kind in seen.items() if of == noun])
    ]
