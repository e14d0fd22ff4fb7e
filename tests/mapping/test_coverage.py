from __future__ import annotations

from typing import Any

from workbench.canonical.base import Note
from workbench.canonical.order import Order
from workbench.mapping import Translator

Payload = dict[str, Any]


def test_full_payload_is_fully_read(order: Translator, payload: Payload) -> None:
    """Every leaf that a rule, a constant or the ignore list names counts as read."""
    payload["cart"]["items"][0]["plu"] = 7
    assert order.translate(payload).coverage.unread == ()


def test_unread_leaves_are_collapsed(order: Translator, payload: Payload) -> None:
    """What no rule reads is listed once, with list indexes as stars, empty lists included."""
    item = payload["cart"]["items"][0]
    item["extra"] = {"a": 1, "b": None}
    payload["cart"]["items"].append({**item, "modifiers": []})
    payload["a/b"] = []
    payload["drop"]["at"]["lng"] = 1
    assert order.translate(payload).coverage.unread == (
        "/drop/at/lng",
        "/cart/items/*/extra/a",
        "/cart/items/*/extra/b",
        "/a~1b",
    )


def test_null_on_the_way_counts_as_read(order: Translator, payload: Payload) -> None:
    """A null object was looked at, though its parts could not be."""
    payload["drop"] = None
    payload["eater"] = None
    assert order.translate(payload).coverage.unread == ()


def test_unfilled_fields(order: Translator, payload: Payload) -> None:
    """Canonical fields without a value are named, but not those that the mapping explains."""
    del payload["drop"]
    unfilled = order.translate(payload).coverage.unfilled
    assert {"delivery", "restaurant_id", "payments"} <= set(unfilled)
    assert {"table", "ids", "lines", "origin", "ext"}.isdisjoint(unfilled)


def test_provenance_points_at_the_source(order: Translator, payload: Payload) -> None:
    """Every filled field names the place that it was read from; absent ones are not there."""
    payload["comment"] = None
    provenance = order.translate(payload).provenance
    assert provenance["totals.total"] == "/payment/total"
    assert provenance["delivery.address.lines.0"] == "/drop/street"
    assert (
        provenance["lines.0.children.0.children.0.unit_price"]
        == "/cart/items/0/modifiers/0/modifiers/0/price"
    )
    assert "notes.0.text" not in provenance


def test_outward_coverage_tells_what_is_lost(order: Translator, payload: Payload) -> None:
    """Given fields that cannot be written are listed, and their values that stayed empty."""
    del payload["comment"]
    value = order.translate(payload).value
    assert isinstance(value, Order)
    richer = value.model_copy(
        update={"restaurant_id": "r", "notes": (Note(kind="kitchen", text="a"), Note(text="b"))}
    )
    coverage = order.untranslate(richer).coverage
    assert coverage.unread == ("/restaurant_id", "/notes/*/text")
    assert coverage.unfilled == ()
    assert order.untranslate(value).coverage.unfilled == ("/comment",)


def test_a_time_without_its_zone_is_read_and_told(order: Translator, payload: Payload) -> None:
    """An instant without offset is read on the restaurant's clock, and its place is known."""
    payload["created_at"] = "2026-11-23T12:30:00"
    translation = order.translate(payload)
    assert translation.value.placed_at.isoformat() == "2026-11-23T12:30:00+01:00"
    assert translation.unzoned == ("/created_at",)
    payload["created_at"] = "2026-11-23T12:30:00Z"
    assert order.translate(payload).unzoned == ()
