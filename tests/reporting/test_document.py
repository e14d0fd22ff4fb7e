"""`report.json` keeps its published schema, and says what the page says."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest

from workbench.reporting.document import ReportDocument, make_document, write_json
from workbench.reporting.history import remember_previous
from workbench.reporting.report import Report

from .conftest import Build, read
from .hostile import PAYLOADS, hostile

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **ReportDocument.model_json_schema(mode="serialization"),
}


def test_the_published_schema_is_fresh() -> None:
    """`report.schema.json` is what the models say; write it anew when they change."""
    kept = files("workbench.reporting").joinpath("report.schema.json").read_text("utf-8")
    assert json.loads(kept) == json.loads(json.dumps(SCHEMA))


@pytest.mark.parametrize("code", ["en", "es"])
def test_a_document_keeps_the_schema(build_run: Build, code: str) -> None:
    """What is written is valid, with and without changes since a previous run."""
    first, second = build_run(run="one"), build_run(run="two")
    remember_previous(first.path.parents[1], second)
    for folder in (first, second):
        document = json.loads(write_json(read(folder.path, code)))
        jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["changes"]["drift"]["old"] == "one"
    assert document["language"] == code


def test_a_document_says_what_the_page_says(report: Report) -> None:
    """Figures, verdicts, reasons and evidence ids are those of the report."""
    document = make_document(report)
    entries = {entry.slug: entry for entry in document.features}
    assert document.sentence == report.sentence
    assert document.score == round(report.scores.score, 4)
    assert entries["option-write"].gap
    assert entries["option-write"].gap.lifter == "You"
    assert entries["order-status-read"].word == "Not working"
    assert {name for entry in document.features for name in entry.evidence} <= {
        line.id for line in document.log
    }
    proofs = [item for entry in document.features for item in entry.criteria if item.evidence]
    assert proofs
    assert [fault.finding.slug for fault in document.defects] == [
        item.finding.slug for item in report.defects
    ]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_json_is_safe_inside_a_page(build_run: Build, payload: str) -> None:
    """The payload comes back as it was, and no sign of it could end a script element."""
    head, lines = hostile(payload)
    run = build_run(lines, **{name: getattr(head, name) for name in type(head).model_fields})
    text = write_json(read(run.path))
    assert json.loads(text)["title"] == payload
    assert not set("<>&'\u202e\x1b\x00") & set(text)
