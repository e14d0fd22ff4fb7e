"""Writes of menus, their parts and the availability: what is written can be read again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from workbench.adapters.answer import Answer, SentRequest
from workbench.canonical.availability import Availability, ExceptionKind
from workbench.canonical.base import Entity, Ids, Money
from workbench.canonical.menu import Catalog
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.behaviour.bench import Bench, finding
from workbench.evidence.behaviour.comparing import Difference, differences
from workbench.evidence.behaviour.deviating import deviations
from workbench.evidence.behaviour.inventing import is_invented, recorded
from workbench.evidence.kinds import feature_of, proved_by
from workbench.model.description import Operation
from workbench.model.evidence import Evidence, Finding, Outcome, Severity
from workbench.model.feature import Aspect
from workbench.partners import load_catalogue
from workbench.partners.manifest import Entity as EntityName

# Statuses and positions have checks of their own.
OWN_CHECKS = frozenset(
    item.slug
    for item in load_catalogue().features
    if item.is_write and item.aspect in {Aspect.STATUS, Aspect.LOCATION}
)
_PARENTS: dict[str, EntityName] = {
    "menu-section": "menu",
    "product-variant": "product",
    "option": "option-category",
}


class Edit(NamedTuple):
    """A change to one field of an entity, and the criteria that it proves."""

    field: str
    criteria: tuple[str, ...]


def write_and_read_back(bench: Bench) -> Iterator[Evidence]:
    """Write each recorded entity, read it back, and change single fields of it."""
    for feature in bench.catalogue.features:
        slug = feature.slug
        if not feature.is_write or slug in OWN_CHECKS or not bench.has(slug):
            continue
        entities = recorded(bench, slug)
        if not entities or not bench.session.allow_writes:
            why = "there is no recorded sample" if not entities else "writing was not allowed"
            yield bench.tell(
                slug, "read-after-write", f"Nothing was written: {why}.", outcome=Outcome.UNTESTED
            )
            continue
        try:
            yield from _write_all_ways(bench, slug, entities)
        except (PartnerError, InputError, TranslationError) as error:
            yield bench.tell(
                slug,
                "read-after-write",
                f"Writing could not go on: {error}",
                outcome=Outcome.CANT_TELL,
            )


def _write_all_ways(bench: Bench, slug: str, entities: list[Entity]) -> Iterator[Evidence]:
    for entity in entities:
        yield _write(bench, slug, entity, _first_criteria(bench, slug, entity))
    for edit in _edits(slug, entities[0]):
        changed = _change(entities[0], edit.field)
        yield _write(bench, slug, changed, edit.criteria, changed=edit.field)
    yield from _write_many(bench, slug, entities[0])


def _first_criteria(bench: Bench, slug: str, entity: Entity) -> tuple[str, ...]:
    if isinstance(entity, Availability):
        return _availability_criteria(entity)
    if isinstance(entity, Catalog):
        return proved_by(slug, "create-one", "publish")
    ids = getattr(entity, "ids", None)
    exists = isinstance(ids, Ids) and ids.partner_id in bench.known_of(slug)
    return proved_by(slug, "modify-one" if exists else "create-one")


def _availability_criteria(entity: Availability) -> tuple[str, ...]:
    ranges = [item for schedule in entity.schedules for item in schedule.ranges]
    kinds = {item.kind for item in entity.exceptions}
    shown = {
        "availability-weekly-schedule": bool(ranges),
        "availability-after-midnight": any(item.ends_next_day for item in ranges),
        "availability-per-order-type": any(item.order_types for item in entity.schedules),
        "availability-shifts": bool(entity.shifts),
        "availability-closing-exception": ExceptionKind.CLOSED in kinds,
        "availability-special-hours": ExceptionKind.SPECIAL_HOURS in kinds,
        "availability-close-now": entity.state is not None and not entity.state.accepting,
    }
    return tuple(slug for slug, holds in shown.items() if holds)


def _edits(slug: str, entity: Entity) -> list[Edit]:
    if isinstance(entity, Availability | Catalog):
        return []
    roles = {"name": "modify-one", "price": "price-change", "available": "availability-flag"}
    edits = [Edit(name, proved_by(slug, role)) for name, role in roles.items()]
    return [edit for edit in edits if edit.criteria and edit.field in entity.model_fields_set]


def _change(entity: Entity, field: str) -> Entity:
    value = getattr(entity, field)
    if isinstance(value, Money):
        changed: Any = value + Money(amount_minor=50, currency=value.currency)
    elif isinstance(value, bool):
        changed = not value
    else:
        changed = f"{value} ·"
    return entity.model_copy(update={field: changed})


def _write(
    bench: Bench, slug: str, entity: Entity, criteria: tuple[str, ...], *, changed: str = ""
) -> Evidence:
    payload = _payload(bench, slug, entity)
    answer = bench.adapter.call(slug, entity=entity, ids=_parents(bench, slug, entity))
    what = f"Changed {changed} with" if changed else "Sent"
    summary = f"{what} {bench.asked(answer)}: answer {answer.status}"
    if answer.status >= 400 and is_invented(bench, slug):
        words = f"{summary}. It was invented; record a sample of what the partner accepts."
        return bench.tell(slug, "read-after-write", words, outcome=Outcome.UNTESTED)
    if answer.status >= 400:
        refused = finding(
            "write-refused",
            Severity.HIGH,
            f"A valid write of {feature_of(slug).noun} is answered with {answer.status}.",
            operation=bench.subject(slug),
            expected="2xx",
            observed=f"{answer.status} {answer.excerpt}",
            criterion=criteria[0] if criteria else None,
            reproduction=answer.curl,
        )
        return bench.tell(slug, "read-after-write", summary, criteria=criteria, findings=[refused])
    url = _read_url(bench, answer, entity)
    if url is None:
        return bench.tell(
            slug,
            "write-accepted",
            f"{summary}; there is no operation to read it back.",
            criteria=criteria,
        )
    left, seconds = _await_effect(bench, url, payload)
    return bench.tell(
        slug,
        "read-after-write",
        f"{summary}; read back after {seconds:.1f} s, {_tally(left)}.",
        subject=bench.asked(answer),
        criteria=criteria,
        findings=[*_lost(bench, slug, answer, left)],
        detail={"seconds": round(answer.seconds, 3)},
    )


def _write_many(bench: Bench, slug: str, entity: Entity) -> Iterator[Evidence]:
    many = any("many" in item.for_ for item, _ in bench.partner.operations(slug))
    if not many:
        return
    ids = getattr(entity, "ids", None)
    if not isinstance(ids, Ids):
        return
    second = entity.model_copy(
        update={"ids": ids.model_copy(update={"partner_id": f"{ids.partner_id}-b"})}
    )
    answers = [
        answer
        for answer in bench.adapter.write_all(
            slug, [entity, second], ids=_parents(bench, slug, entity)
        )
        if isinstance(answer, Answer)
    ]
    yield bench.tell(
        slug,
        "write-many",
        f"Sent two at once with {bench.asked(answers[0])}: answer {answers[0].status}.",
        subject=bench.asked(answers[0]),
        criteria=proved_by(slug, "create-many", "modify-many"),
    )


def _payload(bench: Bench, slug: str, entity: Entity) -> Any:
    translator = bench.partner.translator(slug)
    return translator.untranslate(entity).payload if translator else None


def _parents(bench: Bench, slug: str, entity: Entity) -> dict[str, str]:
    """The id of the thing above, such as the menu of a section.

    Of the known ones it is the one below which the entity is already found, else the first.
    """
    above = _PARENTS.get(feature_of(slug).noun or "")
    known = bench.known(above) if above else ()
    if above is None or not known:
        return {}
    for candidate in known:
        ids: dict[str, str] = {above: candidate}
        preview = bench.adapter.write(slug, entity, ids=ids, dry_run=True)
        url = preview.url if isinstance(preview, SentRequest) else preview.request.url
        if len(known) > 1 and bench.session.client.send("GET", url).status < 400:
            return ids
    return {above: known[0]}


def _read_url(bench: Bench, answer: Answer, entity: Entity) -> str | None:
    """Where the documents say that the written thing can be read."""
    url = answer.request.url.partition("?")[0]
    base = bench.session.client.base_url.rstrip("/")
    path = url.removeprefix(base)
    if _reads(bench, path):
        return url
    ids = getattr(entity, "ids", None)
    if isinstance(ids, Ids):
        below = f"{path}/{quote(ids.partner_id, safe='')}"
        if _reads(bench, below):
            return base + below
    return None


def _reads(bench: Bench, path: str) -> bool:
    wanted = path.strip("/").split("/")
    return any(
        _fits(operation, wanted)
        for operation in bench.partner.description.operations
        if operation.method == "GET"
    )


def _fits(operation: Operation, wanted: list[str]) -> bool:
    parts = operation.path.strip("/").split("/")
    return len(parts) == len(wanted) and all(
        part == given or part.startswith("{") for part, given in zip(parts, wanted, strict=True)
    )


def _await_effect(bench: Bench, url: str, payload: Any) -> tuple[list[Difference], float]:
    """Read until what was sent is there; asynchronous imports take a moment."""
    began = time.monotonic()
    pause = 0.05
    while True:
        left = differences(payload, bench.session.client.send("GET", url).json())
        seconds = time.monotonic() - began
        if not left or seconds > bench.patience:
            return left, seconds
        time.sleep(pause)
        pause = min(pause * 2, 1.0)


def _tally(left: list[Difference]) -> str:
    return "all of it is there" if not left else f"{len(left)} value(s) are not as sent"


def _lost(bench: Bench, slug: str, answer: Answer, left: list[Difference]) -> Iterator[Finding]:
    for item in [*deviations(left)][:5]:
        where = item.difference
        yield finding(
            item.slug,
            item.severity,
            f"After a write of {feature_of(slug).noun}, {where.pointer} {item.words}.",
            operation=bench.subject(slug),
            expected=repr(where.sent)[:100],
            observed=repr(where.found)[:100],
            pointer=where.pointer,
            reproduction=answer.curl,
        )
