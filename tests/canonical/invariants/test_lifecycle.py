"""Steps, actions, and news of couriers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import product
from typing import Any

import pytest

from workbench.canonical import (
    DeliveryStatus,
    Entity,
    Order,
    OrderStatus,
    OrderStatusUpdate,
    Reservation,
    ReservationStatus,
    ReservationStatusUpdate,
    is_legal,
)
from workbench.canonical.invariants import (
    check,
    check_action,
    check_courier_update,
    check_history,
    check_reason,
    check_transition,
)

Damage = Callable[[Entity, dict[str, Any]], Any]
EARLY = datetime.fromisoformat("2026-03-20T19:01:00+01:00")
LATE = datetime.fromisoformat("2026-03-20T19:06:00+01:00")


@pytest.mark.parametrize("machine", [OrderStatus, ReservationStatus, DeliveryStatus])
def test_errors_are_exactly_the_illegal_steps(machine: type[OrderStatus]) -> None:
    """INV-L1 and L2 agree with the machine over the full product."""
    for current, following in product(machine, machine):
        errors = [item for item in check_transition(current, following) if item.severity == "error"]
        assert (errors == []) == is_legal(current, following)


def test_cancelling_seated_guests_is_a_warning() -> None:
    """It happens, but somebody should look."""
    (found,) = check_transition(ReservationStatus.SEATED, ReservationStatus.CANCELLED)
    assert (found.code, found.severity) == ("INV-L1", "warning")


def test_unknown_statuses_are_not_judged(order: Order, damage: Damage) -> None:
    """A status that we do not know breaks no law."""
    odd = damage(order, {"/status": "odd", "/status_history/1/status": "odd"})
    assert check_history(odd) == ()


def test_only_deliveries_are_in_delivery(order: Order, damage: Damage) -> None:
    """INV-L1: the status is legal for a delivery, not for a collection."""
    moving = {"/status": "in-delivery", "/status_history/1/status": "in-delivery"}
    moving |= {"/status_history/0/status": "ready"}
    assert check_history(damage(order, moving)) == ()
    found = check_history(damage(order, {**moving, "/order_type": "collection"}))
    assert [item.path for item in found] == ["/status", "/status_history/1/status"]


def test_no_show_after_the_start(reservation: Reservation, damage: Damage) -> None:
    """INV-L1: a no-show is legal once the booking has begun."""
    gone = {
        "/status": "no-show",
        "/status_history/-": {"status": "no-show", "at": "2026-03-21T21:20:00+01:00"},
    }
    assert check_history(damage(reservation, gone)) == ()


@pytest.mark.parametrize(
    ("status", "now", "codes"),
    [
        ("accepted", EARLY, []),
        ("accepted", LATE, ["INV-L5"]),
        ("ready", EARLY, ["INV-L1"]),
        ("rejected", EARLY, ["INV-L6"]),
    ],
)
def test_actions(
    order: Order,
    damage: Damage,
    status: str,
    now: datetime,
    codes: list[str],
) -> None:
    """INV-L5: what we send is legal, in time, and gives its reason."""
    placed = damage(order, {"/status": "placed", "/status_history": []})
    update = OrderStatusUpdate(order_id="o-1", status=OrderStatus(status))
    found = check_action(placed, update, now=now)
    assert [item.code for item in found] == codes


def test_confirming_in_time(order: Order, damage: Damage) -> None:
    """INV-L5: a scheduled order is released before its deadline."""
    scheduled = damage(order, {"/timing/confirm_by": "2026-03-20T19:05:00+01:00"})
    update = OrderStatusUpdate(order_id="o-1", status=OrderStatus.CONFIRMED)
    assert check_action(scheduled, update, now=EARLY) == ()
    assert [item.code for item in check_action(scheduled, update, now=LATE)] == ["INV-L5"]


@pytest.mark.parametrize(
    "update",
    [
        OrderStatusUpdate(order_id="o-1", status=OrderStatus.REJECTED),
        OrderStatusUpdate(order_id="o-1", status=OrderStatus.CANCELLED),
        ReservationStatusUpdate(reservation_id="r-1", status=ReservationStatus.REFUSED),
        ReservationStatusUpdate(reservation_id="r-1", status=ReservationStatus.CANCELLED),
    ],
)
def test_whoever_ends_it_gives_a_reason(
    update: OrderStatusUpdate | ReservationStatusUpdate,
) -> None:
    """INV-L6: a rejection or cancellation without a code is found, one with a code is not."""
    assert [(item.code, item.path) for item in check(update)] == [("INV-L6", "/reason_code")]
    assert check_reason(update.model_copy(update={"reason_code": "closed"})) == ()


def test_cancelled_orders_with_a_code_pass(order: Order, damage: Damage) -> None:
    """INV-L6: the order's own cancellation carries the code."""
    ended = {"/status": "cancelled", "/status_history": [], "/cancellation": {"code": "late"}}
    assert check(damage(order, ended)) == ()


def test_couriers_do_not_move_orders(order: Order, damage: Damage) -> None:
    """INV-L7: a delivery that is done leaves the order where it was."""
    arrived = damage(order, {"/delivery/status": "delivered"})
    assert check_courier_update(order, arrived) == ()
    moved = damage(arrived, {"/status": "delivered"})
    assert [item.code for item in check_courier_update(order, moved)] == ["INV-L7"]
