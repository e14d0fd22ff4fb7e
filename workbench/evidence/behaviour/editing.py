"""Changes of single fields: what was there before is changed, and the change can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from workbench.adapters.answer import Answer
from workbench.adapters.binding import pick
from workbench.canonical.availability import Availability
from workbench.canonical.base import Entity, Money
from workbench.canonical.menu import Catalog
from workbench.evidence.behaviour.bench import Bench, finding
from workbench.evidence.behaviour.comparing import Difference, differences
from workbench.evidence.behaviour.readback import (
    await_effect,
    identity_of,
    losses,
    parents_of,
    payload_of,
    read_url,
    tally,
    target_of,
    tell_refused,
)
from workbench.evidence.kinds import feature_of, proved_by
from workbench.model.evidence import Evidence, Finding, Outcome, Severity, show

# Field of an entity → the role of the criterion that a change of it proves.
_ROLES = {"name": "modify-one", "price": "price-change", "available": "availability-flag"}


class Edit(NamedTuple):
    """A change to one field of a thing.

    Attributes:
        moved: Pointers into the payload whose values the change alters.
        url: Where the thing is read.
        before: What could be read there before.
    """

    field: str
    criteria: tuple[str, ...]
    changed: Entity
    payload: Any
    moved: frozenset[str]
    url: str
    before: Answer


def change_and_read_back(bench: Bench, slug: str, entity: Entity) -> Iterator[Evidence]:
    """Change single fields of a thing that can be read, read it again, and put it back."""
    edits = [*_plan(bench, slug, entity)]
    for edit in edits:
        yield _carry_out(bench, slug, edit)
    if edits:
        again = {edit.field: getattr(entity, edit.field) for edit in edits}
        restored = entity.model_copy(update=again)
        bench.adapter.call(slug, entity=restored, ids=parents_of(bench, slug, entity))


def _plan(bench: Bench, slug: str, entity: Entity) -> Iterator[Edit]:
    if isinstance(entity, Availability | Catalog):
        return
    url = read_url(
        bench,
        target_of(bench, slug, entity, parents_of(bench, slug, entity)),
        identity_of(entity),
    )
    before = bench.session.client.send("GET", url) if url else None
    if url is None or before is None or before.status >= 300:
        return
    old = payload_of(bench, slug, entity)
    for name, role in _ROLES.items():
        criteria = proved_by(slug, role)
        if not criteria or not hasattr(entity, name):
            continue
        changed = entity.model_copy(update={name: _another(getattr(entity, name))})
        payload = payload_of(bench, slug, changed)
        moved = frozenset(item.pointer for item in differences(payload, old))
        if moved:
            yield Edit(name, criteria, changed, payload, moved, url, before)


def _another(value: Any) -> Any:
    if isinstance(value, Money):
        return value + Money(amount_minor=50, currency=value.currency)
    return not value if isinstance(value, bool) else f"{value} ·"


def _carry_out(bench: Bench, slug: str, edit: Edit) -> Evidence:
    ids = parents_of(bench, slug, edit.changed)
    answer = bench.adapter.call(slug, entity=edit.changed, ids=ids)
    if answer.status >= 400:
        return tell_refused(bench, slug, answer, edit.criteria)
    left, seconds = await_effect(bench, edit.url, edit.payload)
    summary = (
        f"Changed {edit.field} with {bench.asked(answer)}: answer {answer.status}; read back after "
        f"{seconds:.1f} s, {tally(left)}."
    )
    missed = [item for item in left if item.pointer in edit.moved]
    if missed and pick(bench.partner, slug).method == "POST":
        words = f"{summary} It may have made another; bind the operation that changes one."
        return bench.tell(slug, "read-after-write", words, outcome=Outcome.UNTESTED)
    was = {item.pointer: item.found for item in differences(edit.payload, edit.before.json())}
    is_new = bool(edit.moved & set(was))
    idle = [item for item in missed if was.get(item.pointer, item.sent) == item.found]
    rest = [item for item in left if item not in idle]
    return bench.tell(
        slug,
        "read-after-write",
        summary,
        subject=bench.asked(answer),
        criteria=edit.criteria if is_new and not missed else (),
        findings=[
            *_without_effect(bench, slug, edit, answer, idle),
            *losses(bench, slug, answer, rest),
        ],
        detail={"seconds": round(answer.seconds, 3)},
    )


def _without_effect(
    bench: Bench, slug: str, edit: Edit, answer: Answer, idle: list[Difference]
) -> Iterator[Finding]:
    """A change that was acknowledged and did not happen."""
    for item in idle[:1]:
        yield finding(
            "write-without-effect",
            Severity.HIGH,
            f"A change of {edit.field} of {feature_of(slug).noun} is answered with "
            f"{answer.status}, but it stays as it was.",
            operation=bench.subject(slug),
            expected=show(item.sent),
            observed=show(item.found),
            criterion=edit.criteria[0],
            pointer=item.pointer,
            answer=answer,
        )
