"""Verdicts are computed: `judge` derives one from a statement and the evidence of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from workbench.model.evidence import (
    LIVE_SOURCES,
    Evidence,
    Finding,
    Identity,
    Outcome,
    Severity,
    Source,
    identify,
)
from workbench.model.feature import Feature, Requirement
from workbench.model.findings import make_finding
from workbench.model.statement import Absence, Binding, Limit, Open, Statement
from workbench.model.verdict import Proof, Standing, Status, Verdict


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
    stated = statement or provided_binding(feature)
    if isinstance(stated, Binding):
        verdict = _judge_binding(feature, stated, fresh)
    elif isinstance(stated, Absence):
        verdict = _judge_absence(feature, stated, fresh)
    elif isinstance(stated, Open):
        verdict = _judge_open(feature, stated)
    else:
        verdict = _judge_silence(feature)
    return verdict.model_copy(update={"stale": tuple(name for name in stale if name)})


def provided_binding(feature: Feature) -> Binding | None:
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


def combine_outcomes(outcomes: Iterable[Outcome]) -> Outcome:
    """Outcome of several observations of one thing: failed, then cant-tell, then passed decide."""
    seen = set(outcomes)
    for outcome in (Outcome.FAILED, Outcome.CANT_TELL, Outcome.PASSED, Outcome.UNTESTED):
        if outcome in seen:
            return outcome
    return Outcome.INAPPLICABLE if seen else Outcome.UNTESTED


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


def _judge_open(feature: Feature, stated: Open) -> Verdict:
    return Verdict(
        feature=feature.slug,
        status=Status.OPEN,
        candidates=stated.candidates,
        because=stated.note or "nobody has judged it yet",
    )


def _judge_absence(feature: Feature, absence: Absence, lines: list[Evidence]) -> Verdict:
    contrary = [line for line in lines if _proves(line)]
    if not contrary:
        return Verdict(
            feature=feature.slug,
            status=Status(absence.status),
            absence=absence,
            because=f"stated in the partner folder with reason {absence.code}",
        )
    finding = make_finding(
        "statement-contradicted",
        what=repr(feature.title),
        status=absence.status,
        source=contrary[0].source,
    )
    return Verdict(
        feature=feature.slug,
        status=Status.FAILED,
        proof=Proof.LIVE,
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
    criteria = {item.slug: _stand(item.slug, binding, lines) for item in feature.criteria}
    status, because = _decide(feature, sources, counted, criteria, limits)
    return Verdict(
        feature=feature.slug,
        status=status,
        proof=_reach(counted),
        subjects=binding.subjects,
        sources=sources,
        criteria=criteria,
        attested=binding.attested,
        limits=limits,
        findings=_distinct(
            [finding for line in lines for finding in line.findings]
            + _contradictions(binding, lines)
        ),
        reviewed=binding.reviewed,
        basis=tuple(line.id for line in lines if line.id),
        because=because,
    )


def _proves(line: Evidence) -> bool:
    """Whether the line saw something of the feature at work.

    Semantic: a passed line that asserts no criterion (a latency, an answer of the documented form)
    proves nothing of the feature.
    """
    is_live = line.source in LIVE_SOURCES
    return is_live and line.outcome is Outcome.PASSED and bool(line.criteria)


def _reach(lines: list[Evidence]) -> Proof:
    passed = {line.source for line in lines if line.outcome is Outcome.PASSED}
    if any(_proves(line) for line in lines):
        return Proof.LIVE
    if Source.SAMPLES in passed:
        return Proof.REHEARSED
    return Proof.DOCUMENTED if Source.DOCUMENTS in passed else Proof.NONE


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
    criteria: Mapping[str, Standing],
    limits: tuple[Limit, ...],
) -> tuple[Status, str]:
    grave = [line for line in lines if any(finding.severity.breaks for finding in line.findings)]
    settled = {Outcome.FAILED, Outcome.PASSED}
    against = [line for line in grave if line.outcome in settled and _condemns(line)]
    if against:
        return Status.FAILED, f"{_names(against)} found that it does not work as needed"
    if grave:
        return Status.UNVERIFIED, f"bound, but {_names(grave)} could not settle a grave doubt"
    lacking = _unproved_core(feature, criteria)
    if not lacking:
        seen = _names([line for line in lines if _proves(line)])
        if limits:
            count = "one named limit" if len(limits) == 1 else f"{len(limits)} named limits"
            return Status.LIMITED, f"proved live by {seen}, with {count}"
        return Status.CONFIRMED, f"proved live by {seen}"
    return _not_proved(feature, sources, lacking)


def _condemns(line: Evidence) -> bool:
    """Whether the line saw live that something is wrong which is not a doubt about ourselves."""
    return line.source in LIVE_SOURCES and any(
        finding.severity.breaks and finding.matter.settles for finding in line.findings
    )


def _unproved_core(feature: Feature, criteria: Mapping[str, Standing]) -> list[str]:
    """Core criteria that apply and are not proved live.

    Where all core criteria are stated absent, one proof of any other criterion has to be there.
    """
    stated = {Standing.INAPPLICABLE, Standing.UNSUPPORTED}
    core = [item.slug for item in feature.criteria if item.core]
    wanted = [slug for slug in core if criteria[slug] not in stated]
    if wanted:
        return [slug for slug in wanted if criteria[slug] is not Standing.PROVED]
    return [] if Standing.PROVED in criteria.values() else core or [feature.slug]


def _not_proved(
    feature: Feature, sources: Mapping[Source, Outcome], lacking: list[str]
) -> tuple[Status, str]:
    accepted = {Outcome.PASSED, Outcome.FAILED, Outcome.INAPPLICABLE}
    offline = [source for source in feature.requires if source not in LIVE_SOURCES]
    missing = [s for s in offline if sources.get(s, Outcome.UNTESTED) not in accepted]
    passed = [source for source in offline if sources.get(source) is Outcome.PASSED]
    core = ", ".join(lacking)
    if missing or not passed:
        return Status.UNVERIFIED, f"bound, but not proved live yet: {core}"
    return Status.SUPPORTED, f"rehearsed with {', '.join(passed)}; not proved live yet: {core}"


def _stand(slug: str, binding: Binding, lines: list[Evidence]) -> Standing:
    """How one criterion stands: what was stated of it, then the lines that name it.

    A failure decides, then live proof: what the partner once showed is not undone by a refusal
    (401, 429, time-out) that came before or after it.
    """
    if slug in binding.criteria:
        is_exempt = binding.criteria[slug].status == "exempt"
        return Standing.INAPPLICABLE if is_exempt else Standing.UNSUPPORTED
    named = [line for line in lines if slug in line.criteria or _breaks(line, slug)]
    live = {line.outcome for line in named if line.source in LIVE_SOURCES}
    offline = _by_source([line for line in named if line.source not in LIVE_SOURCES])
    rules = (
        (Outcome.FAILED in live or Outcome.FAILED in offline.values(), Standing.FAILED),
        (any(slug in line.criteria and _proves(line) for line in named), Standing.PROVED),
        (Outcome.CANT_TELL in live, Standing.CANT_TELL),
        (slug in binding.attested, Standing.ATTESTED),
        (offline.get(Source.SAMPLES) is Outcome.PASSED, Standing.REHEARSED),
        (offline.get(Source.DOCUMENTS) is Outcome.PASSED, Standing.DOCUMENTED),
        (live == {Outcome.INAPPLICABLE}, Standing.INAPPLICABLE),
    )
    return next((standing for holds, standing in rules if holds), Standing.UNTESTED)


def _breaks(line: Evidence, slug: str) -> bool:
    failed = line.outcome is Outcome.FAILED
    return failed and any(finding.criterion == slug for finding in line.findings)


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
    seen = {slug for line in lines if _proves(line) for slug in line.criteria}
    return [
        make_finding(
            "statement-contradicted",
            criterion=slug,
            severity=Severity.LOW,
            what=repr(slug),
            status=absence.status,
            source="live evidence",
        )
        for slug, absence in binding.criteria.items()
        if slug in seen
    ]


def _by_source(lines: list[Evidence]) -> dict[Source, Outcome]:
    """Outcome of every source that said something, in the order of `Source`."""
    return {
        source: combine_outcomes(line.outcome for line in lines if line.source is source)
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
    name = identify(findings)
    unique: dict[tuple[Identity, str | None], Finding] = {}
    for finding in ranked:
        unique.setdefault((name(finding), finding.criterion), finding)
    return tuple(unique.values())
