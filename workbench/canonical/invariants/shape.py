"""INV-O: an order has what its type calls for, and a driver is somewhere real."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.canonical.base import Actor, OrderType
from workbench.canonical.delivery import Address, DeliveryLocation
from workbench.canonical.invariants.violation import Violation, violation
from workbench.canonical.order import Order, OrderLine
from workbench.canonical.reservation import Reservation


def check_shape(order: Order) -> tuple[Violation, ...]:
    """INV-O1: each order type has its own required and forbidden parts, and lines their own ids.

    A delivery by the market's own couriers needs no address: many markets keep it to themselves.
    """
    return (*_check_line_ids(order.lines, "/lines"), *_check_parts(order))


def _check_line_ids(lines: Sequence[OrderLine], path: str) -> tuple[Violation, ...]:
    """A status or a refund that names a line must mean one."""
    found: tuple[Violation, ...] = ()
    seen: set[str] = set()
    for position, line in enumerate(lines):
        if line.id is not None and line.id in seen:
            summary = "another line has the same id"
            found += violation("INV-O1", f"{path}/{position}/id", summary)
        seen |= {line.id} if line.id is not None else set()
        found += _check_line_ids(line.children, f"{path}/{position}/children")
    return found


def _check_parts(order: Order) -> tuple[Violation, ...]:
    match order.order_type:
        case OrderType.DELIVERY if order.fulfilled_by != Actor.MARKET:
            return _check_delivery(order)
        case OrderType.INSIDE if not _has_table(order):
            return violation("INV-O1", "/table", "ordered at the table, but no table or tab")
        case OrderType.INSITU:
            return _check_insitu(order)
        case OrderType.COLLECTION:
            return _check_collection(order)
        case _:
            return ()


def check_party(reservation: Reservation) -> tuple[Violation, ...]:
    """INV-O1: a reservation is for at least one guest."""
    if reservation.party.size >= 1:
        return ()
    return violation("INV-O1", "/party", "a booking for nobody")


def check_location(location: DeliveryLocation, order: Order | None = None) -> tuple[Violation, ...]:
    """INV-O2: a driver's position is real, and of a delivery.

    Args:
        location: The position.
        order: The order that is delivered, where known.
    """
    found: tuple[Violation, ...] = ()
    if location.latitude == 0 and location.longitude == 0:
        found += violation("INV-O2", "/latitude", "latitude and longitude are 0: no real position")
    if order is not None and order.order_type != OrderType.DELIVERY:
        found += violation("INV-O2", "/order_id", f"{order.order_type} orders have no driver")
    elif order is not None and order.fulfilled_by == Actor.MARKET:
        found += violation("INV-O2", "/order_id", "the market delivers this order itself")
    return found


def _check_delivery(order: Order) -> tuple[Violation, ...]:
    if order.fulfilled_by == Actor.MARKET:
        return ()  # its own rider goes there, and we need not know where
    found: tuple[Violation, ...] = ()
    if order.delivery is None or not _has_place(order.delivery.address):
        found += violation("INV-O1", "/delivery/address", "a delivery without an address")
    if not (order.customer.phone or order.customer.email):
        found += violation(
            "INV-O1", "/customer/phone", "a delivery without a way to reach the customer"
        )
    return found


def _check_insitu(order: Order) -> tuple[Violation, ...]:
    found: tuple[Violation, ...] = ()
    if not order.party_size or order.party_size < 1:
        found += violation("INV-O1", "/party_size", "a booking for nobody")
    if not order.lines:
        found += violation("INV-O1", "/lines", "a pre-order without lines")
    return found


def _check_collection(order: Order) -> tuple[Violation, ...]:
    found: tuple[Violation, ...] = ()
    if order.delivery is not None and _has_place(order.delivery.address):
        found += violation("INV-O1", "/delivery/address", "the customer collects this order")
    if _has_table(order):
        found += violation("INV-O1", "/table", "the customer collects this order")
    return found


def _has_table(order: Order) -> bool:
    table = order.table
    return table is not None and bool(table.zone or table.location or table.tab)


def _has_place(address: Address) -> bool:
    is_located = address.latitude is not None and address.longitude is not None
    return is_located or any(line.strip() for line in address.lines)
