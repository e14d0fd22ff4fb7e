"""The driver's position: accepted while the order is out for delivery, and only then."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.canonical.delivery import DeliveryLocation
from workbench.canonical.order import Order
from workbench.canonical.status import OrderStatus, is_terminal
from workbench.evidence.behaviour.bench import ORDER, Bench, finding
from workbench.evidence.behaviour.writing import recorded
from workbench.model.evidence import Evidence, Outcome, Severity

_FEATURE = "delivery-location-write"


def send_positions(bench: Bench) -> Iterator[Evidence]:
    """Send a position for an order on its way, and one for an order that has ended."""
    if not bench.has(_FEATURE):
        return
    locations = [item for item in recorded(bench, _FEATURE) if isinstance(item, DeliveryLocation)]
    if not locations or not bench.session.allow_writes:
        why = "there is no recorded sample" if not locations else "writing was not allowed"
        yield bench.tell(
            _FEATURE, "position-sent", f"No position was sent: {why}.", outcome=Outcome.UNTESTED
        )
        return
    orders = _known_orders(bench)
    moving = next((o for o in orders if o.status == OrderStatus.IN_DELIVERY), None)
    if moving is None:
        yield bench.tell(
            _FEATURE,
            "position-sent",
            "No known order is out for delivery, so no position could be sent.",
            outcome=Outcome.UNTESTED,
            criteria=("driver-position-sent",),
        )
    else:
        yield _send(bench, locations[0], moving)
    ended = next((o for o in orders if is_terminal(o.status)), None)
    if ended is not None:
        yield _send_late(bench, locations[0], ended)


def _known_orders(bench: Bench) -> list[Order]:
    if not bench.has(ORDER.read):
        return []
    found = [bench.adapter.read(ORDER.read, identity).value for identity in bench.known("order")]
    return [order for order in found if isinstance(order, Order)]


def _send(bench: Bench, location: DeliveryLocation, order: Order) -> Evidence:
    there = location.model_copy(update={"order_id": order.ids.partner_id})
    answer = bench.adapter.call(_FEATURE, entity=there)
    findings = []
    if answer.status >= 400:
        findings.append(
            finding(
                "position-refused",
                Severity.HIGH,
                f"The position of a driver on the way is answered with {answer.status}.",
                operation=bench.subject(_FEATURE),
                expected="2xx",
                observed=f"{answer.status} {answer.excerpt}",
                criterion="driver-position-sent",
                reproduction=answer.curl,
            )
        )
    shown = {
        "driver-position-sent": True,
        "delivery-eta-sent": there.eta_dropoff is not None,
        "driver-identity-sent": there.courier is not None,
    }
    return bench.tell(
        _FEATURE,
        "position-sent",
        f"Sent a position for order {order.ids.partner_id}, which is on its way: answer "
        f"{answer.status}.",
        criteria=[slug for slug, holds in shown.items() if holds],
        findings=findings,
    )


def _send_late(bench: Bench, location: DeliveryLocation, order: Order) -> Evidence:
    there = location.model_copy(update={"order_id": order.ids.partner_id})
    answer = bench.adapter.call(_FEATURE, entity=there)
    findings = []
    if answer.status < 400 or answer.status >= 500:
        findings.append(
            finding(
                "position-after-end",
                Severity.LOW if answer.status < 400 else Severity.HIGH,
                f"A position for an order that is {order.status} is answered with {answer.status}.",
                operation=bench.subject(_FEATURE),
                expected="409, 410 or 422",
                observed=str(answer.status),
                criterion="driver-position-window",
                reproduction=answer.curl,
            )
        )
    return bench.tell(
        _FEATURE,
        "position-window",
        f"Sent a position for order {order.ids.partner_id}, which is {order.status}: answer "
        f"{answer.status}.",
        criteria=("driver-position-window",),
        findings=findings,
    )
