"""Schemathesis' report is read into one result per operation, secrets masked."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from workbench.evidence.contract.report import OperationResult, read_report
from workbench.model.evidence import Severity
from workbench.secrecy import Redactor

SECRET = "canary-secret-1234567890"


def _interaction(status: int | None, body: str = "") -> dict[str, Any]:
    request = {
        "method": "POST",
        "uri": "http://127.0.0.1:1/v1/orders",
        "headers": {"Content-Type": ["application/json"], "X-Key": [SECRET]},
        "body": {"$base64": base64.b64encode(body.encode()).decode()},
    }
    return {"request": request, "response": {"status_code": status} if status else None}


def _failure(title: str, message: str = "", severity: str = "high") -> dict[str, Any]:
    failure = {"title": title, "message": message, "severity": severity, "code": "ST1"}
    return {"failure_info": {"failure": failure}}


def _write(path: Path, *events: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
    return path


def _scenario(
    interactions: dict[str, Any], checks: dict[str, Any] | None = None, label: str = "POST /orders"
) -> dict[str, Any]:
    recorder = {"label": label, "interactions": interactions, "checks": checks or {}, "cases": {}}
    return {"ScenarioFinished": {"recorder": recorder}}


def test_cases_and_statuses_are_counted(tmp_path: Path) -> None:
    """Answers add up over scenarios; what was not answered is counted apart."""
    path = _write(
        tmp_path / "r.ndjson",
        _scenario({"a": _interaction(200), "b": _interaction(422)}),
        _scenario({"c": _interaction(200), "d": _interaction(None)}),
    )
    result = read_report(path, Redactor())["POST /orders"]
    assert (result.cases, result.unanswered) == (4, 1)
    assert result.statuses == {"200": 2, "422": 1}


def test_one_cause_is_one_finding(tmp_path: Path) -> None:
    """The same kind of failure at the same place is told once, with the first reproduction."""
    same = "is not of type\n\nSchema at /properties/total:"
    path = _write(
        tmp_path / "r.ndjson",
        _scenario(
            {"a": _interaction(200, '{"n":1}'), "b": _interaction(200, '{"n":2}')},
            {
                "a": [_failure("Response violates schema", same)],
                "b": [
                    _failure("Response violates schema", same),
                    _failure("Server error", severity="critical"),
                ],
            },
        ),
    )
    findings = read_report(path, Redactor())["POST /orders"].findings
    assert [item.slug for item in findings] == [
        "contract-server-error",
        "contract-response-violates-schema",
    ]
    assert findings[1].pointer == "/properties/total"
    assert '{"n":1}' in (findings[1].reproduction or "")


def test_a_refusal_of_valid_data_is_only_a_remark(tmp_path: Path) -> None:
    """A rule outside the schema may be behind it, so it limits nothing."""
    checks = {"a": [_failure("Schema-valid request rejected", severity="medium")]}
    path = _write(tmp_path / "r.ndjson", _scenario({"a": _interaction(422)}, checks))
    (finding,) = read_report(path, Redactor())["POST /orders"].findings
    assert finding.severity is Severity.LOW


def test_secrets_are_masked_in_messages_and_bodies(tmp_path: Path) -> None:
    """A value that the answer or the request echoes appears nowhere."""
    checks = {"a": [_failure("Server error", f"body was {SECRET}")]}
    path = _write(
        tmp_path / "r.ndjson",
        _scenario({"a": _interaction(500, json.dumps({"k": SECRET}))}, checks),
    )
    (finding,) = read_report(path, Redactor([SECRET]))["POST /orders"].findings
    assert SECRET not in finding.model_dump_json()
    assert "127.0.0.1:1/v1/orders" in (finding.reproduction or "")


def test_an_interrupted_report_still_counts(tmp_path: Path) -> None:
    """A last line that is cut off is left out."""
    path = _write(tmp_path / "r.ndjson", _scenario({"a": _interaction(200)}))
    path.write_text(path.read_text("utf-8") + '{"ScenarioFinished": {"rec', "utf-8")
    assert read_report(path, Redactor())["POST /orders"].cases == 1
    assert read_report(tmp_path / "none.ndjson", Redactor()) == {}


def test_an_unusable_operation_says_why(tmp_path: Path) -> None:
    """What Schemathesis cannot generate is kept as the operation's reason; lost calls are not."""

    def error(kind: str, message: str) -> dict[str, Any]:
        value = {"type": kind, "message": message}
        return {"NonFatalError": {"value": value, "label": "GET /a", "related_to_operation": True}}

    path = _write(
        tmp_path / "r.ndjson",
        error("ConnectionError", "refused"),
        error("Unsatisfiable", "Nothing satisfies\n minimum: 5 and maximum: 3"),
    )
    result = read_report(path, Redactor())["GET /a"]
    assert result.unusable == "Nothing satisfies minimum: 5 and maximum: 3"


@pytest.mark.parametrize(
    ("statuses", "refused"),
    [
        ({"401": 3}, True),
        ({"401": 3, "403": 1}, True),
        ({"429": 5, "503": 1}, True),
        ({"401": 3, "200": 1}, False),
        ({"401": 3, "404": 1}, False),
        ({}, False),
    ],
)
def test_a_refusal_is_no_deviation(statuses: dict[str, int], refused: bool) -> None:
    """Only refusals mean that access or pace, not the contract, is at fault."""
    result = OperationResult("GET /a", cases=sum(statuses.values()))
    result.statuses.update(statuses)
    assert result.is_refused == refused
    assert result.has_success == ("200" in statuses)
