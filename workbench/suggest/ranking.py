"""Suggests which operation or event serves which feature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

from workbench.model.description import ApiDescription
from workbench.model.feature import Aspect, Catalogue, Feature, FeatureKind
from workbench.suggest.clues import Clues, read_all
from workbench.suggest.events import fit_event
from workbench.suggest.lifecycle import fit_read, fit_status_read, fit_status_write
from workbench.suggest.menus import fit_menu, fit_part
from workbench.suggest.places import fit_availability, fit_location
from workbench.suggest.suggestion import (
    DEDICATED,
    SHARE,
    THRESHOLD,
    TRACE,
    Point,
    Suggestion,
    total,
)

Rule = Callable[[Clues], list[Point]]

RULES: dict[str, Rule] = {
    "order-read": partial(fit_read, entity="order"),
    "order-status-read": partial(fit_status_read, entity="order"),
    "order-status-write": partial(fit_status_write, entity="order"),
    "reservation-read": partial(fit_read, entity="reservation"),
    "reservation-status-read": partial(fit_status_read, entity="reservation"),
    "reservation-status-write": partial(fit_status_write, entity="reservation"),
    "menu-write": fit_menu,
    "menu-section-write": partial(fit_part, entity="menu-section"),
    "product-write": partial(fit_part, entity="product"),
    "product-variant-write": partial(fit_part, entity="product-variant"),
    "option-category-write": partial(fit_part, entity="option-category"),
    "option-write": partial(fit_part, entity="option"),
    "delivery-location-write": fit_location,
    "availability-write": fit_availability,
    "order-created-event": partial(fit_event, entity="order", is_new=True),
    "reservation-created-event": partial(fit_event, entity="reservation", is_new=True),
    "order-status-event": partial(fit_event, entity="order", is_new=False),
    "reservation-status-event": partial(fit_event, entity="reservation", is_new=False),
}


def suggest(description: ApiDescription, catalogue: Catalogue) -> dict[str, list[Suggestion]]:
    """Rank the operations and events of a description for every service and event feature.

    Args:
        description: What the partner's documents say.
        catalogue: The features; those that nothing is known about get an empty list.

    Returns:
        Feature slug → suggestions, best first; in the order of the catalogue. The result does not
        depend on the order in which a document lists its operations.
    """
    clues = read_all(description)
    wanted = [item for item in catalogue.features if item.kind is not FeatureKind.PAPERWORK]
    return {feature.slug: _rank(feature, _name(clues)) for feature in wanted}


def judge_directions(description: ApiDescription) -> dict[str, str]:
    """Say for every reference of a description who sends it: `outbound` (we do) or `inbound`."""
    return {name: clue.direction.value for name, clue in _name(read_all(description)).items()}


def _name(clues: Iterable[Clues]) -> dict[str, Clues]:
    """Clues by reference; what several documents have gets the name of its own: `a.yaml#GET /x`."""
    known = list(clues)
    counts = Counter(clue.item.id for clue in known)
    return {
        clue.item.id if counts[clue.item.id] == 1 else f"{clue.item.document}#{clue.item.id}": clue
        for clue in known
    }


def _rank(feature: Feature, clues: Mapping[str, Clues]) -> list[Suggestion]:
    rule = RULES.get(feature.slug)
    if rule is None:
        return []
    found = [_judge(feature.slug, name, clue, rule(clue)) for name, clue in clues.items()]
    shown = [item for item in found if item.score >= TRACE]
    shown.sort(key=lambda item: (-item.score, item.reference))
    is_dedicated = feature.is_read and feature.aspect is Aspect.STATUS
    share = DEDICATED if is_dedicated else SHARE
    bar = max(THRESHOLD, share * shown[0].score) if shown else 1.0
    return [replace(item, proposed=item.score >= bar) for item in shown]


def _judge(feature: str, name: str, clue: Clues, points: list[Point]) -> Suggestion:
    ordered = sorted(points, key=lambda point: abs(point.factor - 0.5), reverse=True)
    return Suggestion(
        feature=feature,
        reference=name,
        score=round(total(points), 3) if points else 0.0,
        proposed=False,
        direction=clue.direction.value,
        reasons=tuple(point.reason for point in ordered),
    )
