"""`report.json`: the report as a machine reads it, with a published schema.

The schema is `report.schema.json` beside this module; a test writes it anew and compares.
"""

from __future__ import annotations

import json
import re
from datetime import date
from importlib.metadata import version
from typing import Literal

from pydantic import AwareDatetime, Field

from workbench.model import (
    Acceptance,
    Evidence,
    FeatureKind,
    Finding,
    Lifter,
    Outcome,
    Proof,
    Record,
    Requirement,
    Scores,
    Source,
    Standing,
    Status,
    StepMark,
)
from workbench.reporting.defect import Defect
from workbench.reporting.drift import Drift, Trend
from workbench.reporting.phrase import name_check, name_finding
from workbench.reporting.report import Report
from workbench.reporting.row import Row
from workbench.reporting.section import sentence
from workbench.text import escape_sign, sanitize

DOCUMENT = "report.json"
_TOLD = ("summary", "expected", "observed", "hint")
_MARKUP = re.compile("[<>&']")  # what a careless page could take for more than text


class Gap(Record):
    """Why a feature is not integrated, and who can change that."""

    code: str
    title: str
    sentence: str
    lifted_by: Lifter | None
    lifter: str
    needed: str
    cite: str | None


class CriterionEntry(Record):
    """One behaviour of a feature; `evidence` holds the ids of what its standing rests on.

    `attested` names who vouches for it, when, and where that is written.
    """

    slug: str
    title: str
    core: bool
    standing: Standing
    attested: str | None
    evidence: tuple[str, ...]


class FeatureEntry(Record):
    """One feature: our slug and title, their operations or events, the verdict and its proof.

    `verdict` is for machines, `word` what the partner reads; `because` names the rule that decided.
    """

    slug: str
    area: str
    title: str
    benefit: str
    kind: FeatureKind
    requirement: Requirement
    verdict: Status
    proof: Proof
    word: str
    because: str
    depth: str
    theirs: tuple[str, ...]
    explanation: str
    gap: Gap | None
    criteria: tuple[CriterionEntry, ...]
    evidence: tuple[str, ...]


class LimitEntry(Record):
    """A limit within which a feature works."""

    feature: str
    note: str
    reason: str | None
    behaviours: tuple[str, ...]


class Fault(Record):
    """A finding with the features that it touches and the observations that showed it.

    `title` is that of its kind; `command`, pasted into a shell, shows it again.
    """

    number: int
    title: str
    finding: Finding
    command: str
    features: tuple[str, ...]
    evidence: tuple[str, ...]


class Task(Record):
    """One step of what to do next."""

    action: str
    task: str
    about: str


class Observation(Record):
    """One line of the evidence log; `title` is that of its check."""

    id: str
    feature: str
    source: Source
    check: str | None
    title: str
    outcome: Outcome
    summary: str


class ChangeEntry(Record):
    """What has changed since the previous run."""

    direction: Trend
    drift: Drift


class Provenance(Record):
    """What the report rests on, and the command that repeats it.

    Attributes:
        personal: How many different personal values of guests and riders were masked in the run.
    """

    digest: str
    personal: int
    seed: int
    inputs: dict[str, str]
    catalogue: str
    tools: dict[str, str]
    workbench: str
    repeat: str


class ReportSender(Record):
    """Who hands the report over; what is not set is empty."""

    organisation: str
    contact: str


class SignatureEntry(Record):
    """The last word of one side; `word` is its decision as the partner reads it.

    `features` it holds for, all that were integrated where there are none; `until` is its last day.
    """

    side: Literal["us", "partner"]
    decision: Acceptance
    word: str
    name: str
    role: str
    at: AwareDatetime
    is_of_this_run: bool
    conditions: tuple[str, ...]
    features: tuple[str, ...]
    until: date | None


class SigningEntry(Record):
    """What both sides signed, and whether it still holds.

    Attributes:
        contradicted: Slugs of what was signed as integrated and is not any more in this run.
        unshown: Likewise, and this run could not show it.
        lapsed: Last day of what was signed, where that was before this run.
        participants: Of the session about this run; empty: there was none.
        marks: How its steps ended → their number.
    """

    contradicted: tuple[str, ...]
    unshown: tuple[str, ...]
    lapsed: date | None
    signatures: tuple[SignatureEntry, ...]
    participants: tuple[str, ...]
    marks: dict[StepMark, int]


class ReportDocument(Record):
    """A validation report. Texts come from the partner's platform and are to be shown as text."""

    format: Literal["workbench-report/1"] = "workbench-report/1"
    language: str
    partner: str
    title: str
    run: str
    environment: str
    address: str
    publisher: ReportSender
    started_at: AwareDatetime
    valid_until: AwareDatetime | None
    is_complete: bool
    is_draft: bool
    level: str
    sentence: str
    signing: SigningEntry
    access: str
    scores: Scores
    reach: float = Field(ge=0, le=1)
    score: float = Field(ge=0, le=1)
    depth: float = Field(ge=0, le=1)
    next: tuple[Task, ...]
    changes: ChangeEntry | None
    features: tuple[FeatureEntry, ...]
    limits: tuple[LimitEntry, ...]
    defects: tuple[Fault, ...]
    remarks: tuple[Fault, ...]
    questions: tuple[str, ...]
    log: tuple[Observation, ...]
    provenance: Provenance


def make_document(report: Report) -> ReportDocument:
    """The document of a report, in the report's language."""
    header, drift = report.log.header, report.drift
    return ReportDocument(
        language=report.language.code,
        partner=header.partner,
        title=header.title,
        run=header.run,
        environment=header.environment,
        address=str(report.context["base_url"]),
        publisher=ReportSender(
            organisation=report.publisher.organisation, contact=report.publisher.contact
        ),
        started_at=header.started_at,
        valid_until=report.valid_until,
        is_complete=report.log.is_complete,
        is_draft=report.is_draft,
        level=report.level,
        sentence=report.sentence,
        signing=_tell_signing(report),
        access=report.access_trouble,
        scores=report.scores,
        reach=round(report.scores.reach, 4),
        score=round(report.scores.score, 4),
        depth=round(report.scores.depth, 4),
        next=tuple(
            Task(action=step.action, task=sentence(report.translate(step.task)), about=step.about)
            for step in report.steps
        ),
        changes=ChangeEntry(direction=drift.direction, drift=drift) if drift else None,
        features=tuple(_enter(row, report) for row in report.rows),
        limits=tuple(_limits(report)),
        defects=tuple(_fault(item, report) for item in report.defects),
        remarks=tuple(_fault(item, report) for item in report.remarks),
        questions=tuple(map(report.translate, report.context["questions"])),
        log=tuple(_observe(line, report.language.code) for line in report.log.evidence),
        provenance=_trace(report),
    )


def write_json(report: Report) -> str:
    """`report.json` as text; signs that mean something in pages or terminals are escaped."""
    document = make_document(report).model_dump(mode="json")
    text = json.dumps(document, indent=1, ensure_ascii=False)
    return sanitize(_MARKUP.sub(lambda sign: escape_sign(sign[0]), text), escape_sign)


def _tell_signing(report: Report) -> SigningEntry:
    meeting = report.meeting
    held = meeting.protocol
    return SigningEntry(
        contradicted=meeting.contradicted,
        unshown=meeting.unshown,
        lapsed=meeting.lapsed,
        signatures=tuple(
            SignatureEntry(
                **item.model_dump(include=set(SignatureEntry.model_fields)),
                word=report.language.say(f"session.words.{item.decision}"),
                is_of_this_run=item not in meeting.earlier,
            )
            for item in meeting.signatures
        ),
        participants=held.participants if held else (),
        marks=held.counts if held else {},
    )


def _trace(report: Report) -> Provenance:
    header = report.log.header
    return Provenance(
        digest=report.log.footer.digest if report.log.footer else "",
        personal=report.log.footer.personal if report.log.footer else 0,
        seed=header.seed,
        inputs=header.inputs,
        catalogue=header.catalogue,
        tools=header.tools,
        workbench=version("partner-integration-workbench"),
        repeat=report.repeat,
    )


def _enter(row: Row, report: Report) -> FeatureEntry:
    feature, verdict = row.feature, row.verdict
    return FeatureEntry(
        slug=feature.slug,
        area=report.catalogue.areas[feature.area],
        title=feature.title,
        benefit=feature.benefit,
        kind=feature.kind,
        requirement=feature.requirement,
        verdict=verdict.status,
        proof=verdict.proof,
        word=row.word,
        because=verdict.because,
        depth=row.tally,
        theirs=tuple(subject.id for subject in row.subjects),
        explanation=row.explanation if row in report.pending else "",
        gap=_explain(row, report),
        criteria=tuple(
            CriterionEntry(
                slug=item.slug,
                title=item.title,
                core=item.core,
                standing=row.standing(item),
                attested=row.vouch(item) or None,
                evidence=tuple(row.witnesses(item)),
            )
            for item in feature.criteria
        ),
        evidence=tuple(line.id for line in row.evidence),
    )


def _explain(row: Row, report: Report) -> Gap | None:
    absence, reason = row.verdict.absence, row.reason
    if absence is None:
        return None
    return Gap(
        code=absence.code,
        title=reason.title if reason else "",
        sentence=report.translate(absence.reason),
        lifted_by=reason.lifted_by if reason else None,
        lifter=report.language.say(f"lifters.{reason.lifted_by}") if reason else "",
        needed=report.translate(absence.needed or "") or (reason.needed if reason else ""),
        cite=absence.cite,
    )


def _limits(report: Report) -> list[LimitEntry]:
    return [
        LimitEntry(
            feature=item.row.feature.slug,
            note=report.translate(item.note),
            reason=item.reason.code if item.reason else None,
            behaviours=item.behaviours,
        )
        for item in report.limits
    ]


def _fault(defect: Defect, report: Report) -> Fault:
    texts = {name: getattr(defect.finding, name) for name in _TOLD}
    told = {name: report.translate(text) for name, text in texts.items() if text}
    return Fault(
        number=defect.number,
        title=name_finding(defect.finding, report.language.code),
        finding=defect.finding.model_copy(update=told),
        command=report.command(defect),
        features=defect.features,
        evidence=defect.evidence,
    )


def _observe(line: Evidence, code: str) -> Observation:
    told = line.model_dump(include=set(Observation.model_fields))
    return Observation.model_validate(told | {"title": name_check(line.check or "", code)})
