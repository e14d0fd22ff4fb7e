"""Changes of single things: what was there before is changed, and the change can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from workbench.adapters import Answer, pick_operation
from workbench.canonical import Availability, Catalog, Entity
from workbench.errors import TranslationError
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.behaviour.comparing import differences, reordered
from workbench.evidence.behaviour.readback import (
    await_effect,
    identity_of,
    losses,
    parents_of,
    payload_of,
    read_url,
    settle_write,
    tally,
    target_of,
    tell_refused,
)
from workbench.evidence.behaviour.varying import vary
from workbench.evidence.check_table import criteria_of, say
from workbench.evidence.kinds import feature_of
from workbench.model import (
    Criterion,
    Difference,
    Evidence,
    Finding,
    Outcome,
    Requirement,
    Severity,
    show_json,
)

_CHECK = "read-after-write"


class Edit(NamedTuple):
    """A change to one thing, which proves one criterion.

    Attributes:
        fields: Names of the changed fields, for people.
        criterion: What it proves.
        moved: Pointers into the payload whose values the change alters.
        url: Where the thing is read.
        before: What could be read there before.
    """

    fields: str
    criterion: Criterion
    changed: Entity
    payload: Any
    moved: frozenset[str]
    url: str
    before: Answer


def change_and_read_back(context: CheckContext, slug: str, entity: Entity) -> Iterator[Evidence]:
    """Change a thing that can be read, criterion by criterion; read it again, and put it back."""
    edits = [*_plan(context, slug, entity)]
    for edit in edits:
        yield _carry_out(context, slug, edit)
    if edits:
        answer = context.adapter.call(slug, entity=entity, ids=parents_of(context, slug, entity))
        settle_write(context, slug, answer)


def _plan(context: CheckContext, slug: str, entity: Entity) -> Iterator[Edit]:
    if isinstance(entity, Availability):
        return
    target = target_of(context, slug, entity, parents_of(context, slug, entity))
    url = read_url(context, target, identity_of(entity))
    before = context.session.client.send("GET", url) if url else None
    if url is None or before is None or not before.is_success:
        return
    old = payload_of(context, slug, entity)
    for criterion, names in _wanted(context, slug, entity):
        changed = _vary(context, entity, names)
        try:
            payload = payload_of(context, slug, changed)
        except TranslationError:
            continue  # the mapping has no word for that value
        moved = frozenset(item.pointer for item in differences(payload, old))
        moved |= frozenset(reordered(payload, old))
        if moved:
            yield Edit(" and ".join(names), criterion, changed, payload, moved, url, before)


def _wanted(
    context: CheckContext, slug: str, entity: Entity
) -> Iterator[tuple[Criterion, tuple[str, ...]]]:
    """The criteria that a change of fields proves, with those fields."""
    # Checks of their own look at the number of choices, with what fits and what does not, and
    # at the whole menu.
    elsewhere = criteria_of("limits-kept", slug, "limits"), criteria_of(_CHECK, slug, "publish")
    for criterion in feature_of(slug).criteria:
        if (criterion.slug,) in elsewhere or context.partner.absence(slug, criterion.slug):
            continue
        names = criterion.fields
        if "modify-one" in criterion.roles and not isinstance(entity, Catalog):
            names = ("name",)
        elif "position" in names:
            names = (*names, "items")  # what is in a section has an order, too
        if names:
            yield criterion, names


def _vary(context: CheckContext, entity: Entity, names: tuple[str, ...]) -> Entity:
    """The entity with other values in these fields; of a catalogue, its last menu with them."""
    if not isinstance(entity, Catalog):
        return entity.model_copy(update=vary(context, entity, names))
    *others, last = entity.menus or (None,)
    if last is None:
        return entity
    changed = last.model_copy(update=vary(context, last, names))
    return entity.model_copy(update={"menus": (*others, changed)})


def _carry_out(context: CheckContext, slug: str, edit: Edit) -> Evidence:
    ids = parents_of(context, slug, edit.changed)
    answer = context.adapter.call(slug, entity=edit.changed, ids=ids)
    if not answer.is_success:
        return _tell_refused(context, slug, edit, answer)
    settle_write(context, slug, answer)
    left, seconds = await_effect(context, edit.url, edit.payload)
    now = context.session.client.send("GET", edit.url).json()
    summary = say(
        "read-after-write.changed",
        fields=edit.fields,
        asked=context.asked(answer),
        status=answer.status,
        seconds=f"{seconds:.1f}",
        tally=tally(left),
    )
    missed = [item for item in left if item.pointer in edit.moved]
    if missed and pick_operation(context.partner, slug).method == "POST":
        words = say("read-after-write.another-made", summary=summary)
        return context.tell(slug, _CHECK, words, outcome=Outcome.UNTESTED)
    shuffled = [*reordered(edit.payload, now)]
    old = edit.before.json()
    was = {item.pointer: item.found for item in differences(edit.payload, old)}
    is_new = bool(edit.moved & {*was, *reordered(edit.payload, old)})
    idle = [item for item in missed if was.get(item.pointer, item.sent) == item.found]
    rest = [item for item in left if item not in idle]
    return context.tell(
        slug,
        _CHECK,
        summary,
        subject=context.asked(answer),
        shows=(edit.criterion.slug,) if is_new and not missed and not shuffled else (),
        findings=[
            *_without_effect(context, slug, edit, answer, idle),
            *_out_of_order(context, slug, edit, answer, shuffled),
            *losses(context, slug, answer, rest),
        ],
        detail={"seconds": round(answer.seconds, 3)},
    )


def _tell_refused(context: CheckContext, slug: str, edit: Edit, answer: Answer) -> Evidence:
    """A change of what everyone changes has to be taken; another value of ours may not fit."""
    if edit.criterion.core or edit.criterion.roles:
        return tell_refused(context, slug, answer, (edit.criterion.slug,))
    words = say("read-after-write.other-value", fields=edit.fields, status=answer.status)
    return context.tell(slug, _CHECK, words, outcome=Outcome.UNTESTED)


def _without_effect(
    context: CheckContext, slug: str, edit: Edit, answer: Answer, idle: list[Difference]
) -> Iterator[Finding]:
    """A change that was acknowledged and did not happen: grave where everyone needs it."""
    is_needed = edit.criterion.requirement is Requirement.REQUIRED
    for item in idle[:1]:
        yield finding(
            "write-without-effect",
            expected=show_json(item.sent),
            severity=Severity.HIGH if is_needed and edit.criterion.roles else Severity.MEDIUM,
            operation=context.subject(slug),
            observed=show_json(item.found),
            criterion=edit.criterion.slug,
            pointer=item.pointer,
            answer=answer,
            fields=edit.fields,
            noun=feature_of(slug).noun,
            status=answer.status,
        )


def _out_of_order(
    context: CheckContext, slug: str, edit: Edit, answer: Answer, shuffled: list[str]
) -> Iterator[Finding]:
    """A list that is kept whole, and read in another order than it was sent in."""
    for pointer in shuffled[:1]:
        yield finding(
            "order-changed",
            operation=context.subject(slug),
            criterion=edit.criterion.slug,
            pointer=pointer,
            answer=answer,
            noun=feature_of(slug).noun,
        )
