"""Status writes: they take effect, a repeat is harmless, an illegal one is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from workbench.adapters import Answer
from workbench.canonical import (
    OpenEnum,
    Order,
    OrderStatus,
    OrderStatusUpdate,
    ReservationStatus,
    check_action,
    check_due_time,
    find_route,
    is_legal,
)
from workbench.errors import InputError, PartnerError, RefusedError, TranslationError
from workbench.evidence.behaviour.blame import called, whose_refusal
from workbench.evidence.behaviour.check_context import OUR_REASON, CheckContext, finding
from workbench.evidence.behaviour.spare import ended, to_write_on
from workbench.evidence.check_table import say
from workbench.evidence.kinds import KINDS, ORDER, EntityKind, proved_by
from workbench.model import Evidence, Outcome, Severity

Step = tuple[OpenEnum | None, OpenEnum]  # what was before, where that is known, and what follows

# Ways through the life of an order and of a reservation; each is walked with a fresh one, and
# steps that the partner has no value for are left out.
WAYS: dict[str, tuple[tuple[OpenEnum, ...], ...]] = {
    "order": (
        (
            OrderStatus.ACCEPTED,
            OrderStatus.PREPARING,
            OrderStatus.READY,
            OrderStatus.IN_DELIVERY,
            OrderStatus.DELIVERED,
            OrderStatus.COMPLETED,
        ),
        (OrderStatus.REJECTED,),
        (OrderStatus.ACCEPTED, OrderStatus.CANCELLED),
    ),
    "reservation": (
        (
            ReservationStatus.CONFIRMED,
            ReservationStatus.ARRIVED,
            ReservationStatus.SEATED,
            ReservationStatus.COMPLETED,
        ),
        (ReservationStatus.REFUSED,),
        (ReservationStatus.CONFIRMED, ReservationStatus.CANCELLED),
        (ReservationStatus.CONFIRMED, ReservationStatus.NO_SHOW),
    ),
}
# What depends on the clock or on how it is delivered may be refused for good reasons.
_CONDITIONAL = {OrderStatus.IN_DELIVERY, ReservationStatus.NO_SHOW, ReservationStatus.ARRIVED}
_EXITS = {
    OrderStatus.REJECTED,
    OrderStatus.CANCELLED,
    ReservationStatus.REFUSED,
    ReservationStatus.CANCELLED,
}


def walk_statuses(context: CheckContext) -> Iterator[Evidence]:
    """Drive fresh orders and reservations through their lives, reading back after each step."""
    for kind in KINDS:
        if not context.has(kind.status_write):
            continue
        taken: list[OpenEnum] = []
        for way in WAYS[kind.noun]:
            steps = [status for status in way if can_send(context, kind, status)]
            if way[-1] in _EXITS and way[-1] not in steps:
                continue
            identity = to_write_on(context, kind)
            if identity is None:
                allowed = context.session.allow_writes
                why = (
                    say("status-round-trip.none-placed", noun=kind.noun)
                    if allowed
                    else say("status-round-trip.not-allowed")
                )
                told = say("status-round-trip.not-written", why=why)
                yield _tell_unsettled(context, kind, told, *steps, outcome=Outcome.UNTESTED)
                continue
            yield from _walk(context, kind, identity, steps, taken)
        yield from _leap(context, kind)
        yield from _revive(context, kind)


def _revive(context: CheckContext, kind: EntityKind) -> Iterator[Evidence]:
    """What ended long ago is not taken up again."""
    first = WAYS[kind.noun][0][0]
    if can_send(context, kind, first):
        for identity, status in ended(context, kind):
            yield _go_back(context, kind, identity, status, first)


def _leap(context: CheckContext, kind: EntityKind) -> Iterator[Evidence]:
    """From the very start to the very end at once, which no life of an order or table has."""
    last = OrderStatus.DELIVERED if kind.noun == "order" else ReservationStatus.COMPLETED
    identity = to_write_on(context, kind) if can_send(context, kind, last) else None
    start = _seen(context, kind, identity) if identity else None
    if identity is None or start is None or is_legal(start, last):
        return
    if not any(can_send(context, kind, status) for status in find_route(start, last)[:-1]):
        return  # for a partner without words for what is between it is one step
    yield _go_back(context, kind, identity, start, last, "leap-accepted")


def can_send(context: CheckContext, kind: EntityKind, status: OpenEnum) -> bool:
    """Whether binding and mapping have an operation and a value for a status."""
    update = kind.update("x", status, OUR_REASON)
    try:
        context.adapter.write(kind.status_write, update, ids={kind.noun: "x"}, dry_run=True)
    except (InputError, TranslationError):
        return False
    return True


def _walk(
    context: CheckContext,
    kind: EntityKind,
    identity: str,
    steps: list[OpenEnum],
    taken: list[OpenEnum],
) -> Iterator[Evidence]:
    """One way; `taken` are the statuses that were accepted on any way so far."""
    reached: list[OpenEnum] = []
    start = _seen(context, kind, identity) if steps else None
    for status in steps:
        try:
            answer = _send(context, kind, identity, status)
        except RefusedError as error:
            if not taken:
                raise  # we are not let in at all
            # Others go through with the same login: this one is somebody else's to tell.
            told = say("status-round-trip.not-ours", state=status, why=error.message)
            yield _tell_unsettled(context, kind, told, status)
            continue
        if excused := _excuse_refusal(context, kind, identity, status, answer):
            yield excused
            if status in _CONDITIONAL:
                continue
            return
        before = reached[-1] if reached else start
        yield _compare(context, kind, identity, (before, status), answer)
        if answer.status >= 400:
            return
        reached.append(status)
        taken.append(status)
    if reached and len(steps) > 1:
        yield _repeat(context, kind, identity, reached[-1])
    back = _illegal_after(context, kind, reached)
    if back is not None:
        yield _go_back(context, kind, identity, reached[-1], back)


def _illegal_after(
    context: CheckContext, kind: EntityKind, reached: list[OpenEnum]
) -> OpenEnum | None:
    """A status that may never follow the last one: the first of the happy way."""
    first = WAYS[kind.noun][0][0]
    if not reached or reached[-1] == first or not can_send(context, kind, first):
        return None
    return first


def _send(context: CheckContext, kind: EntityKind, identity: str, status: OpenEnum) -> Answer:
    reason = OUR_REASON if status in _EXITS else None
    update = kind.update(identity, status, reason)
    return context.adapter.call(
        kind.status_write, entity=update, ids={kind.noun: identity}, status=status.value
    )


def _seen(context: CheckContext, kind: EntityKind, identity: str) -> OpenEnum | None:
    """The status by the first bound read."""
    return next(iter(_all_seen(context, kind, identity)), None)


def _all_seen(context: CheckContext, kind: EntityKind, identity: str) -> list[OpenEnum]:
    """The status by every bound read."""
    features = [item for item in (kind.status_read, kind.read) if context.has(item)]
    return [context.status(feature, identity) for feature in features]


def _await(
    context: CheckContext, kind: EntityKind, identity: str, status: OpenEnum, seconds: float
) -> list[OpenEnum]:
    """The status by every bound read, once all show the change, or the seconds are over.

    Who was waited for in vain is not waited for again.
    """
    end = time.monotonic() + (0 if kind.noun in context.stale else seconds)
    pause = 0.05
    while True:
        shown = _all_seen(context, kind, identity)
        if all(item == status for item in shown):
            return shown
        if time.monotonic() >= end:
            context.stale |= {kind.noun} if seconds else set()
            return shown
        time.sleep(pause)
        pause = min(pause * 2, 1.0)


def _excuse(context: CheckContext, kind: EntityKind, identity: str, status: OpenEnum) -> str:
    """Why a partner may rightly refuse a legal step: too late, or while they are closed."""
    if kind is not ORDER or not context.has(kind.read):
        return ""
    order = context.adapter.read(kind.read, identity).value
    update = kind.update(identity, status, OUR_REASON)
    if not (isinstance(order, Order) and isinstance(update, OrderStatusUpdate)):
        return ""
    late = [
        item.summary
        for item in check_action(order, update, now=datetime.now(UTC))
        if item.code == "INV-L5"
    ]
    try:
        closed = check_due_time(order, context.adapter.get_availability())
    except (InputError, PartnerError, TranslationError):
        closed = ()  # nothing tells the hours
    return "; ".join([*late, *(item.summary for item in closed)])


def _excuse_refusal(
    context: CheckContext, kind: EntityKind, identity: str, status: OpenEnum, answer: Answer
) -> Evidence | None:
    """What is said of a refusal that may be right; None where the answer can be judged."""
    how = {"state": status, "status": answer.status}
    if answer.status >= 400 and status in _CONDITIONAL:
        in_time = status is ReservationStatus.NO_SHOW
        outcome = Outcome.CANT_TELL if in_time else Outcome.INAPPLICABLE
        told = say("status-round-trip.depends", **how)
        return _tell_unsettled(context, kind, told, status, outcome=outcome)
    if 400 <= answer.status < 500 and (why := _excuse(context, kind, identity, status)):
        told = say("status-round-trip.may-be-right", **how, why=why)
        return _tell_unsettled(context, kind, told, status)
    return None


def _tell_unsettled(
    context: CheckContext,
    kind: EntityKind,
    told: str,
    *statuses: OpenEnum,
    outcome: Outcome = Outcome.CANT_TELL,
) -> Evidence:
    """Statuses that were not sent, or whose refusal may be right."""
    shows = proved_by(kind.status_write, *statuses)
    return context.tell(kind.status_write, "status-round-trip", told, outcome=outcome, shows=shows)


def _tell_step(
    kind: EntityKind, one: OpenEnum | None, other: OpenEnum, *, taken: bool
) -> dict[str, Any]:
    """A step that was tried, for pictures; nothing where it is not known what was before."""
    if one is None:
        return {}
    return {"step": {"noun": kind.noun, "from": str(one), "to": str(other), "taken": taken}}


def _compare(
    context: CheckContext, kind: EntityKind, identity: str, step: Step, answer: Answer
) -> Evidence:
    before, status = step
    is_taken = answer.status < 400
    shown = _await(context, kind, identity, status, context.patience if is_taken else 0)
    seen = next((item for item in shown if item != status), status if shown else None)
    about = {
        "operation": context.subject(kind.status_write),
        "criterion": next(iter(proved_by(kind.status_write, status)), None),
        "status": status,
    }
    findings = []
    if answer.status >= 400:
        observed = f"{answer.status} {answer.excerpt}"
        told = {"code": answer.status, "observed": observed, **about}
        matter = whose_refusal(context, called(context, kind.status_write, answer), answer)
        slug = "status-refused" if matter.is_theirs else "status-unsettled"
        findings.append(finding(slug, matter=matter, answer=answer, **told))
    elif seen is not None and seen != status:
        told = {"noun": kind.noun, "observed": str(seen), **about}
        findings.append(finding("stale-status", answer=answer, **told))
    roles = (status, "status-confirmed") if seen == status else (status,)
    tried = _tell_step(kind, before, status, taken=not findings)
    return context.tell(
        kind.status_write,
        "status-round-trip",
        say(
            "status-round-trip.set",
            noun=kind.noun,
            identity=identity,
            state=status,
            status=answer.status,
            seen=seen,
        ),
        subject=context.asked(answer),
        shows=proved_by(kind.status_write, *roles),
        findings=findings,
        detail={"seconds": round(answer.seconds, 3), **tried},
    )


def _repeat(context: CheckContext, kind: EntityKind, identity: str, status: OpenEnum) -> Evidence:
    answer = _send(context, kind, identity, status)
    seen = _seen(context, kind, identity)
    findings = []
    if answer.status >= 500 or (seen is not None and seen != status):
        findings.append(
            finding(
                "repeat-not-harmless",
                operation=context.subject(kind.status_write),
                observed=say("one-then-other", one=answer.status, other=seen),
                criterion="repeat-harmless",
                answer=answer,
                status=status,
                what=answer.status,
                seen=seen,
            )
        )
    return context.tell(
        kind.status_write,
        "repeat-is-harmless",
        _say_repeated(status, seen, answer.status),
        shows=["repeat-harmless"],
        findings=findings,
    )


def _say_repeated(status: OpenEnum, seen: OpenEnum | None, answered: int) -> str:
    if seen is None:
        return say("repeat-is-harmless.unread", state=status, status=answered)
    if seen == status:
        return say("repeat-is-harmless.still", state=status, status=answered, seen=seen)
    return say("repeat-is-harmless.moved", state=status, status=answered, seen=seen)


def _say_tried(reached: OpenEnum, seen: OpenEnum | None, earlier: OpenEnum, answered: int) -> str:
    told = {"earlier": earlier, "reached": reached, "status": answered}
    if seen is None:
        return say("illegal-transition-refused.unread", **told)
    if seen == reached:
        return say("illegal-transition-refused.still", **told, seen=seen)
    return say("illegal-transition-refused.moved", **told, seen=seen)


def _go_back(
    context: CheckContext,
    kind: EntityKind,
    identity: str,
    reached: OpenEnum,
    earlier: OpenEnum,
    slug: str = "illegal-transition-accepted",
) -> Evidence:
    answer = _send(context, kind, identity, earlier)
    seen = _seen(context, kind, identity)
    changed = seen is not None and seen != reached
    findings = []
    if answer.status < 400 or answer.status >= 500 or changed:
        findings.append(
            finding(
                slug,
                severity=None if changed else Severity.MEDIUM,
                one=reached,
                other=earlier,
                status=answer.status,
                noun=kind.noun,
                seen=seen,
                operation=context.subject(kind.status_write),
                observed=say("one-then-other", one=answer.status, other=seen),
                criterion="illegal-transition-refused",
                answer=answer,
            )
        )
    return context.tell(
        kind.status_write,
        "illegal-transition-refused",
        _say_tried(reached, seen, earlier, answer.status),
        shows=["illegal-transition-refused"],
        findings=findings,
        detail=_tell_step(kind, reached, earlier, taken=changed or answer.status < 400),
    )
