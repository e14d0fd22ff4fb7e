"""The agenda of a validation session, and its protocol as a page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from workbench.handover.phrases import load_words, write_page
from workbench.model import (
    FeatureKind,
    FeatureSlug,
    Protocol,
    SessionHeader,
    SessionStep,
    Standing,
    Status,
    StepKind,
)
from workbench.reporting import Language, Report, Row, list_starts

_PROVED = {Standing.PROVED, Standing.INAPPLICABLE, Standing.UNSUPPORTED}
# Minutes by how much there is to do: seen to work before, or to be shown for the first time.
_SHOW, _PROVE, _ASK = 3, 8, 4
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
        extra: Steps of the partner's own list; a feature that one of them asks for is not asked
            for a second time.
    """
    words = load_words(report.language.code)
    header = report.log.header
    asked = {step.feature for step in extra if step.feature}
    own = [step for step in _list_steps(report, words) if step.feature not in asked]
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


def _list_steps(report: Report, words: Language) -> Iterator[SessionStep]:
    """Access first, then what nobody has seen work, then what worked before, then questions."""
    rows = [row for row in report.rows if row.verdict.status is not Status.EXEMPT]
    papers = [row for row in rows if row.feature.slug in _PAPERS]
    shown = [row for row in report.platform if row.verdict.status is not Status.EXEMPT]
    for row in papers:
        yield _make_step(row, words, _ASK)
    for row in shown:
        if not row.verdict.status.is_integrated:
            yield _make_step(row, words, _PROVE)
    for row in shown:
        if row.verdict.status.is_integrated:
            yield _make_step(row, words, _SHOW)
    for number, question in enumerate(report.context["questions"], 1):
        yield SessionStep(
            slug=f"question-{number}",
            kind=StepKind.QUESTION,
            title=words.say("session.question", n=number),
            action=report.translate(str(question)),
            expected=(words.say("session.answer"),),
            who="partner",
            minutes=_ASK,
        )


def _make_step(row: Row, words: Language, minutes: int) -> SessionStep:
    feature = row.feature
    kind = {
        FeatureKind.EVENT: StepKind.EVENT,
        FeatureKind.SERVICE: StepKind.CALL,
        FeatureKind.PAPERWORK: StepKind.PAPER,
    }[feature.kind]
    bound = bool(row.verdict.subjects) and row.verdict.status is not Status.UNSUPPORTED
    open_ones = [item for item in feature.criteria if row.standing(item) not in _PROVED]
    asked = (open_ones or [item for item in feature.criteria if item.core])[:_MOST_EXPECTED]
    key = f"session.do.{feature.slug}" if bound else "session.do.absent"
    if f"session.do.{feature.slug}" not in words.messages:
        key = "session.do.paper"
    who = "partner" if kind is StepKind.EVENT or not bound else "us"
    return SessionStep(
        slug=feature.slug,
        kind=kind if bound else StepKind.QUESTION,
        title=feature.title,
        action=words.say(key, title=feature.title),
        who="together" if kind is StepKind.PAPER else who,
        feature=feature.slug,
        criteria=tuple(item.slug for item in asked),
        expected=tuple(item.title for item in asked) if bound else (words.say("session.answer"),),
        minutes=minutes,
        operations=row.verdict.subjects if kind is not StepKind.PAPER else (),
    )


def write_protocol(report: Report, protocol: Protocol) -> str:
    """The agenda with what came of it, as a page."""
    starts = [start for _, start in list_starts(protocol)]
    code = protocol.header.language
    return write_page("session", code, report=report, protocol=protocol, starts=starts)
