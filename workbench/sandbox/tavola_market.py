"""Tavola's state: the restaurant, its orders and bookings, and the webhooks about them."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from copy import deepcopy
from itertools import count

import orjson

from workbench.canonical import OpenEnum, OrderStatus, ReservationStatus, is_legal, next_statuses
from workbench.sandbox import tavola_seed as seed
from workbench.sandbox.outbox import Outbox
from workbench.sandbox.tavola_seed import Json, instant
from workbench.sandbox.tavola_wire import Replays, unknown

ORDER_STATUSES: Mapping[str, OrderStatus] = {
    "new": OrderStatus.PLACED,
    "accepted": OrderStatus.ACCEPTED,
    "released": OrderStatus.CONFIRMED,
    "in_kitchen": OrderStatus.PREPARING,
    "ready": OrderStatus.READY,
    "out_for_delivery": OrderStatus.IN_DELIVERY,
    "handed_over": OrderStatus.DELIVERED,
    "closed": OrderStatus.COMPLETED,
    "declined": OrderStatus.REJECTED,
    "cancelled": OrderStatus.CANCELLED,
    "failed": OrderStatus.FAILED,
}
RESERVATION_STATUSES: Mapping[str, ReservationStatus] = {
    "requested": ReservationStatus.REQUESTED,
    "waiting": ReservationStatus.WAITLISTED,
    "accepted": ReservationStatus.CONFIRMED,
    "arrived": ReservationStatus.ARRIVED,
    "seated": ReservationStatus.SEATED,
    "finished": ReservationStatus.COMPLETED,
    "refused": ReservationStatus.REFUSED,
    "cancelled": ReservationStatus.CANCELLED,
    "expired": ReservationStatus.EXPIRED,
    "no_show": ReservationStatus.NO_SHOW,
}


def may_follow(table: Mapping[str, OpenEnum], current: str, following: str) -> bool:
    """Whether a status may follow another, after the canonical machines; a repeat may."""
    return is_legal(table[current], table[following])


def followers(table: Mapping[str, OpenEnum], current: str) -> list[str]:
    """The statuses that may follow."""
    legal = set(next_statuses(table[current]))
    return [name for name, status in table.items() if status in legal]


class Market:
    """Everything that Tavola knows; `reset` starts afresh."""

    def __init__(self, outbox: Outbox, secret: str, menu: Json) -> None:
        self._outbox = outbox
        self._menu = menu
        self._secret = secret.encode()
        self._events = count(1)
        self.reset()

    def reset(self) -> None:
        """Forget everything and sow the seed again."""
        self.restaurant = seed.restaurant()
        self.orders = seed.orders()
        self.reservations = seed.reservations()
        self.menu = deepcopy(self._menu)
        self.imports: dict[str, Json] = seed.imports()
        self.availability = seed.availability()
        self.positions: dict[str, str] = {}
        self.kitchen: dict[str, str] = {}
        self.replays = Replays()
        self._order_numbers = count(2001)
        self._reservation_numbers = count(601)
        self._exception_numbers = count(101)

    def order(self, name: str) -> Json:
        """The order of that id, or a 404."""
        if name not in self.orders:
            raise unknown("order", name)
        return self.orders[name]

    def reservation(self, name: str) -> Json:
        """The reservation of that id, or a 404."""
        if name not in self.reservations:
            raise unknown("reservation", name)
        return self.reservations[name]

    def require_restaurant(self, name: str) -> None:
        """Raise a 404 unless the restaurant is ours."""
        if name != self.restaurant["id"]:
            raise unknown("restaurant", name)

    def place_order(self, kind: str) -> Json | None:
        """A customer orders, and the webhook goes out; None for a type that is not known."""
        makers = {
            "delivery": seed.delivery_order,
            "pickup": seed.pickup_order,
            "dine_in": seed.table_order,
        }
        if kind not in makers:
            return None
        order = makers[kind](next(self._order_numbers))
        self.orders[order["id"]] = order
        self.announce("orders", "order.created", order)
        return order

    def place_reservation(self) -> Json:
        """A guest books; the webhook goes out."""
        reservation = seed.reservation(next(self._reservation_numbers))
        self.reservations[reservation["id"]] = reservation
        self.announce("reservations", "reservation.created", reservation)
        return reservation

    def exception_id(self) -> str:
        """An id for a new calendar exception."""
        return f"exc_{next(self._exception_numbers)}"

    def announce(self, tail: str, kind: str, resource: Json) -> None:
        """Queue a signed webhook that carries the resource."""
        event = {"event_id": f"evt_{next(self._events)}", "type": kind, "occurred_at": instant()}
        body = orjson.dumps({**resource, "event": event})
        timestamp = str(int(time.time()))
        message = timestamp.encode() + b"." + body
        headers = {
            "Content-Type": "application/json",
            "X-Tavola-Timestamp": timestamp,
            "X-Tavola-Signature": hmac.new(self._secret, message, hashlib.sha256).hexdigest(),
        }
        self._outbox.send(tail, body, headers)
