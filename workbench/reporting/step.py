"""What to do next: the few steps that would bring an integration furthest, each with its owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.model.evidence import Outcome
from workbench.model.feature import Lifter, Requirement
from workbench.model.verdict import Status
from workbench.reporting.row import Row
from workbench.reporting.wording import LIFTERS, count

MOST = 5


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        action: Who does what, in two or three words.
        task: What exactly.
        about: What it is about: features, mostly.
        anchor: Where the report says more.
    """

    action: str
    task: str
    about: str
    anchor: str


def list_steps(rows: Sequence[Row], questions: int) -> list[Step]:
    """All steps, those that block most first.

    Args:
        rows: Rows of the report.
        questions: How many questions wait for the partner's answer.
    """
    steps = [*_mend(rows), *_provide(rows), *_settle(questions), *_prove(rows)]
    return list(dict.fromkeys(steps))


def _mend(rows: Sequence[Row]) -> Iterator[Step]:
    """What is there, and does not work."""
    for row in rows:
        if row.verdict.status is Status.FAILED:
            grave = [finding for finding in row.verdict.findings if finding.severity.breaks]
            task = (grave[0].hint or grave[0].summary) if grave else row.verdict.because
            yield Step("You mend", task, row.feature.title, f"gap-{row.feature.slug}")


def _provide(rows: Sequence[Row]) -> Iterator[Step]:
    """What is missing and can be lifted; absences with one remedy are one step."""
    wanted: dict[tuple[Lifter, str], list[Row]] = {}
    for row in rows:
        absence, reason = row.verdict.absence, row.reason
        if row.verdict.status is not Status.UNSUPPORTED or absence is None or reason is None:
            continue
        if reason.lifted_by is not Lifter.NOBODY:
            need = absence.needed or reason.needed
            wanted.setdefault((reason.lifted_by, need), []).append(row)
    ranked = sorted(wanted.items(), key=lambda entry: min(_weight(row) for row in entry[1]))
    for (lifter, need), found in ranked:
        verb = "provides" if lifter is Lifter.RESTAURANT else "provide"
        yield Step(f"{LIFTERS[lifter]} {verb}", need, _name(found), f"gap-{found[0].feature.slug}")


def _settle(questions: int) -> Iterator[Step]:
    if questions:
        yield Step(
            "You answer",
            f"Our {count(questions, 'open question')}",
            "What the documents leave open",
            "questions",
        )


def _prove(rows: Sequence[Row]) -> Iterator[Step]:
    """What is connected, and was not tried: one step for all, for the next session."""
    untried = [
        row
        for row in rows
        if row.verdict.status in {Status.UNVERIFIED, Status.UNKNOWN} and not row.is_paperwork
    ]
    if untried:
        stopped = any(line.outcome is Outcome.CANT_TELL for row in untried for line in row.evidence)
        why = "; your test system did not let us finish" if stopped else ""
        yield Step(
            f"{LIFTERS[Lifter.TOGETHER]} try out",
            f"What is connected but not proved yet{why}",
            _name(untried),
            f"gap-{untried[0].feature.slug}",
        )


def _name(rows: Sequence[Row]) -> str:
    return "; ".join(row.feature.title for row in rows)


def _weight(row: Row) -> int:
    """Required before conditional before what goes beyond; paperwork blocks before services."""
    order = [Requirement.REQUIRED, Requirement.CONDITIONAL, Requirement.BEYOND]
    return 2 * order.index(row.feature.requirement) + (0 if row.is_paperwork else 1)
