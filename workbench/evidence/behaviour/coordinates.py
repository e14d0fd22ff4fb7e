"""Whether coordinates can be where the restaurant is, judged by the city of its time zone."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.canonical import Order
from workbench.errors import TranslationError
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.check_table import say
from workbench.evidence.kinds import ORDER
from workbench.evidence.zones import Coordinates, is_swapped
from workbench.model import Evidence, Finding, Outcome


def look_at_places(context: CheckContext) -> Iterator[Evidence]:
    """Where the known orders go to, by their coordinates."""
    if not context.has(ORDER.read):
        return
    zone = context.partner.manifest.timezone
    places = [*_known_places(context)]
    wrong = next((place for place in places if is_swapped(place, zone)), None)
    findings: list[Finding] = []
    if wrong is not None:
        findings.append(
            finding(
                "place-swapped",
                slug="coordinates-swapped",
                operation=context.subject(ORDER.read),
                observed=say(
                    "place-plausible.pair", latitude=wrong.latitude, longitude=wrong.longitude
                ),
                criterion="delivery",
                zone=zone,
            )
        )
    words = say("place-plausible.seen", places=len(places), kinds=len(findings))
    yield context.tell(
        ORDER.read,
        "place-plausible",
        words if places else say("place-plausible.none"),
        outcome=None if places else Outcome.UNTESTED,
        findings=findings,
    )


def _known_places(context: CheckContext) -> Iterator[Coordinates]:
    for identity in context.alive(ORDER.read):
        try:
            order = context.adapter.read(ORDER.read, identity).value
        except TranslationError:
            continue  # told by `read-known`
        if isinstance(order, Order) and order.delivery is not None:
            address = order.delivery.address
            if address.latitude is not None and address.longitude is not None:
                yield Coordinates(address.latitude, address.longitude)
