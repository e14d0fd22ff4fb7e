"""The laws that our entities keep (INV-*): pure functions that return what is broken.

`check` applies every law that needs nothing but the entity. The others ask for their context: a
catalogue (`check_selection`), opening hours (`check_due_time`), the time (`check_snooze`,
`check_action`), an order (`check_location`), or what was before (`check_transition`,
`check_courier_update`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.canonical.availability import Availability, Schedule
from workbench.canonical.base import Entity
from workbench.canonical.delivery import DeliveryLocation
from workbench.canonical.invariants.catalog import (
    check_codes,
    check_graph,
    check_nesting,
    check_orphans,
    check_price,
    check_references,
    check_unique_ids,
    check_variant_names,
)
from workbench.canonical.invariants.clock import (
    check_clock_changes,
    check_due_time,
    check_exceptions,
    check_hours,
    check_instants,
    check_schedule,
    check_snooze,
)
from workbench.canonical.invariants.lifecycle import (
    check_action,
    check_courier_update,
    check_history,
    check_reason,
    check_transition,
)
from workbench.canonical.invariants.money import (
    check_currency,
    check_discounts,
    check_fineness,
    check_line_totals,
    check_money,
    check_payments,
    check_sign,
    check_stated_totals,
    check_tax,
    check_total,
    total_gap,
)
from workbench.canonical.invariants.selection import (
    check_bounds,
    check_category,
    check_choices,
    check_defaults,
    check_reach,
    check_required,
    check_selection,
)
from workbench.canonical.invariants.shape import check_location, check_party, check_shape
from workbench.canonical.invariants.violation import Severity, Violation
from workbench.canonical.menu import Catalog, Menu, MenuSection, OptionCategory, Product
from workbench.canonical.order import Order, OrderStatusUpdate
from workbench.canonical.reservation import Reservation, ReservationStatusUpdate

COVERED_ELSEWHERE: dict[str, str] = {
    "INV-C8": "what the partner's own document forbids blocks a plan: adapters.loss.find_faults",
    "INV-C9": "no list of legal rates is kept; what a partner refuses, adapters.write_jobs tells",
    "INV-P1": "redaction: personal data is masked before anything is logged or reported",
    "INV-P2": "redaction: secrets are masked in every exchange that is recorded",
}
"""Laws that no function here checks, and what keeps them."""

__all__ = [
    "COVERED_ELSEWHERE",
    "Severity",
    "Violation",
    "check",
    "check_action",
    "check_bounds",
    "check_category",
    "check_choices",
    "check_clock_changes",
    "check_codes",
    "check_courier_update",
    "check_currency",
    "check_defaults",
    "check_discounts",
    "check_due_time",
    "check_exceptions",
    "check_fineness",
    "check_graph",
    "check_history",
    "check_hours",
    "check_instants",
    "check_line_totals",
    "check_location",
    "check_money",
    "check_nesting",
    "check_orphans",
    "check_party",
    "check_payments",
    "check_price",
    "check_reach",
    "check_reason",
    "check_references",
    "check_required",
    "check_schedule",
    "check_selection",
    "check_shape",
    "check_sign",
    "check_snooze",
    "check_stated_totals",
    "check_tax",
    "check_total",
    "check_transition",
    "check_unique_ids",
    "check_variant_names",
    "total_gap",
]


_LAWS: dict[type[Entity], tuple[Callable[[Any], tuple[Violation, ...]], ...]] = {
    Order: (check_money, check_shape, check_instants, check_history, check_reason),
    OrderStatusUpdate: (check_reason,),
    Reservation: (check_party, check_history),
    ReservationStatusUpdate: (check_reason,),
    DeliveryLocation: (check_location,),
    Catalog: (check_currency, check_choices, check_required, check_graph),
    Menu: (check_choices, check_price),
    MenuSection: (check_choices,),
    OptionCategory: (check_choices,),
    Product: (check_variant_names,),
    Availability: (check_hours, check_exceptions, check_clock_changes),
    Schedule: (check_schedule,),
}


def check(entity: Entity) -> tuple[Violation, ...]:
    """Every law that the entity can be held to alone; nothing for entities without laws."""
    return tuple(item for law in _LAWS.get(type(entity), ()) for item in law(entity))
