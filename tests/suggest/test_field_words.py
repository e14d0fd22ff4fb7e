"""A field of ours that suggestions know no word for is known to be one."""

from __future__ import annotations

from workbench.canonical import ENTITIES
from workbench.suggest.thesaurus import _tables

MAPPED = [
    "Order",
    "OrderLine",
    "Reservation",
    "Product",
    "ProductVariant",
    "Option",
    "OptionCategory",
    "MenuSection",
    "Menu",
    "DeliveryLocation",
    "Availability",
    "OrderStatusUpdate",
    "ReservationStatusUpdate",
    "Customer",
    "Restaurant",
]
# Seldom sent, or never under one name: only their own name is looked for.
BY_OWN_NAME = {
    "OrderLine": {"discount_total", "ref", "removed", "unit"},
    "Product": {
        "additives",
        "age_restricted",
        "lead_min",
        "nutrition",
        "price_by_order_type",
        "tax_rate_bp_by_order_type",
    },
    "OptionCategory": {"price_method"},
    "Menu": {"season_end", "season_start", "translations"},
    "DeliveryLocation": {"source"},
    "Customer": {"billing_name", "phone_masked"},
    "Restaurant": {"pause_until", "prices_include_tax"},
}


def test_every_field_has_words_or_is_looked_for_by_its_own_name() -> None:
    """Who adds a field says in `fields.yaml` what partners call it, or here that nobody knows."""
    tables = _tables()
    known = {key.rpartition(".")[2] for key in tables["fields"]}
    known |= {*tables["lists"], *tables["parents"], "origin", "ext", "ids"}
    silent = {name: set(ENTITIES[name].model_fields) - known for name in MAPPED}
    assert {name: fields for name, fields in silent.items() if fields} == BY_OWN_NAME
