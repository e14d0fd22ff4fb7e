"""Lists of the partner's as our entities: translated as they come, or read one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from workbench.adapters.answer import Answer
from workbench.adapters.binding import entity_name, pick_list, pick_operation, translator
from workbench.adapters.channel import Channel
from workbench.adapters.paging import walk_pages
from workbench.canonical import Entity
from workbench.errors import PartnerError, TranslationError
from workbench.model import Operation, SchemaReader

_IDS = (("ids", "partner_id"), ("order_id",), ("reservation_id",))

Refuse = Callable[[TranslationError], None]


def list_entities(
    channel: Channel, feature: str, query: Mapping[str, str], refuse: Refuse | None
) -> Iterator[Entity]:
    """Everything that the list beside a reading feature holds, as the partner orders it.

    Items that are only summaries are read one by one with the feature itself.

    Args:
        channel: The partner.
        feature: A feature that reads by id, as `order-read`.
        query: The partner's own filters.
        refuse: Told of each item that does not fit; None: the first such item ends the list.

    Raises:
        InputError: The feature is not bound, or the documents describe no list.
        PartnerError: A page could not be read.
        TranslationError: An item does not fit, and there is no `refuse`.
    """
    one, many = pick_operation(channel.partner, feature), pick_list(channel.partner, feature)
    request = channel.request(many, {})
    request = replace(request, query={**request.query, **query})
    whole = _holds_all(channel, one, many)

    def read_all() -> Iterator[Entity]:
        for items in walk_pages(channel, many, request):
            for item in items:
                try:
                    yield _read(channel, feature, one, item, whole=whole)
                except TranslationError as error:
                    if refuse is None:
                        raise
                    refuse(error)

    return read_all()


def _read(channel: Channel, feature: str, one: Operation, item: Any, *, whole: bool) -> Entity:
    identifier = _find_id(channel, feature, item)
    if whole or identifier is None:
        return channel.translate(feature, item).value
    return channel.load(feature, one, {entity_name(feature): identifier}).value


def _holds_all(channel: Channel, one: Operation, many: Operation) -> bool:
    """Whether the items of a list have every field that reading one by one gives."""
    description = channel.partner.description
    reader = SchemaReader.of(description, many.document)
    page = reader.first(many.response_schema)
    lists = [page, *map(reader.first, reader.properties(page).values())]
    items = [reader.properties(part["items"]) for part in lists if "items" in part]
    wanted = SchemaReader.of(description, one.document).properties(one.response_schema)
    return any(wanted.keys() <= item.keys() for item in items)


def find_in_list(
    channel: Channel, feature: str, operation: Operation, ids: Mapping[str, str]
) -> Answer:
    """The answer of the list's page that has one thing, with that thing as its body.

    Where no page has it, the last answer as if it were 404: what is not listed is not there.
    A page that is refused is the answer, as it is of a read by id.

    Raises:
        PartnerError: A page could not be read, though it was not refused.
    """
    wanted = ids.get(entity_name(feature), "")
    last: list[Answer] = []
    pages = walk_pages(channel, operation, channel.request(operation, ids), seen=last.append)
    try:
        for items in pages:
            for item in items:
                if _find_id(channel, feature, item) == wanted:
                    return replace(last[-1], body=orjson.dumps(item))
    except PartnerError:
        if last and not last[-1].is_success and not last[-1].is_refusal:
            return last[-1]
        raise
    return replace(last[-1], status=404, wire_status=last[-1].status)


def _find_id(channel: Channel, feature: str, item: Any) -> str | None:
    mapping = translator(channel.partner, feature)
    named = next((names for names in _IDS if mapping.rules_of(*names)), None)
    found = mapping.find_value(item, *named) if named else None
    return str(found) if isinstance(found, str | int) else None
