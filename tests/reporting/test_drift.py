"""What changed between two runs, and which way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from workbench.errors import InputError
from workbench.model.evidence import Evidence, Finding, Outcome
from workbench.reporting.drift import Trend, compare, compare_runs
from workbench.reporting.history import (
    PREVIOUS,
    SNAPSHOT,
    read_previous,
    read_snapshot,
    remember_previous,
    take_snapshot,
    write_snapshot,
)

from .conftest import DIGEST, Build, observations, read

EARLIER = datetime.now(UTC) - timedelta(days=3)


def without(*slugs: str) -> list[Evidence]:
    """The observations but those of some features."""
    return [line for line in observations() if line.feature not in slugs]


def test_the_same_run_twice_has_no_drift(build_run: Build) -> None:
    """Two runs that saw the same differ in nothing."""
    drift = compare_runs(build_run(run="one"), build_run(run="two"))
    assert drift.is_empty
    assert drift.direction is Trend.NEUTRAL
    assert not drift.has_regressions


def test_what_was_not_shown_again_is_no_worse(build_run: Build) -> None:
    """A feature that was integrated and that nobody could try is told, and no more is said."""
    drift = compare_runs(build_run(run="one"), build_run(without("menu-write"), run="two"))
    [change] = drift.verdicts
    assert (change.name, change.before, change.now) == ("menu-write", "limited", "unverified")
    assert change.direction is Trend.NEUTRAL
    assert drift.unshown == ("menu-write",)
    assert not drift.has_regressions
    back = compare_runs(build_run(without("menu-write"), run="x"), build_run(run="y"))
    assert back.direction is Trend.IMPROVEMENT


def test_findings_come_and_go(build_run: Build) -> None:
    """A new grave finding is a regression even when the verdict stays; a gone one is progress."""
    fault = Finding(slug="late", severity="medium", summary="Late")
    extra = Evidence(feature="order-read", source="contract", outcome="passed", summary="s",
                     findings=(fault,))  # fmt: skip
    one, two = build_run(run="one"), build_run([*observations(), extra], run="two")
    drift = compare_runs(one, two)
    assert [item.slug for item in drift.appeared] == ["late"]
    assert drift.has_regressions
    assert compare_runs(two, one).gone == drift.appeared
    assert compare_runs(two, one).direction is Trend.IMPROVEMENT
    # Only a run that asked again can say that it is gone.
    assert compare_runs(two, build_run(without("order-read"), run="three")).gone == ()


def test_a_finding_is_not_gone_while_its_operation_was_not_asked(build_run: Build) -> None:
    """Generated requests to another operation of the feature say nothing of this one."""
    fault = Finding(slug="late", severity="medium", summary="Late", operation="PUT /dishes")

    def asked(subject: str, *findings: Finding, outcome: str = "passed") -> Evidence:
        return Evidence(feature="menu-write", source="contract", check="contract", outcome=outcome,
                        subject=subject, summary="s", findings=findings)  # fmt: skip

    before = build_run([asked("PUT /dishes", fault)], run="before")
    read_only = [asked("GET /menu"), asked("PUT /dishes", outcome="untested")]
    assert compare_runs(before, build_run(read_only, run="read-only")).gone == ()
    again = build_run([asked("GET /menu"), asked("PUT /dishes")], run="again")
    assert [item.slug for item in compare_runs(before, again).gone] == ["late"]


def test_documents_and_behaviour(build_run: Build) -> None:
    """Another hash of a document is told; a check that fails now is a regression."""
    lines = [
        line.model_copy(update={"outcome": Outcome.CANT_TELL})
        if line.feature == "product-write" and line.source == "behaviour" else line
        for line in observations()
    ]  # fmt: skip
    drift = compare_runs(
        build_run(run="one"), build_run(lines, run="two", inputs={"comanda.yaml": "0" * 64})
    )
    assert {(item.name, bool(item.now)) for item in drift.documents} == {
        ("comanda.yaml", True), ("partner.yaml", False), ("mapping.yaml", False),
    }  # fmt: skip
    assert ("product-write/behaviour/", "cant-tell") in {
        (item.name, item.now) for item in drift.behaviour
    }


def test_two_partners_cannot_be_compared(build_run: Build) -> None:
    """Runs of two partners have nothing to do with each other."""
    one = take_snapshot(build_run())
    with pytest.raises(InputError, match="of other"):
        compare(one, one.model_copy(update={"partner": "other"}))


def test_a_snapshot_is_taken_again_when_the_log_differs(build_run: Build) -> None:
    """A kept snapshot saves reading the log, and never outlives it."""
    folder = build_run()
    write_snapshot(folder)
    assert read_snapshot(folder) == take_snapshot(folder)
    text = (folder.path / SNAPSHOT).read_text("utf-8")
    (folder.path / SNAPSHOT).write_text(text.replace('"size":', '"size":1'), "utf-8")
    assert read_snapshot(folder) == take_snapshot(folder)
    (folder.path / SNAPSHOT).write_text("{", "utf-8")
    assert read_snapshot(folder).run == folder.run


def test_the_previous_run_travels_in_the_folder(build_run: Build) -> None:
    """It is the last complete run before this one, of the same environment."""
    build_run(run="older", started_at=EARLIER - timedelta(days=1))
    build_run(without("menu-write"), run="before", started_at=EARLIER)
    build_run(run="broken", started_at=EARLIER + timedelta(hours=1), complete=False)
    build_run(run="elsewhere", started_at=EARLIER + timedelta(hours=2), environment="production")
    folder = build_run(run="now")
    build_run(run="later", started_at=datetime.now(UTC) + timedelta(hours=1))
    found = remember_previous(folder.path.parents[1], folder)
    assert found
    assert found.run == "before"
    report = read(folder.path)
    assert report.previous == found
    page = report.section("changes")._repr_html_()
    assert "Send the menu" in page
    assert "Better" in page
    (folder.path / PREVIOUS).write_text("{", "utf-8")
    with pytest.raises(InputError, match="damaged"):
        read_previous(folder)


def test_a_first_report_says_that_it_is_the_first(build_run: Build) -> None:
    """Without an earlier run nothing is compared, and no file is written."""
    folder = build_run()
    assert remember_previous(folder.path.parents[1], folder) is None
    assert "first report" in repr(read(folder.path).section("changes"))


def test_proofs_have_an_end(build_run: Build) -> None:
    """The earliest live proof of an integrated feature decides until when the report holds."""
    old = datetime.now(UTC) - timedelta(days=10)
    lines = [
        line.model_copy(update={"observed_at": old}) if line.feature == "menu-write" else line
        for line in observations()
    ]
    report = read(build_run(lines, run="aged").path)
    assert report.valid_until == old + timedelta(days=30)
    assert "Proofs hold until" in repr(report.section("cover"))
    assert read(build_run([], run="none").path).valid_until is None


def test_stale_evidence_is_told(build_run: Build) -> None:
    """Live observations that were too old at the end do not count, and the report says so."""
    lines = [
        line.model_copy(update={"observed_at": datetime.now(UTC) - timedelta(days=90)})
        if line.feature == "order-created-event" and line.source == "receipts" else line
        for line in observations()
    ]  # fmt: skip
    report = read(build_run(lines).path)
    assert report.stale == 1
    assert "1 observation did not count" in repr(report.section("log"))
    assert take_snapshot(report.folder).inputs["comanda.yaml"] == DIGEST
