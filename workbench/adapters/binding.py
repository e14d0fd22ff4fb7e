"""From a feature to the operation and mapping that the partner folder binds to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

from workbench.canonical.availability import CalendarException
from workbench.canonical.base import Entity, Ids
from workbench.canonical.delivery import DeliveryLocation
from workbench.canonical.menu import (
    Catalog,
    Menu,
    MenuSection,
    Option,
    OptionCategory,
    Product,
    ProductVariant,
)
from workbench.canonical.order import Order, OrderStatusUpdate
from workbench.canonical.reservation import Reservation, ReservationStatusUpdate
from workbench.errors import InputError, MappingError
from workbench.mapping import Translator
from workbench.model.description import Operation
from workbench.partners import Partner
from workbench.partners.manifest import BoundOperation

_NAMED: dict[type[Entity], str] = {
    Order: "order",
    Reservation: "reservation",
    Menu: "menu",
    MenuSection: "menu-section",
    Product: "product",
    ProductVariant: "product-variant",
    OptionCategory: "option-category",
    Option: "option",
}


@overload
def pick(partner: Partner, feature: str, *, status: str | None = None) -> Operation: ...
@overload
def pick(partner: Partner, feature: str, *, mode: Literal["many"]) -> Operation | None: ...
def pick(
    partner: Partner, feature: str, *, status: str | None = None, mode: str = "one"
) -> Operation | None:
    """The operation that serves a feature, for one status or one mode.

    An operation that is bound for a status or mode comes before one that is bound for all.

    Returns:
        The operation; None only for mode `many`, where none is bound for it.

    Raises:
        InputError: The feature is not bound, with the folder's reason, or not for this status.
    """
    bound = partner.operations(feature)
    if not bound:
        raise _unbound(partner, feature)
    wanted = status or mode
    narrowed = next((operation for item, operation in bound if wanted in item.for_), None)
    if narrowed is not None or mode == "many":
        return narrowed
    general = next((operation for item, operation in bound if _is_general(item)), None)
    if general is None:
        offered = sorted({word for item, _ in bound for word in item.for_})
        raise InputError(
            f"{partner.title} has no operation of {feature} for {str(wanted)!r}",
            location=f"{partner.slug}/partner.yaml#/features/{feature}",
            partner=partner.slug,
            hint=f"It is bound for: {', '.join(offered)}.",
        )
    return general


def translator(partner: Partner, feature: str) -> Translator:
    """The mapping of a feature.

    Raises:
        MappingError: The folder binds none to it.
    """
    found = partner.translator(feature)
    if found is None:
        raise MappingError(
            f"{feature} has no mapping",
            location=f"{partner.slug}/partner.yaml#/features/{feature}",
            partner=partner.slug,
            hint="Name one with `mapping:`, and write it in mapping.yaml.",
        )
    return found


def entity_name(feature: str) -> str:
    """The entity whose id a feature takes: `order-status-read` → `order`."""
    name = feature.removesuffix("-read").removesuffix("-write").removesuffix("-status")
    return {"delivery-location": "order", "availability": "restaurant"}.get(name, name)


def entity_ids(entity: Entity | None) -> dict[str, str]:
    """The partner's ids that an entity carries, by entity name."""
    found: dict[str, str | None] = {}
    ids = getattr(entity, "ids", None)
    if entity is not None and isinstance(ids, Ids) and type(entity) in _NAMED:
        found[_NAMED[type(entity)]] = ids.partner_id
    if isinstance(entity, OrderStatusUpdate | DeliveryLocation):
        found["order"] = entity.order_id
    if isinstance(entity, DeliveryLocation):
        found["delivery"] = entity.delivery_id
    if isinstance(entity, ReservationStatusUpdate):
        found["reservation"] = entity.reservation_id
    if isinstance(entity, CalendarException):
        found["exception"] = entity.id
    if isinstance(entity, Catalog) and len(entity.menus) == 1:
        found["menu"] = entity.menus[0].ids.partner_id
    if isinstance(entity, Option) and len(entity.option_category_ids) == 1:
        found["option-category"] = entity.option_category_ids[0]
    return {name: value for name, value in found.items() if value}


def join(partner: Partner, operation: Operation, payloads: Sequence[Any]) -> Any:
    """Several payloads as the body of one request: a list, or an object with one list in it.

    Raises:
        InputError: The document does not say where the list goes.
    """
    resolve = partner.description.resolve
    schema = resolve(operation.request_schema or {"type": "array"}, operation.document)
    if schema.get("type") == "array":
        return list(payloads)
    fields = schema.get("properties", {})
    lists = [
        name
        for name, part in fields.items()
        if resolve(part, operation.document).get("type") == "array"
    ]
    if len(lists) != 1:
        raise InputError(
            f"The body of {operation.id} has {len(lists)} lists, so several things have no place",
            location=operation.document,
            partner=partner.slug,
            hint="Bind an operation that takes one, or correct the document with an overlay.",
        )
    return {lists[0]: list(payloads)}


def _is_general(item: BoundOperation) -> bool:
    return not item.for_ or "one" in item.for_


def _unbound(partner: Partner, feature: str) -> InputError:
    stated = partner.feature(feature)
    location = f"{partner.slug}/partner.yaml#/features/{feature}"
    if stated is None:
        return InputError(
            f"The folder of {partner.title} says nothing of {feature}",
            location=location,
            partner=partner.slug,
            hint="Bind it to an operation, or state why it is absent.",
        )
    if stated.status is not None:
        cited = f" ({stated.cite})" if stated.cite else ""
        return InputError(
            f"{feature} is {stated.status} at {partner.title}: {stated.reason}{cited}",
            location=location,
            partner=partner.slug,
            hint=f"Reason {stated.code}. {stated.needed or ''}".strip(),
        )
    return InputError(
        f"{feature} of {partner.title} is bound to events or papers, which cannot be called",
        location=location,
        partner=partner.slug,
    )
