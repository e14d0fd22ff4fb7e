"""What the documents alone prove, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from opening import write_folder

from workbench.evidence import documents
from workbench.model.evidence import Outcome
from workbench.model.feature import Catalogue
from workbench.partners import load_partner
from workbench.settings import Settings, load_settings


def _edit(settings: Settings, name: str, change: Callable[[dict], None]) -> None:
    path = settings.contracts / "miniature" / name
    data = yaml.safe_load(path.read_text("utf-8"))
    change(data)
    path.write_text(yaml.safe_dump(data), "utf-8")


@pytest.mark.parametrize("slug", ["tavola", "bocado", "mesa"])
def test_every_bound_operation_and_event_is_looked_at(slug: str, catalogue: Catalogue) -> None:
    """Each binding of an embedded partner gives one observation, and none fails."""
    partner = load_partner(slug, load_settings())
    lines = [*documents.gather(partner, catalogue)]
    seen = {(line.feature, line.subject) for line in lines}
    for feature in partner.manifest.features:
        for _, operation in partner.operations(feature):
            assert (feature, operation.id) in seen
    assert Outcome.FAILED not in {line.outcome for line in lines}


def test_a_deprecated_operation_is_told(tmp_path: Path, catalogue: Catalogue) -> None:
    """A bound operation that will end limits its feature, with its place in the document."""
    settings = write_folder(tmp_path)
    _edit(
        settings,
        "openapi.yaml",
        lambda data: data["paths"]["/orders/{order_id}"]["get"].update(deprecated=True),
    )
    partner = load_partner("miniature", settings)
    lines = [*documents.gather(partner, catalogue)]
    found = [
        (line.feature, item.pointer)
        for line in lines
        for item in line.findings
        if item.slug == "operation-deprecated"
    ]
    assert found == [("order-read", "/paths/~1orders~1{order_id}/get")]


def test_a_changed_document_is_told(tmp_path: Path, catalogue: Catalogue) -> None:
    """Bytes that no longer match the manifest's hash are a finding about the document."""
    settings = write_folder(tmp_path)
    _edit(settings, "openapi.yaml", lambda data: data["info"].update(version="1.0.1"))
    _edit(
        settings,
        "partner.yaml",
        lambda data: data["features"].update({"api-docs": {"given": "An OpenAPI document."}}),
    )
    lines = [*documents.gather(load_partner("miniature", settings), catalogue)]
    assert "document-changed" in {item.slug for line in lines for item in line.findings}


def test_a_silent_feature_is_told(checkout: Settings, catalogue: Catalogue) -> None:
    """The report could not explain a feature of which the folder says nothing."""
    lines = [*documents.gather(load_partner("miniature", checkout), catalogue)]
    line = next(line for line in lines if line.check == "reasons-stated")
    assert line.outcome is Outcome.FAILED
    assert any("option-write" in item.summary for item in line.findings)
