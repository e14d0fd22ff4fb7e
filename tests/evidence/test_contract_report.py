"""Schemathesis' report is read into one result per operation, secrets masked."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from workbench.evidence.contract.report import OperationResult, read_report
from workbench.evidence.contract.telling import describes_answers
from workbench.model.description import Body, Operation, Response
from workbench.model.evidence import Severity
from workbench.secrecy import Redactor

SECRET = "canary-secret-1234567890"


def _packed(text: str) -> dict[str, str]:
    return {"$base64": base64.b64encode(text.encode()).decode()}


def _interaction(status: int | None, body: str = "") -> dict[str, Any]:
    request = {
        "method": "POST",
        "uri": "http://127.0.0.1:1/v1/o",
        "headers": {"Content-Type": ["application/json"], "X-Key": [SECRET]},
        "body": _packed(body),
    }
    return {"request": request, "response": {"status_code": status} if status else None}


TITLES = {
    "JsonSchemaError": "Response violates schema",
    "ServerError": "Server error",
    "RejectedPositiveData": "Schema-valid request rejected",
    "AcceptedNegativeData": "Schema-violating request accepted",
    "UndefinedContentType": "Undocumented Content-Type",
    "UndefinedStatusCode": "Undocumented status code",
    "MissingHeaders": "Missing required response headers",
    "MalformedJson": "JSON deserialization error",
}
TOOL_TALK = ("schemathesis", "st explain", "ST1", "schema-violating", "violates schema")


def _failure(kind: str, message: str = "", severity: str = "high") -> dict[str, Any]:
    failure = {"type": kind, "title": TITLES[kind], "message": message, "severity": severity}
    return {"failure_info": {"failure": {**failure, "code": "ST1"}}}


def _off(keyword: str, schema: dict[str, Any], value: Any, first: str = "It does not fit") -> str:
    """A message of a broken schema, as the report has it."""
    place = "Schema at /components/schemas/Order/properties/items/items/properties/price"
    shown = json.dumps({keyword: schema[keyword], **schema}, indent=4)
    return f"{first}\n\nValidated.\n\n{place}:\n\n{shown}\n\nValue:\n\n{json.dumps(value)}"


def _write(path: Path, *events: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
    return path


def _scenario(
    interactions: dict[str, Any], checks: dict[str, Any] | None = None, label: str = "POST /o"
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
    result = read_report(path, Redactor())["POST /o"]
    assert (result.cases, result.unanswered) == (4, 1)
    assert result.statuses == {"200": 2, "422": 1}


def test_one_cause_is_one_finding(tmp_path: Path) -> None:
    """The same failure at the same place is told once, with the first command that shows it."""
    same = [_failure("JsonSchemaError", _off("type", {"type": "integer"}, "7"))]
    path = _write(
        tmp_path / "r.ndjson",
        _scenario(
            {"a": _interaction(200, '{"n":1}'), "b": _interaction(200, '{"n":2}')},
            {"a": same, "b": same},
        ),
    )
    (finding,) = read_report(path, Redactor())["POST /o"].findings
    assert finding.pointer == "/components/schemas/Order/properties/items/items/properties/price"
    assert '{"n":1}' in (finding.reproduction or "")


def test_a_breakdown_explains_what_comes_with_it(tmp_path: Path) -> None:
    """An answer of 500 has no documented form either; that is one finding, not three."""
    checks = [
        _failure("UndefinedContentType", "Received: text/plain\nDocumented: application/json"),
        _failure("JsonSchemaError", _off("type", {"type": "integer"}, "7")),
        _failure("ServerError", severity="critical"),
    ]
    path = _write(tmp_path / "r.ndjson", _scenario({"a": _interaction(500)}, {"a": checks}))
    (finding,) = read_report(path, Redactor())["POST /o"].findings
    assert finding.summary == "POST /o breaks down with 500."
    assert finding.severity is Severity.CRITICAL


def test_what_we_wrote_is_not_held_against_the_answer(tmp_path: Path) -> None:
    """Data that was wrongly taken from us comes back as it is: told where it was taken."""
    sent = {"price": "seven", "name": "Soup"}
    answer = {"status_code": 200, "content": _packed(json.dumps({"id": "p1", **sent}))}
    taken = _interaction(200, json.dumps(sent)) | {"response": answer}
    off = _failure("JsonSchemaError", _off("type", {"type": "integer"}, "seven"))
    accepted = _failure(
        "AcceptedNegativeData", "Invalid data\nInvalid component: in body - `price`: Incorrect type"
    )
    path = _write(
        tmp_path / "r.ndjson",
        _scenario({"a": taken}, {"a": [off, accepted]}),
        _scenario({"b": _interaction(200) | {"response": answer}}, {"b": [off]}, "GET /orders"),
    )
    results = read_report(path, Redactor())
    (finding,) = results["POST /o"].findings
    assert finding.slug == "contract-schema-violating-request-accepted"
    assert "price: Incorrect type" in (finding.observed or "")
    assert results["GET /orders"].findings == ()


def test_unknown_statuses_are_named_together(tmp_path: Path) -> None:
    """Each status that no document mentions is named, in one finding of its operation."""
    path = _write(
        tmp_path / "r.ndjson",
        _scenario(
            {"a": _interaction(418), "b": _interaction(423), "c": _interaction(418)},
            {name: [_failure("UndefinedStatusCode", severity="medium")] for name in "abc"},
        ),
    )
    (finding,) = read_report(path, Redactor())["POST /o"].findings
    assert "418, 423" in finding.summary
    assert "418, 423" in (finding.observed or "")


FIELD, WHERE = "The field items[].price", "in the 200 answer of POST /o"


@pytest.mark.parametrize(
    ("kind", "message", "status", "summary"),
    [
        (
            "JsonSchemaError",
            _off("type", {"type": "integer"}, "9.50"),
            200,
            f"{FIELD} is a text {WHERE}; the document says a whole number.",
        ),
        (
            "JsonSchemaError",
            _off("type", {"type": ["number", "null"]}, [1]),
            200,
            f"{FIELD} is a list {WHERE}; the document says a number or empty (null).",
        ),
        (
            "JsonSchemaError",
            _off("required", {"required": ["net"]}, {}, '"net" is a required property'),
            200,
            f"{FIELD}.net is missing {WHERE}; the document requires it.",
        ),
        (
            "JsonSchemaError",
            _off("enum", {"enum": ["a", "b"]}, "c"),
            200,
            f"{FIELD} has a value {WHERE} that the document does not list.",
        ),
        (
            "JsonSchemaError",
            _off("maxLength", {"maxLength": 5, "type": "string"}, "longer"),
            200,
            f"{FIELD} does not keep to the document {WHERE} (maxLength 5).",
        ),
        (
            "UndefinedContentType",
            "Received: text/html\nDocumented: application/json",
            200,
            "POST /o answers as text/html; the document says application/json.",
        ),
        (
            "MissingHeaders",
            "The following required headers are missing from the response:\n- `Location`",
            201,
            "The 201 answer of POST /o lacks Location, which its document requires.",
        ),
        (
            "AcceptedNegativeData",
            "Invalid component: in body - violates `maximum` at /properties/price (was 1)",
            200,
            "POST /o takes data that its document rules out, and answers 200.",
        ),
        (
            "RejectedPositiveData",
            "Valid data should have been accepted",
            422,
            "POST /o refuses data that its document allows, with 422.",
        ),
    ],
)
def test_a_finding_is_in_plain_words(
    tmp_path: Path, kind: str, message: str, status: int, summary: str
) -> None:
    """What, where and what the document says; never the words of the tool."""
    answer = {"status_code": status, "headers": {"Content-Type": ["text/html"]}}
    seen = _interaction(status) | {"response": answer}
    path = _write(tmp_path / "r.ndjson", _scenario({"a": seen}, {"a": [_failure(kind, message)]}))
    (finding,) = read_report(path, Redactor())["POST /o"].findings
    assert finding.summary == summary
    assert finding.expected
    assert (finding.observed or "").startswith(f"Answer {status}")
    told = f"{finding.summary} {finding.expected} {finding.observed} {finding.hint or ''}"
    assert not [word for word in TOOL_TALK if word in told]


def test_a_refusal_of_valid_data_is_only_a_remark(tmp_path: Path) -> None:
    """A rule outside the schema may be behind it, so it limits nothing."""
    checks = {"a": [_failure("RejectedPositiveData", severity="medium")]}
    path = _write(tmp_path / "r.ndjson", _scenario({"a": _interaction(422)}, checks))
    (finding,) = read_report(path, Redactor())["POST /o"].findings
    assert finding.severity is Severity.LOW


@pytest.mark.parametrize(
    ("status", "keyword", "wanted", "severity"),
    [
        (200, "type", "integer", Severity.HIGH),
        (200, "format", "date-time", Severity.MEDIUM),
        (422, "type", "integer", Severity.MEDIUM),
        (404, "type", "integer", Severity.MEDIUM),
    ],
)
def test_formats_and_bodies_of_refusals_limit(
    tmp_path: Path, status: int, keyword: str, wanted: str, severity: Severity
) -> None:
    """How a text is written, and the body of a refusal, limit a feature and never break it."""
    checks = {"a": [_failure("JsonSchemaError", _off(keyword, {keyword: wanted}, "x"))]}
    path = _write(tmp_path / "r.ndjson", _scenario({"a": _interaction(status)}, checks))
    (finding,) = read_report(path, Redactor())["POST /o"].findings
    assert finding.severity is severity


def test_secrets_are_masked_in_messages_and_bodies(tmp_path: Path) -> None:
    """A value that the answer or the request echoes appears nowhere."""
    checks = {"a": [_failure("RejectedPositiveData", f"body was {SECRET}")]}
    path = _write(
        tmp_path / "r.ndjson",
        _scenario({"a": _interaction(500, json.dumps({"k": SECRET}))}, checks),
    )
    (finding,) = read_report(path, Redactor([SECRET]))["POST /o"].findings
    assert SECRET not in finding.model_dump_json()
    assert "127.0.0.1:1/v1/o" in (finding.reproduction or "")


def test_an_interrupted_report_still_counts(tmp_path: Path) -> None:
    """A last line that is cut off is left out."""
    path = _write(tmp_path / "r.ndjson", _scenario({"a": _interaction(200)}))
    path.write_text(path.read_text("utf-8") + '{"ScenarioFinished": {"rec', "utf-8")
    assert read_report(path, Redactor())["POST /o"].cases == 1
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
    ("statuses", "refusal"),
    [
        ({"401": 3}, "RefusedError"),
        ({"401": 3, "403": 1}, "RefusedError"),
        ({"429": 5, "503": 1}, "UnavailableError"),
        ({"429": 5}, "RateLimitedError"),
        ({"302": 2, "522": 1}, "UnavailableError"),
        ({"302": 2}, "PartnerError"),
        ({"402": 2}, "RefusedError"),
        ({"401": 3, "200": 1}, ""),
        ({"401": 3, "404": 1}, ""),
        ({}, ""),
    ],
)
def test_a_refusal_is_no_deviation(statuses: dict[str, int], refusal: str) -> None:
    """Only refusals mean that access or pace, not the contract, is at fault."""
    result = OperationResult("GET /a", cases=sum(statuses.values()))
    result.statuses.update(statuses)
    assert result.refusal == refusal
    assert result.has_success == ("200" in statuses)


@pytest.mark.parametrize(
    ("status", "schema", "says"),
    [
        ("200", {"type": "object"}, True),
        ("200", {"$ref": "#/components/schemas/Thing"}, True),
        ("200", {}, False),
        ("200", {"description": "An order.", "example": {"id": 1}}, False),
        ("200", {"$ref": "#/components/schemas/Anything"}, False),
        ("200", None, False),
        ("204", None, True),
        ("404", {"type": "object"}, False),
    ],
)
def test_a_document_may_say_nothing_of_its_answers(
    status: str, schema: dict[str, Any] | None, *, says: bool
) -> None:
    """What a success holds is compared only where a schema asks for something."""
    bundle = {"components": {"schemas": {"Thing": {"required": ["id"]}, "Anything": {}}}}
    bodies = () if schema is None else (Body(media_type="application/json", schema_=schema),)
    operation = Operation(
        id="GET /a",
        method="GET",
        path="/a",
        document="a.yaml",
        responses=(Response(status=status, bodies=bodies),),
    )
    assert describes_answers(operation, bundle) is says
