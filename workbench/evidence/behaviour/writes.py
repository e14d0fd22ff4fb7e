"""Writes of menus, their parts and the availability: what is written can be read again."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.canonical import Availability, Catalog, Entity, ExceptionKind
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.behaviour.check_context import CheckContext
from workbench.evidence.behaviour.inventing import recorded
from workbench.evidence.behaviour.partial_changes import change_and_read_back
from workbench.evidence.behaviour.readback import (
    await_effect,
    identity_of,
    losses,
    parents_of,
    payload_of,
    read_url,
    settle_write,
    tally,
    tell_refused,
)
from workbench.evidence.check_table import say
from workbench.model import Aspect, Evidence, Outcome
from workbench.partners import load_catalogue

# Statuses and positions have checks of their own.
OWN_CHECKS = frozenset(
    item.slug
    for item in load_catalogue().features
    if item.is_write and item.aspect in {Aspect.STATUS, Aspect.LOCATION}
)


def write_and_read_back(context: CheckContext) -> Iterator[Evidence]:
    """Write each recorded entity, read it back, and change single fields of it."""
    for feature in context.catalogue.features:
        slug = feature.slug
        if not feature.is_write or slug in OWN_CHECKS or not context.has(slug):
            continue
        entities = recorded(context, slug)
        if not entities or not context.session.allow_writes:
            if entities:
                why = say("nothing-written")
                yield context.tell(slug, "read-after-write", why, outcome=Outcome.UNTESTED)
            else:
                why = say("read-after-write.no-sample")
                yield context.lack(slug, "read-after-write", why)
            continue
        try:
            yield from _write_all_ways(context, slug, entities)
        except (PartnerError, InputError, TranslationError) as error:
            yield context.tell(
                slug,
                "read-after-write",
                say("read-after-write.stopped", error=error),
                outcome=Outcome.CANT_TELL,
            )


def _write_all_ways(context: CheckContext, slug: str, entities: list[Entity]) -> Iterator[Evidence]:
    for entity in entities:
        yield _write(context, slug, entity)
    yield from change_and_read_back(context, slug, entities[0])


def _shown_by(entity: Entity) -> tuple[str, ...]:
    """Facts that one write shows, once it was read back; a repetition changes nothing."""
    if isinstance(entity, Availability):
        return _calendar_facts(entity)
    return ("publish",) if isinstance(entity, Catalog) else ()


def _calendar_facts(entity: Availability) -> tuple[str, ...]:
    ranges = [item for schedule in entity.schedules for item in schedule.ranges]
    kinds = {item.kind for item in entity.exceptions}
    shown = {
        "weekly": bool(ranges),
        "after-midnight": any(item.ends_next_day for item in ranges),
        "per-order-type": any(item.order_types for item in entity.schedules),
        "shifts": bool(entity.shifts),
        "closed-day": ExceptionKind.CLOSED in kinds,
        "special-day": ExceptionKind.SPECIAL_HOURS in kinds,
        "closed-now": entity.state is not None and not entity.state.accepting,
    }
    return tuple(fact for fact, holds in shown.items() if holds)


def _write(context: CheckContext, slug: str, entity: Entity) -> Evidence:
    payload = payload_of(context, slug, entity)
    answer = context.adapter.call(slug, entity=entity, ids=parents_of(context, slug, entity))
    summary = say("sent-answered", asked=context.asked(answer), status=answer.status)
    shown = _shown_by(entity)
    if answer.status >= 400:
        return tell_refused(context, slug, answer, shown)
    settle_write(context, slug, answer)
    url = read_url(context, answer.request.url, identity_of(entity), slug)
    if url is None:
        words = say("write-accepted.no-read", summary=summary)
        return context.tell(slug, "write-accepted", words)
    left, seconds = await_effect(context, url, payload)
    return context.tell(
        slug,
        "read-after-write",
        say("read-back", summary=summary, seconds=f"{seconds:.1f}", tally=tally(left)),
        subject=context.asked(answer),
        shows=shown,
        findings=[*losses(context, slug, answer, left)],
        detail={"seconds": round(answer.seconds, 3)},
    )
