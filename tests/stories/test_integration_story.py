"""A day of a restaurant, told for each embedded partner as far as its features reach.

All over HTTP: our adapter calls the partner, and the partner calls our receiver.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from workbench.adapters.adapter import Adapter
from workbench.canonical.availability import CalendarException, ExceptionKind
from workbench.canonical.base import Ids, Money
from workbench.canonical.delivery import DeliveryLocation
from workbench.canonical.menu import Catalog, Product, SectionItem
from workbench.canonical.order import Order, OrderStatusUpdate
from workbench.canonical.reservation import Reservation, ReservationStatusUpdate
from workbench.errors import InputError, PartnerError

from .conftest import Restaurant

Open = Callable[[str], Restaurant]
HOLIDAY = CalendarException(
    kind=ExceptionKind.CLOSED,
    first_date=date(2027, 8, 15),
    last_date=date(2027, 8, 16),
    reason="Fiesta",
)
DISH = Product(
    ids=Ids(partner_id="dish-of-the-day"),
    name="Plato del día",
    price=Money(amount_minor=1290, currency="EUR"),
    tax_rate_bp=1000,
)


def _with_dish(menu: Catalog) -> Catalog:
    """The menu with one more dish, in the first section where there are sections."""
    menus = menu.menus
    if menus:
        first = menus[0].sections[0]
        item = SectionItem(product_id=DISH.ids.partner_id)
        section = first.model_copy(update={"items": (*first.items, item)})
        sections = (section, *menus[0].sections[1:])
        menus = (menus[0].model_copy(update={"sections": sections}), *menus[1:])
    return menu.model_copy(update={"menus": menus, "products": (*menu.products, DISH)})


def _take_menu_live(adapter: Adapter) -> None:
    """A dish is added to what is there; seen live, sold out, and back, without losing another."""
    before = adapter.get_menu()
    plan = adapter.push_menu(_with_dish(before), before=before)
    assert [loss for loss in plan.losses if loss.blocks] == []
    live = adapter.get_menu()
    assert live == _with_dish(before)
    adapter.upsert_products([DISH.model_copy(update={"available": False})])
    assert not adapter.get_menu().products[-1].available
    adapter.push_menu(live, before=adapter.get_menu())
    assert adapter.get_menu() == live


def _close_for_the_holiday(adapter: Adapter) -> None:
    """Two days closed, added to the exceptions that there are."""
    before = adapter.get_availability()
    adapter.add_exception(HOLIDAY)
    after = adapter.get_availability()
    assert after.exceptions[: len(before.exceptions)] == before.exceptions
    assert after.exceptions[-1].first_date == HOLIDAY.first_date
    assert (after.schedules, after.shifts) == (before.schedules, before.shifts)


def _receive_order(restaurant: Restaurant) -> Order:
    """A guest orders; the webhook says the same as reading the order does, and so does the list."""
    identifier = restaurant.provoke("order-created-event")
    heard = restaurant.hear("order-created-event", identifier)
    assert isinstance(heard, Order)
    assert heard.status == "placed"
    assert restaurant.adapter.get_order(identifier) == heard
    listed = {order.ids.partner_id for order in restaurant.adapter.list_orders()}
    assert identifier in listed
    return heard


def _move(restaurant: Restaurant, order: Order, status: str, **more: object) -> None:
    """A status is set, read back, heard by webhook, and a repeat of it does no harm."""
    adapter, identifier = restaurant.adapter, order.ids.partner_id
    for _ in range(2):
        adapter.set_order_status(identifier, status, **more)  # type: ignore[arg-type]
    assert adapter.get_order_status(identifier).status == status
    heard = restaurant.hear("order-status-event", identifier, status)
    assert isinstance(heard, OrderStatusUpdate)


def test_day_at_tavola(open_restaurant: Open) -> None:
    """Everything: menu, order, driver, pause, holiday."""
    restaurant = open_restaurant("tavola")
    adapter = restaurant.adapter
    _take_menu_live(adapter)

    order = _receive_order(restaurant)
    identifier = order.ids.partner_id
    _move(restaurant, order, "accepted", ready_at=datetime.now(UTC) + timedelta(minutes=25))
    _move(restaurant, order, "preparing")
    _move(restaurant, order, "ready")
    place = DeliveryLocation(
        order_id=identifier, latitude=40.42, longitude=-3.70, recorded_at=datetime.now(UTC)
    )
    with pytest.raises(PartnerError, match="409"):
        adapter.send_delivery_location(place)
    _move(restaurant, order, "in-delivery")
    for minute in range(3):
        moved = {"latitude": 40.42 + minute / 1000, "recorded_at": datetime.now(UTC)}
        adapter.send_delivery_location(place.model_copy(update=moved))
    _move(restaurant, order, "delivered")
    _move(restaurant, order, "completed")
    steps = [step.status.value for step in adapter.get_order(identifier).status_history]
    assert steps[0] == "placed"
    assert steps[1:] == [
        "accepted",
        "preparing",
        "ready",
        "in-delivery",
        "delivered",
        "completed",
    ]

    adapter.close_now(reason="Cocina llena")
    state = adapter.get_availability().state
    assert state is not None
    assert not state.accepting
    adapter.reopen()
    _close_for_the_holiday(adapter)


def test_day_at_bocado(open_restaurant: Open) -> None:
    """A flat card, an order that Bocado's riders bring, closed days; no driver, no pause."""
    restaurant = open_restaurant("bocado")
    adapter = restaurant.adapter
    _take_menu_live(adapter)

    order = _receive_order(restaurant)
    for status in ("accepted", "preparing", "ready", "delivered"):
        _move(restaurant, order, status)
    place = DeliveryLocation(
        order_id=order.ids.partner_id, latitude=40, longitude=-3, recorded_at=datetime.now(UTC)
    )
    with pytest.raises(InputError, match="own riders"):
        adapter.send_delivery_location(place)

    with pytest.raises(InputError, match="dashboard"):
        adapter.close_now()
    _close_for_the_holiday(adapter)


@pytest.mark.parametrize("slug", ["tavola", "bocado"])
def test_order_is_refused_and_another_cancelled(open_restaurant: Open, slug: str) -> None:
    """The kitchen is full; and a guest changes his mind, which the webhook tells."""
    restaurant = open_restaurant(slug)
    first = _receive_order(restaurant)
    _move(restaurant, first, "rejected", reason_code="too-busy", reason="Cocina llena")
    second = restaurant.provoke("order-created-event")
    cancelled = {"tavola": "cancelled", "bocado": "ANULADO"}[slug]
    control = restaurant.adapter.session.control
    assert control is not None
    control.send("POST", f"/orders/{second}/status", json={"status": cancelled}).require()

    heard = restaurant.hear("order-status-event", second, "cancelled")
    assert isinstance(heard, OrderStatusUpdate)
    assert restaurant.adapter.get_order(second).status == "cancelled"


@pytest.mark.parametrize(
    ("slug", "steps"),
    [
        ("tavola", ["confirmed", "arrived", "seated", "completed"]),
        ("mesa", ["confirmed", "seated", "completed"]),
    ],
)
def test_evening_with_a_reservation(open_restaurant: Open, slug: str, steps: list[str]) -> None:
    """A guest books; the table is confirmed, the party seated and gone; then a holiday."""
    restaurant = open_restaurant(slug)
    adapter = restaurant.adapter
    identifier = restaurant.provoke("reservation-created-event")
    booked = restaurant.hear("reservation-created-event", identifier)
    assert isinstance(booked, Reservation)
    assert booked.status == "requested"
    assert adapter.get_reservation(identifier) == booked

    for status in steps:
        for _ in range(2):
            adapter.set_reservation_status(identifier, status, table="T4")
        assert adapter.get_reservation_status(identifier).status == status
        heard = restaurant.hear("reservation-status-event", identifier, status)
        assert isinstance(heard, ReservationStatusUpdate)
    assert adapter.get_reservation(identifier).tables == ("T4",)
    _close_for_the_holiday(adapter)


def test_mesa_has_tables_and_no_kitchen(open_restaurant: Open) -> None:
    """What Mesa does not do is refused with its reason, before anything is sent."""
    adapter = open_restaurant("mesa").adapter
    sent = len(adapter.session.recorder.exchanges)
    for act in (
        lambda: adapter.get_order("o-1"),
        lambda: adapter.push_menu(Catalog(restaurant_id="lpa-12", currency="EUR")),
        adapter.close_now,
    ):
        with pytest.raises(InputError, match=r"at Mesa: .*R(7|15)"):
            act()

    assert len(adapter.session.recorder.exchanges) == sent
