"""The standard suite: what must hold of every folder in contracts/."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.evidence import documents, samples
from workbench.lint import lint
from workbench.model.evidence import Outcome, Severity
from workbench.partners import Partner, list_partners, load_catalogue, load_partner
from workbench.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SLUGS = list_partners(Settings(root=ROOT))


@pytest.fixture(scope="module", params=SLUGS)
def partner(request: pytest.FixtureRequest) -> Partner:
    """Each partner in turn."""
    return load_partner(request.param, Settings(root=ROOT))


def test_its_folder_is_clean(partner: Partner) -> None:
    """Lint finds nothing that has to be mended."""
    findings = lint(partner, load_catalogue())
    assert [item.summary for item in findings if item.severity.rank <= Severity.MEDIUM.rank] == []


def test_its_documents_say_what_is_bound(partner: Partner) -> None:
    """Every bound operation and event is documented."""
    lines = list(documents.gather(partner, load_catalogue()))
    assert lines
    assert {line.outcome for line in lines} == {Outcome.PASSED}


def test_its_samples_become_canonical_and_back(partner: Partner) -> None:
    """Every recorded sample translates as recorded, and the invariants hold."""
    lines = list(samples.gather(partner, load_catalogue()))
    assert lines
    wrong = [finding.summary for line in lines for finding in line.findings]
    assert wrong == []
    assert {line.outcome for line in lines} == {Outcome.PASSED}


def test_it_says_of_every_absence_why(partner: Partner) -> None:
    """Reasons are sentences, with a code of the catalogue."""
    for stated in partner.manifest.features.values():
        if stated.status is not None:
            assert load_catalogue().reason(stated.code or "") is not None
            assert (stated.reason or "").rstrip().endswith(".")
