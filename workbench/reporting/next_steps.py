"""What to do next: the few steps that would bring an integration furthest, each with its owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.errors import CredentialError
from workbench.model import REFUSAL, Lifter, Outcome, Requirement, Status
from workbench.reporting.language import Language
from workbench.reporting.row import Row

MOST = 5
_UNPROVED = {Status.SUPPORTED, Status.UNVERIFIED, Status.UNKNOWN}


@dataclass(frozen=True)
class NextStep:
    """One thing to do.

    Attributes:
        action: Who does what, in two or three words.
        task: What exactly.
        about: What it is about: features, mostly.
        anchor: Where the report says more.
        is_recorded: Whether the task is a sentence of the partner folder or of a tool.
    """

    action: str
    task: str
    about: str
    anchor: str
    is_recorded: bool = False


def list_steps(rows: Sequence[Row], questions: int, language: Language) -> list[NextStep]:
    """All steps, those that block most first; what goes beyond the agreement is no step.

    Args:
        rows: Rows of the report.
        questions: How many questions wait for the partner's answer.
        language: In which the steps are written.
    """
    steps = [
        *_mend(rows, language),
        *_provide(rows, language),
        *_settle(questions, language),
        *_prove(rows, language),
    ]
    return list(dict.fromkeys(steps))


def _mend(rows: Sequence[Row], language: Language) -> Iterator[NextStep]:
    """What is there, and does not work."""
    for row in rows:
        if row.verdict.status is not Status.FAILED:
            continue
        grave = [finding for finding in row.findings if finding.severity.breaks]
        action = language.say("steps.mend" if grave else "steps.mend_us")
        task = (grave[0].hint or grave[0].summary) if grave else row.explanation
        anchor = f"gap-{row.feature.slug}"
        yield NextStep(action, task, row.feature.title, anchor, is_recorded=bool(grave))


def _provide(rows: Sequence[Row], language: Language) -> Iterator[NextStep]:
    """What is missing and can be lifted; absences with one remedy are one step."""
    wanted: dict[tuple[Lifter, str, bool], list[Row]] = {}
    for row in rows:
        absence, reason = row.verdict.absence, row.reason
        if row.verdict.status is not Status.UNSUPPORTED or absence is None or reason is None:
            continue
        if reason.lifted_by is not Lifter.NOBODY and not row.is_beyond:
            key = (reason.lifted_by, absence.needed or reason.needed, bool(absence.needed))
            wanted.setdefault(key, []).append(row)
    ranked = sorted(wanted.items(), key=lambda entry: min(_weight(row) for row in entry[1]))
    for (lifter, need, is_recorded), found in ranked:
        action = language.say(f"steps.provide_{lifter}")
        anchor = f"gap-{found[0].feature.slug}"
        yield NextStep(action, need, _name(found), anchor, is_recorded=is_recorded)


def _settle(questions: int, language: Language) -> Iterator[NextStep]:
    if questions:
        yield NextStep(
            language.say("steps.answer"),
            language.count("count.question", questions),
            language.say("steps.answer_about"),
            "questions",
        )


def _prove(rows: Sequence[Row], language: Language) -> Iterator[NextStep]:
    """What is connected, and was not tried: one step for all, for the next session."""
    untried = [row for row in rows if row.verdict.status in _UNPROVED and not row.is_paperwork]
    if untried:
        doubts = [
            line for row in untried for line in row.evidence if line.outcome is Outcome.CANT_TELL
        ]
        lacks = any(line.detail.get(REFUSAL) == CredentialError.__name__ for line in doubts)
        ending = "_credentials" if lacks else "_stopped" if doubts else "_task"
        yield NextStep(
            language.say("steps.try"),
            language.say(f"steps.try{ending}"),
            _name(untried),
            f"gap-{untried[0].feature.slug}",
        )


def _name(rows: Sequence[Row]) -> str:
    return "; ".join(row.feature.title for row in rows)


def _weight(row: Row) -> int:
    """Required before conditional; paperwork blocks before services."""
    order = [Requirement.REQUIRED, Requirement.CONDITIONAL, Requirement.BEYOND]
    return 2 * order.index(row.feature.requirement) + (0 if row.is_paperwork else 1)
