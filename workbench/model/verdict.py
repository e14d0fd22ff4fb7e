"""Statements that people write, and the verdicts that are computed from evidence.

Nobody types a verdict: `judge` derives it from what the partner folder states (a binding or an
absence) and from the evidence of a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field

from workbench.model.evidence import (
    LIVE_SOURCES,
    Evidence,
    Finding,
    Outcome,
    Record,
    Severity,
    Source,
)
from workbench.model.feature import Catalogue, Feature, Requirement


class Limit(Record):
    """A way in which a bound feature falls short, stated by us or shown by evidence."""

    note: str
    code: str | None = None
    criterion: str | None = None


class Absence(Record):
    """A stated absence: the partner has no such thing, or it does not apply.

    Attributes:
        status: `unsupported` (the partner lacks it) or `exempt` (it does not apply).
        code: Reason code R1 to R20.
        reason: One sentence for the partner.
        cite: Where the documents say so (pointer or URL).
        needed: What would lift it, if more is known than the catalogue says.
    """

    status: Literal["unsupported", "exempt"]
    code: str = Field(pattern=r"^R\d{1,2}$")
    reason: str = Field(min_length=10)
    cite: str | None = None
    needed: str | None = None


class Binding(Record):
    """A stated binding: these operations or events serve the feature.

    Attributes:
        subjects: References into the description (`METHOD /path`, event ids); for paperwork, what
            was handed over.
        limits: Known shortcomings, each named.
        criteria: Criterion slug → stated absence of that one behaviour.
    """

    subjects: tuple[str, ...] = Field(min_length=1)
    limits: tuple[Limit, ...] = ()
    criteria: dict[str, Absence] = Field(default_factory=dict)


Statement = Binding | Absence


class Status(StrEnum):
    """The verdict words."""

    CONFIRMED = "confirmed"
    SUPPORTED = "supported"
    LIMITED = "limited"
    FAILED = "failed"
    UNVERIFIED = "unverified"
    UNSUPPORTED = "unsupported"
    EXEMPT = "exempt"
    UNKNOWN = "unknown"

    @property
    def is_integrated(self) -> bool:
        """Whether a report may call the feature integrated."""
        return self in {Status.CONFIRMED, Status.SUPPORTED, Status.LIMITED}


class Verdict(Record):
    """What is known of one feature of one partner, and why.

    Attributes:
        sources: Outcome per source that was asked.
        criteria: Outcome per criterion slug; stated absences are `inapplicable`.
        limits: Every limit, stated and observed.
        absence: The stated absence, when there is one.
        basis: Ids of the evidence lines that decided.
        stale: Ids of evidence lines that were too old or rest on other inputs.
        because: One sentence that says which rule decided.
    """

    feature: str
    status: Status
    subjects: tuple[str, ...] = ()
    sources: dict[Source, Outcome] = Field(default_factory=dict)
    criteria: dict[str, Outcome] = Field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    findings: tuple[Finding, ...] = ()
    absence: Absence | None = None
    basis: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    because: str


class Scores(Record):
    """Reach = bound ÷ applicable, score = integrated ÷ applicable; both 0 when none applies."""

    applicable: int
    bound: int
    integrated: int

    @property
    def reach(self) -> float:
        """Share of the applicable features that the partner's platform offers."""
        return self.bound / self.applicable if self.applicable else 0.0

    @property
    def score(self) -> float:
        """Share of the applicable features that are integrated; never above reach."""
        return self.integrated / self.applicable if self.applicable else 0.0


def judge(
    feature: Feature,
    statement: Statement | None,
    evidence: Iterable[Evidence],
    *,
    now: datetime,
    inputs: Mapping[str, str] | None = None,
) -> Verdict:
    """Compute the verdict of one feature. Pure and total, whatever the order of the evidence.

    Args:
        feature: Row of the catalogue.
        statement: What the partner folder states, or None when it is silent.
        evidence: All evidence of that feature, of any age.
        now: Instant against which the age of live evidence is measured (zone-aware).
        inputs: Current file hashes; evidence that rests on another hash is stale.
    """
    lines = sorted((line for line in evidence if line.feature == feature.slug), key=_position)
    fresh: list[Evidence] = []
    stale: list[str] = []
    for line in lines:
        if is_stale(line, feature, now=now, inputs=inputs):
            stale.append(line.id)
        else:
            fresh.append(line)
    stated = statement or given(feature)
    if isinstance(stated, Binding):
        verdict = _judge_binding(feature, stated, fresh)
    elif isinstance(stated, Absence):
        verdict = _judge_absence(feature, stated, fresh)
    else:
        verdict = _judge_silence(feature)
    return verdict.model_copy(update={"stale": tuple(name for name in stale if name)})


def given(feature: Feature) -> Binding | None:
    """What stands for a binding where the folder is silent, because we provide the thing."""
    return Binding(subjects=(feature.given,)) if feature.given else None


def is_stale(
    line: Evidence, feature: Feature, *, now: datetime, inputs: Mapping[str, str] | None
) -> bool:
    """Whether an input of the line changed, or the line is live and older than its age."""
    if inputs is not None and any(
        inputs.get(name, digest) != digest for name, digest in line.inputs.items()
    ):
        return True
    too_old = now - line.observed_at > timedelta(days=feature.max_age_days)
    return line.source in LIVE_SOURCES and too_old


def combine(outcomes: Iterable[Outcome]) -> Outcome:
    """Outcome of several observations of one thing: failed, then cant-tell, then passed decide."""
    seen = set(outcomes)
    for outcome in (Outcome.FAILED, Outcome.CANT_TELL, Outcome.PASSED, Outcome.UNTESTED):
        if outcome in seen:
            return outcome
    return Outcome.INAPPLICABLE if seen else Outcome.UNTESTED


def score(catalogue: Catalogue, verdicts: Mapping[str, Verdict]) -> Scores:
    """Count applicable, bound and integrated features among those that can be bound.

    A feature without a verdict counts as applicable, so that a partial run never looks better than
    a whole one.
    """
    found = [verdicts.get(feature.slug) for feature in catalogue.bindable()]
    relevant = [item for item in found if item is None or item.status is not Status.EXEMPT]
    bound = [item for item in relevant if item is not None and item.subjects]
    return Scores(
        applicable=len(relevant),
        bound=len(bound),
        integrated=sum(item.status.is_integrated for item in bound),
    )


def _judge_silence(feature: Feature) -> Verdict:
    if feature.requirement is not Requirement.BEYOND:
        because = "the partner folder neither binds the feature nor states its absence"
        return Verdict(feature=feature.slug, status=Status.UNKNOWN, because=because)
    reason = "Beyond the agreed scope; nothing was asked."
    return Verdict(
        feature=feature.slug,
        status=Status.EXEMPT,
        absence=Absence(status="exempt", code="R19", reason=reason),
        because="the folder says nothing, and the feature is beyond the agreed scope",
    )


def _judge_absence(feature: Feature, absence: Absence, lines: list[Evidence]) -> Verdict:
    contrary = [
        line for line in lines if line.source in LIVE_SOURCES and line.outcome is Outcome.PASSED
    ]
    if not contrary:
        return Verdict(
            feature=feature.slug,
            status=Status(absence.status),
            absence=absence,
            because=f"stated in the partner folder with reason {absence.code}",
        )
    finding = Finding(
        slug="statement-contradicted",
        severity=Severity.HIGH,
        summary=f"The folder states that {feature.title!r} is {absence.status}, "
        f"but {contrary[0].source} saw it work.",
        hint="Bind the feature in partner.yaml, or correct the reason.",
    )
    return Verdict(
        feature=feature.slug,
        status=Status.FAILED,
        sources=_by_source(contrary),
        absence=absence,
        findings=(finding,),
        basis=tuple(line.id for line in contrary if line.id),
        because="live evidence contradicts the stated absence",
    )


def _judge_binding(feature: Feature, binding: Binding, lines: list[Evidence]) -> Verdict:
    excused = frozenset(binding.criteria)
    counted = [_without(line, excused) for line in lines]
    sources = _by_source(counted)
    limits = _limits(binding, counted)
    status, because = _decide(feature, sources, counted, limits)
    return Verdict(
        feature=feature.slug,
        status=status,
        subjects=binding.subjects,
        sources=sources,
        criteria={item.slug: _proof(item.slug, lines, excused) for item in feature.criteria},
        limits=limits,
        findings=_distinct(
            [finding for line in lines for finding in line.findings]
            + _contradictions(binding, lines)
        ),
        basis=tuple(line.id for line in lines if line.id),
        because=because,
    )


def _without(line: Evidence, excused: frozenset[str]) -> Evidence:
    """The line without findings about criteria whose absence is stated: those are known limits."""
    kept = tuple(finding for finding in line.findings if finding.criterion not in excused)
    if len(kept) == len(line.findings):
        return line
    failed_only_there = line.outcome is Outcome.FAILED and not kept
    outcome = Outcome.INAPPLICABLE if failed_only_there else line.outcome
    return line.model_copy(update={"findings": kept, "outcome": outcome})


def _decide(
    feature: Feature,
    sources: Mapping[Source, Outcome],
    lines: list[Evidence],
    limits: tuple[Limit, ...],
) -> tuple[Status, str]:
    broken = [line for line in lines if any(finding.severity.breaks for finding in line.findings)]
    against = [line for line in broken if line.outcome in {Outcome.FAILED, Outcome.PASSED}]
    if against:
        return Status.FAILED, f"{_names(against)} found that it does not work as needed"
    if broken:
        return Status.UNVERIFIED, f"bound, but {_names(broken)} could not settle a grave doubt"
    accepted = {Outcome.PASSED, Outcome.FAILED, Outcome.INAPPLICABLE}
    missing = [
        source
        for source in feature.requires
        if sources.get(source, Outcome.UNTESTED) not in accepted
    ]
    passed = [source for source, outcome in sources.items() if outcome is Outcome.PASSED]
    if missing or not passed:
        lacking = ", ".join(missing) or "any source"
        return Status.UNVERIFIED, f"bound, but not proved yet by {lacking}"
    if limits:
        count = "one named limit" if len(limits) == 1 else f"{len(limits)} named limits"
        return Status.LIMITED, f"proved by {', '.join(passed)}, with {count}"
    live = [source for source in feature.confirmed_by if source in passed]
    if live:
        return Status.CONFIRMED, f"proved live by {', '.join(live)}"
    return Status.SUPPORTED, f"proved by {', '.join(passed)}, not confirmed live"


def _proof(slug: str, lines: list[Evidence], excused: frozenset[str]) -> Outcome:
    """Outcome of one criterion: of the lines that name it, and the failures that hit it."""
    if slug in excused:
        return Outcome.INAPPLICABLE
    return combine(
        line.outcome
        for line in lines
        if slug in line.criteria
        or (
            line.outcome is Outcome.FAILED
            and any(finding.criterion == slug for finding in line.findings)
        )
    )


def _limits(binding: Binding, lines: list[Evidence]) -> tuple[Limit, ...]:
    """Stated limits, then observed ones: findings of medium weight, or behind a failure."""
    stated = [
        Limit(note=absence.reason, code=absence.code, criterion=slug)
        for slug, absence in binding.criteria.items()
        if absence.status == "unsupported"
    ]
    observed = _distinct(
        [
            finding
            for line in lines
            for finding in line.findings
            if finding.severity is Severity.MEDIUM
            or (line.outcome is Outcome.FAILED and not finding.severity.breaks)
        ]
    )
    shown = [Limit(note=finding.summary, criterion=finding.criterion) for finding in observed]
    return tuple(dict.fromkeys((*binding.limits, *stated, *shown)))


def _contradictions(binding: Binding, lines: list[Evidence]) -> list[Finding]:
    """Criteria that are stated absent, and that live evidence nevertheless saw at work."""
    seen = {
        slug
        for line in lines
        if line.source in LIVE_SOURCES and line.outcome is Outcome.PASSED
        for slug in line.criteria
    }
    return [
        Finding(
            slug="statement-contradicted",
            severity=Severity.LOW,
            summary=f"The folder states that {slug!r} is {absence.status}, but it was seen.",
            hint="Remove the stated absence from partner.yaml, or correct its reason.",
            criterion=slug,
        )
        for slug, absence in binding.criteria.items()
        if slug in seen
    ]


def _by_source(lines: list[Evidence]) -> dict[Source, Outcome]:
    """Outcome of every source that said something, in the order of `Source`."""
    return {
        source: combine(line.outcome for line in lines if line.source is source)
        for source in Source
        if any(line.source is source for line in lines)
    }


def _names(lines: list[Evidence]) -> str:
    seen = {line.source for line in lines}
    return ", ".join(source for source in Source if source in seen)


def _position(line: Evidence) -> tuple[datetime, str, str, str]:
    return (line.observed_at, line.id, line.source, line.subject)


def _distinct(findings: list[Finding]) -> tuple[Finding, ...]:
    """One finding for each key and criterion, the most severe; most severe first."""
    ranked = sorted(findings, key=lambda item: (item.severity.rank, item.model_dump_json()))
    unique: dict[tuple[tuple[str | None, ...], str | None], Finding] = {}
    for finding in ranked:
        unique.setdefault((finding.key, finding.criterion), finding)
    return tuple(unique.values())
