"""The agenda of a validation session, and its protocol as a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from workbench.drafting import ask_about
from workbench.handover.phrases import load_words, write_page
from workbench.model import (
    Criterion,
    FeatureKind,
    FeatureSlug,
    Protocol,
    SessionHeader,
    SessionStep,
    Standing,
    Status,
    StepKind,
)
from workbench.partners import load_catalogue
from workbench.reporting import Language, Report, Row, list_starts, sentence

_PROVED = {Standing.PROVED, Standing.INAPPLICABLE, Standing.UNSUPPORTED}
# Minutes by how much there is to do: seen to work before, or to be shown for the first time.
_SHOW, _PROVE, _ASK, _NOTED = 3, 8, 4, 2
_MOST_EXPECTED = 6
# Papers that are looked at together; the others stand in the letter.
_PAPERS = {
    FeatureSlug.SANDBOX_CREDENTIALS,
    FeatureSlug.PRODUCTION_CREDENTIALS,
    FeatureSlug.TEST_ACCOUNT,
    FeatureSlug.WEBHOOK_ENDPOINT,
}


def make_agenda(
    report: Report, participants: tuple[str, ...] = (), extra: tuple[SessionStep, ...] = ()
) -> SessionHeader:
    """The session of a run, in the language of its report.

    Args:
        report: The run that is talked about.
        participants: Names and roles.
        extra: Steps of the partner's own list; what one of them is sure to ask for is not asked
            for a second time, and what it leaves of a feature is.
    """
    words = load_words(report.language.code)
    header = report.log.header
    own = _leave_out(_list_steps(report, words), extra)
    return SessionHeader(
        partner=header.partner,
        title=header.title,
        run=header.run,
        language=words.code,
        environment=header.environment,
        started_at=datetime.now(UTC),
        participants=participants,
        steps=(*extra, *own),
    )


def _leave_out(
    steps: Iterable[SessionStep], extra: tuple[SessionStep, ...]
) -> Iterator[SessionStep]:
    """Our steps, without the behaviours that steps of the partner's own list are sure to show."""
    sure = [step for step in extra if step.feature and not step.is_proposed]
    for step in steps:
        shown = {slug for one in sure if one.feature == step.feature for slug in one.criteria}
        kept = [
            (slug, title)
            for slug, title in zip(step.criteria, step.expected, strict=False)
            if slug not in shown
        ]
        if not shown & {*step.criteria}:
            yield step
        elif kept:
            yield step.model_copy(
                update={
                    "criteria": tuple(slug for slug, _ in kept),
                    "expected": tuple(title for _, title in kept),
                }
            )


def _list_steps(report: Report, words: Language) -> Iterator[SessionStep]:
    """Access first, then what nobody has seen work, then what worked before, then questions."""
    rows = [row for row in report.rows if row.verdict.status is not Status.EXEMPT]
    shown = [row for row in report.platform if row.verdict.status is not Status.EXEMPT]
    sends = any(_is_bound(row) and row.feature.kind is FeatureKind.EVENT for row in shown)
    for row in rows:
        is_ours = row.feature.slug == FeatureSlug.WEBHOOK_ENDPOINT
        if row.feature.slug in _PAPERS and (sends or not is_ours):
            yield _make_step(row, words, _ASK)
    offered = {row.feature.slug for row in shown if not _is_bound(row)}
    left, near = _sort_questions(report, offered)
    for row in shown:
        if not _is_bound(row):
            yield _ask_for(row, report, words, near.get(row.feature.slug, ""))
        elif not row.verdict.status.is_integrated:
            yield _make_step(row, words, _PROVE)
    for row in shown:
        if row.verdict.status.is_integrated:
            yield _make_step(row, words, _SHOW)
    for number, question in enumerate(left, 1):
        yield SessionStep(
            slug=f"question-{number}",
            kind=StepKind.QUESTION,
            title=words.say("session.question", n=number),
            action=report.translate(question),
            expected=(words.say("session.answer"),),
            who="partner",
            minutes=_ASK,
        )


def _sort_questions(report: Report, offered: set[str]) -> tuple[list[str], dict[str, str]]:
    """Questions with a step of their own; and of the others what came near each feature."""
    asked = {ask_about(item): item.slug for item in load_catalogue().bindable()}
    left, near = [], {}
    for question in map(str, report.context["questions"]):
        about = next((text for text in asked if question.startswith(text)), "")
        if about and asked[about] in offered:
            near[asked[about]] = question.removeprefix(about).strip()
        else:
            left.append(question)
    return left, near


def _is_bound(row: Row) -> bool:
    return bool(row.verdict.subjects) and row.verdict.status is not Status.UNSUPPORTED


def _ask_for(row: Row, report: Report, words: Language, near: str) -> SessionStep:
    """A service that is not connected: is there one, or does what was noted still hold?"""
    feature, absence = row.feature, row.verdict.absence
    if absence is not None:
        reason = sentence(report.translate(absence.reason))
        action = words.say("session.do.noted", reason=reason)
    else:
        action = words.say("session.do.absent", title=feature.title)
        action = f"{action} {report.translate(near)}".strip()
    return SessionStep(
        slug=feature.slug,
        kind=StepKind.QUESTION,
        title=feature.title,
        action=action,
        who="partner",
        feature=feature.slug,
        criteria=tuple(item.slug for item in _pick_criteria(row)),
        expected=(words.say("session.answer"),),
        minutes=_NOTED if absence is not None else _ASK,
    )


def _pick_criteria(row: Row) -> list[Criterion]:
    """What was not shown yet; else what matters most."""
    open_ones = [item for item in row.feature.criteria if row.standing(item) not in _PROVED]
    return (open_ones or [item for item in row.feature.criteria if item.core])[:_MOST_EXPECTED]


def _make_step(row: Row, words: Language, minutes: int) -> SessionStep:
    feature = row.feature
    kind = {
        FeatureKind.EVENT: StepKind.EVENT,
        FeatureKind.SERVICE: StepKind.CALL,
        FeatureKind.PAPERWORK: StepKind.PAPER,
    }[feature.kind]
    key = f"session.do.{feature.slug}"
    if key not in words.messages:
        key = "session.do.paper"
    who = "partner" if kind is StepKind.EVENT else "us"
    asked = _pick_criteria(row)
    return SessionStep(
        slug=feature.slug,
        kind=kind,
        title=feature.title,
        action=words.say(key, title=feature.title),
        who="together" if kind is StepKind.PAPER else who,
        feature=feature.slug,
        criteria=tuple(item.slug for item in asked),
        expected=tuple(item.title for item in asked),
        minutes=minutes,
        operations=row.verdict.subjects if kind is not StepKind.PAPER else (),
    )


def write_protocol(report: Report, protocol: Protocol) -> str:
    """The agenda with what came of it, as a page."""
    starts = [start for _, start in list_starts(protocol)]
    code = report.language.code
    return write_page("session", code, report=report, protocol=protocol, starts=starts)
