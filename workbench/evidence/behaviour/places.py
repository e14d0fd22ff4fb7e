"""Whether coordinates can be where the restaurant is, judged by the city of its time zone."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.canonical import Order
from workbench.errors import TranslationError
from workbench.evidence.behaviour.bench import Bench, finding
from workbench.evidence.kinds import ORDER
from workbench.evidence.zones import Place, is_swapped
from workbench.model import Evidence, Finding, Outcome


def look_at_places(bench: Bench) -> Iterator[Evidence]:
    """Where the known orders go to, by their coordinates."""
    if not bench.has(ORDER.read):
        return
    zone = bench.partner.manifest.timezone
    places = [*_known_places(bench)]
    wrong = next((place for place in places if is_swapped(place, zone)), None)
    findings: list[Finding] = []
    if wrong is not None:
        findings.append(
            finding(
                "place-swapped",
                slug="coordinates-swapped",
                operation=bench.subject(ORDER.read),
                observed=f"latitude {wrong.latitude}, longitude {wrong.longitude}",
                criterion="order-delivery-covered",
                zone=zone,
            )
        )
    words = f"{len(places)} known order(s) have coordinates; {len(findings)} kind(s) of trouble."
    yield bench.tell(
        ORDER.read,
        "place-plausible",
        words if places else "No known order has coordinates.",
        outcome=None if places else Outcome.UNTESTED,
        findings=findings,
    )


def _known_places(bench: Bench) -> Iterator[Place]:
    for identity in bench.alive(ORDER.read):
        try:
            order = bench.adapter.read(ORDER.read, identity).value
        except TranslationError:
            continue  # told by `read-known`
        if isinstance(order, Order) and order.delivery is not None:
            address = order.delivery.address
            if address.latitude is not None and address.longitude is not None:
                yield Place(address.latitude, address.longitude)
