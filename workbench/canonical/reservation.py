"""The reservation (domain reference, sections 5.10 and 6.1)."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from workbench.canonical.base import Entity, Ext, Ids, Money, Note
from workbench.canonical.order import Customer
from workbench.canonical.status import ReservationStatus


class Party(Entity):
    """How many guests."""

    adults: int = Field(ge=0)
    children: int = Field(default=0, ge=0)

    @property
    def size(self) -> int:
        """Adults and children."""
        return self.adults + self.children


class Deposit(Entity):
    """A guarantee; `state`: requested, paid, refunded, forfeited."""

    amount: Money
    state: str = "requested"


class ReservationStatusChange(Entity):
    """One step of a reservation's history."""

    status: ReservationStatus
    at: AwareDatetime
    by: str | None = None
    reason: str | None = None


class Reservation(Ext):
    """A table booking; `starts_at` keeps the restaurant's offset, so the local time stays known."""

    ids: Ids
    status: ReservationStatus
    starts_at: AwareDatetime
    party: Party
    restaurant_id: str | None = None
    raw_status: str | None = None
    status_history: tuple[ReservationStatusChange, ...] = ()
    duration_min: int | None = Field(default=None, gt=0)
    area: str | None = None
    tables: tuple[str, ...] = ()
    customer: Customer = Customer()
    notes: tuple[Note, ...] = ()
    tags: tuple[str, ...] = ()
    offer_id: str | None = None
    menu_id: str | None = None
    deposit: Deposit | None = None
    hold_expires_at: AwareDatetime | None = None
    linked_order_id: str | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None


class ReservationStatusUpdate(Entity):
    """A status we send or receive for a reservation."""

    reservation_id: str
    status: ReservationStatus
    raw_status: str | None = None
    at: AwareDatetime | None = None
    reason_code: str | None = None
    reason: str | None = None
    table: str | None = None
