"""Laws of verdicts and scores, over every combination of statement and evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.model.evidence import LIVE_SOURCES, Evidence, Finding, Outcome, Severity, Source
from workbench.model.feature import Catalogue, Feature
from workbench.model.judging import combine_outcomes, is_stale, judge
from workbench.model.statement import Absence, Binding, Limit, Open, Statement
from workbench.model.verdict import Scores, Standing, Status, Verdict, count_scores

from .lines import (
    BEYOND,
    BOUND,
    CANT_TELL,
    FAILED,
    FEATURE,
    GIVEN,
    INAPPLICABLE,
    LACKS,
    NOT_OURS,
    NOW,
    PASSED,
    UNTESTED,
    line,
)

OFFLINE = (line(Source.DOCUMENTS, PASSED), line(Source.SAMPLES, PASSED))
LIMIT = Limit(note="Fifty lines at most.")
LACKS_ONE = Absence(status="unsupported", code="R2", reason="No answer is documented.")
SKIPS_ONE = Absence(status="exempt", code="R15", reason="It cannot happen there.")


@pytest.mark.parametrize(
    ("outcomes", "combined"),
    [
        ([], UNTESTED),
        ([INAPPLICABLE], INAPPLICABLE),
        ([INAPPLICABLE, UNTESTED], UNTESTED),
        ([UNTESTED, PASSED, INAPPLICABLE], PASSED),
        ([PASSED, CANT_TELL], CANT_TELL),
        ([PASSED, CANT_TELL, FAILED, UNTESTED], FAILED),
    ],
)
def test_combine(outcomes: list[Outcome], combined: Outcome) -> None:
    """Failed, cannot tell, passed, untested, inapplicable decide in this order."""
    assert combine_outcomes(outcomes) is combined


@given(first=st.lists(st.sampled_from(Outcome)), second=st.lists(st.sampled_from(Outcome)))
def test_combine_is_order_free_and_can_be_done_in_steps(
    first: list[Outcome], second: list[Outcome]
) -> None:
    """Neither order nor repetition nor grouping changes the combined outcome."""
    whole = combine_outcomes([*first, *second])
    assert whole is combine_outcomes([*second, *first, *second])
    if first and second:
        assert whole is combine_outcomes([combine_outcomes(first), combine_outcomes(second)])


FINDINGS = st.builds(
    Finding,
    slug=st.sampled_from(["stale-status", "wrong-error"]),
    severity=st.sampled_from(Severity),
    summary=st.sampled_from(["This.", "That."]),
    criterion=st.sampled_from([None, "by-id", "not-found"]),
)


@st.composite
def observations(draw: st.DrawFn) -> Evidence:
    """Any observation of the feature, of any age."""
    outcome = draw(st.sampled_from(Outcome))
    findings = draw(st.lists(FINDINGS, min_size=outcome is FAILED, max_size=2))
    age = draw(st.sampled_from([0, 1, 40]))
    return line(
        draw(st.sampled_from(Source)),
        outcome,
        *findings,
        id=draw(st.sampled_from(["", "E-1", "E-2", "E-3"])),
        criteria=draw(st.sampled_from([(), ("by-id",), ("by-id", "not-found")])),
        observed_at=NOW - timedelta(days=age),
        inputs=draw(st.sampled_from([{}, {"a": "1"}, {"a": "2"}])),
    )


ABSENCES = st.sampled_from([LACKS, NOT_OURS])
OPEN = st.just(Open(candidates=("GET /orders/{id}",)))
BINDINGS = st.builds(
    Binding,
    subjects=st.just(BOUND.subjects),
    limits=st.sampled_from([(), (LIMIT,)]),
    criteria=st.sampled_from([{}, {"not-found": LACKS_ONE}, {"by-id": SKIPS_ONE}]),
)
STATEMENTS = st.none() | ABSENCES | OPEN | BINDINGS
FEATURES = st.sampled_from([FEATURE, BEYOND, GIVEN])


@settings(max_examples=200)
@given(FEATURES, STATEMENTS, st.lists(observations(), max_size=6), st.randoms())
def test_judge_is_total_and_order_free(
    feature: Feature, statement: Statement | None, lines: list[Evidence], random: Any
) -> None:
    """Every combination gets one verdict, whatever the order in which the evidence comes."""
    verdict = judge(feature, statement, lines, now=NOW, inputs={"a": "1"})
    shuffled = list(lines)
    random.shuffle(shuffled)
    assert judge(feature, statement, shuffled, now=NOW, inputs={"a": "1"}) == verdict


@settings(max_examples=300)
@given(FEATURES, STATEMENTS, st.lists(observations(), max_size=6))
def test_integrated_needs_a_binding_and_fresh_live_proof_of_its_core(
    feature: Feature, statement: Statement | None, lines: list[Evidence]
) -> None:
    """Nothing is called integrated unless fresh live lines assert every core criterion left."""
    verdict = judge(feature, statement, lines, now=NOW, inputs={"a": "1"})
    if not verdict.status.is_integrated:
        return
    excused = statement.criteria if isinstance(statement, Binding) else {}
    fresh = [x for x in lines if not is_stale(x, feature, now=NOW, inputs={"a": "1"})]
    asserted = {
        slug
        for x in fresh
        if x.source in LIVE_SOURCES and x.outcome is PASSED
        for slug in x.criteria
    }
    core = {item.slug for item in feature.criteria if item.core} - set(excused)
    assert verdict.subjects
    assert asserted
    assert core <= asserted
    assert {slug for slug, how in verdict.criteria.items() if how is Standing.PROVED} <= asserted
    grave = [f for f in verdict.findings if f.severity.breaks]
    assert all(f.criterion in excused for f in grave)
    assert (verdict.status is Status.LIMITED) == bool(verdict.limits)


@settings(max_examples=200)
@given(FEATURES, BINDINGS, st.lists(observations(), max_size=5))
def test_a_refusal_neither_proves_nor_condemns(
    feature: Feature, statement: Binding, lines: list[Evidence]
) -> None:
    """Adding a live `cant-tell` (401, 429, time-out) never moves a feature up or to failed."""
    refusal = line(Source.BEHAVIOUR, CANT_TELL, criteria=("by-id", "not-found"))
    before = judge(feature, statement, lines, now=NOW)
    after = judge(feature, statement, [*lines, refusal], now=NOW)
    assert after.status is before.status


@settings(max_examples=100)
@given(BINDINGS, st.lists(observations(), max_size=5))
def test_stale_lines_change_nothing_but_the_list_of_stale(
    statement: Binding, lines: list[Evidence]
) -> None:
    """A verdict is the same as if the stale lines had never been written."""
    fresh = [x for x in lines if not is_stale(x, FEATURE, now=NOW, inputs={"a": "1"})]
    whole = judge(FEATURE, statement, lines, now=NOW, inputs={"a": "1"})
    without = judge(FEATURE, statement, fresh, now=NOW, inputs={"a": "1"})
    assert whole.model_copy(update={"stale": ()}) == without


@settings(max_examples=100)
@given(ABSENCES, st.lists(observations(), max_size=5))
def test_an_absence_falls_exactly_to_fresh_live_proof(
    absence: Absence, lines: list[Evidence]
) -> None:
    """A stated absence holds unless fresh live evidence saw the thing work."""
    verdict = judge(FEATURE, absence, lines, now=NOW, inputs={"a": "1"})
    contrary = any(
        x.source in LIVE_SOURCES
        and x.outcome is PASSED
        and x.criteria
        and not is_stale(x, FEATURE, now=NOW, inputs={"a": "1"})
        for x in lines
    )
    assert (verdict.status is Status.FAILED) == contrary
    assert contrary or verdict.status == absence.status


@settings(max_examples=60)
@given(data=st.data())
def test_score_never_exceeds_reach(catalogue: Catalogue, data: st.DataObject) -> None:
    """However the verdicts fall, no more is integrated than is bound, and both are shares."""
    verdicts: dict[str, Verdict] = {}
    for feature in catalogue.bindable()[:5]:
        statement = data.draw(STATEMENTS)
        lines = data.draw(st.lists(observations(), max_size=3))
        own = [x.model_copy(update={"feature": feature.slug}) for x in lines]
        verdicts[feature.slug] = judge(feature, statement, own, now=NOW)
    scores = count_scores(catalogue, verdicts)
    assert 0 <= scores.score <= scores.reach <= 1
    assert 0 <= scores.depth <= 1


def _all_with(catalogue: Catalogue, statement: Statement | None, *lines: Evidence) -> Any:
    return {
        feature.slug: judge(
            feature,
            statement,
            [
                x.model_copy(
                    update={
                        "feature": feature.slug,
                        "criteria": tuple(item.slug for item in feature.criteria),
                    }
                )
                for x in lines
            ],
            now=NOW,
        )
        for feature in catalogue.features
    }


def _counts(scores: Scores) -> tuple[int, int, int]:
    return (scores.applicable, scores.bound, scores.integrated)


def test_score_counts_services_and_events_proved_live(catalogue: Catalogue) -> None:
    """Paperwork, what lies beyond, and what was only rehearsed raise no score."""
    assert _counts(count_scores(catalogue, _all_with(catalogue, BOUND, *OFFLINE))) == (18, 18, 0)
    verdicts = _all_with(catalogue, BOUND, *OFFLINE, line(Source.BEHAVIOUR, PASSED))
    whole = count_scores(catalogue, verdicts)
    assert _counts(whole) == (18, 18, 18)
    assert whole.depth == 1
    verdicts["order-read"] = judge(FEATURE, LACKS, (), now=NOW)
    verdicts["menu-write"] = judge(FEATURE, NOT_OURS, (), now=NOW)
    verdicts["option-write"] = judge(FEATURE, BOUND, (), now=NOW)
    verdicts["api-docs"] = judge(FEATURE, LACKS, (), now=NOW)
    verdicts["order-refund"] = judge(FEATURE, LACKS, (), now=NOW)
    part = count_scores(catalogue, verdicts)
    assert _counts(part) == (17, 16, 15)
    assert part.depth < 1


def test_depth_counts_what_applies(catalogue: Catalogue) -> None:
    """A criterion that does not apply leaves the count; one that is lacking stays in it."""
    feature = catalogue.feature("order-read")
    assert feature is not None
    base = count_scores(catalogue, {}).criteria
    first = feature.criteria[0].slug
    for stated, expected in ((SKIPS_ONE, base - 1), (LACKS_ONE, base)):
        binding = Binding(subjects=("x",), criteria={first: stated})
        found = count_scores(catalogue, {feature.slug: judge(feature, binding, (), now=NOW)})
        assert (found.criteria, found.proved) == (expected, 0)


def test_nothing_seen_live_is_nothing_tested(catalogue: Catalogue) -> None:
    """Documents, samples and polite answers alone leave a run untested."""
    polite = line(Source.BEHAVIOUR, CANT_TELL)
    assert not count_scores(catalogue, _all_with(catalogue, BOUND, *OFFLINE, polite)).is_tested
    failed = line(Source.BEHAVIOUR, FAILED)
    assert count_scores(catalogue, _all_with(catalogue, BOUND, *OFFLINE, failed)).is_tested


def test_a_missing_verdict_counts_as_applicable(catalogue: Catalogue) -> None:
    """A partial run never looks better than a whole one."""
    verdicts = _all_with(catalogue, BOUND, *OFFLINE, line(Source.BEHAVIOUR, PASSED))
    only = {"order-read": verdicts["order-read"]}
    assert _counts(count_scores(catalogue, only)) == (18, 1, 1)


def test_nothing_applicable_scores_nothing(catalogue: Catalogue) -> None:
    """Where nothing applies all figures are 0, not an error."""
    scores = count_scores(catalogue, _all_with(catalogue, NOT_OURS))
    assert (scores.applicable, scores.reach, scores.score, scores.depth) == (0, 0.0, 0.0, 0.0)
