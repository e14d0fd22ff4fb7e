"""Status machines of orders, reservations and deliveries (domain reference, section 6.3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from workbench.canonical.base import OpenEnum

Status = TypeVar("Status", bound=OpenEnum)


class OrderStatus(OpenEnum):
    """Life of an order, happy path first."""

    PLACED = "placed"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"  # a scheduled order is released to the kitchen
    PREPARING = "preparing"
    READY = "ready"
    IN_DELIVERY = "in-delivery"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ReservationStatus(OpenEnum):
    """Life of a reservation."""

    HELD = "held"
    REQUESTED = "requested"
    WAITLISTED = "waitlisted"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    SEATED = "seated"
    COMPLETED = "completed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NO_SHOW = "no-show"


class DeliveryStatus(OpenEnum):
    """Life of a delivery; it never rewrites the status of the order."""

    REQUESTED = "requested"
    ASSIGNED = "assigned"
    TO_PICKUP = "to-pickup"
    AT_PICKUP = "at-pickup"
    PICKED_UP = "picked-up"
    TO_DROPOFF = "to-dropoff"
    AT_DROPOFF = "at-dropoff"
    DELIVERED = "delivered"
    FAILED = "failed"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLED = "cancelled"


_ORDER_PATH = (
    OrderStatus.PLACED,
    OrderStatus.ACCEPTED,
    OrderStatus.CONFIRMED,
    OrderStatus.PREPARING,
    OrderStatus.READY,
    OrderStatus.IN_DELIVERY,
    OrderStatus.DELIVERED,
    OrderStatus.COMPLETED,
)
_DELIVERY_PATH = (
    DeliveryStatus.REQUESTED,
    DeliveryStatus.ASSIGNED,
    DeliveryStatus.TO_PICKUP,
    DeliveryStatus.AT_PICKUP,
    DeliveryStatus.PICKED_UP,
    DeliveryStatus.TO_DROPOFF,
    DeliveryStatus.AT_DROPOFF,
    DeliveryStatus.DELIVERED,
)


def _order_transitions() -> dict[OpenEnum, frozenset[OpenEnum]]:
    table: dict[OpenEnum, frozenset[OpenEnum]] = {}
    for position, status in enumerate(_ORDER_PATH[:-1]):
        exits: set[OpenEnum] = {*_ORDER_PATH[position + 1 :]}
        exits |= {OrderStatus.CANCELLED, OrderStatus.FAILED}
        if status is OrderStatus.PLACED:
            exits = {OrderStatus.ACCEPTED, OrderStatus.REJECTED} | (
                exits & {OrderStatus.CANCELLED, OrderStatus.FAILED}
            )
        table[status] = frozenset(exits)
    return table


def _reservation_transitions() -> dict[OpenEnum, frozenset[OpenEnum]]:
    status = ReservationStatus
    return {
        status.HELD: frozenset({status.REQUESTED, status.CONFIRMED, status.EXPIRED}),
        status.REQUESTED: frozenset(
            {status.CONFIRMED, status.REFUSED, status.WAITLISTED, status.CANCELLED, status.EXPIRED}
        ),
        status.WAITLISTED: frozenset({status.CONFIRMED, status.REFUSED, status.CANCELLED}),
        status.CONFIRMED: frozenset(
            {status.ARRIVED, status.SEATED, status.COMPLETED, status.NO_SHOW, status.CANCELLED}
        ),
        status.ARRIVED: frozenset({status.SEATED, status.COMPLETED, status.CANCELLED}),
        status.SEATED: frozenset({status.COMPLETED, status.CANCELLED}),
    }


def _delivery_transitions() -> dict[OpenEnum, frozenset[OpenEnum]]:
    status = DeliveryStatus
    table: dict[OpenEnum, frozenset[OpenEnum]] = {
        step: frozenset({*_DELIVERY_PATH[position + 1 :], status.FAILED, status.CANCELLED})
        for position, step in enumerate(_DELIVERY_PATH[:-1])
    }
    table[status.ASSIGNED] |= {status.REQUESTED}
    for step in (status.PICKED_UP, status.TO_DROPOFF, status.AT_DROPOFF):
        table[step] |= {status.RETURNING}
    table[status.RETURNING] = frozenset({status.RETURNED})
    return table


TRANSITIONS: Mapping[type[OpenEnum], Mapping[OpenEnum, frozenset[OpenEnum]]] = MappingProxyType(
    {
        OrderStatus: MappingProxyType(_order_transitions()),
        ReservationStatus: MappingProxyType(_reservation_transitions()),
        DeliveryStatus: MappingProxyType(_delivery_transitions()),
    }
)


def is_legal(current: OpenEnum, following: OpenEnum) -> bool:
    """Whether the status may follow; a repeat of the current status is a legal no-op.

    Forward skips are legal once an order is accepted. Unknown values are never legal: they are
    kept, but not acted on.
    """
    if type(current) is not type(following) or not (current.is_known and following.is_known):
        return False
    return current == following or following in TRANSITIONS[type(current)].get(current, ())


def is_terminal(status: OpenEnum) -> bool:
    """Whether nothing follows; `delivered` is not, though some partners stop there."""
    return status.is_known and not TRANSITIONS[type(status)].get(status)


def next_statuses(status: Status) -> tuple[Status, ...]:
    """The legal successors, in the order of the enumeration; none for an unknown status."""
    successors = TRANSITIONS[type(status)].get(status, frozenset())
    return tuple(item for item in type(status) if item in successors)


def find_route(current: Status, goal: Status) -> tuple[Status, ...]:
    """Shortest legal way from one status to another, without the start.

    Empty when there is none, or none is needed. The way takes every forward skip it can.
    """
    ways: deque[tuple[Status, ...]] = deque([(current,)])
    seen = {current}
    while ways:
        way = ways.popleft()
        if way[-1] == goal:
            return way[1:]
        for status in next_statuses(way[-1]):
            if status not in seen:
                seen.add(status)
                ways.append((*way, status))
    return ()
