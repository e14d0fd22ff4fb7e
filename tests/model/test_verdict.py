"""Verdicts follow from statements and evidence, by rules that hold for every combination."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from pydantic import ValidationError

from workbench.model.evidence import LIVE_SOURCES, Evidence, Matter, Outcome, Severity, Source
from workbench.model.feature import Feature
from workbench.model.judging import is_stale, judge
from workbench.model.statement import Absence, Attestation, Binding, Limit, Open, Statement
from workbench.model.verdict import Proof, Standing, Status, Verdict

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
    finding,
    line,
)

DOCUMENTED = line(Source.DOCUMENTS, PASSED)
SAMPLED = line(Source.SAMPLES, PASSED)
SEEN = line(Source.BEHAVIOUR, PASSED, criteria=("by-id",))
POLITE = line(Source.BEHAVIOUR, PASSED, check="latency")
OFFLINE = (DOCUMENTED, SAMPLED)
MEDIUM = finding(Severity.MEDIUM)
LOW = finding(Severity.LOW)
HIGH = finding(Severity.HIGH)
LIMIT = Limit(note="Fifty lines at most.")
JUDGED_LATER = Open(candidates=("GET /orders/{id}",))
LACKS_ONE = Absence(status="unsupported", code="R2", reason="No answer is documented.")
SKIPS_ONE = Absence(status="exempt", code="R15", reason="It cannot happen there.")


def verdict_of(
    statement: Statement | None, *lines: Evidence, feature: Feature = FEATURE
) -> Verdict:
    """Judge at NOW, whatever the inputs."""
    return judge(feature, statement, lines, now=NOW)


@pytest.mark.parametrize(
    ("statement", "lines", "status"),
    [
        pytest.param(BOUND, (*OFFLINE, SEEN), Status.CONFIRMED, id="proved live"),
        pytest.param(BOUND, OFFLINE, Status.SUPPORTED, id="rehearsed"),
        pytest.param(BOUND, (*OFFLINE, POLITE), Status.SUPPORTED, id="answered, asserting nothing"),
        pytest.param(
            BOUND,
            (*OFFLINE, line(Source.BEHAVIOUR, PASSED, criteria=("not-found",))),
            Status.SUPPORTED,
            id="only what is not core",
        ),
        pytest.param(
            BOUND,
            (*OFFLINE, SEEN, line(Source.BEHAVIOUR, CANT_TELL, criteria=("by-id",))),
            Status.CONFIRMED,
            id="refused after it was proved",
        ),
        pytest.param(
            BOUND, (*OFFLINE, line(Source.CONTRACT, PASSED)), Status.SUPPORTED, id="contract only"
        ),
        pytest.param(
            BOUND, (*OFFLINE, line(Source.BEHAVIOUR, CANT_TELL)), Status.SUPPORTED, id="401 live"
        ),
        pytest.param(
            BOUND, (DOCUMENTED, line(Source.SAMPLES, INAPPLICABLE)), Status.SUPPORTED, id="no body"
        ),
        pytest.param(
            BOUND, (*OFFLINE, SEEN, line(Source.CONTRACT, PASSED, LOW)), Status.CONFIRMED, id="low"
        ),
        pytest.param(
            BOUND.model_copy(update={"limits": (LIMIT,)}),
            (*OFFLINE, SEEN),
            Status.LIMITED,
            id="stated limit",
        ),
        pytest.param(
            BOUND.model_copy(update={"criteria": {"not-found": LACKS_ONE}}),
            (*OFFLINE, SEEN),
            Status.LIMITED,
            id="stated absence of a criterion",
        ),
        pytest.param(
            BOUND.model_copy(update={"criteria": {"not-found": SKIPS_ONE}}),
            (*OFFLINE, SEEN),
            Status.CONFIRMED,
            id="a criterion that does not apply",
        ),
        pytest.param(
            BOUND,
            (*OFFLINE, SEEN, line(Source.CONTRACT, PASSED, MEDIUM)),
            Status.LIMITED,
            id="medium",
        ),
        pytest.param(
            BOUND,
            (*OFFLINE, SEEN, line(Source.CONTRACT, FAILED, LOW)),
            Status.LIMITED,
            id="failed, low",
        ),
        pytest.param(
            BOUND,
            (DOCUMENTED, SEEN, line(Source.SAMPLES, FAILED, MEDIUM)),
            Status.LIMITED,
            id="required source failed mildly",
        ),
        pytest.param(
            BOUND,
            (DOCUMENTED, line(Source.SAMPLES, FAILED)),
            Status.UNVERIFIED,
            id="failed offline",
        ),
        pytest.param(
            BOUND,
            (DOCUMENTED, SEEN, line(Source.SAMPLES, FAILED)),
            Status.UNVERIFIED,
            id="a grave doubt outweighs live proof",
        ),
        pytest.param(BOUND, (line(Source.BEHAVIOUR, FAILED),), Status.FAILED, id="failed live"),
        pytest.param(
            BOUND, (*OFFLINE, SEEN, line(Source.CONTRACT, FAILED)), Status.FAILED, id="contract"
        ),
        pytest.param(
            BOUND, (*OFFLINE, line(Source.CONTRACT, PASSED, HIGH)), Status.FAILED, id="high, passed"
        ),
        pytest.param(
            BOUND,
            (*OFFLINE, line(Source.BEHAVIOUR, CANT_TELL, HIGH)),
            Status.UNVERIFIED,
            id="grave doubt",
        ),
        pytest.param(BOUND, (), Status.UNVERIFIED, id="no evidence"),
        pytest.param(BOUND, (DOCUMENTED,), Status.UNVERIFIED, id="no samples"),
        pytest.param(
            BOUND, (DOCUMENTED, line(Source.SAMPLES, UNTESTED)), Status.UNVERIFIED, id="untested"
        ),
        pytest.param(BOUND, (SEEN,), Status.CONFIRMED, id="live without samples"),
        pytest.param(JUDGED_LATER, (*OFFLINE, SEEN), Status.OPEN, id="not judged"),
        pytest.param(
            BOUND.model_copy(update={"criteria": {"by-id": LACKS_ONE}}),
            (*OFFLINE, line(Source.BEHAVIOUR, PASSED, criteria=("not-found",))),
            Status.LIMITED,
            id="core absent, another proved",
        ),
        pytest.param(
            BOUND.model_copy(update={"criteria": {"by-id": LACKS_ONE}}),
            OFFLINE,
            Status.SUPPORTED,
            id="core absent, nothing proved",
        ),
        pytest.param(
            BOUND,
            (line(Source.DOCUMENTS, INAPPLICABLE), line(Source.SAMPLES, INAPPLICABLE)),
            Status.UNVERIFIED,
            id="nothing passed",
        ),
        pytest.param(
            BOUND,
            (line(Source.DOCUMENTS, FAILED, LOW), line(Source.SAMPLES, FAILED, LOW)),
            Status.UNVERIFIED,
            id="only mild failures",
        ),
        pytest.param(LACKS, OFFLINE, Status.UNSUPPORTED, id="absent"),
        pytest.param(NOT_OURS, OFFLINE, Status.EXEMPT, id="exempt"),
        pytest.param(LACKS, (SEEN,), Status.FAILED, id="absent but seen"),
        pytest.param(NOT_OURS, (SEEN,), Status.FAILED, id="exempt but seen"),
        pytest.param(LACKS, (POLITE,), Status.UNSUPPORTED, id="absent, answered politely"),
        pytest.param(
            LACKS, (line(Source.BEHAVIOUR, CANT_TELL),), Status.UNSUPPORTED, id="absent, 401"
        ),
        pytest.param(None, (*OFFLINE, SEEN), Status.UNKNOWN, id="silent"),
    ],
)
def test_judge(statement: Statement | None, lines: tuple[Evidence, ...], status: Status) -> None:
    """Each verdict word is reached by its rule, and says why."""
    verdict = verdict_of(statement, *lines)
    assert verdict.status is status
    assert verdict.because


def test_every_verdict_word_is_in_the_table() -> None:
    """The table above leaves no verdict word out."""
    marks = test_judge.pytestmark  # type: ignore[attr-defined]  # pytest puts it there
    assert {param.values[2] for param in marks[0].args[1]} == set(Status)


def test_silence_beyond_the_scope_is_exempt() -> None:
    """What nobody asked for is no gap, not even when it was seen to work."""
    verdict = verdict_of(None, SEEN, feature=BEYOND)
    assert verdict.status is Status.EXEMPT
    assert verdict.absence is not None
    assert verdict.absence.code == "R19"


def test_what_we_give_ourselves_counts_as_bound() -> None:
    """A silent folder leaves our own part unverified until it is proved."""
    assert verdict_of(None, feature=GIVEN).status is Status.UNVERIFIED
    proved = verdict_of(None, line(Source.RECEIPTS, PASSED, criteria=("by-id",)), feature=GIVEN)
    assert proved.status is Status.CONFIRMED
    assert proved.subjects == ("our address",)
    assert verdict_of(NOT_OURS, feature=GIVEN).status is Status.EXEMPT


def test_a_contradicted_absence_is_explained() -> None:
    """The report can tell which source contradicts the folder."""
    verdict = verdict_of(LACKS, SEEN.model_copy(update={"id": "E-7"}), DOCUMENTED)
    assert [item.slug for item in verdict.findings] == ["statement-contradicted"]
    assert "behaviour" in verdict.findings[0].summary
    assert verdict.basis == ("E-7",)
    assert verdict.absence == LACKS


def test_documents_alone_do_not_contradict_an_absence() -> None:
    """Only what was seen live outweighs a statement."""
    assert verdict_of(LACKS, *OFFLINE).findings == ()


def test_a_stated_absence_excuses_the_failure_it_explains() -> None:
    """A failing check of a criterion that is stated absent limits the feature, no more."""
    failing = line(Source.BEHAVIOUR, FAILED, finding(Severity.HIGH, criterion="not-found"))
    assert verdict_of(BOUND, *OFFLINE, failing).status is Status.FAILED
    stated = BOUND.model_copy(update={"criteria": {"not-found": LACKS_ONE}})
    verdict = verdict_of(stated, *OFFLINE, failing, SEEN)
    assert verdict.status is Status.LIMITED
    assert [limit.code for limit in verdict.limits] == ["R2"]
    assert len(verdict.findings) == 1


def test_an_excused_failure_does_not_excuse_the_others() -> None:
    """A failure elsewhere in the same observation still counts."""
    both = line(
        Source.BEHAVIOUR,
        FAILED,
        finding(Severity.HIGH, criterion="not-found"),
        finding(Severity.HIGH, criterion="by-id"),
    )
    stated = BOUND.model_copy(update={"criteria": {"not-found": LACKS_ONE}})
    assert verdict_of(stated, *OFFLINE, both).status is Status.FAILED


def test_a_check_that_does_not_apply_leaves_the_live_proof_whole() -> None:
    """A failure that is excused neither limits nor hides what the same source saw work."""
    failing = line(Source.BEHAVIOUR, FAILED, finding(Severity.HIGH, criterion="not-found"))
    stated = BOUND.model_copy(update={"criteria": {"not-found": SKIPS_ONE}})
    verdict = verdict_of(stated, *OFFLINE, SEEN, failing)
    assert verdict.status is Status.CONFIRMED
    assert verdict.sources[Source.BEHAVIOUR] is PASSED


def test_a_criterion_stated_absent_but_seen_is_mentioned() -> None:
    """The contradiction is a small finding, as the feature itself works."""
    stated = BOUND.model_copy(update={"criteria": {"not-found": LACKS_ONE}})
    seen = SEEN.model_copy(update={"criteria": ("by-id", "not-found")})
    verdict = verdict_of(stated, *OFFLINE, seen)
    assert verdict.status is Status.LIMITED
    assert [(item.slug, item.criterion) for item in verdict.findings] == [
        ("statement-contradicted", "not-found")
    ]


def test_a_remark_about_what_is_stated_absent_leaves_the_proof() -> None:
    """What passed has passed, though its only finding is excused; a failure is no limit besides."""
    remarked = line(
        Source.BEHAVIOUR, PASSED, finding(Severity.LOW, criterion="not-found"), criteria=("by-id",)
    )
    stated = BOUND.model_copy(update={"criteria": {"not-found": SKIPS_ONE}})
    assert verdict_of(stated, *OFFLINE, remarked).status is Status.CONFIRMED
    assert verdict_of(BOUND, *OFFLINE, line(Source.BEHAVIOUR, FAILED)).limits == ()


def test_a_criterion_that_was_not_tried_everywhere_is_not_set_aside() -> None:
    """One check that does not apply beside one that was not made leaves the criterion untested."""
    lines = [
        line(Source.BEHAVIOUR, outcome, criteria=("not-found",))
        for outcome in (Outcome.INAPPLICABLE, Outcome.UNTESTED)
    ]
    assert verdict_of(BOUND, *OFFLINE, *lines).criteria["not-found"] is Standing.UNTESTED


def test_criteria_get_the_outcomes_of_the_lines_that_name_them() -> None:
    """A criterion is proved, broken, excluded or untested on its own."""
    proves = SEEN.model_copy(update={"criteria": ("by-id",)})
    assert verdict_of(BOUND, *OFFLINE, proves).criteria == {
        "by-id": Standing.PROVED,
        "not-found": Standing.UNTESTED,
    }
    breaks = line(Source.BEHAVIOUR, FAILED, finding(Severity.HIGH, criterion="not-found"))
    assert verdict_of(BOUND, *OFFLINE, proves, breaks).criteria == {
        "by-id": Standing.PROVED,
        "not-found": Standing.FAILED,
    }
    stated = BOUND.model_copy(update={"criteria": {"not-found": SKIPS_ONE}})
    assert verdict_of(stated, breaks).criteria["not-found"] is Standing.INAPPLICABLE


def test_a_passing_line_proves_only_what_it_names() -> None:
    """A remark about a criterion does not prove it."""
    remark = line(Source.BEHAVIOUR, PASSED, finding(Severity.LOW, criterion="not-found"))
    assert verdict_of(BOUND, *OFFLINE, remark).criteria["not-found"] is Standing.UNTESTED


@pytest.mark.parametrize(
    ("lines", "proof", "standing"),
    [
        ((), Proof.NONE, Standing.UNTESTED),
        ((DOCUMENTED.model_copy(update={"criteria": ("by-id",)}),), Proof.DOCUMENTED, "documented"),
        ((SAMPLED.model_copy(update={"criteria": ("by-id",)}),), Proof.REHEARSED, "rehearsed"),
        ((*OFFLINE, SEEN), Proof.LIVE, "proved"),
        ((POLITE,), Proof.NONE, "untested"),
        ((line(Source.BEHAVIOUR, CANT_TELL, criteria=("by-id",)),), Proof.NONE, "cant-tell"),
    ],
)
def test_levels_of_proof_are_kept_apart(
    lines: tuple[Evidence, ...], proof: Proof, standing: str
) -> None:
    """Documented, rehearsed and proved live are three words, for the feature and the criterion."""
    verdict = verdict_of(BOUND, *lines)
    assert (verdict.proof, verdict.criteria["by-id"]) == (proof, standing)


def test_attested_is_never_proved() -> None:
    """A person's word is shown as such, counts for nothing, and gives way to what is seen."""
    word = Attestation(by="Ana, partner desk", on=NOW.date(), source="session of March")
    stated = BOUND.model_copy(update={"attested": {"by-id": word}})
    verdict = verdict_of(stated, *OFFLINE)
    assert verdict.status is Status.SUPPORTED
    assert verdict.criteria["by-id"] is Standing.ATTESTED
    assert verdict.attested == {"by-id": word}
    assert verdict_of(stated, SEEN).criteria["by-id"] is Standing.PROVED
    with pytest.raises(ValidationError, match="attested at once"):
        Binding(subjects=("x",), criteria={"by-id": LACKS_ONE}, attested={"by-id": word})


def test_a_proposal_is_not_settled() -> None:
    """What a draft proposes is judged like a binding, and known to be unreviewed."""
    proposed = BOUND.model_copy(update={"reviewed": False})
    assert not verdict_of(proposed, *OFFLINE, SEEN).is_settled
    assert verdict_of(BOUND, *OFFLINE, SEEN).is_settled
    assert not verdict_of(JUDGED_LATER).is_settled
    assert verdict_of(JUDGED_LATER).candidates == ("GET /orders/{id}",)


def test_limits_are_stated_first_then_observed_once() -> None:
    """Every limit is named, and none twice."""
    stated = Binding(subjects=BOUND.subjects, limits=(LIMIT,), criteria={"not-found": LACKS_ONE})
    elsewhere = finding(Severity.MEDIUM, pointer="/elsewhere")
    twice = (line(Source.CONTRACT, PASSED, MEDIUM), line(Source.BEHAVIOUR, PASSED, elsewhere))
    verdict = verdict_of(stated, *OFFLINE, *twice)
    assert verdict.status is Status.SUPPORTED
    assert [limit.note for limit in verdict.limits] == [
        "Fifty lines at most.",
        "No answer is documented.",
        "It is medium.",
    ]


def test_how_many_limits_there_are_is_said() -> None:
    """One limit is one, and two are two."""
    stated = BOUND.model_copy(update={"limits": (LIMIT,)})
    one, two = (
        verdict_of(stated, *OFFLINE, SEEN),
        verdict_of(stated, *OFFLINE, SEEN, line(Source.CONTRACT, PASSED, MEDIUM)),
    )
    assert one.because.endswith("with one named limit")
    assert two.because.endswith("with 2 named limits")


def test_the_most_severe_of_equal_findings_is_kept_and_shown_first() -> None:
    """The same defect seen twice is reported once, at its worst."""
    mild = finding(Severity.LOW, slug="slow-answer", operation="GET /orders")
    grave = finding(Severity.MEDIUM, slug="slow-answer", operation="GET /orders")
    lines = (line(Source.CONTRACT, PASSED, LOW, mild), line(Source.BEHAVIOUR, PASSED, grave))
    for order in permutations(lines):
        assert verdict_of(BOUND, *OFFLINE, *order).findings == (grave, LOW)


def test_the_same_defect_of_two_criteria_is_shown_for_both() -> None:
    """A finding is not lost because another criterion has the same one."""
    both = [finding(Severity.LOW, criterion=slug) for slug in ("by-id", "not-found")]
    verdict = verdict_of(BOUND, *OFFLINE, line(Source.CONTRACT, PASSED, *both))
    assert {item.criterion for item in verdict.findings} == {"by-id", "not-found"}


def test_evidence_of_other_features_is_ignored() -> None:
    """Another feature's failure is not ours."""
    other = line(Source.BEHAVIOUR, FAILED, feature="menu-write")
    assert verdict_of(BOUND, *OFFLINE, other) == verdict_of(BOUND, *OFFLINE)


@pytest.mark.parametrize("source", list(Source))
def test_only_live_evidence_grows_old(source: Source) -> None:
    """Live evidence is stale after its days; what rests on files is not."""
    old = line(source, PASSED, observed_at=NOW - timedelta(days=FEATURE.max_age_days, seconds=1))
    young = line(source, PASSED, observed_at=NOW - timedelta(days=FEATURE.max_age_days))
    assert is_stale(old, FEATURE, now=NOW, inputs=None) is (source in LIVE_SOURCES)
    assert not is_stale(young, FEATURE, now=NOW, inputs=None)


@pytest.mark.parametrize(
    ("inputs", "stale"),
    [
        (None, False),
        ({}, False),
        ({"api.yaml": "aa", "mapping.yaml": "bb"}, False),
        ({"api.yaml": "other"}, True),
        ({"mapping.yaml": "other"}, True),
        ({"unrelated.yaml": "other"}, False),
    ],
)
def test_evidence_on_changed_files_is_stale(inputs: dict[str, str] | None, stale: bool) -> None:
    """Evidence counts only as long as the files that it rests on are the same."""
    sampled = line(Source.SAMPLES, PASSED, inputs={"api.yaml": "aa", "mapping.yaml": "bb"})
    assert is_stale(sampled, FEATURE, now=NOW, inputs=inputs) is stale


@pytest.mark.parametrize("name", ["", "E-1"])
def test_stale_lines_are_set_aside_and_named(name: str) -> None:
    """Old proof does not confirm, old failure does not condemn; both are listed."""
    long_ago = NOW - timedelta(days=400)
    praise = SEEN.model_copy(update={"observed_at": long_ago, "id": name})
    blame = line(Source.CONTRACT, FAILED, observed_at=long_ago, id="E-2")
    verdict = verdict_of(BOUND, *OFFLINE, praise, blame)
    assert verdict.status is Status.SUPPORTED
    assert verdict.findings == ()
    assert set(verdict.stale) == {name, "E-2"} - {""}
    assert not {name, "E-2"} & set(verdict.basis)


def test_a_stale_line_does_not_contradict_an_absence() -> None:
    """What worked long ago may be gone."""
    long_ago = SEEN.model_copy(update={"observed_at": NOW - timedelta(days=400), "id": "E-1"})
    verdict = verdict_of(LACKS, long_ago)
    assert verdict.status is Status.UNSUPPORTED
    assert verdict.stale == ("E-1",)


@pytest.mark.parametrize(
    "spoilt",
    [{"status": "supported"}, {"code": "X1"}, {"reason": "no"}, {"verdict": "passed"}],
)
def test_nobody_states_a_verdict(spoilt: dict[str, str]) -> None:
    """A statement is an absence with code and reason; a verdict word is refused."""
    with pytest.raises(ValidationError):
        Absence.model_validate({**LACKS.model_dump(), **spoilt})


def test_a_binding_names_what_it_binds() -> None:
    """A binding to nothing is refused."""
    with pytest.raises(ValidationError, match="at least 1"):
        Binding(subjects=())


@pytest.mark.parametrize("matter", Matter)
def test_only_what_is_no_doubt_about_ourselves_breaks_a_feature(matter: Matter) -> None:
    """A grave finding of test data or environment settles nothing; any other one does."""
    grave = finding(Severity.HIGH, matter=matter)
    lines = [
        line(Source.BEHAVIOUR, PASSED, criteria=("by-id",)),
        line(Source.BEHAVIOUR, FAILED, grave),
    ]
    verdict = judge(FEATURE, BOUND, lines, now=NOW)
    is_doubt = matter in {Matter.TEST_DATA, Matter.ENVIRONMENT}
    assert verdict.status is (Status.UNVERIFIED if is_doubt else Status.FAILED)
