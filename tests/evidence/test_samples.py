"""Recorded payloads become canonical and back, and what does not fit is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from opening import write_folder

from workbench.evidence import samples
from workbench.model.evidence import Evidence, Outcome
from workbench.model.feature import Catalogue
from workbench.partners import load_partner
from workbench.settings import load_settings

ORDER = {
    "id": "o1",
    "restaurant_id": "r1",
    "status": "new",
    "placed_at": "2026-11-20T19:00:00Z",
    "currency": "EUR",
    "items": [
        {"product_id": "p1", "name": "P", "quantity": 2, "unit_price": 900, "line_total": 1800}
    ],
    "total": 1800,
    "address": {"street": "C", "city": "Madrid", "country": "ES", "lat": 40.4, "lng": -3.7},
}


@pytest.fixture
def look(tmp_path: Path, catalogue: Catalogue) -> Callable[..., list[Evidence]]:
    """Looks at the miniature's folder with one more sample of an order in it."""

    def look_(payload: object, canonical: object = None) -> list[Evidence]:
        settings = write_folder(tmp_path)
        room = settings.contracts / "miniature" / "samples" / "order-read"
        room.mkdir(parents=True)
        (room / "one.json").write_text(json.dumps(payload), "utf-8")
        if canonical is not None:
            (room / "one.canonical.json").write_text(json.dumps(canonical), "utf-8")
        lines = samples.gather(load_partner("miniature", settings), catalogue)
        return [line for line in lines if line.feature == "order-read"]

    return look_


@pytest.mark.parametrize("slug", ["tavola", "bocado", "mesa"])
def test_the_embedded_samples_pass(slug: str, catalogue: Catalogue) -> None:
    """Every recorded payload of an embedded partner translates without a finding that breaks."""
    lines = [*samples.gather(load_partner(slug, load_settings()), catalogue)]
    assert Outcome.FAILED not in {line.outcome for line in lines}
    assert sum(line.outcome is Outcome.PASSED for line in lines) > 3


def test_a_good_sample_proves_criteria(look: Callable) -> None:
    """A payload that fits, adds up and is as expected passes, and names what it proves."""
    (line,) = look(ORDER, {"ids": {"partner_id": "o1"}, "status": "placed"})
    assert line.outcome is Outcome.PASSED
    assert line.findings == ()
    assert "order-delivery-covered" in line.criteria


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"total": 1790}, "inv-m2"),
        ({"placed_at": None}, "sample-not-translated"),
        ({"note": 5}, "sample-off-schema"),
    ],
)
def test_a_bad_sample_is_told(change: dict, slug: str, look: Callable, told: Callable) -> None:
    """Sums that are wrong, missing fields, and breaches of the schema are findings."""
    assert slug in told(look({**ORDER, **change}))


def test_an_unexpected_result_is_told(look: Callable) -> None:
    """The recorded canonical entity decides; the finding names the place."""
    (line,) = look(ORDER, {"status": "accepted"})
    assert [(item.slug, item.pointer) for item in line.findings] == [("sample-differs", "/status")]
    assert line.outcome is Outcome.FAILED


def test_a_missing_sample_is_untested(catalogue: Catalogue, tmp_path: Path) -> None:
    """A bound feature without a sample says so."""
    partner = load_partner("miniature", write_folder(tmp_path))
    lines = [line for line in samples.gather(partner, catalogue) if line.feature == "order-read"]
    assert [line.outcome for line in lines] == [Outcome.UNTESTED]
    assert "sample" in lines[0].summary
