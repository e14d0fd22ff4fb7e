"""The kitchen's word: an accepted order is told to have reached it."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.adapters import pick_for_mode
from workbench.canonical import OrderStatus
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.behaviour.reads import unknown_to
from workbench.evidence.behaviour.spare import to_write_on
from workbench.evidence.behaviour.status_writes import can_send
from workbench.evidence.bodies import candidates
from workbench.evidence.check_table import say
from workbench.evidence.kinds import ORDER
from workbench.evidence.placing import send
from workbench.model import Evidence, Operation, Outcome

_CHECK = "kitchen-told"


def tell_kitchen_result(context: CheckContext) -> Iterator[Evidence]:
    """Accept a fresh order, and say that the kitchen has it; an unknown order is refused."""
    operation = pick_for_mode(context.partner, ORDER.status_write, "kitchen-result")
    if operation is None or not context.session.allow_writes:
        return
    identity = to_write_on(context, ORDER)
    if identity is None or not can_send(context, ORDER, OrderStatus.ACCEPTED):
        why = say("kitchen-told.no-order")
        yield context.lack(ORDER.status_write, _CHECK, why, subject=operation.id)
        return
    accepted = context.adapter.call(
        ORDER.status_write,
        entity=ORDER.update(identity, OrderStatus.ACCEPTED),
        ids={"order": identity},
        status=OrderStatus.ACCEPTED.value,
    )
    if accepted.is_success:  # else told by `status-round-trip`
        yield _tell(context, operation, identity)


def _tell(context: CheckContext, operation: Operation, identity: str) -> Evidence:
    """The first body that fits the document and is taken; then the same for no order at all."""
    bodies = [*candidates(context.partner, context.session.environment, operation)] or [None]
    for body in bodies:
        answer = send(context.session, operation, body, ids={"order": identity})
        if answer.is_success:
            break
    nobody = send(context.session, operation, body, ids={"order": unknown_to(context, ORDER)})
    findings = []
    if answer.is_success and nobody.is_success:
        findings.append(
            finding(
                "kitchen-of-no-order",
                operation=operation.id,
                observed=str(nobody.status),
                criterion="told",
                answer=nobody,
                status=nobody.status,
            )
        )
    is_told = answer.is_success and not nobody.is_success
    return context.tell(
        ORDER.status_write,
        _CHECK,
        say(
            "kitchen-told.told",
            operation=operation.id,
            identity=identity,
            status=answer.status,
            nobody=nobody.status,
        ),
        subject=operation.id,
        shows=["told"] if is_told else (),
        findings=findings,
        outcome=None if is_told or findings else Outcome.UNTESTED,
    )
