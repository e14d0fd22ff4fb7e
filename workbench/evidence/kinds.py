"""Orders and reservations: what is asked of the one is asked of the other."""

from __future__ import annotations

from typing import NamedTuple

from workbench.canonical import (
    Entity,
    OpenEnum,
    OrderStatus,
    OrderStatusUpdate,
    ReservationStatus,
    ReservationStatusUpdate,
)
from workbench.model import Access, Aspect, Feature, FeatureSlug
from workbench.partners import Entity as EntityName
from workbench.partners import load_catalogue


class EntityKind(NamedTuple):
    """What orders and reservations have in common: feature slugs, statuses, types."""

    noun: EntityName
    read: str
    status_read: str
    status_write: str
    created_event: str
    status_event: str
    status: type[OpenEnum]

    def update(self, identity: str, status: OpenEnum, reason: str | None = None) -> Entity:
        """The canonical status update for one of them."""
        words = {"reason": reason, "reason_code": "other"} if reason else {}
        if self.noun == "order":
            return OrderStatusUpdate(order_id=identity, status=OrderStatus(status), **words)
        return ReservationStatusUpdate(
            reservation_id=identity, status=ReservationStatus(status), **words
        )


def feature_of(slug: str) -> Feature:
    """The feature of a slug.

    Raises:
        LookupError: The catalogue has none, which is a fault of the program.
    """
    found = load_catalogue().feature(slug)
    if found is None:
        message = f"the catalogue has no feature {slug!r}"
        raise LookupError(message)
    return found


def proved_by(feature: str, *roles: str) -> tuple[str, ...]:
    """Slugs of the criteria of a feature that these roles prove; none where it has no such."""
    return feature_of(feature).proved_by(*roles)


def _kind(noun: EntityName, status: type[OpenEnum]) -> EntityKind:
    asking = load_catalogue().asking
    return EntityKind(
        noun=noun,
        read=asking(noun, Access.READ).slug,
        status_read=asking(noun, Access.READ, Aspect.STATUS).slug,
        status_write=asking(noun, Access.WRITE, Aspect.STATUS).slug,
        created_event=asking(noun, Access.CREATED).slug,
        status_event=asking(noun, Access.CHANGED, Aspect.STATUS).slug,
        status=status,
    )


# The feature that traits of the sender, and of our own address, belong to.
ENDPOINT = FeatureSlug.WEBHOOK_ENDPOINT
ORDER = _kind("order", OrderStatus)
RESERVATION = _kind("reservation", ReservationStatus)
KINDS = (ORDER, RESERVATION)
