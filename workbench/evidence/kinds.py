"""Orders and reservations: what is asked of the one is asked of the other."""

from __future__ import annotations

from typing import NamedTuple

from workbench.canonical.base import Entity, OpenEnum
from workbench.canonical.order import OrderStatusUpdate
from workbench.canonical.reservation import ReservationStatusUpdate
from workbench.canonical.status import OrderStatus, ReservationStatus
from workbench.partners.manifest import Entity as EntityName


class Kind(NamedTuple):
    """What orders and reservations have in common: feature slugs, statuses, types."""

    noun: EntityName
    read: str
    status_read: str
    status_write: str
    created_event: str
    status: type[OpenEnum]

    def update(self, identity: str, status: OpenEnum, reason: str | None = None) -> Entity:
        """The canonical status update for one of them."""
        words = {"reason": reason, "reason_code": "other"} if reason else {}
        if self.noun == "order":
            return OrderStatusUpdate(order_id=identity, status=OrderStatus(status), **words)
        return ReservationStatusUpdate(
            reservation_id=identity, status=ReservationStatus(status), **words
        )


ORDER = Kind(
    "order",
    "order-read",
    "order-status-read",
    "order-status-write",
    "order-created-event",
    OrderStatus,
)
RESERVATION = Kind(
    "reservation",
    "reservation-read",
    "reservation-status-read",
    "reservation-status-write",
    "reservation-created-event",
    ReservationStatus,
)
KINDS = (ORDER, RESERVATION)
