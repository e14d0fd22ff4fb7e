"""What would get lost on the way to the partner, found before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.canonical.base import Entity
from workbench.description.schema_validation import violations
from workbench.errors import TranslationError
from workbench.mapping import Translator
from workbench.model.description import Operation
from workbench.model.verdict import Absence, Binding
from workbench.partners import Partner

_OURS = frozenset({"origin", "ext", "canonical_id"})
_SHOWN = 20
# Last list and field of a pointer → the feature and criterion whose statement gives the reason.
_STATED = {
    "menus": ("menu-write", "menu-publish-full"),
    "menus/kind": ("menu-write", "menu-set-menu"),
    "menus/price": ("menu-write", "menu-set-menu"),
    "menus/translations": ("menu-write", "menu-translations"),
    "menus/schedule": ("menu-write", "menu-schedule"),
    "menus/season_start": ("menu-write", "menu-schedule"),
    "menus/season_end": ("menu-write", "menu-schedule"),
    "menus/order_types": ("menu-write", "menu-order-types"),
    "menus/sections": ("menu-section-write", ""),
    "sections/position": ("menu-section-write", "menu-section-positions-kept"),
    "products/variants": ("product-variant-write", ""),
    "products/stock": ("product-write", "product-stock"),
    "products/allergens": ("product-write", "product-allergens"),
    "products/images": ("product-write", "product-images"),
    "products/snoozed_until": ("product-write", "product-snooze"),
    "products/price_by_order_type": ("product-write", "product-price-per-order-type"),
    "products/visible": ("product-write", "product-presentation"),
    "products/featured": ("product-write", "product-presentation"),
    "products/lead_min": ("product-write", "product-presentation"),
    "products/preparation_min": ("product-write", "product-presentation"),
    "option_categories/price_method": ("option-category-write", "option-limits-enforced"),
    "option_categories/free_quantity": ("option-category-write", "option-limits-enforced"),
    "options/option_category_ids": ("option-write", "option-nested"),
}


@dataclass(frozen=True)
class DataLoss:
    """Something that the partner will not get as we have it.

    Attributes:
        pointer: JSON Pointer into our entity, indexes as `*`; with `blocks`, into their payload.
        what: One sentence.
        code: Reason code R1 to R20, where the folder states one.
        count: How many values are concerned.
        blocks: The partner's document forbids it, so that nothing can be sent.
    """

    pointer: str
    what: str
    code: str | None = None
    count: int = 1
    blocks: bool = False


def find_losses(
    partner: Partner, translator: Translator, entity: Entity, prefix: str = ""
) -> list[DataLoss]:
    """What is not the same any more after the way there and back, by kind of field.

    Args:
        partner: For the reasons.
        translator: The mapping.
        entity: What is to be sent.
        prefix: Pointer of the entity in the whole.

    Raises:
        TranslationError: A value cannot be said in the partner's words at all.
    """
    there = translator.untranslate(entity)
    try:
        back: Any = translator.translate(there.payload).value.model_dump()
    except TranslationError:
        pointers = list(there.coverage.unread)
    else:
        pointers = list(_differ(entity.model_dump(exclude_unset=True), back, ""))
    plain = [prefix + re.sub(r"/\d+", "/*", pointer) for pointer in pointers]
    return [_explain(partner, pointer, plain.count(pointer)) for pointer in dict.fromkeys(plain)]


def find_faults(partner: Partner, operation: Operation, payload: Any) -> list[DataLoss]:
    """Where a body is too large, too long or otherwise not what the document allows."""
    schema = operation.request_schema
    if schema is None:
        return []
    found = violations(partner.description, operation.document, schema, payload)
    return [
        DataLoss(item.pointer, f"{operation.id} does not allow it: {item.message}", blocks=True)
        for item in found[:_SHOWN]
    ]


def _differ(sent: Any, back: Any, at: str) -> Iterator[str]:
    if isinstance(sent, dict) and isinstance(back, dict):
        for key, value in sent.items():
            if key not in _OURS and value is not None:
                yield from _differ(value, back.get(key), f"{at}/{key}")
    elif isinstance(sent, tuple) and isinstance(back, tuple) and len(sent) == len(back):
        for place, (one, other) in enumerate(zip(sent, back, strict=True)):
            yield from _differ(one, other, f"{at}/{place}")
    elif sent != back:
        yield at


def _explain(partner: Partner, pointer: str, count: int) -> DataLoss:
    names = [part for part in pointer.split("/") if part != "*"][1:]
    feature, criterion = next(
        (_STATED[key] for key in ("/".join(names[-2:]), names[-1]) if key in _STATED), ("", "")
    )
    stated = partner.statement(feature) if feature else None
    absence = stated.criteria.get(criterion) if isinstance(stated, Binding) else stated
    if isinstance(absence, Absence):
        return DataLoss(pointer, absence.reason, absence.code, count)
    for limit in stated.limits if isinstance(stated, Binding) else ():
        if limit.criterion == criterion:
            return DataLoss(pointer, limit.note, limit.code, count)
    return DataLoss(pointer, f"{partner.title} is not told of it by the mapping", count=count)
