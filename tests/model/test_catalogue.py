"""The feature catalogue is whole, consistent, and written for people."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

import workbench.canonical
from workbench.model.evidence import LIVE_SOURCES, Source
from workbench.model.feature import Catalogue, Criterion, Feature, FeatureKind, Requirement

KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NUMBERED = {
    "ONB-": 10,
    "ORD-G": 12,
    "ORD-S": 2,
    "RES-G": 2,
    "RES-S": 2,
    "ORD-W": 11,
    "RES-W": 6,
    "WHK-": 15,
    "CAT-X": 15,
    "LOC-": 5,
    "AVL-": 10,
    "VAL-": 5,
    "BEY-": 30,
}
ROWS = {f"{prefix}{n:02}" for prefix, last in NUMBERED.items() for n in range(1, last + 1)} | {
    f"CAT-{entity}-{way}"
    for entity in ("MENU", "SECT", "PROD", "VARI", "OCAT", "OPTN")
    for way in ("C1", "CN", "U1", "UN")
}
# Outside the first request although the domain list numbers them among the seed's rows.
OPTIONAL_ROWS = {"ONB-04", "CAT-X10", "CAT-X15", "LOC-04", "LOC-05", "AVL-01", "VAL-05"}
SERVICES_AND_EVENTS = (
    "order-read",
    "order-status-read",
    "order-status-write",
    "reservation-read",
    "reservation-status-read",
    "reservation-status-write",
    "menu-write",
    "menu-section-write",
    "product-write",
    "product-variant-write",
    "option-category-write",
    "option-write",
    "delivery-location-write",
    "availability-write",
    "order-created-event",
    "reservation-created-event",
    "order-status-event",
    "reservation-status-event",
)
PAPERS = (
    "api-docs",
    "webhook-docs",
    "test-account",
    "sandbox-credentials",
    "production-credentials",
)
GENERAL_REASONS = {"R19", "R20"}
JARGON = re.compile(
    r"\b(api|webhooks?|endpoints?|json|http|payloads?|tokens?|oauth|schemas?|sandbox|patch)\b",
    re.IGNORECASE,
)


def items(catalogue: Catalogue) -> list[Feature | Criterion]:
    """All features and criteria."""
    return [*catalogue.features, *catalogue.criteria()]


def canonical_names() -> set[str]:
    """Names of all classes that the canonical modules define."""
    modules = [
        importlib.import_module(f"workbench.canonical.{found.name}")
        for found in pkgutil.iter_modules(workbench.canonical.__path__)
    ]
    return {
        name
        for module in modules
        for name, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == module.__name__
    }


def test_every_row_of_the_domain_list_is_a_criterion_once(catalogue: Catalogue) -> None:
    """All 149 rows are there, each exactly once, and no other."""
    counts = Counter(criterion.row for criterion in catalogue.criteria())
    assert len(ROWS) == 149
    assert set(counts) == ROWS
    assert set(counts.values()) == {1}


def test_rows_beyond_the_request_are_marked_so(catalogue: Catalogue) -> None:
    """Exactly the BEY rows and the optional ones have the requirement `beyond`."""
    beyond = {c.row for c in catalogue.criteria() if c.requirement is Requirement.BEYOND}
    assert beyond == {row for row in ROWS if row.startswith("BEY-")} | OPTIONAL_ROWS


def test_eighteen_features_count_for_reach_and_score(catalogue: Catalogue) -> None:
    """The bindable features are the services and events of the design, in its order."""
    assert tuple(feature.slug for feature in catalogue.bindable()) == SERVICES_AND_EVENTS


def test_paperwork_of_the_design_is_there(catalogue: Catalogue) -> None:
    """The five papers of the design are paperwork that a folder has to state."""
    for slug in PAPERS:
        feature = catalogue.feature(slug)
        assert feature is not None
        assert feature.kind is FeatureKind.PAPERWORK
        assert feature.needs_statement


def test_a_folder_states_the_features_of_the_design_and_no_others(catalogue: Catalogue) -> None:
    """What lies beyond, and what we give ourselves, needs no statement."""
    needed = {feature.slug for feature in catalogue.features if feature.needs_statement}
    assert needed == {*SERVICES_AND_EVENTS, *PAPERS}


def test_slugs_are_kebab_and_unique(catalogue: Catalogue) -> None:
    """Slugs of features and criteria share one name space, which is lower-kebab."""
    slugs = [item.slug for item in items(catalogue)]
    assert all(KEBAB.fullmatch(slug) for slug in slugs)
    assert len(set(slugs)) == len(slugs)


def test_canonical_names_exist(catalogue: Catalogue) -> None:
    """Every canonical name is a class of a canonical module."""
    named = {item.canonical for item in items(catalogue)} - {None}
    assert named <= canonical_names()
    assert {"Order", "Reservation", "Catalog", "Availability", "DeliveryLocation"} <= named


def test_services_and_events_say_what_travels(catalogue: Catalogue) -> None:
    """Each bindable feature and each of its criteria names a canonical type."""
    for feature in catalogue.bindable():
        assert feature.canonical, feature.slug
        assert all(criterion.canonical for criterion in feature.criteria), feature.slug


def test_all_reasons_are_listed_and_used(catalogue: Catalogue) -> None:
    """R1 to R20 are there in order, and each is a likely reason somewhere or a general one."""
    assert [reason.code for reason in catalogue.reasons] == [f"R{n}" for n in range(1, 21)]
    used = {code for criterion in catalogue.criteria() for code in criterion.reasons}
    assert used | GENERAL_REASONS == {reason.code for reason in catalogue.reasons}


def test_reasons_are_sentences_for_the_partner(catalogue: Catalogue) -> None:
    """Each reason is a whole sentence of its own, and says what would lift it."""
    sentences = [reason.sentence for reason in catalogue.reasons]
    assert len(set(sentences)) == len(sentences)
    for reason in catalogue.reasons:
        assert reason.sentence[0].isupper()
        assert reason.sentence.endswith(".")
        assert len(reason.needed) >= 20


def test_all_kinds_of_evidence_are_listed_and_used(catalogue: Catalogue) -> None:
    """E1 to E14 are there in order, and each is needed by a criterion."""
    assert [kind.code for kind in catalogue.evidence] == [f"E{n}" for n in range(1, 15)]
    used = {code for criterion in catalogue.criteria() for code in criterion.evidence}
    assert used == {kind.code for kind in catalogue.evidence}


def test_only_the_dashboard_needs_human_eyes(catalogue: Catalogue) -> None:
    """Every kind of evidence but E12 can come from a source."""
    assert [kind.code for kind in catalogue.evidence if not kind.sources] == ["E12"]


def test_benefits_are_distinct_plain_sentences(catalogue: Catalogue) -> None:
    """Each benefit is one sentence of its own, without technical words, and not the title."""
    benefits = [item.benefit for item in items(catalogue)]
    assert [text for text, count in Counter(benefits).items() if count > 1] == []
    for item in items(catalogue):
        assert len(item.benefit) >= 25, item.slug
        assert item.benefit.endswith("."), item.slug
        assert ". " not in item.benefit, item.slug
        assert not JARGON.search(item.benefit), item.slug
        assert item.title.lower() not in item.benefit.lower(), item.slug


def test_titles_are_short_and_distinct(catalogue: Catalogue) -> None:
    """Titles fit into a table, and no two are the same."""
    titles = [item.title for item in items(catalogue)]
    assert max(map(len, titles)) <= 60
    assert len(set(titles)) == len(titles)


def test_areas_are_those_in_use(catalogue: Catalogue) -> None:
    """Every area has a feature."""
    assert {feature.area for feature in catalogue.features} == set(catalogue.areas)


def test_every_feature_has_a_required_source_and_a_criterion(catalogue: Catalogue) -> None:
    """No feature can be integrated without proof."""
    for feature in catalogue.features:
        assert feature.requires, feature.slug
        assert feature.criteria, feature.slug
        assert LIVE_SOURCES.issuperset(feature.confirmed_by), feature.slug


@pytest.mark.parametrize(
    ("kind", "live"),
    [(FeatureKind.SERVICE, Source.BEHAVIOUR), (FeatureKind.EVENT, Source.RECEIPTS)],
)
def test_live_proof_follows_the_kind(catalogue: Catalogue, kind: FeatureKind, live: Source) -> None:
    """Services are confirmed by behaviour and events by receipts, after documents and samples."""
    for feature in catalogue.features:
        if feature.kind is kind:
            assert feature.requires == (Source.DOCUMENTS, Source.SAMPLES), feature.slug
            assert feature.confirmed_by == (live,), feature.slug


def test_beyond_features_hold_only_beyond_criteria(catalogue: Catalogue) -> None:
    """A required row never hides in a feature that nobody was asked for."""
    for feature in catalogue.features:
        if feature.requirement is Requirement.BEYOND:
            assert {c.requirement for c in feature.criteria} == {Requirement.BEYOND}, feature.slug


def test_lookups(catalogue: Catalogue) -> None:
    """Features, criteria and reasons are found by their names, and None otherwise."""
    feature = catalogue.feature("order-read")
    assert feature is not None
    criterion = feature.criterion("order-not-found")
    assert criterion is not None
    assert criterion.row == "ORD-G02"
    reason = catalogue.reason("R18")
    assert reason is not None
    assert reason.lifted_by == "restaurant"
    assert catalogue.feature("no-such") is None
    assert feature.criterion("no-such") is None
    assert catalogue.reason("R99") is None


def _repeat_slug(data: dict[str, Any]) -> None:
    data["features"][1]["slug"] = data["features"][0]["slug"]


def _repeat_row(data: dict[str, Any]) -> None:
    data["features"][0]["criteria"][1]["row"] = data["features"][0]["criteria"][0]["row"]


def _name_a_strange_reason(data: dict[str, Any]) -> None:
    data["features"][0]["criteria"][0]["reasons"] = ["R99"]


def _name_a_strange_proof(data: dict[str, Any]) -> None:
    data["features"][0]["evidence"] = ["E99"]


def _name_a_strange_area(data: dict[str, Any]) -> None:
    data["features"][0]["area"] = "attic"


def _give_a_service(data: dict[str, Any]) -> None:
    data["features"][0]["given"] = "by magic"


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_repeat_slug, "slug order-read is not unique"),
        (_repeat_row, "row ORD-G01 is not unique"),
        (_name_a_strange_reason, "order-by-id: no reason R99"),
        (_name_a_strange_proof, "order-read: no evidence E99"),
        (_name_a_strange_area, "order-read: no area attic"),
        (_give_a_service, "order-read: only paperwork can be given"),
    ],
)
def test_an_inconsistent_catalogue_is_refused(
    spoil: Callable[[dict[str, Any]], None], fault: str
) -> None:
    """A wrong reference or a repeated name is refused, and named."""
    text = files("workbench.model").joinpath("features.yaml").read_text("utf-8")
    data = yaml.safe_load(text)
    spoil(data)
    with pytest.raises(ValidationError, match=fault):
        Catalogue.model_validate(data)
