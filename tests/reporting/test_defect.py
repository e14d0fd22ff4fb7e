"""Findings as the report counts them: one cause is one finding."""

from __future__ import annotations

from workbench.description import find_violations
from workbench.model import ApiDescription, Evidence, Finding, Outcome, Severity, Source
from workbench.reporting.defect import collect

PLACE = "/components/schemas/Bill/properties/total"


def tell(finding: Finding, feature: str = "order-read") -> Evidence:
    """A line with one finding."""
    return Evidence(
        feature=feature,
        source=Source.CONTRACT,
        outcome=Outcome.FAILED,
        summary="looked",
        findings=(finding,),
    )


def off_form(operation: str, slug: str, pointer: str, documented: str | None) -> Finding:
    """A field of an answer that is not as it should be."""
    return Finding(
        slug=slug,
        severity=Severity.HIGH,
        summary=f"{operation} is off",
        operation=operation,
        pointer=pointer,
        documented=documented,
    )


def test_one_field_of_one_schema_is_one_finding_whoever_answers_with_it() -> None:
    """A named schema that several operations break is told once, with all of them."""
    lines = [
        tell(off_form("GET /bills", "contract-response-violates-schema", PLACE, PLACE)),
        tell(off_form("GET /bills/{id}", "answer-off-schema", "/total", PLACE)),
        tell(off_form("GET /bills/{id}", "answer-not-translated", "/total", None)),
        tell(off_form("bill.paid", "webhook-off-schema", "/total", PLACE)),
    ]
    (found,) = collect(lines, [])
    assert found.operations == ("GET /bills", "GET /bills/{id}", "bill.paid")
    assert found.elsewhere == ("GET /bills/{id}", "bill.paid")


def test_other_fields_and_inline_schemas_stay_apart() -> None:
    """Two fields are two findings, and so are two schemas without a name."""
    other = PLACE.replace("total", "tax")
    lines = [
        tell(off_form("GET /bills", "contract-response-violates-schema", PLACE, PLACE)),
        tell(off_form("GET /bills", "contract-response-violates-schema", other, other)),
        tell(off_form("GET /notes", "answer-off-schema", "/text", None)),
        tell(off_form("GET /notes/{id}", "answer-off-schema", "/text", None)),
    ]
    assert len(collect(lines, [])) == 4


def test_a_violation_names_the_schema_that_it_breaks() -> None:
    """The named schema of a wrong and of a missing field; an inline one has no name."""
    bill = {"required": ["tax"], "properties": {"total": {"type": "number"}}}
    bundle = {"openapi": "3.1.0", "components": {"schemas": {"Bill": bill}}}
    description = ApiDescription(documents=(), bundles={"a.yaml": bundle})
    schema = {"properties": {"bill": {"$ref": "#/components/schemas/Bill"}, "at": {"type": "null"}}}
    payload = {"bill": {"total": "9"}, "at": 1}
    found = find_violations(description, "a.yaml", schema, payload)
    named = {item.pointer: item.documented for item in found}
    assert named == {"/bill/total": PLACE, "/bill": PLACE.replace("total", "tax"), "/at": ""}
