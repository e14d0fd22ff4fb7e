"""Shapes by order type, and where drivers are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from workbench.canonical import DeliveryLocation, Entity, Order
from workbench.canonical.invariants import check_location, check_shape

Damage = Callable[[Entity, dict[str, Any]], Any]


@pytest.mark.parametrize(
    "changes",
    [
        {"/delivery/address": {"latitude": 40.4, "longitude": -3.7}},
        {"/customer": {"email": "guest@example.org"}},
        {"/fulfilled_by": "market", "/delivery": None, "/customer": {}},
        {"/order_type": "inside", "/table": {"zone": "terrace"}},
        {"/order_type": "insitu", "/party_size": 2},
        {"/order_type": "collection", "/delivery": None},
        {"/order_type": "drone", "/delivery": None},
    ],
)
def test_good_shapes(order: Order, damage: Damage, changes: dict[str, Any]) -> None:
    """INV-O1 asks each type for its own parts only, and the market's couriers for none."""
    assert check_shape(damage(order, changes)) == ()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"/order_type": "collection"}, "/order_id"),
        ({"/fulfilled_by": "market"}, "/order_id"),
    ],
)
def test_drivers_are_of_deliveries(
    location: DeliveryLocation, order: Order, damage: Damage, changes: dict[str, Any], path: str
) -> None:
    """INV-O2: only a delivery by the restaurant or its company has a driver of ours."""
    assert check_location(location, order) == ()
    found = check_location(location, damage(order, changes))
    assert [(item.code, item.path) for item in found] == [("INV-O2", path)]


@pytest.mark.parametrize("position", [{"/latitude": 0}, {"/longitude": 0}])
def test_the_equator_is_a_place(
    location: DeliveryLocation, damage: Damage, position: dict[str, Any]
) -> None:
    """INV-O2 rejects only both being 0."""
    assert check_location(damage(location, position)) == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("/latitude", 90.1),
        ("/latitude", "NaN"),
        ("/longitude", -180.1),
        ("/recorded_at", "2026-03-20T19:45:00"),
    ],
)
def test_impossible_positions_cannot_be_built(
    location: DeliveryLocation, damage: Damage, field: str, value: object
) -> None:
    """INV-O2 and T1: the globe has its limits, and an instant has a zone."""
    with pytest.raises(ValidationError):
        damage(location, {field: value})


def test_lines_have_ids_of_their_own(order: Order, damage: Damage) -> None:
    """INV-O1: two lines of one id cannot be told apart; options of two lines may share theirs."""
    (found,) = check_shape(damage(order, {"/lines/0/id": "l", "/lines/1/id": "l"}))
    assert (found.code, found.path) == ("INV-O1", "/lines/1/id")
    assert check_shape(damage(order, {"/lines/0/id": "k", "/lines/1/id": "l"})) == ()
