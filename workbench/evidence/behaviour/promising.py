"""The time to answer an order and the time that is promised: known, kept, and changed later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from workbench.adapters import Answer
from workbench.canonical import Entity, Order, OrderStatus, OrderStatusUpdate
from workbench.evidence.behaviour.bench import Bench, finding
from workbench.evidence.behaviour.status import can_send
from workbench.evidence.kinds import ORDER
from workbench.evidence.placing import fresh
from workbench.model import Evidence, Outcome

_CHECK = "time-promised"
_DEADLINE = "order-deadline-met"
_PROMISED = "order-accept-with-time"
_CHANGED = "order-time-changed"


def promise_times(bench: Bench) -> Iterator[Evidence]:
    """Accept a fresh order within its time and with a promise, then promise another time."""
    if not bench.has(ORDER.status_write) or not bench.session.allow_writes:
        return
    if not can_send(bench, ORDER, OrderStatus.ACCEPTED):
        return
    identity = fresh(bench.session, ORDER)
    if identity is None:
        return
    deadline = _deadline(bench, identity)
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=25)
    answer = _accept(bench, identity, soon)
    if deadline is not None:
        yield _meet(bench, identity, deadline, answer)
    if _carries_promise(bench, identity, soon) and answer.is_success:
        yield _compare(bench, identity, soon, _PROMISED, answer)
        later = soon + timedelta(minutes=15)
        yield _compare(bench, identity, later, _CHANGED, _accept(bench, identity, later))


def _deadline(bench: Bench, identity: str) -> datetime | None:
    """Until when the order has to be answered, where reading it says so."""
    if not bench.has(ORDER.read) or bench.partner.translator(ORDER.read) is None:
        return None
    order = bench.adapter.read(ORDER.read, identity).value
    return order.timing.accept_by if isinstance(order, Order) else None


def _update(identity: str, ready_at: datetime | None) -> Entity:
    given = {"ready_at": ready_at} if ready_at else {}
    return OrderStatusUpdate(order_id=identity, status=OrderStatus.ACCEPTED, **given)


def _accept(bench: Bench, identity: str, ready_at: datetime) -> Answer:
    return bench.adapter.call(
        ORDER.status_write,
        entity=_update(identity, ready_at),
        ids={"order": identity},
        status=OrderStatus.ACCEPTED.value,
    )


def _carries_promise(bench: Bench, identity: str, ready_at: datetime) -> bool:
    """Whether the mapping has a word for the promised time."""
    payloads = [
        bench.adapter.channel.payload(ORDER.status_write, _update(identity, given))
        for given in (None, ready_at)
    ]
    return bool(payloads[0] != payloads[1])


def _meet(bench: Bench, identity: str, deadline: datetime, answer: Answer) -> Evidence:
    """The order said until when it waits, and was accepted before that."""
    seen = bench.status(ORDER.read, identity)
    in_time = datetime.now(UTC) < deadline
    is_met = in_time and answer.is_success and seen == OrderStatus.ACCEPTED
    return bench.tell(
        ORDER.status_write,
        _CHECK,
        f"Order {identity} waits until {deadline.isoformat()}; accepted "
        f"{'before' if in_time else 'after'} that: answer {answer.status}, then it reads {seen}.",
        subject=bench.asked(answer),
        criteria=[_DEADLINE],
        outcome=Outcome.PASSED if is_met else Outcome.UNTESTED,
    )


def _compare(
    bench: Bench, identity: str, promised: datetime, criterion: str, answer: Answer
) -> Evidence:
    """The promised time that reading shows is the one that was sent."""
    shown = _promise(bench, identity)
    summary = (
        f"Promised order {identity} for {promised.isoformat()}: answer {answer.status}, then it "
        f"reads {shown.isoformat() if shown else 'no time'}."
    )
    findings = []
    if answer.is_success and shown is not None and shown != promised:
        findings.append(
            finding(
                "promise-not-kept",
                expected=promised.isoformat(),
                operation=bench.subject(ORDER.status_write),
                observed=shown.isoformat(),
                criterion=criterion,
                answer=answer,
            )
        )
    is_kept = answer.is_success and shown == promised
    failed = Outcome.FAILED if findings else Outcome.UNTESTED
    return bench.tell(
        ORDER.status_write,
        _CHECK,
        summary,
        subject=bench.asked(answer),
        criteria=[criterion],
        findings=findings,
        outcome=Outcome.PASSED if is_kept else failed,
    )


def _promise(bench: Bench, identity: str) -> datetime | None:
    if not bench.has(ORDER.status_read):
        return None
    update = bench.adapter.read(ORDER.status_read, identity).value
    return update.ready_at if isinstance(update, OrderStatusUpdate) else None
