"""One event of theirs → one canonical entity: translated, pulled, completed, and up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import RowMapping

from workbench.adapters import Adapter
from workbench.canonical import (
    Entity,
    OpenEnum,
    Order,
    OrderStatusUpdate,
    Reservation,
    ReservationStatusUpdate,
    find_route,
)
from workbench.errors import InputError, MappingError, TranslationError
from workbench.mapping import Translator
from workbench.model import find_nodes
from workbench.partners import EventRule, Partner, Webhooks
from workbench.receiver.body import read_json, write_json
from workbench.receiver.events import ReceivedEvent, digest, read_item, read_payload
from workbench.receiver.receipt import Receipt
from workbench.receiver.receipt_events import PULLED

Recall = Callable[[str, str], Any]  # (order key, mapping) → their last whole payload, or None


@dataclass(frozen=True)
class Party:
    """A partner whose events are processed; `adapter` is needed where events are mere pings."""

    partner: Partner
    adapter: Adapter | None = None


class Parties(Protocol):
    """Finds the partners whose events are processed."""

    @property
    def webhooks(self) -> Mapping[str, Webhooks]:
        """Slug → the rules of a partner."""

    def find(self, slug: str) -> Party:
        """A partner by its slug; raises InputError where it cannot be had."""


class FixedParties:
    """Partners that stay as they are."""

    def __init__(self, parties: Iterable[Party]) -> None:
        self._parties = {party.partner.slug: party for party in parties}
        stated = {slug: one.partner.manifest.webhooks for slug, one in self._parties.items()}
        self.webhooks = {slug: rules for slug, rules in stated.items() if rules is not None}

    def find(self, slug: str) -> Party:
        """A partner by its slug."""
        return self._parties[slug]


@dataclass(frozen=True)
class ProcessedEvent:
    """A canonical entity, and what of it matters to the rules.

    Of both the entity and their payload it holds the text: a batch of trees of objects is more than
    the processor's caches and the garbage collector take with ease.

    Attributes:
        body: The order, reservation, or status of one, as JSON.
        status: Its status.
        kind: `order`, `order-status`, `reservation` or `reservation-status`.
        entity_id: The partner's id of the order or reservation.
        at: When the status began, if the partner says so.
        payload: Theirs as JSON, where it is the whole order or reservation.
        mapping: Name of the mapping that read it.
        is_merged: Whether the event told only what changed, and the rest was known before.
        told: Hash of what they said, where the event has no id of its own.
        repeat_seconds: How long the same said again is a repeat.
    """

    body: bytes
    status: OpenEnum
    kind: str
    entity_id: str
    at: datetime | None
    payload: bytes | None
    mapping: str
    is_merged: bool = False
    told: str | None = None
    repeat_seconds: float = 0.0

    @property
    def family(self) -> str:
        """`order` or `reservation`."""
        return "order" if self.kind in {"order", "order-status"} else "reservation"

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the order or reservation, not only its status."""
        return self.kind == self.family

    def with_status(self, status: str) -> ProcessedEvent:
        """The same with a status that is known from elsewhere."""
        body = write_json(read_json(self.body) | {"status": status})
        return replace(self, body=body, status=type(self.status)(status))


def process_event(
    party: Party, receipt: Receipt, event: Mapping[str, Any] | RowMapping, recall: Recall
) -> ProcessedEvent:
    """Make a canonical entity of an event.

    Args:
        party: Whose event it is.
        receipt: Where it is in.
        event: Its row: `reference`, `location`, `order_key`.
        recall: Finds the last whole payload of an order, for events that tell only a change.

    Raises:
        InputError: The folder lacks a rule, a mapping or a binding.
        TranslationError: The payload does not fit.
        PartnerError: The partner did not let us ask.
    """
    partner, reference = party.partner, event["reference"]
    webhooks = partner.manifest.webhooks
    if reference.startswith(PULLED):
        translator = partner.translator(reference.removeprefix(PULLED))
        payload = read_json(receipt.body)
        return _result(_require(translator, partner, reference), payload)
    rule = webhooks.events.get(reference) if webhooks else None
    if webhooks is None or rule is None:
        raise _lacks(partner, f"a rule for {reference}")
    found = find_nodes(event["location"], read_payload(webhooks, receipt))
    item = read_item(reference, rule, found[0][1] if found else None)
    if rule.pull:
        return _pull(party, rule.pull, item.entity_id)
    translator = _require(partner.translators.get(rule.mapping or ""), partner, reference)
    key, name = event["order_key"] or "", translator.name
    result = _read(translator, rule, item, lambda: recall(key, name))
    if item.event_id is not None:
        return result
    told = digest([reference, write_json(item.item)])
    return replace(result, told=told, repeat_seconds=webhooks.repeat_seconds)


def _read(
    translator: Translator, rule: EventRule, event: ReceivedEvent, recall: Callable[[], Any]
) -> ProcessedEvent:
    """Translate what an event tells, completed by what is known where it tells only a change."""
    if not rule.delta:
        try:
            return _result(translator, event.item)
        except TranslationError:
            if not isinstance(event.item, dict):
                raise
    before = recall()
    if before is None:
        return _result(translator, event.item)
    return replace(_result(translator, merge(before, event.item)), is_merged=True)


def merge(before: Any, change: Any) -> Any:
    """A JSON Merge Patch (RFC 7396): null removes, objects merge, all else replaces."""
    if not isinstance(change, dict):
        return change
    merged = dict(before) if isinstance(before, dict) else {}
    for name, value in change.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def is_stale(known: str, known_at: datetime | None, result: ProcessedEvent) -> bool:
    """Whether a status is older than the one that is known.

    By their times where both are told; else it is older when the known one can follow it.
    """
    status = result.status
    if known_at is not None and result.at is not None and known_at != result.at:
        return result.at < known_at
    return known != status and bool(find_route(status, type(status)(known)))


def _pull(party: Party, feature: str, entity_id: str | None) -> ProcessedEvent:
    if party.adapter is None or not entity_id:
        raise _lacks(party.partner, f"an id, or a way to read {feature}")
    translation = party.adapter.read(feature, entity_id)
    translator = _require(party.partner.translator(feature), party.partner, feature)
    return _describe(translation.value, translation.payload, translator.name)


def _result(translator: Translator, payload: Any) -> ProcessedEvent:
    return _describe(translator.translate(payload).value, payload, translator.name)


def _describe(entity: Entity, payload: Any, mapping: str) -> ProcessedEvent:
    result = _classify(entity, payload, mapping)
    for field, value in (("status", str(result.status)), ("id", result.entity_id)):
        if "\0" in value:  # no PostgreSQL text has it, and no service means it
            raise TranslationError(
                "has a NUL character", field=field, value=value, location=f"mapping {mapping}"
            )
    return result


def _classify(entity: Entity, payload: Any, mapping: str) -> ProcessedEvent:
    match entity:
        case Order() | Reservation():
            kind = "order" if isinstance(entity, Order) else "reservation"
            last = entity.status_history[-1] if entity.status_history else None
            at = last.at if last and last.status == entity.status else None
            whole: bytes | None
            key, whole = entity.ids.partner_id, write_json(payload)
        case OrderStatusUpdate():
            kind, key, at, whole = "order-status", entity.order_id, entity.at, None
        case ReservationStatusUpdate():
            kind, key, at, whole = "reservation-status", entity.reservation_id, entity.at, None
        case _:
            raise MappingError(
                f"an event cannot be a {type(entity).__name__}",
                location=f"mapping.yaml#/mappings/{mapping}",
                hint="map events into orders, reservations, or a status of one",
            )
    body = entity.model_dump_json(exclude_unset=True).encode()
    return ProcessedEvent(body, entity.status, kind, key, at, whole, mapping)


def _require(translator: Translator | None, partner: Partner, name: str) -> Translator:
    if translator is None:
        raise _lacks(partner, f"a mapping for {name}")
    return translator


def _lacks(partner: Partner, what: str) -> InputError:
    return InputError(
        f"the folder of {partner.title} lacks {what}",
        location=f"{partner.slug}/partner.yaml#/webhooks/events",
        partner=partner.slug,
        hint="correct it, then `workbench inbox retry`",
    )
