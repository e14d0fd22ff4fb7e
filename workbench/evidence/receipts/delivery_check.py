"""One delivery, looked at: genuine, as documented, readable, and the same as a read says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from workbench.adapters import Adapter
from workbench.canonical import (
    Entity,
    Order,
    OrderStatusUpdate,
    Reservation,
    ReservationStatusUpdate,
)
from workbench.description import find_violations
from workbench.errors import HookError, InputError, PartnerError, TranslationError
from workbench.evidence.check_table import say
from workbench.evidence.doubts import weigh, whose_form
from workbench.evidence.kinds import KINDS
from workbench.evidence.laws import find_assumed_units, tell_broken_laws
from workbench.evidence.likeness import Answers
from workbench.evidence.receipts.delivery_record import with_delivery
from workbench.evidence.receipts.post import Post, tell
from workbench.evidence.zones import find_unzoned, is_same_on_some_clock
from workbench.mapping import Translation
from workbench.model import (
    Access,
    Binding,
    Evidence,
    Feature,
    Finding,
    Matter,
    Outcome,
    compare_json,
    keys_of_both,
    make_finding,
    show_json,
)
from workbench.partners import load_catalogue
from workbench.receiver import Receipt, ReceivedEvent, read_payload

_LATE_SECONDS = 5.0
_COMPARED: dict[type[Entity], tuple[str, ...]] = {
    Order: ("status", "currency", "order_type", "totals", "lines"),
    OrderStatusUpdate: ("status",),
    Reservation: ("status", "starts_at", "party"),
    ReservationStatusUpdate: ("status",),
}


def look_at(
    post: Post, feature: Feature, receipt: Receipt, event: ReceivedEvent, seconds: float | None
) -> Evidence:
    """Everything that one genuine delivery shows; `seconds` after it was provoked, if it was."""
    findings = [*_off_schema(post, receipt, event)]
    entity: Entity | None = None
    translation: Translation | None = None
    try:
        translation = understand(post, event)
        if translation is not None:
            entity, zone = translation.value, post.partner.manifest.timezone
            findings += find_unzoned(translation, event.reference, zone)
            name = translation.level.title
            findings += find_assumed_units(translation, event.reference, name)
        if seconds is not None and not event.rule.pull:
            findings += _unlike_read(post, feature, event, translation)
    except TranslationError as error:
        if event.rule.pull and Answers(post.session).ask():
            words = say("event-received.same-answers")
            return tell(post.session, feature.slug, Outcome.CANT_TELL, words)
        findings.append(_untranslated(post, receipt, event, error))
    except (HookError, PartnerError) as error:
        words = say("event-received.unread", error=error)
        return tell(post.session, feature.slug, Outcome.CANT_TELL, words)
    findings += [*_broken_invariants(post, event, translation), *_late(event, seconds)]
    came = say("event-received.came", event=event.reference)
    if seconds is not None:
        came = say("event-received.came-after", event=event.reference, seconds=seconds)
    how = say("event-received.by-read") if event.rule.pull else say("event-received.from-body")
    return tell(
        post.session,
        feature.slug,
        weigh(findings),
        say("event-received.genuine", came=came, reason=receipt.reason, how=how),
        subject=event.reference,
        shows=_facts(post, feature, entity),
        findings=[with_delivery(post, item, receipt) for item in findings],
        detail={"seconds": seconds, "bytes": len(receipt.body), "method": receipt.method},
    )


def _untranslated(
    post: Post, receipt: Receipt, event: ReceivedEvent, error: TranslationError
) -> Finding:
    """It does not fit our mapping: theirs only where it breaks their document at that place."""
    item = post.partner.description.exchange(event.reference)
    webhooks = post.partner.manifest.webhooks
    matter = Matter.FOLDER
    if item is not None and webhooks is not None and not event.rule.pull:
        payload = read_payload(webhooks, receipt)
        schema = item.request_schema
        matter = whose_form(post.partner.description, item.document, schema, payload, error.path)
    return make_finding(
        "webhook-not-translated",
        matter=matter,
        pointer=error.path or None,
        operation=event.reference,
        why=error.message,
    )


def understand(post: Post, event: ReceivedEvent) -> Translation | None:
    """The entity that an event is about: from its body, or read with its id.

    Raises:
        TranslationError: It does not fit the mapping.
        PartnerError: It could not be read.
    """
    if event.rule.pull:
        return Adapter(post.session).read(event.rule.pull, event.entity_id or "")
    translator = post.partner.translators.get(event.rule.mapping or "")
    return translator.translate(event.item) if translator else None


def _off_schema(post: Post, receipt: Receipt, event: ReceivedEvent) -> Iterator[Finding]:
    item = post.partner.description.exchange(event.reference)
    webhooks = post.partner.manifest.webhooks
    if item is None or webhooks is None or item.request_schema is None:
        return
    payload = read_payload(webhooks, receipt)
    found = find_violations(post.partner.description, item.document, item.request_schema, payload)
    for violation in found[:3]:
        yield make_finding(
            "webhook-off-schema",
            pointer=re.sub("/\\d+", "/0", violation.pointer),
            operation=event.reference,
            observed=post.session.redactor.text(violation.message),
            documented=violation.documented or None,
        )


def _unlike_read(
    post: Post, feature: Feature, event: ReceivedEvent, translation: Translation | None
) -> Iterator[Finding]:
    """What the event says and a read at once does not, field by field of what matters."""
    noun = feature.noun or ""
    if noun not in {kind.noun for kind in KINDS}:
        return
    read = load_catalogue().asking(noun, Access.READ).slug
    if translation is None or not event.entity_id:
        return
    entity = translation.value
    if not isinstance(post.partner.statement(read), Binding):
        return
    try:
        found = Adapter(post.session).read(read, event.entity_id)
    except (PartnerError, InputError, TranslationError):
        return  # told by the behaviour source
    whole, is_bare = found.value, bool(translation.unzoned or found.unzoned)
    for name in _COMPARED.get(type(entity), ()):
        if name not in entity.model_fields_set or name not in whole.model_fields_set:
            continue
        pair = [item.model_dump(mode="json", exclude_unset=True) for item in (entity, whole)]
        for pointer, told, shown in compare_json(
            pair[0][name], pair[1][name], keys=keys_of_both, pointer=f"/{name}"
        ):
            if is_bare and _is_same_time(told, shown):
                continue  # that a zone is missing is told as such
            yield make_finding(
                "webhook-content-differs",
                expected=show_json(shown),
                pointer=pointer,
                operation=event.reference,
                observed=show_json(told),
            )
            return


def _is_same_time(told: Any, shown: Any) -> bool:
    try:
        return is_same_on_some_clock(*map(datetime.fromisoformat, (told, shown)))
    except (TypeError, ValueError):
        return False


def _late(event: ReceivedEvent, seconds: float | None) -> Iterator[Finding]:
    if seconds is not None and seconds > _LATE_SECONDS:
        yield make_finding(
            "webhook-late",
            operation=event.reference,
            observed=f"{seconds} s",
            n=seconds,
            f=f"{_LATE_SECONDS:.0f}",
        )


def _broken_invariants(
    post: Post, event: ReceivedEvent, translation: Translation | None
) -> Iterator[Finding]:
    rule = event.rule
    pulled = post.partner.translator(rule.pull) if rule.pull else None
    translator = pulled or post.partner.translators.get(rule.mapping or "")
    told = {"place": event.reference, "operation": event.reference}
    yield from tell_broken_laws(translation, translator, **told)


def _facts(post: Post, feature: Feature, entity: Entity | None) -> Iterator[str]:
    """What one translated delivery shows."""
    yield from feature.proved_by("received", str(getattr(entity, "status", "")))
    if isinstance(entity, Order) and feature.access is Access.CREATED:
        if entity.is_test:
            yield "test-flag"
        if entity.remake_of:
            yield "remake"
    if isinstance(entity, Reservation):
        booked = (entity.starts_at, entity.party.size)
        before = post.bookings.setdefault(entity.ids.partner_id, booked)
        if before != booked and feature.access is Access.CHANGED:
            yield "rebooked"
