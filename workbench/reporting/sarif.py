"""Findings as SARIF 2.1.0, for code scanning and editors."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from workbench.model import Finding, Severity
from workbench.reporting.defect import Defect
from workbench.reporting.report import Report
from workbench.reporting.section import displayable

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
