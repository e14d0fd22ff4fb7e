"""From a feature to the operation and mapping that the partner folder binds to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.canonical import (
    CalendarException,
    Catalog,
    DeliveryLocation,
    Entity,
    Ids,
    Menu,
    MenuSection,
    Option,
    OptionCategory,
    Order,
    OrderStatusUpdate,
    Product,
    ProductVariant,
    Reservation,
    ReservationStatusUpdate,
)
from workbench.errors import InputError, MappingError
from workbench.mapping import Translator
from workbench.model import Absence, Operation, SchemaNode, SchemaReader
from workbench.partners import Partner, load_catalogue

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


def pick_operation(partner: Partner, feature: str, status: str | None = None) -> Operation:
    """The operation that serves a feature for one thing, or for one status.

    An operation that is bound for the status comes before one that is bound for all. Of a
    collection and of what is in it, both bound for all, the path with the id is taken, whatever
    the order: a POST to the collection would make another thing instead of changing this one.

    Raises:
        InputError: The feature is not bound, with the folder's reason, or not for this status.
    """
    bound = partner.operations(feature)
    if not bound:
        raise _unbound(partner, feature)
    found = pick_for_mode(partner, feature, status) if status else None
    found = found or pick_for_mode(partner, feature, "one")
    found = found or pick_for_mode(partner, feature, "replace")
    found = found or pick_for_mode(partner, feature, "change")
    found = found or _by_id([operation for item, operation in bound if not item.for_])
    found = found or pick_for_mode(partner, feature, "create")
    found = found or pick_for_mode(partner, feature, "list")
    if found is not None:
        return found
    offered = sorted({word for item, _ in bound for word in item.for_})
    raise InputError(
        f"{partner.title} has no operation of {feature} for {str(status or 'one')!r}",
        location=f"{partner.slug}/partner.yaml#/features/{feature}",
        partner=partner.slug,
        hint=f"It is bound for: {', '.join(offered)}.",
    )


def pick_new(partner: Partner, feature: str) -> Operation:
    """The operation that makes something new: a POST to the collection, else as `pick_operation`.

    Raises:
        InputError: As `pick_operation`.
    """
    stated = pick_for_mode(partner, feature, "create")
    if stated is not None:
        return stated
    one = pick_operation(partner, feature)
    parent = one.path.rstrip("/").rpartition("/")[0]
    plain = (operation for item, operation in partner.operations(feature) if not item.for_)
    makes = (item for item in plain if item.method == "POST" and item.path.rstrip("/") == parent)
    return next(makes, one)


def lists_only(partner: Partner, operation: Operation) -> bool:
    """Whether a reading operation gives a list and takes no id: one thing is found in it."""
    return item_place(partner, operation) is not None


def item_place(partner: Partner, operation: Operation) -> str | None:
    """JSONPath of the items in the answer of an operation that lists only; None for all others."""
    slots = [item.name for item in operation.parameters if item.place == "path"]
    takes_id = any(partner.manifest.parameters.get(name) != "restaurant" for name in slots)
    schema = operation.response_schema
    if operation.method not in {"GET", "HEAD"} or takes_id or schema is None:
        return None
    reader = SchemaReader.of(partner.description, operation.document)
    page = reader.first(schema)
    if "items" in page:
        return "$[*]"
    parts = reader.properties(page).items()
    name = next((name for name, part in parts if _is_list(reader, part)), None)
    return None if name is None else f"$[{name!r}][*]"


def pick_for_mode(partner: Partner, feature: str, word: str) -> Operation | None:
    """The operation that is bound for a mode: many, partial, remove, read-back, pause and so on."""
    bound = partner.operations(feature)
    return next((operation for item, operation in bound if word in item.for_), None)


def pick_read_back(partner: Partner, feature: str) -> Operation | None:
    """The operation that reads what a feature writes: bound for it, or a GET of the same path."""
    found = pick_for_mode(partner, feature, "read-back")
    return found or _get(partner, pick_operation(partner, feature).path)


def pick_list(partner: Partner, feature: str) -> Operation:
    """The operation that lists what a feature reads one by one: its path without the last id.

    Raises:
        InputError: The feature is not bound, or the documents describe no list.
    """
    one = pick_operation(partner, feature)
    if lists_only(partner, one):
        return one
    parent, _, last = one.path.rstrip("/").rpartition("/")
    found = pick_for_mode(partner, feature, "list")
    if found is None and last.startswith("{"):
        found = _get(partner, parent)
    if found is None:
        raise InputError(
            f"The documents of {partner.title} describe no list beside {one.id}",
            location=one.document,
            partner=partner.slug,
            hint="Read one by one, by id.",
        )
    return found


def translator_of(partner: Partner, kind: type[Entity]) -> Translator | None:
    """The only mapping that writes a class, whatever feature it belongs to."""
    found = [
        item for item in partner.translators.values() if item.entity_type is kind and item.can_write
    ]
    return found[0] if len(found) == 1 else None


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
    """The entity whose id a feature takes: `order-status-read` → `order`.

    Raises:
        InputError: The catalogue has no such feature.
    """
    found = load_catalogue().feature(feature)
    if found is None or found.noun is None:
        raise InputError(f"{feature!r} is no service or event of the catalogue")
    return found.noun


def entity_noun(kind: type[Entity]) -> str:
    """What an entity with an id of its own is called in a partner folder; else nothing."""
    return _NAMED.get(kind, "")


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
    reader = SchemaReader.of(partner.description, operation.document)
    schema = operation.request_schema
    if schema is None or _is_list(reader, schema):
        return list(payloads)
    lists = [name for name, part in reader.properties(schema).items() if _is_list(reader, part)]
    if len(lists) != 1:
        raise InputError(
            f"The body of {operation.id} has {len(lists)} lists, so several things have no place",
            location=operation.document,
            partner=partner.slug,
            hint="Bind an operation that takes one, or correct the document with an overlay.",
        )
    return {lists[0]: list(payloads)}


def _is_list(reader: SchemaReader, schema: Any) -> bool:
    return "array" in SchemaNode.of(reader, schema).types


def _by_id(plain: Sequence[Operation]) -> Operation | None:
    """The first operation; where it is on a collection, the one on what is in it, if there is."""
    if not plain:
        return None
    first = plain[0]
    methods = {"POST": ("PUT", "PATCH"), "GET": ("GET",)}.get(first.method, ())
    inside = [
        item
        for item in plain
        if item.path.endswith("}") and item.path.rpartition("/")[0] == first.path.rstrip("/")
    ]
    return next((item for name in methods for item in inside if item.method == name), first)


def _get(partner: Partner, path: str) -> Operation | None:
    found = partner.description.exchange(f"GET {path}")
    return found if isinstance(found, Operation) and found in partner.callable_operations else None


def absent(partner: Partner, feature: str, what: str, stated: Absence) -> InputError:
    """The error that tells, in the folder's own words, why something cannot be done."""
    cited = f" ({stated.cite})" if stated.cite else ""
    return InputError(
        f"{what} is {stated.status} at {partner.title}: {stated.reason}{cited}",
        location=f"{partner.slug}/partner.yaml#/features/{feature}",
        partner=partner.slug,
        hint=f"Reason {stated.code}. {stated.needed or ''}".strip(),
    )


def _unbound(partner: Partner, feature: str) -> InputError:
    stated = partner.statement(feature)
    location = f"{partner.slug}/partner.yaml#/features/{feature}"
    if partner.feature(feature) is None:
        return InputError(
            f"The folder of {partner.title} says nothing of {feature}",
            location=location,
            partner=partner.slug,
            hint="Bind it to an operation, or state why it is absent.",
        )
    if isinstance(stated, Absence):
        return absent(partner, feature, feature, stated)
    return InputError(
        f"{feature} of {partner.title} is bound to events or papers, which cannot be called",
        location=location,
        partner=partner.slug,
    )
