"""JUnit, SARIF and badges: well-formed whatever the partner wrote, and true to the report."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from workbench.errors import InputError, ReportError
from workbench.reporting.build_server import (
    write_badge_json,
    write_badge_svg,
    write_junit,
    write_sarif,
)
from workbench.reporting.formats import FILES, Format, choose_formats, write_formats
from workbench.reporting.report import Report

from .conftest import Build, read
from .hostile import PAYLOADS, hostile


def test_junit_counts_add_up(report: Report) -> None:
    """Failures are what failed; what is absent or untested is skipped; grave findings fail."""
    verdicts, findings = ET.fromstring(write_junit(report)).iter("testsuite")
    assert int(verdicts.attrib["tests"]) == len(report.rows)
    [failed] = [case for case in verdicts if case.find("failure") is not None]
    assert failed.attrib["name"] == "Read the status of an order"
    skipped = [case.attrib["name"] for case in verdicts if case.find("skipped") is not None]
    assert {"Send the extras", "Send the groups of extras"} <= set(skipped)
    assert (findings.attrib["tests"], findings.attrib["failures"]) == ("3", "1")


def test_junit_tells_the_time(report: Report) -> None:
    """Each feature has the seconds before its observations; together no more than the run took."""
    root = ET.fromstring(write_junit(report))
    times = [float(case.attrib["time"]) for case in root.iter("testcase")]
    last = max(line.observed_at for line in report.log.evidence)
    whole = (last - report.log.header.started_at).total_seconds()
    assert 0 < sum(times) <= whole + 0.001 * len(times)
    suites = [float(suite.attrib["time"]) for suite in root.iter("testsuite")]
    assert sum(suites) == pytest.approx(sum(times), abs=0.01)


def test_sarif_has_stable_results(report: Report) -> None:
    """One result for each finding, with level, file, and the same fingerprint on each rendering."""
    log = json.loads(write_sarif(report))
    [run] = log["runs"]
    assert log["version"] == "2.1.0"
    assert [item["level"] for item in run["results"]] == ["error", "warning", "note"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {item["ruleId"] for item in run["results"]} <= rules
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "contracts/comanda/partner.yaml"
    assert json.loads(write_sarif(report)) == log


def test_badges_say_the_score(report: Report, build_run: Build) -> None:
    """A failed feature is red, and so is an incomplete run."""
    badge = json.loads(write_badge_json(report))
    assert badge == {
        "schemaVersion": 1, "label": "Comanda", "message": "Partial integration · 50% · depth 15%",
        "color": "98172a",
        "isError": True,
    }  # fmt: skip
    picture = ET.fromstring(write_badge_svg(report))
    assert picture.attrib["aria-label"] == "Comanda: Partial integration · 50% · depth 15%"
    aborted = read(build_run(run="aborted", complete=False).path)
    assert json.loads(write_badge_json(aborted))["message"] == "Incomplete run"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_strings_stay_text(build_run: Build, payload: str) -> None:
    """XML and JSON stay well-formed, and the picture holds the shapes that it always holds."""
    head, lines = hostile(payload)
    changed = {name: getattr(head, name) for name in type(head).model_fields}
    report = read(build_run(lines, **changed).path)
    ET.fromstring(write_junit(report))
    json.loads(write_sarif(report))
    assert json.loads(write_badge_json(report))["label"]
    kinds = [
        element.tag.rpartition("}")[2] for element in ET.fromstring(write_badge_svg(report)).iter()
    ]
    assert kinds == ["svg", "title", "rect", "path", "g", "text", "text"]


def test_formats_are_written_side_by_side(report: Report) -> None:
    """Every format leaves its files in the run folder, and all of them are known by name."""
    chosen = choose_formats([], report.folder.path)
    assert Format.ENGINEER not in chosen  # there is no executed notebook
    wanted = [form for form in chosen if form is not Format.PDF]
    written = [path.name for path in write_formats(report, wanted)]
    assert written == [
        "report.md", "report.json", "report.junit.xml", "report.sarif", "summary.md", "badge.json",
        "badge.svg",
    ]  # fmt: skip
    assert set(written) < set(FILES)


def test_unknown_formats_are_input_errors(tmp_path: Path) -> None:
    """The error names those that there are."""
    with pytest.raises(InputError, match="no format 'word'"):
        choose_formats(["word"], tmp_path)
    assert choose_formats(["pdf", "json"], tmp_path) == [Format.PDF, Format.JSON]


def test_a_missing_notebook_is_a_report_error(report: Report) -> None:
    """The engineer's record cannot be made of nothing."""
    with pytest.raises(ReportError, match="notebook cannot be read"):
        list(write_formats(report, [Format.ENGINEER]))
