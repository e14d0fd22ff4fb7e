"""Evidence says what it must, and survives its way through a log."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from workbench.model.evidence import (
    LIVE_SOURCES,
    Evidence,
    Finding,
    Outcome,
    Severity,
    Source,
    name_field,
)
from workbench.model.log import LOG_RECORD, RunFooter, RunHeader
from workbench.model.statement import Absence, Binding, Limit

STALE_STATUS = Finding(slug="stale-status", severity=Severity.HIGH, summary="Status is stale.")
INSTANT = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_failure_names_what_is_wrong() -> None:
    """Evidence that failed without a finding is refused, with a finding it is not."""
    with pytest.raises(ValidationError, match="at least one finding"):
        Evidence(feature="order-read", source=Source.SAMPLES, outcome=Outcome.FAILED, summary="No.")
    Evidence(
        feature="order-read",
        source=Source.SAMPLES,
        outcome=Outcome.FAILED,
        summary="No.",
        findings=(STALE_STATUS,),
    )


@pytest.mark.parametrize("outcome", [item for item in Outcome if item is not Outcome.FAILED])
def test_other_outcomes_need_no_finding(outcome: Outcome) -> None:
    """Only a failure has to say what is wrong."""
    line = Evidence(feature="order-read", source=Source.SAMPLES, outcome=outcome, summary="Seen.")
    assert line.findings == ()


def test_severities_are_ordered_and_two_of_them_break() -> None:
    """Ranks rise from critical to info; only critical and high break a feature."""
    assert all(first.rank < second.rank for first, second in pairwise(Severity))
    assert [item for item in Severity if item.breaks] == [Severity.CRITICAL, Severity.HIGH]


def test_live_sources_are_those_with_a_network() -> None:
    """Documents and samples never age; the others do."""
    assert set(Source) - LIVE_SOURCES == {Source.DOCUMENTS, Source.SAMPLES}


def test_a_finding_is_known_by_kind_operation_and_place() -> None:
    """The key tells two places apart, but not two wordings of the same finding."""
    reworded = STALE_STATUS.model_copy(update={"summary": "Other words.", "hint": "Mend it."})
    assert reworded.key == STALE_STATUS.key
    for change in ({"slug": "x"}, {"operation": "x"}, {"pointer": "/x"}):
        assert STALE_STATUS.model_copy(update=change).key != STALE_STATUS.key


def test_a_time_without_zone_is_refused() -> None:
    """An observation happens at an instant, never at a wall-clock time."""
    with pytest.raises(ValidationError, match="timezone"):
        Evidence(
            feature="order-read",
            source=Source.SAMPLES,
            outcome=Outcome.PASSED,
            summary="Seen.",
            observed_at=datetime(2026, 3, 1),  # noqa: DTZ001  the missing zone is the point
        )


def test_unknown_keys_are_refused() -> None:
    """A misspelt key does not vanish."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        Finding.model_validate({**STALE_STATUS.model_dump(), "serverity": "high"})


def test_records_are_frozen() -> None:
    """Evidence cannot be changed after it was written."""
    with pytest.raises(ValidationError, match="frozen"):
        STALE_STATUS.summary = "Changed."  # type: ignore[misc]  # the refusal is the point


@settings(max_examples=40)
@given(
    outcome=st.sampled_from([item for item in Outcome if item is not Outcome.FAILED]),
    source=st.sampled_from(Source),
    summary=st.text(max_size=30),
    criteria=st.lists(st.text(max_size=8), max_size=3).map(tuple),
    detail=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
)
def test_a_line_survives_the_log(
    outcome: Outcome,
    source: Source,
    summary: str,
    criteria: tuple[str, ...],
    detail: dict[str, int | str],
) -> None:
    """Evidence written as JSON and read again is the same evidence."""
    line = Evidence(
        id="E-1",
        feature="order-read",
        source=source,
        outcome=outcome,
        summary=summary,
        criteria=criteria,
        detail=detail,
        findings=(STALE_STATUS,),
        observed_at=INSTANT,
    )
    assert LOG_RECORD.validate_json(line.model_dump_json()) == line


def test_the_header_keeps_what_the_folder_stated() -> None:
    """Bindings and absences come back from a log as what they were."""
    bound = Binding(
        subjects=("GET /orders/{id}",),
        limits=(Limit(note="Fifty lines at most."),),
        criteria={
            "order-inside-covered": Absence(
                status="exempt", code="R15", reason="The platform has no tables."
            )
        },
    )
    absent = Absence(status="unsupported", code="R1", reason="There is no such service.")
    header = RunHeader(
        run="r1",
        partner="acme",
        title="Acme",
        environment="sandbox",
        seed=1,
        started_at=INSTANT,
        workbench="0",
        python="3",
        catalogue="0" * 64,
        statements={"order-read": bound, "menu-write": absent},
    )
    again = LOG_RECORD.validate_json(header.model_dump_json())
    assert isinstance(again, RunHeader)
    assert again == header
    assert again.statement("order-read") == bound
    assert again.statement("menu-write") == absent
    assert again.statement("option-write") is None


def test_the_footer_is_told_from_the_other_lines() -> None:
    """The kind of a line decides how it is read; an unknown kind is refused."""
    footer = RunFooter(finished_at=INSTANT, seconds=1.5, evidence=3, digest="0" * 64)
    assert LOG_RECORD.validate_json(footer.model_dump_json()) == footer
    with pytest.raises(ValidationError, match="kind"):
        LOG_RECORD.validate_json('{"kind": "verdict"}')


@pytest.mark.parametrize(
    ("pointer", "field"),
    [
        ("/components/schemas/Order/properties/items/items/properties/price", "items[].price"),
        ("/properties/items/items/properties/price/type", "items[].price"),
        ("/items/0/price", "items[].price"),
        ("$.items[2].price", "items[].price"),
        ("$['items'][*]['price']", "items[].price"),
        ("/items/properties/price", "[].price"),
        ("/3/price", "[].price"),
        ("/properties/a~1b", "a/b"),
        ("/components/schemas/Order", ""),
        ("", ""),
    ],
)
def test_a_place_names_its_field(pointer: str, field: str) -> None:
    """Pointers into schemas and payloads, and JSONPaths, lead to the same name of a field."""
    assert name_field(pointer) == field


def test_one_field_of_an_answer_is_one_finding() -> None:
    """Whether the mapping, the document or a generated request showed it."""
    seen = {
        Finding(slug=slug, severity="high", summary="s", operation="GET /a", pointer=place).key
        for slug, place in (
            ("answer-not-translated", "$.total"),
            ("answer-off-schema", "/total"),
            ("contract-response-violates-schema", "/components/schemas/Order/properties/total"),
        )
    }
    assert len(seen) == 1
