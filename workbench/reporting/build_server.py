"""A run for build servers: JUnit XML, SARIF 2.1.0 for code scanning, and a badge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from workbench.model import Finding, Severity, Status
from workbench.reporting.defect import Defect
from workbench.reporting.report import Report
from workbench.reporting.row import Row
from workbench.reporting.section import displayable, environment
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


SARIF = "report.sarif"

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}


def write_sarif(report: Report) -> str:
    """One result for each distinct finding; the same finding has the same fingerprint each time."""
    found = (*report.ours, *report.defects, *report.remarks)
    rules = {item.finding.slug: item.finding for item in reversed(found)}
    driver = {
        "name": "partner-integration-workbench",
        "version": report.log.header.workbench,
        "rules": [
            {
                "id": displayable(slug),
                "shortDescription": {"text": displayable(slug.replace("-", " "))},
            }
            for slug in sorted(rules)
        ],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"{report.log.header.partner}/{report.log.header.run}"},
        "properties": {
            "level": report.level,
            "access": report.access_trouble,
            **{name: getattr(report.scores, name) for name in ("reach", "score", "depth")},
        },
        "results": [_result(item, report) for item in found],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=1) + "\n"


def _result(defect: Defect, report: Report) -> dict[str, Any]:
    finding = defect.finding
    told = [finding.summary, finding.expected and f"Expected: {finding.expected}"]
    told += [finding.observed and f"Observed: {finding.observed}", finding.hint]
    key = json.dumps([report.log.header.partner, *finding.key])
    return {
        "ruleId": displayable(finding.slug),
        "level": _LEVELS[finding.severity],
        "message": {"text": displayable("\n".join(part for part in told if part))},
        "locations": [_locate(finding, report)],
        "partialFingerprints": {"finding/v1": hashlib.sha256(key.encode()).hexdigest()},
        "properties": {
            "features": list(defect.features),
            "evidence": list(defect.evidence),
            "command": report.command(defect),
        },
    }


def _locate(finding: Finding, report: Report) -> dict[str, Any]:
    """The document that the pointer names, else the manifest: a viewer wants a file."""
    partner = report.log.header.partner
    named = (finding.pointer or "").partition("#")[0]
    name = named if named in report.log.header.inputs else "partner.yaml"
    place = " ".join(part for part in (finding.operation, finding.pointer) if part)
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(f"contracts/{partner}/{name}")},
            "region": {"startLine": 1},
        }
    }
    if place:
        location["logicalLocations"] = [{"fullyQualifiedName": displayable(place)}]
    return location


BADGE_JSON, BADGE_SVG = "badge.json", "badge.svg"

# Dark enough for white letters: 4.5 : 1 and more.
_COLOURS = {"good": "#0d6238", "limited": "#734600", "bad": "#98172a", "open": "#2f4d70"}
_LONGEST = 40
_LETTER = 6.6  # average width in pixels at 11 px Verdana


def write_badge_json(report: Report, now: datetime | None = None) -> str:
    """The JSON that shields reads from an endpoint.

    Args:
        report: The run.
        now: Instant against which the age of proofs is measured; None: it is not, so that the
            same run always has the same badge.
    """
    label, message, kind = _words(report, now)
    badge = {
        "schemaVersion": 1,
        "label": label,
        "message": message,
        "color": _COLOURS[kind].removeprefix("#"),
        "isError": kind == "bad",
    }
    return json.dumps(badge) + "\n"


def write_badge_svg(report: Report, now: datetime | None = None) -> str:
    """The badge as a picture with a title for screen readers; `now` as of the JSON."""
    label, message, kind = _words(report, now)
    left, right = (round(len(text) * _LETTER + 14) for text in (label, message))
    template = environment(report.language.code).get_template("badge.svg.j2")
    return template.render(
        label=label, message=message, colour=_COLOURS[kind], left=left, right=right
    )


def _words(report: Report, now: datetime | None) -> tuple[str, str, str]:
    title: str = displayable(report.log.header.title.replace("\n", " "))
    label = title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1]}…"
    scores = report.scores
    statuses = {row.verdict.status for row in report.platform}
    if not report.log.is_complete:
        return label, report.level, "bad"
    if not scores.is_tested:
        return label, report.level, "open"
    if now is not None and report.valid_until is not None and report.valid_until < now:
        day = report.language.date(report.valid_until)
        return label, report.language.say("badge.late", date=day), "open"
    if report.meeting.contradicted:
        return label, report.language.say("badge.contradicted"), "bad"
    share, depth = (report.language.percent(n) for n in (scores.score, scores.depth))
    message = f"{report.level} · {share} · {report.depth_word} {depth}"
    if Status.FAILED in statuses:
        kind = "bad"
    elif report.is_full:
        kind = "good"
    else:
        kind = "limited" if scores.integrated else "open"
    return label, message, kind
