"""Several things in one request: made, changed together, each read back, and removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from workbench.adapters import Answer, entity_noun, pick_for_mode
from workbench.canonical import Entity, Money
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.behaviour.adding import fresh_copy, swap, take_back, write_each
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.behaviour.readback import (
    await_effect,
    identity_of,
    losses,
    parents_of,
    payload_of,
    read_url,
)
from workbench.evidence.check_table import say
from workbench.evidence.kinds import feature_of
from workbench.model import Difference, Evidence, Finding, Outcome

_CHECK = "written-together"
_COUNT = 2


class _Seen(NamedTuple):
    """What reading one of the things gave: its id, its address, and what is not as sent."""

    identity: str
    url: str
    is_there: bool
    left: list[Difference]


def write_many(context: CheckContext) -> Iterator[Evidence]:
    """Make two copies of each kind of recorded entity at once, then change both at once."""
    return write_each(
        context,
        "create-many",
        _CHECK,
        _go,
        is_fit=lambda slug: pick_for_mode(context.partner, slug, "many") is not None,
    )


def _go(context: CheckContext, slug: str, entity: Entity) -> Iterator[Evidence]:
    copies = [fresh_copy(entity) for _ in range(_COUNT)]
    named = [identity_of(copy) for copy in copies]
    parents: Mapping[str, str] = {}
    try:
        parents = parents_of(context, slug, entity)
        answer = _send(context, slug, copies, parents)
        named = _names(context, answer, named)
        yield _compare(context, slug, "create-many", answer, copies, named)
        changed = [_change(copy) for copy in copies]
        answer = _send(context, slug, changed, parents, named)
        yield _compare(context, slug, "modify-many", answer, changed, named)
    except (PartnerError, InputError, TranslationError) as error:
        words = say("written-together.stopped", n=_COUNT, error=error)
        yield context.tell(slug, _CHECK, words, outcome=Outcome.CANT_TELL)
    finally:
        for name in named:
            with suppress(PartnerError, InputError):
                take_back(context, slug, {**parents, entity_noun(type(entity)): name})


def _send(
    context: CheckContext,
    slug: str,
    entities: list[Entity],
    parents: Mapping[str, str],
    named: list[str] | None = None,
) -> Answer:
    """One request with all of them; under the ids that the partner gave, where it did."""
    if named is not None:
        pairs = zip(entities, named, strict=True)
        entities = [_renamed(entity, name) for entity, name in pairs]
    sent = context.adapter.write_all(slug, entities, ids=parents)
    answers = [item for item in sent if isinstance(item, Answer)]
    if not answers:
        raise InputError(say("written-together.nothing-sent", slug=slug))
    return answers[0]


def _renamed(entity: Entity, name: str) -> Entity:
    ids = getattr(entity, "ids", None)
    if ids is None or ids.partner_id == name:
        return entity
    return entity.model_copy(update={"ids": ids.model_copy(update={"partner_id": name})})


def _names(context: CheckContext, answer: Answer, ours: list[str]) -> list[str]:
    """The ids under which they can be read: ours, else those that the answer lists in order."""
    url = read_url(context, answer.request.url, ours[0])
    if url is not None and context.session.client.send("GET", url).is_success:
        return ours
    body = answer.json()
    lists = [body, *(body.values() if isinstance(body, dict) else ())]
    for rows in lists:
        if isinstance(rows, list) and len(rows) == len(ours):
            told = [row.get("id") for row in rows if isinstance(row, dict)]
            if len(told) == len(ours) and all(told):
                return [str(name) for name in told]
    return ours


def _change(entity: Entity) -> Entity:
    """The same with another name, and another price where it has one."""
    changed: dict[str, Any] = {"name": f"{getattr(entity, 'name', '')} ·"}
    price = getattr(entity, "price", None)
    if isinstance(price, Money):
        changed["price"] = price + Money(amount_minor=50, currency=price.currency)
    return entity.model_copy(update=changed)


def _compare(
    context: CheckContext,
    slug: str,
    role: str,
    answer: Answer,
    entities: list[Entity],
    named: list[str],
) -> Evidence:
    """Read each of them: all have to be there, as they were sent."""
    pairs = zip(entities, named, strict=True)
    seen = [one for entity, name in pairs for one in _look(context, slug, answer, entity, name)]
    summary = say(
        "written-together.sent", asked=context.asked(answer), n=len(entities), status=answer.status
    )
    if len(seen) < len(entities):
        words = say("written-together.no-read", summary=summary)
        return context.tell(slug, _CHECK, words, outcome=Outcome.UNTESTED)
    whole = [one for one in seen if one.is_there and not one.left]
    findings = [*_missing(context, slug, role, answer, seen)]
    for one in seen:
        findings += losses(context, slug, answer, one.left) if one.is_there else ()
    return context.tell(
        slug,
        _CHECK,
        say("written-together.read", summary=summary, n=len(whole)),
        subject=context.asked(answer),
        shows=[role] if len(whole) == len(entities) else (),
        findings=findings,
        detail={"seconds": round(answer.seconds, 3)},
    )


def _look(
    context: CheckContext, slug: str, answer: Answer, entity: Entity, name: str
) -> Iterator[_Seen]:
    url = read_url(context, answer.request.url, name)
    if url is None:
        return
    payload = swap(payload_of(context, slug, entity), identity_of(entity), name)
    left, _ = await_effect(context, url, payload)
    is_there = not left or context.session.client.send("GET", url).is_success
    yield _Seen(name, url, is_there, left)


def _missing(
    context: CheckContext, slug: str, role: str, answer: Answer, seen: list[_Seen]
) -> Iterator[Finding]:
    gone = [one.identity for one in seen if not one.is_there]
    if gone:
        yield finding(
            "some-not-found",
            operation=context.asked(answer),
            observed=", ".join(gone),
            criterion=role,
            answer=answer,
            n=len(seen),
            noun=feature_of(slug).noun,
            status=answer.status,
            lost=len(gone),
        )
