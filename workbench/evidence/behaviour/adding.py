"""Making one thing that was not there: written, read back, and removed where that is bound."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workbench.adapters import Answer, entity_ids, entity_noun, pick_for_mode, pick_new
from workbench.canonical import Entity, Ids, Product
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.behaviour.inventing import recorded
from workbench.evidence.behaviour.readback import (
    await_effect,
    identity_of,
    losses,
    parents_of,
    payload_of,
    read_url,
    tally,
)
from workbench.evidence.check_table import say
from workbench.evidence.kinds import feature_of
from workbench.evidence.unknown_ids import fresh_id
from workbench.model import Evidence, Finding, Outcome

_CHECK = "created-one"
_NAMES = ("partner_id", "canonical_id", "partner_ref", "external_code")


def create_one(context: CheckContext) -> Iterator[Evidence]:
    """Make a copy of each kind of recorded entity under an id that nothing has yet."""
    return write_each(context, "create-one", _CHECK, _create_copy)


def write_each(
    context: CheckContext,
    role: str,
    check: str,
    write: Callable[[CheckContext, str, Entity], Iterator[Evidence]],
    is_fit: Callable[[str], bool] = lambda _: True,
) -> Iterator[Evidence]:
    """Ask `write` for each bound kind of which an entity with an id is recorded.

    Args:
        context: The context.
        role: Of the criterion that a feature must have.
        check: Slug of the check.
        write: Takes the slug of a feature and the entity.
        is_fit: Whether a feature of this slug can be asked at all.
    """
    for feature in context.catalogue.features:
        slug = feature.slug
        if not feature.is_write or not feature.proved_by(role) or not context.has(slug):
            continue
        entity = next(iter(recorded(context, slug)), None) if is_fit(slug) else None
        if entity is None or not identity_of(entity):
            continue
        if context.session.allow_writes:
            yield from write(context, slug, entity)
        else:
            words = say("nothing-written")
            yield context.tell(slug, check, words, outcome=Outcome.UNTESTED)


def _create_copy(context: CheckContext, slug: str, entity: Entity) -> Iterator[Evidence]:
    try:
        yield _create(context, slug, fresh_copy(entity), parents_of(context, slug, entity))
    except (PartnerError, InputError, TranslationError) as error:
        words = say("created-one.stopped", error=error)
        yield context.tell(slug, _CHECK, words, outcome=Outcome.CANT_TELL)


def fresh_copy(entity: Entity, *, is_part: bool = False) -> Entity:
    """The same thing under another id and name, with other ids for the parts that it holds."""
    token = uuid.uuid4().hex[:8]
    changed: dict[str, Any] = {}
    for name in type(entity).model_fields:
        value = getattr(entity, name)
        if isinstance(value, Ids):
            given = {key: getattr(value, key) for key in _NAMES}
            new = {key: fresh_id(old) for key, old in given.items() if old}
            changed[name] = value.model_copy(update={**new, "ean": None})
        elif isinstance(value, tuple) and value and isinstance(value[0], Entity):
            changed[name] = tuple(fresh_copy(item, is_part=True) for item in value)
        elif name == "name" and not is_part:
            changed[name] = f"{value} {token[:4]}"
    return entity.model_copy(update=changed)


def _create(
    context: CheckContext, slug: str, entity: Entity, parents: Mapping[str, str]
) -> Evidence:
    operation = pick_new(context.partner, slug)
    channel = context.adapter.channel
    payload = payload_of(context, slug, entity)
    request = channel.request(operation, {**entity_ids(entity), **parents}, payload)
    url = read_url(context, channel.show(request).url, identity_of(entity), slug)
    if url is not None and context.session.client.send("GET", url).status < 300:
        words = say("created-one.reads-anything", operation=operation.id)
        return context.tell(slug, _CHECK, words, outcome=Outcome.UNTESTED)
    answer = channel.send(request)
    if answer.status >= 300:
        words = say("created-one.tried", asked=context.asked(answer), status=answer.status)
        return context.tell(slug, _CHECK, words, outcome=Outcome.UNTESTED)
    identity = _given_id(context, slug, answer, entity)
    try:
        return _read(context, slug, answer, entity, identity)
    finally:
        take_back(context, slug, {**parents, entity_noun(type(entity)): identity})


def _given_id(context: CheckContext, slug: str, answer: Answer, entity: Entity) -> str:
    """The id under which it can be read: ours, else the one that the answer gives."""
    ours = identity_of(entity)
    body = answer.json()
    things = [body, *(body.values() if isinstance(body, dict) else ())]
    told = [item["id"] for item in things if isinstance(item, dict) and item.get("id")]
    told += [answer.headers.get("location", "").rstrip("/").rpartition("/")[2]]
    for identity in (ours, *map(str, filter(None, told))):
        url = read_url(context, answer.request.url, identity, slug)
        if url is not None and context.session.client.send("GET", url).status < 300:
            return identity
    return ours


def _read(
    context: CheckContext, slug: str, answer: Answer, entity: Entity, identity: str
) -> Evidence:
    summary = say("created-one.made", asked=context.asked(answer), status=answer.status)
    url = read_url(context, answer.request.url, identity, slug)
    if url is None:
        words = say("created-one.no-read", summary=summary)
        return context.tell(slug, _CHECK, words, outcome=Outcome.UNTESTED)
    payload = swap(payload_of(context, slug, entity), identity_of(entity), identity)
    left, seconds = await_effect(context, url, payload)
    found = context.session.client.send("GET", url)
    is_there = found.status < 300
    missing = [] if is_there else [_not_there(context, slug, answer, found)]
    lost = losses(context, slug, answer, left) if is_there else ()
    return context.tell(
        slug,
        _CHECK,
        say("read-back", summary=summary, seconds=f"{seconds:.1f}", tally=tally(left)),
        subject=context.asked(answer),
        shows=_shown_by(context, slug, entity) if is_there and not left else (),
        findings=[*missing, *lost],
    )


def _shown_by(context: CheckContext, slug: str, entity: Entity) -> tuple[str, ...]:
    """What a new thing proves that reads as it was sent: that it was made, and its photos."""
    has_photos = isinstance(entity, Product) and bool(entity.images)
    bare = entity.model_copy(update={"images": ()}) if has_photos else entity
    is_told = payload_of(context, slug, bare) != payload_of(context, slug, entity)
    return ("create-one", *(("images",) if is_told else ()))


def swap(value: Any, ours: str, theirs: str) -> Any:
    """A payload with the id that the partner gave in the place of the one that we proposed."""
    if isinstance(value, dict):
        return {key: swap(part, ours, theirs) for key, part in value.items()}
    if isinstance(value, list):
        return [swap(part, ours, theirs) for part in value]
    return theirs if value == ours else value


def _not_there(context: CheckContext, slug: str, answer: Answer, found: Answer) -> Finding:
    return finding(
        "created-not-found",
        operation=context.subject(slug),
        observed=str(found.status),
        criterion="create-one",
        answer=answer,
        noun=feature_of(slug).noun,
        status=answer.status,
        found=found.status,
    )


def take_back(context: CheckContext, slug: str, ids: Mapping[str, str]) -> None:
    """Remove what was made here, where a removal is bound."""
    operation = pick_for_mode(context.partner, slug, "remove")
    if operation is not None:
        context.adapter.channel.send(context.adapter.channel.request(operation, ids))
