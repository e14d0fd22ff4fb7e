"""The time to answer an order and the time that is promised: known, kept, and changed later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from workbench.adapters import Answer
from workbench.canonical import Entity, Order, OrderStatus, OrderStatusUpdate
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.behaviour.spare import to_write_on
from workbench.evidence.behaviour.status_writes import can_send
from workbench.evidence.check_table import say
from workbench.evidence.kinds import ORDER
from workbench.evidence.zones import is_same_on_some_clock
from workbench.model import Evidence, Outcome

_CHECK = "time-promised"


def promise_times(context: CheckContext) -> Iterator[Evidence]:
    """Accept a fresh order within its time and with a promise, then promise another time."""
    if not context.has(ORDER.status_write) or not context.session.allow_writes:
        return
    if not can_send(context, ORDER, OrderStatus.ACCEPTED):
        return
    identity = to_write_on(context, ORDER)
    if identity is None:
        return
    deadline = _deadline(context, identity)
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=25)
    answer = _accept(context, identity, soon)
    if deadline is not None:
        yield _meet(context, identity, deadline, answer)
    if _carries_promise(context, identity, soon) and answer.is_success:
        yield _compare(context, identity, soon, "promised", answer)
        later = soon + timedelta(minutes=15)
        yield _compare(context, identity, later, "moved", _accept(context, identity, later))


def _deadline(context: CheckContext, identity: str) -> datetime | None:
    """Until when the order has to be answered, where reading it says so."""
    if not context.has(ORDER.read) or context.partner.translator(ORDER.read) is None:
        return None
    order = context.adapter.read(ORDER.read, identity).value
    return order.timing.accept_by if isinstance(order, Order) else None


def _update(identity: str, ready_at: datetime | None) -> Entity:
    given = {"ready_at": ready_at} if ready_at else {}
    return OrderStatusUpdate(order_id=identity, status=OrderStatus.ACCEPTED, **given)


def _accept(context: CheckContext, identity: str, ready_at: datetime) -> Answer:
    return context.adapter.call(
        ORDER.status_write,
        entity=_update(identity, ready_at),
        ids={"order": identity},
        status=OrderStatus.ACCEPTED.value,
    )


def _carries_promise(context: CheckContext, identity: str, ready_at: datetime) -> bool:
    """Whether the mapping has a word for the promised time."""
    payloads = [
        context.adapter.channel.payload(ORDER.status_write, _update(identity, given))
        for given in (None, ready_at)
    ]
    return bool(payloads[0] != payloads[1])


def _meet(context: CheckContext, identity: str, deadline: datetime, answer: Answer) -> Evidence:
    """The order said until when it waits, and was accepted before that."""
    seen = context.status(ORDER.read, identity)
    in_time = datetime.now(UTC) < deadline
    is_met = in_time and answer.is_success and seen == OrderStatus.ACCEPTED
    return context.tell(
        ORDER.status_write,
        _CHECK,
        say(
            "time-promised.accepted",
            identity=identity,
            deadline=deadline.isoformat(),
            when=say("before") if in_time else say("after"),
            status=answer.status,
            seen=seen,
        ),
        subject=context.asked(answer),
        shows=["deadline"],
        outcome=Outcome.PASSED if is_met else Outcome.UNTESTED,
    )


def _compare(
    context: CheckContext, identity: str, promised: datetime, fact: str, answer: Answer
) -> Evidence:
    """The promised time that reading shows is the one that was sent."""
    shown, is_bare = _promise(context, identity)
    summary = say(
        "time-promised.promised",
        identity=identity,
        promised=promised.isoformat(),
        status=answer.status,
        shown=shown.isoformat() if shown else say("time-promised.none"),
    )
    findings = []
    is_bare = is_bare and shown is not None and is_same_on_some_clock(shown, promised)
    if answer.is_success and shown is not None and not is_bare and not _is_near(shown, promised):
        findings.append(
            finding(
                "promise-not-kept",
                expected=promised.isoformat(),
                operation=context.subject(ORDER.status_write),
                observed=shown.isoformat(),
                criterion=fact,
                answer=answer,
            )
        )
    is_kept = answer.is_success and _is_near(shown, promised)
    failed = Outcome.FAILED if findings else Outcome.UNTESTED
    return context.tell(
        ORDER.status_write,
        _CHECK,
        summary,
        subject=context.asked(answer),
        shows=[fact],
        findings=findings,
        outcome=Outcome.PASSED if is_kept else failed,
    )


def _is_near(shown: datetime | None, promised: datetime) -> bool:
    """Whether both are the same to the minute, which is as fine as many partners count."""
    return shown is not None and abs(shown - promised) < timedelta(minutes=1)


def _promise(context: CheckContext, identity: str) -> tuple[datetime | None, bool]:
    """The promised time by the read of the status, and whether that says times without a zone."""
    if not context.has(ORDER.status_read):
        return None, False
    read = context.adapter.read(ORDER.status_read, identity)
    shown = read.value.ready_at if isinstance(read.value, OrderStatusUpdate) else None
    return shown, bool(read.unzoned)
