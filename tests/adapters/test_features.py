"""Every feature at every embedded partner: callable, or refused with the reason that is stated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workbench.adapters.adapter import Adapter
from workbench.adapters.binding import pick_new, pick_operation
from workbench.canonical.menu import Catalog
from workbench.errors import InputError
from workbench.model.statement import Absence
from workbench.partners import load_catalogue
from workbench.partners.manifest import FeatureStatement

from .conftest import Opened, find_partner

FEATURES = [
    feature.slug
    for feature in load_catalogue().features
    if feature.slug.endswith(("-read", "-write", "-created-event", "-status-event"))
]
PARTNERS = ("tavola", "bocado", "mesa")


def test_all_eighteen_services_and_events_are_asked() -> None:
    """The list below is the catalogue's."""
    assert len(FEATURES) == 18


def test_one_thing_goes_to_its_own_path_whatever_the_order() -> None:
    """A POST to the collection makes a new thing; a change goes to the path with the id."""
    partner = find_partner("tavola")
    shelf = "/restaurants/{restaurant_id}/products"
    post, put = f"POST {shelf}", f"PUT {shelf}/{{product_id}}"
    manifest = partner.manifest.model_copy(
        update={
            "features": {
                **partner.manifest.features,
                "product-write": FeatureStatement(operations=(post, put), mapping="product"),
            }
        }
    )
    drafted = replace(partner, manifest=manifest)
    assert pick_operation(drafted, "product-write").id == put
    assert pick_new(drafted, "product-write").id == post


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("slug", PARTNERS)
def test_feature_is_bound_or_its_reason_is_told(slug: str, feature: str) -> None:
    """A bound feature has an operation; any other gives the folder's words, code and place."""
    partner = find_partner(slug)
    stated = partner.statement(feature)
    first = next((word for item, _ in partner.operations(feature) for word in item.for_), None)
    if partner.operations(feature):
        assert pick_operation(partner, feature, first).id
        return
    with pytest.raises(InputError) as caught:
        pick_operation(partner, feature)
    told = caught.value

    assert told.location == f"{slug}/partner.yaml#/features/{feature}"
    if isinstance(stated, Absence):
        assert stated.reason in told.message
        assert f"Reason {stated.code}." in (told.hint or "")
    else:
        assert "bound to events or papers, which cannot be called" in told.message


CALLS: dict[str, Callable[[Adapter], Any]] = {
    "order-read": lambda adapter: adapter.get_order("x"),
    "order-status-read": lambda adapter: adapter.get_order_status("x"),
    "order-status-write": lambda adapter: adapter.set_order_status("x", "accepted"),
    "reservation-read": lambda adapter: adapter.get_reservation("x"),
    "reservation-status-read": lambda adapter: adapter.get_reservation_status("x"),
    "reservation-status-write": lambda adapter: adapter.set_reservation_status("x", "confirmed"),
    "menu-write": lambda adapter: adapter.push_menu(Catalog(restaurant_id="x", currency="EUR")),
    "menu-section-write": lambda adapter: adapter.upsert_sections([]),
    "product-write": lambda adapter: adapter.upsert_products([]),
    "product-variant-write": lambda adapter: adapter.upsert_variants([], product_id="x"),
    "option-category-write": lambda adapter: adapter.upsert_option_categories([]),
    "option-write": lambda adapter: adapter.upsert_options([]),
}


@pytest.mark.parametrize("slug", PARTNERS)
def test_typed_calls_of_absent_features_send_nothing(open_adapter: Opened, slug: str) -> None:
    """Each typed call of an absent feature gives its reason before a byte is sent."""
    adapter = open_adapter(slug)
    sent = len(adapter.session.recorder.exchanges)
    absent = [name for name in CALLS if isinstance(adapter.partner.statement(name), Absence)]
    for name in absent:
        with pytest.raises(InputError, match=f"{name} is (unsupported|exempt) at"):
            CALLS[name](adapter)

    assert len(adapter.session.recorder.exchanges) == sent
    assert len(absent) == {"tavola": 0, "bocado": 7, "mesa": 9}[slug]
