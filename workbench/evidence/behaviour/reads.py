"""Reads: known things are found and add up, unknown things are not found, statuses agree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.adapters import Answer, pick_operation
from workbench.canonical import Entity, OpenEnum, Order, Reservation
from workbench.description import find_violations
from workbench.errors import HookError, TranslationError
from workbench.evidence.behaviour.blame import tell_misfit
from workbench.evidence.behaviour.check_context import GONE, CheckContext, finding
from workbench.evidence.check_table import say
from workbench.evidence.kinds import KINDS, ORDER, EntityKind, proved_by
from workbench.evidence.laws import find_assumed_units, tell_broken_laws
from workbench.evidence.placing import fresh
from workbench.evidence.unknown_ids import unknown_id
from workbench.evidence.zones import find_unzoned
from workbench.mapping import Translation
from workbench.model import Evidence, Finding, Matter, Outcome


def read_known(context: CheckContext) -> Iterator[Evidence]:
    """Every known order and reservation can be read, becomes canonical, and adds up."""
    for kind in KINDS:
        if not context.has(kind.read):
            continue
        identities = [*context.known(kind.noun)]
        new = fresh(context.session, kind)
        if new is not None:
            identities.append(new)
        if not identities:
            why = say("none-known", noun=kind.noun)
            yield context.lack(kind.read, "read-known", why, shows=["by-id"])
        for identity in identities:
            yield _read_one(context, kind, identity, is_ours=identity != new)


def _read_one(context: CheckContext, kind: EntityKind, identity: str, *, is_ours: bool) -> Evidence:
    """Read one thing; `is_ours`: only our folder says that it exists."""
    answer = context.adapter.call(kind.read, ids={kind.noun: identity})
    shown: tuple[str, ...] = ("by-id",)
    if is_ours and answer.status in GONE:
        return _tell_unknown(context, kind.read, "read-known", kind.noun, identity, answer)
    trouble = None
    translation: Translation | None = None
    if answer.status >= 400:
        trouble = _not_read(context, kind.read, kind.noun, identity, answer)
    else:
        try:
            translator = context.partner.translator(kind.read)
            translation = translator.translate(answer.json()) if translator else None
        except HookError as error:
            # Our own code failed: it says nothing of the partner, and spoils this kind alone.
            words = say("read-known.not-translated", noun=kind.noun, identity=identity, error=error)
            return context.tell(kind.read, "read-known", words, outcome=Outcome.CANT_TELL)
        except TranslationError as error:
            about = say("answer-for", noun=kind.noun, id=identity)
            trouble = tell_misfit(context, kind.read, error, answer, about)
            shown = ()
    if trouble is not None:
        return context.tell(
            kind.read, "read-known", trouble.summary, findings=[trouble], shows=shown
        )
    entity = translation.value if translation else None
    broken = [*_broken(context, kind, translation, answer), *_off_schema(context, kind, answer)]
    broken += [*_unzoned(context, kind, translation, answer)]
    broken += [*_misplaced(context, kind, identity, entity, answer)]
    shown = _facts(entity) if not any(item.severity.breaks for item in broken) else ()
    return context.tell(
        kind.read,
        "read-known",
        say("read-known.remarked", noun=kind.noun, identity=identity, n=len(broken))
        if broken
        else say("read-known.read", noun=kind.noun, identity=identity),
        shows=shown,
        findings=broken,
        detail={"seconds": round(answer.seconds, 3)},
    )


def _tell_unknown(
    context: CheckContext, feature: str, check: str, noun: str, identity: str, answer: Answer
) -> Evidence:
    """What our folder calls known is not there: its word against the partner's, so a remark."""
    words = say("read-known.stale", noun=noun, identity=identity, status=answer.status)
    wrong = finding(
        "test-data-wrong",
        operation=context.subject(feature),
        observed=str(answer.status),
        answer=answer,
        what=words,
    )
    return context.tell(feature, check, words, outcome=Outcome.UNTESTED, findings=[wrong])


def _not_read(
    context: CheckContext, feature: str, noun: str, identity: str, answer: Answer
) -> Finding:
    return finding(
        "known-not-read",
        operation=context.subject(feature),
        observed=f"{answer.status}",
        answer=answer,
        noun=noun,
        id=identity,
        status=answer.status,
    )


def _broken(
    context: CheckContext, kind: EntityKind, translation: Translation | None, answer: Answer
) -> Iterator[Finding]:
    """Invariants that the entity does not keep."""
    subject = context.subject(kind.read)
    told = {"place": subject, "operation": subject}
    shown = {"reproduction": answer.curl, "exchange": answer.exchange}
    is_judged = translation is not None and isinstance(translation.value, Order | Reservation)
    judged = translation if is_judged else None
    yield from tell_broken_laws(judged, context.partner.translator(kind.read), **told, **shown)


def _off_schema(context: CheckContext, kind: EntityKind, answer: Answer) -> Iterator[Finding]:
    """Where a live answer is not as its schema says, though the mapping may not care."""
    operation = context.partner.operations(kind.read)[0][1]
    schema = operation.response_schema
    if schema is None or context.lists_only(kind.read):
        return
    found = find_violations(context.partner.description, operation.document, schema, answer.json())
    for violation in found[:3]:
        yield finding(
            "answer-off-schema",
            operation=operation.id,
            observed=violation.message,
            pointer=re.sub("/\\d+", "/0", violation.pointer),
            answer=answer,
        ).model_copy(update={"documented": violation.documented or None})


def _misplaced(
    context: CheckContext, kind: EntityKind, identity: str, entity: Entity | None, answer: Answer
) -> Iterator[Finding]:
    """What was asked for, and in which restaurant, is not what came."""
    yield from _mistaken(context, kind.read, kind.noun, identity, answer)
    account = context.partner.environment(context.session.environment).test_account
    found = entity.restaurant_id if isinstance(entity, Order | Reservation) else None
    if account is None or found is None:
        return
    ours = {account.restaurant, *account.known.get("restaurant", ()), *account.values.values()}
    if found not in ours:
        yield finding(
            "other-restaurant-read",
            operation=context.subject(kind.read),
            expected=account.restaurant,
            observed=found,
            answer=answer,
            noun=kind.noun,
            id=identity,
        )


def _mistaken(
    context: CheckContext, feature: str, noun: str, identity: str, answer: Answer
) -> Iterator[Finding]:
    """The answer names another thing that we know, and not the one that was asked for."""
    body = answer.body.decode("utf-8", "replace")

    def is_named(name: str) -> bool:
        return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", body) is not None

    others = [name for name in context.known_of(feature) if name != identity]
    other = next(filter(is_named, others), None)
    if other is not None and not is_named(identity):
        yield finding(
            "other-thing-read",
            operation=context.subject(feature),
            criterion="by-id",
            observed=other,
            answer=answer,
            noun=noun,
            id=identity,
        )


def _unzoned(
    context: CheckContext, kind: EntityKind, translation: Translation | None, answer: Answer
) -> Iterator[Finding]:
    """Times whose zone, and amounts whose unit had to be assumed."""
    if translation is None:
        return
    zone, subject = context.partner.manifest.timezone, context.subject(kind.read)
    units = find_assumed_units(translation, subject, translation.level.title)
    for item in (*find_unzoned(translation, subject, zone), *units):
        yield item.model_copy(update={"exchange": answer.exchange, "reproduction": answer.curl})


def _facts(entity: object) -> tuple[str, ...]:
    """What one well-formed entity shows about the read that gave it."""
    if isinstance(entity, Reservation):
        return ("by-id", "details")
    if not isinstance(entity, Order):
        return ()
    shown = {
        "by-id": True,
        "lines-referenced": bool(entity.lines)
        and all(line.ref.product_id or line.ref.external_code for line in entity.lines),
        "totals": bool(entity.lines),
        "payments": bool(entity.payments),
        "contact": bool(entity.customer.phone or entity.customer.email),
        "due-time": entity.timing.due_at is not None or entity.timing.asap is not None,
        "notes": bool(entity.notes),
        "sponsors": bool(entity.discounts) and all(item.shares for item in entity.discounts),
    }
    covered = proved_by(ORDER.read, entity.order_type)
    return (*covered, *(fact for fact, holds in shown.items() if holds))


def read_unknown(context: CheckContext) -> Iterator[Evidence]:
    """An unknown id gives a clean not-found."""
    for kind in KINDS:
        if not context.has(kind.read):
            continue
        if context.lists_only(kind.read):
            why = say("read-unknown.list-only", noun=kind.noun)
            yield context.tell(kind.read, "read-unknown", why, outcome=Outcome.INAPPLICABLE)
            continue
        nothing = unknown_to(context, kind)
        answer = context.adapter.call(kind.read, ids={kind.noun: nothing})
        findings = [*_unclear(kind, context.subject(kind.read), answer)]
        yield context.tell(
            kind.read,
            "read-unknown",
            say("read-unknown.asked", noun=kind.noun, unknown=nothing, status=answer.status),
            shows=["not-found"],
            findings=findings,
        )


def unknown_to(context: CheckContext, kind: EntityKind) -> str:
    """An id that no order or reservation has, of the form that theirs have."""
    read = pick_operation(context.partner, kind.read)
    like = next(iter(context.known(kind.noun)), "")
    return unknown_id(context.partner, context.session.environment, read, like)


def _unclear(kind: EntityKind, operation: str, answer: Answer) -> Iterator[Finding]:
    status = answer.status
    if status in GONE:
        return
    answered = status < 400 or status >= 500
    yield finding(
        "unknown-not-refused" if answered else "not-found-unclear",
        noun=kind.noun,
        operation=operation,
        observed=str(status),
        criterion="not-found",
        answer=answer,
    )


def read_statuses(context: CheckContext) -> Iterator[Evidence]:
    """The status read agrees with the full read, and its value is one that we know."""
    for kind in KINDS:
        if not context.has(kind.status_read):
            continue
        identities = context.known(kind.noun)
        if not identities:
            why = say("none-known", noun=kind.noun)
            yield context.lack(kind.status_read, "status-agrees", why, shows=["by-id"])
        for identity in identities:
            yield _compare_status(context, kind, identity)


def _compare_status(context: CheckContext, kind: EntityKind, identity: str) -> Evidence:
    answer = context.adapter.call(kind.status_read, ids={kind.noun: identity})
    if answer.status in GONE:
        return _tell_unknown(
            context, kind.status_read, "status-agrees", kind.noun, identity, answer
        )
    if answer.status >= 400:
        trouble = _not_read(context, kind.status_read, kind.noun, identity, answer)
        return context.tell(
            kind.status_read,
            "status-agrees",
            trouble.summary,
            shows=["by-id"],
            findings=[trouble],
        )
    status = context.status(kind.status_read, identity)
    whole = context.status(kind.read, identity) if context.has(kind.read) else status
    findings = list(_status_remarks(context, kind, identity, status, whole, answer))
    findings += _mistaken(context, kind.status_read, kind.noun, identity, answer)
    return context.tell(
        kind.status_read,
        "status-agrees",
        say("status-agrees.seen", noun=kind.noun, identity=identity, status=status),
        shows=["by-id", "statuses-mapped"],
        findings=findings,
    )


def _status_remarks(
    context: CheckContext,
    kind: EntityKind,
    identity: str,
    status: OpenEnum,
    whole: OpenEnum,
    answer: Answer,
) -> Iterator[Finding]:
    """Where the status alone is not that of the whole, or no status of ours."""
    if status != whole:
        yield finding(
            "status-disagrees",
            expected=str(whole),
            operation=context.subject(kind.status_read),
            observed=str(status),
            noun=kind.noun.capitalize(),
            id=identity,
            one=status,
            other=whole,
        )
    if not status.is_known:
        operation = context.partner.operations(kind.status_read)[0][1]
        name, schema = operation.document, operation.response_schema or {}
        violations = find_violations(context.partner.description, name, schema, answer.json())
        # A word that their document does not know is theirs; any other one our mapping lacks.
        is_theirs = any(str(status.value) in item.message for item in violations)
        yield finding(
            "status-unmapped",
            matter=Matter.PLATFORM if is_theirs else Matter.FOLDER,
            operation=context.subject(kind.status_read),
            criterion="statuses-mapped",
            status=repr(status.value),
            noun=kind.noun,
        )
