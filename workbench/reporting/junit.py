"""Verdicts and findings as JUnit XML, which every build server shows."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from workbench.model import Status
from workbench.reporting.defect import Defect
from workbench.reporting.report import Report
from workbench.reporting.row import Row
from workbench.reporting.section import displayable
from workbench.text import sanitize

JUNIT = "report.junit.xml"

_FAILURES = {Status.FAILED, Status.UNKNOWN}
_SKIPPED = {
    Status.SUPPORTED,
    Status.UNVERIFIED,
    Status.OPEN,
    Status.UNSUPPORTED,
    Status.EXEMPT,
}


def write_junit(report: Report) -> str:
    """One suite of verdicts and one of findings.

    A verdict fails when the feature failed or nothing is stated about it; what is not integrated,
    not applicable or not tested is skipped. A finding fails when it breaks a feature.
    """
    header = report.log.header
    root = ET.Element("testsuites", name=displayable(header.title))
    root.append(_figures(report))
    started = header.started_at.isoformat(timespec="seconds")
    seconds = _time(report)
    verdicts = [_verdict(row, report, seconds.get(row.feature.slug, 0.0)) for row in report.rows]
    findings = [_finding(item, report) for item in (*report.ours, *report.defects, *report.remarks)]
    root.append(_suite("verdicts", verdicts, started))
    root.append(_suite("findings", findings, started))
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _time(report: Report) -> dict[str, float]:
    """Feature → seconds that were spent on it: those before each line about it, since the last."""
    spent: dict[str, float] = {}
    before = report.log.header.started_at
    for line in report.log.evidence:
        gap = (line.observed_at - before).total_seconds()
        spent[line.feature] = spent.get(line.feature, 0.0) + max(0.0, gap)
        before = max(before, line.observed_at)
    return spent


def _figures(report: Report) -> ET.Element:
    """Level, figures, and what kept us from asking, as properties of the whole."""
    scores = report.scores
    told = {"level": report.level, "access": report.access_trouble}
    told |= {name: f"{getattr(scores, name):.4f}" for name in ("reach", "score", "depth")}
    found = ET.Element("properties")
    for name, value in told.items():
        if value:
            ET.SubElement(found, "property", name=name, value=displayable(value))
    return found


def _suite(name: str, cases: Sequence[ET.Element], started: str) -> ET.Element:
    counts = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": 0,
        "skipped": sum(case.find("skipped") is not None for case in cases),
    }
    suite = ET.Element("testsuite", name=name, timestamp=started)
    suite.attrib |= {key: str(number) for key, number in counts.items()}
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    suite.extend(cases)
    return suite


def _verdict(row: Row, report: Report, seconds: float) -> ET.Element:
    case = ET.Element("testcase", classname=row.feature.area, name=displayable(row.feature.title))
    case.set("time", f"{seconds:.3f}")
    status, absence = row.verdict.status, row.verdict.absence
    if status in _FAILURES:
        _say(case, "failure", row.explanation, "\n".join(f.summary for f in row.verdict.findings))
    elif status in _SKIPPED:
        why = report.translate(absence.reason) if absence else row.explanation
        _say(case, "skipped", f"{row.word}: {why}")
    return case


def _finding(defect: Defect, report: Report) -> ET.Element:
    finding = defect.finding
    place = finding.operation or finding.pointer or ""
    case = ET.Element(
        "testcase",
        classname=f"finding.{finding.severity}",
        name=displayable(f"{finding.slug} {place}"),
    )
    told = [finding.expected, finding.observed, finding.hint, report.command(defect)]
    detail = "\n".join(part for part in told if part)
    case.set("time", "0.000")  # found while the features above were looked at
    kind = "failure" if finding.severity.breaks else "system-out"
    _say(case, kind, finding.summary, detail)
    return case


def _say(case: ET.Element, kind: str, message: str, detail: str = "") -> None:
    child = ET.SubElement(case, kind)
    if kind == "system-out":
        child.text = f"{displayable(message)}\n{sanitize(detail)}"
    else:
        child.set("message", displayable(message))
        child.text = sanitize(detail) or None
