"""Making orders and reservations as a customer would: found again, kept whole, made only once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from workbench.adapters import Answer
from workbench.evidence.behaviour.blame import tell_deviations
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.behaviour.comparing import deviations, differences, documented
from workbench.evidence.check_table import say
from workbench.evidence.kinds import KINDS, EntityKind
from workbench.evidence.placing import identify, make, maker_of, send
from workbench.model import Evidence, Finding, Operation, Outcome

_KEY_HEADERS = {"idempotency-key", "x-idempotency-key"}


def create_and_find(context: CheckContext) -> Iterator[Evidence]:
    """Place an order and a reservation where the description offers it, and read them again."""
    for kind in KINDS:
        if not context.has(kind.read):
            continue
        operation = maker_of(context.session, kind)
        if operation is None:
            yield _skip(context, kind, say("created-then-found.no-operation", noun=kind.noun))
        elif not context.session.allow_writes:
            yield _skip(context, kind, say("writing-not-allowed"), Outcome.UNTESTED)
        else:
            yield from _create(context, kind, operation)


def _skip(
    context: CheckContext, kind: EntityKind, why: str, outcome: Outcome = Outcome.INAPPLICABLE
) -> Evidence:
    return context.tell(kind.read, "created-then-found", why, outcome=outcome)


def _create(context: CheckContext, kind: EntityKind, operation: Operation) -> Iterator[Evidence]:
    placed = make(context.session, operation)
    if placed is None:
        yield _skip(
            context,
            kind,
            say("created-then-found.none-accepted", operation=operation.id),
            Outcome.UNTESTED,
        )
        return
    answer, body = placed
    identity = identify(context.session, kind, answer)
    if identity is None:
        yield _skip(
            context, kind, say("created-then-found.no-id", operation=operation.id), Outcome.UNTESTED
        )
        return
    found = context.adapter.call(kind.read, ids={kind.noun: identity})
    findings = [*_missing(kind, operation, answer, found)]
    if not findings:
        findings += _changed(
            context, operation, context.partner.operations(kind.read)[0][1], body, found
        )
    yield context.tell(
        kind.read,
        "created-then-found",
        say(
            "created-then-found.placed",
            noun=kind.noun,
            identity=identity,
            operation=operation.id,
            status=found.status,
        ),
        subject=operation.id,
        findings=findings,
    )
    if any(item.name.lower() in _KEY_HEADERS for item in operation.parameters):
        yield _replay(context, kind, operation, body)


def _missing(
    kind: EntityKind, operation: Operation, answer: Answer, found: Answer
) -> Iterator[Finding]:
    if found.status < 400:
        return
    yield finding(
        "created-not-found",
        operation=operation.id,
        observed=str(found.status),
        criterion="by-id",
        answer=answer,
        noun=kind.noun,
        status=answer.status,
        found=found.status,
    )


def _changed(
    context: CheckContext, operation: Operation, read: Operation, body: Any, found: Answer
) -> Iterator[Finding]:
    left = documented(
        context.partner.description,
        read.document,
        read.response_schema,
        differences(body, found.json()),
    )
    after = say("after-operation", operation=operation.id)
    yield from tell_deviations(context, deviations(left), after, operation, found)


def _replay(context: CheckContext, kind: EntityKind, operation: Operation, body: Any) -> Evidence:
    key = str(uuid.uuid4())
    first, second = (send(context.session, operation, body, key=key) for _ in range(2))
    ids = [identify(context.session, kind, answer) for answer in (first, second)]
    findings = []
    if first.status < 300 and (second.status >= 500 or (second.status < 300 and ids[0] != ids[1])):
        findings.append(
            finding(
                "idempotency-key-ignored",
                operation=operation.id,
                observed=f"{second.status}, {kind.noun} {ids[1]}",
                answer=second,
                noun=kind.noun,
                ids=ids[0],
            )
        )
    return context.tell(
        kind.read,
        "idempotency-replayed",
        say(
            "idempotency-replayed.sent",
            operation=operation.id,
            first=first.status,
            second=second.status,
        ),
        subject=operation.id,
        findings=findings,
    )
