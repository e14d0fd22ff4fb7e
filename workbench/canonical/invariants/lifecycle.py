"""INV-L: statuses follow one another lawfully, and say why they end."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from workbench.canonical.base import OpenEnum, OrderType
from workbench.canonical.invariants.violation import Violation, violation
from workbench.canonical.order import Order, OrderStatusUpdate, StatusChange
from workbench.canonical.reservation import (
    Reservation,
    ReservationStatusChange,
    ReservationStatusUpdate,
)
from workbench.canonical.status import (
    OrderStatus,
    ReservationStatus,
    is_legal,
    is_terminal,
)

_NEEDS_REASON = (
    OrderStatus.REJECTED,
    OrderStatus.CANCELLED,
    ReservationStatus.REFUSED,
    ReservationStatus.CANCELLED,
)


def check_transition(
    current: OpenEnum, following: OpenEnum, path: str = "/status"
) -> tuple[Violation, ...]:
    """INV-L1 and L2: the step is legal, and nothing leaves a terminal status.

    Unknown statuses are kept, not judged. Cancelling guests who are already there is a warning.
    """
    if not (current.is_known and following.is_known) or current == following:
        return ()
    step = f"{current} to {following}"
    if is_terminal(current):
        return violation("INV-L2", path, f"{step}: nothing follows {current}")
    if not is_legal(current, following):
        return violation("INV-L1", path, f"{step} is no legal step")
    here = current in {ReservationStatus.ARRIVED, ReservationStatus.SEATED}
    if here and following == ReservationStatus.CANCELLED:
        return violation("INV-L1", path, f"{step}: the guests are there", severity="warning")
    return ()


def check_history(entity: Order | Reservation) -> tuple[Violation, ...]:
    """INV-L1 to L4 over the history of an order or a reservation.

    The history is read in the order in which it was recorded. It must not go back in time (L4),
    hold the same event twice (L3), or end elsewhere than in the current status (L4).
    """
    history: tuple[StatusChange | ReservationStatusChange, ...] = entity.status_history
    found = _check_place(entity)
    for position, (before, after) in enumerate(pairwise(history), 1):
        path = f"/status_history/{position}"
        found += check_transition(before.status, after.status, f"{path}/status")
        if after.at < before.at:
            found += violation("INV-L4", f"{path}/at", "an older event was applied over a newer")
    seen: set[tuple[str, datetime]] = set()
    for position, change in enumerate(history):
        if (key := (change.status, change.at)) in seen:
            summary = "the same event was applied twice"
            found += violation("INV-L3", f"/status_history/{position}", summary)
        seen.add(key)
    if history and history[-1].status != entity.status:
        summary = f"the status is {entity.status}, but the last event was {history[-1].status}"
        found += violation("INV-L4", "/status", summary)
    return found


def check_action(
    order: Order, update: OrderStatusUpdate, *, now: datetime
) -> tuple[Violation, ...]:
    """INV-L5: a status may be sent: the step is legal, and in time.

    Args:
        order: As we know it.
        update: What we are about to send.
        now: The instant of sending.
    """
    found = check_transition(order.status, update.status) + check_reason(update)
    answers = update.status in {OrderStatus.ACCEPTED, OrderStatus.REJECTED}
    accept_by = order.timing.accept_by
    if answers and order.status == OrderStatus.PLACED and accept_by and now > accept_by:
        found += violation("INV-L5", "/status", "the time to answer has passed")
    confirm_by = order.timing.confirm_by
    if update.status == OrderStatus.CONFIRMED and confirm_by and now > confirm_by:
        found += violation("INV-L5", "/status", "the time to confirm has passed")
    return found


def check_reason(
    entity: Order | OrderStatusUpdate | ReservationStatusUpdate,
) -> tuple[Violation, ...]:
    """INV-L6: whoever rejects or cancels gives a reason code."""
    if entity.status not in _NEEDS_REASON:
        return ()
    if isinstance(entity, Order):
        code = entity.cancellation.code if entity.cancellation else None
        path = "/cancellation/code"
    else:
        code, path = entity.reason_code, "/reason_code"
    return () if code else violation("INV-L6", path, f"{entity.status} without a reason code")


def check_courier_update(before: Order, after: Order) -> tuple[Violation, ...]:
    """INV-L7: an update about the courier leaves the status of the order alone."""
    if before.status == after.status:
        return ()
    summary = f"a courier update turned {before.status} into {after.status}"
    return violation("INV-L7", "/status", summary)


def _check_place(entity: Order | Reservation) -> tuple[Violation, ...]:
    """INV-L1: steps that only some orders take, or only from some time on."""
    found: tuple[Violation, ...] = ()
    if isinstance(entity, Reservation):
        for position, change in enumerate(entity.status_history):
            if change.status == ReservationStatus.NO_SHOW and change.at < entity.starts_at:
                path = f"/status_history/{position}/status"
                found += violation("INV-L1", path, "no-show before the booking began")
    elif entity.order_type.is_known and entity.order_type != OrderType.DELIVERY:
        steps = [
            (f"/status_history/{position}/status", change.status)
            for position, change in enumerate(entity.status_history)
        ]
        for path, status in (("/status", entity.status), *steps):
            if status == OrderStatus.IN_DELIVERY:
                summary = f"{entity.order_type} orders are not delivered"
                found += violation("INV-L1", path, summary)
    return found
