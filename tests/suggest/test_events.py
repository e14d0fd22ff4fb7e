"""What the partner tells us."""

from collections.abc import Callable
from typing import Any

import pytest

from workbench.suggest import Suggestion

Ranked = Callable[..., dict[str, list[Suggestion]]]
Proposed = Callable[..., dict[str, set[str]]]

NAMES = [
    ("order.created", {"order-created-event"}),
    ("orderPlaced", {"order-created-event"}),
    ("pedido_nuevo", {"order-created-event"}),
    ("novoPedido", {"order-created-event"}),
    ("neueBestellung", {"order-created-event"}),
    ("nouvelleCommande", {"order-created-event"}),
    ("orderPendingAcceptance", {"order-created-event"}),
    ("orderStatusChanged", {"order-status-event"}),
    ("order.cancelled", {"order-status-event"}),
    ("bestellstatusGeaendert", {"order-status-event"}),
    ("courier.assigned", {"order-status-event"}),
    ("newReservation", {"reservation-created-event"}),
    ("BOOKING_CANCELLED", {"reservation-status-event"}),
    ("reserva.confirmada", {"reservation-status-event"}),
    ("orderNotification", {"order-created-event", "order-status-event"}),
    ("courierUpdate", {"order-status-event"}),
]
OTHERS = [
    "menu.import.completed",
    "menuPublishResult",
    "item.snoozed",
    "product.out_of_stock",
    "store.closed",
    "payment.succeeded",
    "order.refunded",
    "review.created",
    "customer.updated",
    "loyalty.points.earned",
    "order-time-updated",
]


@pytest.mark.parametrize(("name", "features"), NAMES)
def test_names_of_webhooks(proposed: Proposed, name: str, features: set[str]) -> None:
    """The name of a webhook says what happened, in any convention and language."""
    assert proposed({f"webhook:{name}": {}}) == {f"webhook:{name}": features}


@pytest.mark.parametrize("name", OTHERS)
def test_webhooks_about_something_else(proposed: Proposed, name: str) -> None:
    """Results of imports, stock, money and people are none of our features."""
    assert proposed({f"webhook:{name}": {}}) == {f"webhook:{name}": set()}


def test_event_types_of_the_body_decide(proposed: Proposed) -> None:
    """One webhook for everything is known by the values of its type field."""
    body = {"eventType": ("CREATED", "CONFIRMED", "CANCELLED"), "orderId": "string"}
    table: dict[str, Any] = {"webhook:newEvent": {"body": body}}
    expected = {"order-created-event", "order-status-event"}
    assert proposed(table) == {"webhook:newEvent": expected}


def test_event_types_of_couriers_count_for_the_order(proposed: Proposed) -> None:
    """What the courier does is a change of the order, and no new order."""
    body = {"event": ("DriverAssigned", "AtRestaurant", "Delivered"), "orderId": "string"}
    assert proposed({"webhook:driver-update": {"body": body}}) == {
        "webhook:driver-update": {"order-status-event"}
    }


def test_webhook_listed_as_a_path(proposed: Proposed) -> None:
    """Ordinary paths that are sent to us are events, and nothing that we call."""
    said = {
        "tags": ["Order Webhooks"],
        "description": "This webhook will be invoked when an order was accepted.",
    }
    assert proposed({"POST /order-accepted": said}) == {
        "POST /order-accepted": {"order-status-event"}
    }


def test_new_order_that_we_serve_as_an_api(proposed: Proposed) -> None:
    """In a document for us to implement, creating an order is how new ones arrive."""
    about = "All endpoints must be implemented by the POS."
    table = {"POST /orders": {"summary": "Create order"}}
    assert proposed(table, about=about) == {"POST /orders": {"order-created-event"}}
    assert proposed(table) == {"POST /orders": set()}


def test_webhook_that_the_partner_hosts(ranked: Ranked) -> None:
    """A menu notification that the partner hosts is ours to send, and shown for our menu."""
    text = "Host: MARKETPLACE. An empty body makes it fetch the menu again."
    found = ranked({"webhook:menuUpdated": {"description": text}})["menu-write"]
    assert [(item.reference, item.direction) for item in found] == [
        ("webhook:menuUpdated", "outbound")
    ]


def test_events_of_their_own_are_told_apart(proposed: Proposed) -> None:
    """Where creation and change have an event each, neither stands for the other."""
    body = {"id": "string", "status": ("accepted", "ready", "cancelled")}
    table = {"webhook:orderCreated": {"body": body}, "webhook:orderStatusChanged": {"body": body}}
    assert proposed(table) == {
        "webhook:orderCreated": {"order-created-event"},
        "webhook:orderStatusChanged": {"order-status-event"},
    }
