"""What would get lost on the way to the partner, found before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from workbench.adapters.binding import entity_noun
from workbench.canonical import Catalog, Entity
from workbench.description import find_violations
from workbench.errors import TranslationError
from workbench.mapping import Translator
from workbench.model import Absence, Access, Binding, Feature, Operation, compare_json
from workbench.partners import Partner, load_catalogue

_OURS = frozenset({"origin", "ext", "canonical_id"})
_SHOWN = 20


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
        sent = entity.model_dump(exclude_unset=True)
        pointers = [item.pointer for item in compare_json(sent, back, keys=_keys)]
    plain = [prefix + re.sub(r"/\d+", "/*", pointer) for pointer in pointers]
    return [_explain(partner, pointer, plain.count(pointer)) for pointer in dict.fromkeys(plain)]


def find_faults(partner: Partner, operation: Operation, payload: Any) -> list[DataLoss]:
    """Where a body is too large, too long or otherwise not what the document allows."""
    schema = operation.request_schema
    if schema is None:
        return []
    found = find_violations(partner.description, operation.document, schema, payload)
    return [
        DataLoss(item.pointer, f"{operation.id} does not allow it: {item.message}", blocks=True)
        for item in found[:_SHOWN]
    ]


def _keys(sent: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[str]:
    """What we stated, but for what only we need."""
    return (key for key, value in sent.items() if key not in _OURS and value is not None)


def _explain(partner: Partner, pointer: str, count: int) -> DataLoss:
    feature, name = feature_at(pointer)
    about = feature.about(name)
    criterion = about.slug if about else ""
    stated = partner.statement(feature.slug)
    absence = stated.criteria.get(criterion) if isinstance(stated, Binding) else stated
    if isinstance(absence, Absence):
        return DataLoss(pointer, absence.reason, absence.code, count)
    for limit in stated.limits if isinstance(stated, Binding) else ():
        if limit.criterion == criterion:
            return DataLoss(pointer, limit.note, limit.code, count)
    return DataLoss(pointer, f"{partner.title} is not told of it by the mapping", count=count)


def feature_at(pointer: str) -> tuple[Feature, str]:
    """The feature that writes what a pointer into a catalogue leads to, and its field's name.

    Args:
        pointer: JSON Pointer from the catalogue on, indexes as `*`.

    Raises:
        LookupError: The catalogue has no such field, or nothing writes such things.
    """
    kind: type[Entity] | None = Catalog
    noun, name = "menu", ""
    for part in pointer.split("/")[1:]:
        if part == "*" or kind is None:
            continue
        if kind is Catalog or entity_noun(kind):
            name = part
        kind = _entity_in(kind.model_fields[part].annotation)
        noun = entity_noun(kind) if kind and entity_noun(kind) else noun
    return load_catalogue().asking(noun, Access.WRITE), name


def _entity_in(annotation: Any) -> type[Entity] | None:
    """The class of ours that a field holds: by itself, in a list, or as a choice."""
    if isinstance(annotation, type) and issubclass(annotation, Entity):
        return annotation
    found = (_entity_in(part) for part in get_args(annotation))
    return next((item for item in found if item is not None), None)
