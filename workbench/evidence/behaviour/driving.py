"""The driver's position: accepted while the order is out for delivery, and only then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.adapters import Answer
from workbench.canonical import (
    DeliveryLocation,
    Order,
    OrderStatus,
    check_courier_update,
    check_location,
    is_terminal,
)
from workbench.evidence.behaviour.blame import tell_deviations
from workbench.evidence.behaviour.check_context import OUR_REASON, CheckContext, finding
from workbench.evidence.behaviour.comparing import deviations, differences, documented
from workbench.evidence.behaviour.inventing import is_invented, recorded
from workbench.evidence.behaviour.status_writes import WAYS, can_send
from workbench.evidence.check_table import say
from workbench.evidence.kinds import ORDER
from workbench.evidence.placing import fresh
from workbench.model import Evidence, FeatureSlug, Finding, Outcome, Severity

POSITION = FeatureSlug.DELIVERY_LOCATION_WRITE


def send_positions(context: CheckContext) -> Iterator[Evidence]:
    """Send a position for an order on its way, and one for an order that has ended."""
    if not context.has(POSITION):
        return
    locations = [item for item in recorded(context, POSITION) if isinstance(item, DeliveryLocation)]
    if not locations or not context.session.allow_writes:
        if locations:
            why = say("position-sent.not-allowed")
            yield context.tell(POSITION, "position-sent", why, outcome=Outcome.UNTESTED)
        else:
            why = say("position-sent.no-sample")
            yield context.lack(POSITION, "position-sent", why)
        return
    orders = _known_orders(context)
    moving = find_moving(context, orders)
    if moving is None:
        why = say("position-sent.none-out")
        yield context.lack(POSITION, "position-sent", why, shows=["sent"])
    else:
        yield _send_in_pace(context, locations[0], moving)
        yield _send(context, locations[0], moving)
    ended = next((o for o in orders if is_terminal(o.status)), None) or _set_ended(context)
    if ended is not None:
        yield _send_late(context, locations[0], ended)


def _known_orders(context: CheckContext) -> list[Order]:
    if not context.has(ORDER.read):
        return []
    found = [
        context.adapter.read(ORDER.read, identity).value for identity in context.alive(ORDER.read)
    ]
    return [order for order in found if isinstance(order, Order)]


def find_moving(context: CheckContext, orders: list[Order] | None = None) -> Order | None:
    """A known order that is on its way, else a new one that is brought there."""
    if context.partner.translator(ORDER.read) is None:
        return None
    known = _known_orders(context) if orders is None else orders
    return next(filter(_is_moving, known), None) or _set_moving(context)


def _is_moving(order: Order) -> bool:
    """Whether a driver of ours is on the way with it, so that a position may be sent."""
    somewhere = DeliveryLocation(
        order_id=order.ids.partner_id, latitude=1, longitude=1, recorded_at=datetime.now(UTC)
    )
    return order.status == OrderStatus.IN_DELIVERY and not check_location(somewhere, order)


def _set_moving(context: CheckContext) -> Order | None:
    """A new order, brought on its way by the statuses that can be sent; None where they end."""
    if not (context.has(ORDER.read) and context.has(ORDER.status_write)):
        return None
    identity = fresh(context.session, ORDER)
    for status in WAYS["order"][0] if identity else ():
        if can_send(context, ORDER, status):
            update = ORDER.update(identity or "", status)
            context.adapter.call(ORDER.status_write, entity=update, status=status.value)
        if status is OrderStatus.IN_DELIVERY:
            break
    order = context.adapter.read(ORDER.read, identity).value if identity else None
    return order if isinstance(order, Order) and _is_moving(order) else None


def _set_ended(context: CheckContext) -> Order | None:
    """A new order that was rejected; None where that cannot be."""
    can = context.has(ORDER.read) and context.has(ORDER.status_write)
    if not can or not can_send(context, ORDER, OrderStatus.REJECTED):
        return None
    identity = fresh(context.session, ORDER)
    if identity is None:
        return None
    update = ORDER.update(identity, OrderStatus.REJECTED, OUR_REASON)
    context.adapter.call(ORDER.status_write, entity=update, status=OrderStatus.REJECTED.value)
    order = context.adapter.read(ORDER.read, identity).value
    return order if isinstance(order, Order) and is_terminal(order.status) else None


def here_and_now(
    location: DeliveryLocation, order: Order, *, seconds_ago: float = 0
) -> DeliveryLocation:
    """A recorded position as one of this order and moment: an older one may be known by now."""
    moment = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=seconds_ago)
    changed: dict[str, Any] = {"order_id": order.ids.partner_id, "recorded_at": moment}
    if location.eta_dropoff is not None:
        changed["eta_dropoff"] = moment + timedelta(minutes=12)
    return location.model_copy(update=changed)


def _send(context: CheckContext, location: DeliveryLocation, order: Order) -> Evidence:
    there = here_and_now(location, order)
    answer = context.adapter.call(POSITION, entity=there)
    findings = []
    if answer.status >= 400 and not is_invented(context, POSITION):
        findings.append(
            finding(
                "position-refused",
                operation=context.subject(POSITION),
                observed=f"{answer.status} {answer.excerpt}",
                criterion="sent",
                answer=answer,
                status=answer.status,
            )
        )
    findings += _echo_findings(context, there, answer)
    findings += _moved_findings(context, order, answer)
    shown = {
        "sent": True,
        "arrival": there.eta_dropoff is not None,
        "courier": there.courier is not None,
    }
    return context.tell(
        POSITION,
        "position-sent",
        say("position-sent.sent", order=order.ids.partner_id, status=answer.status),
        shows=[fact for fact, holds in shown.items() if holds],
        findings=findings,
    )


def _send_in_pace(context: CheckContext, location: DeliveryLocation, order: Order) -> Evidence:
    """Two more positions, as far apart as the partner asks for; both have to be taken."""
    pace = context.partner.manifest.limits.position_seconds
    if pace is None:
        why = say("position-pace.not-stated")
        untested = Outcome.UNTESTED
        return context.tell(POSITION, "position-pace", why, outcome=untested, shows=["taken"])
    answers = [
        context.adapter.call(POSITION, entity=here_and_now(location, order, seconds_ago=ago))
        for ago in (pace + 1, 1)
    ]
    is_taken = all(answer.is_success for answer in answers)
    told = " and ".join(str(answer.status) for answer in answers)
    return context.tell(
        POSITION,
        "position-pace",
        say("position-pace.sent", pace=f"{pace:g}", told=told),
        shows=["taken"],
        outcome=Outcome.PASSED if is_taken else Outcome.UNTESTED,
    )


def _echo_findings(
    context: CheckContext, there: DeliveryLocation, answer: Answer
) -> Iterator[Finding]:
    """What the answer shows of the position is what was sent."""
    translator = context.partner.translator(POSITION)
    operation = context.partner.operations(POSITION)[0][1]
    if translator is None or operation.response_schema is None or answer.status >= 300:
        return
    left = documented(
        context.partner.description,
        operation.document,
        operation.response_schema,
        differences(translator.untranslate(there).payload, answer.json()),
    )
    after = say("position-sent.place")
    yield from tell_deviations(context, deviations(left), after, operation, answer)


def _moved_findings(context: CheckContext, before: Order, answer: Answer) -> Iterator[Finding]:
    """News of the driver leaves the status of the order alone."""
    after = context.adapter.read(ORDER.read, before.ids.partner_id).value
    if not isinstance(after, Order):
        return
    for broken in check_courier_update(before, after):
        yield finding(
            "position-moves-order",
            expected=str(before.status),
            operation=context.subject(POSITION),
            observed=str(after.status),
            criterion="sent",
            answer=answer,
            what=broken.summary,
        )


def _send_late(context: CheckContext, location: DeliveryLocation, order: Order) -> Evidence:
    answer = context.adapter.call(POSITION, entity=here_and_now(location, order))
    findings = []
    if answer.status < 400 or answer.status >= 500:
        findings.append(
            finding(
                "position-after-end",
                severity=Severity.MEDIUM if answer.status < 400 else Severity.HIGH,
                operation=context.subject(POSITION),
                observed=str(answer.status),
                criterion="refused",
                answer=answer,
                state=order.status,
                status=answer.status,
            )
        )
    return context.tell(
        POSITION,
        "position-window",
        say(
            "position-window.sent",
            order=order.ids.partner_id,
            state=order.status,
            status=answer.status,
        ),
        shows=() if findings else ["refused"],
        findings=findings,
    )
