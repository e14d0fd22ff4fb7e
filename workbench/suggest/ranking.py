"""Suggests which operation or event serves which feature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from workbench.description import judge_senders
from workbench.model import ApiDescription, Catalogue, Direction, FeatureKind, FeatureSlug
from workbench.suggest.event_rules import fit_event
from workbench.suggest.interaction_signals import InteractionSignals, read_all
from workbench.suggest.lifecycle_rules import fit_read, fit_status_read, fit_status_write
from workbench.suggest.location_and_hours import fit_availability, fit_location
from workbench.suggest.menus import fit_menu, fit_part
from workbench.suggest.reasons import explain
from workbench.suggest.scoring import Weights, probability, settle, shipped
from workbench.suggest.signals import (
    AIMS,
    SignalValues,
    is_worth_a_look,
    log_odds,
    look_around,
    read_signals,
)
from workbench.suggest.suggestion import THRESHOLD, TRACE, Factor, Suggestion, total

Rule = Callable[[InteractionSignals], list[Factor]]

RULES: dict[str, Rule] = {
    FeatureSlug.ORDER_READ: partial(fit_read, entity="order"),
    FeatureSlug.ORDER_STATUS_READ: partial(fit_status_read, entity="order"),
    FeatureSlug.ORDER_STATUS_WRITE: partial(fit_status_write, entity="order"),
    FeatureSlug.RESERVATION_READ: partial(fit_read, entity="reservation"),
    FeatureSlug.RESERVATION_STATUS_READ: partial(fit_status_read, entity="reservation"),
    FeatureSlug.RESERVATION_STATUS_WRITE: partial(fit_status_write, entity="reservation"),
    FeatureSlug.MENU_WRITE: fit_menu,
    FeatureSlug.MENU_SECTION_WRITE: partial(fit_part, entity="menu-section"),
    FeatureSlug.PRODUCT_WRITE: partial(fit_part, entity="product"),
    FeatureSlug.PRODUCT_VARIANT_WRITE: partial(fit_part, entity="product-variant"),
    FeatureSlug.OPTION_CATEGORY_WRITE: partial(fit_part, entity="option-category"),
    FeatureSlug.OPTION_WRITE: partial(fit_part, entity="option"),
    FeatureSlug.DELIVERY_LOCATION_WRITE: fit_location,
    FeatureSlug.AVAILABILITY_WRITE: fit_availability,
    FeatureSlug.ORDER_CREATED_EVENT: partial(fit_event, entity="order", is_new=True),
    FeatureSlug.RESERVATION_CREATED_EVENT: partial(fit_event, entity="reservation", is_new=True),
    FeatureSlug.ORDER_STATUS_EVENT: partial(fit_event, entity="order", is_new=False),
    FeatureSlug.RESERVATION_STATUS_EVENT: partial(fit_event, entity="reservation", is_new=False),
}


def suggest(
    description: ApiDescription,
    catalogue: Catalogue,
    *,
    we_are: str | None = None,
    weights: Weights | None = None,
    stated: Mapping[str, Direction] | None = None,
) -> dict[str, list[Suggestion]]:
    """Rank the operations and events of a description for every service and event feature.

    Args:
        description: What the partner's documents say.
        catalogue: The features; those that nothing is known about get an empty list.
        we_are: `restaurant`, `courier` or `channel`, where the documents do not make it plain.
        weights: Other weights than those that are shipped.
        stated: Id, tag or document → who sends, where a person says so.

    Returns:
        Feature slug → suggestions, best first; in the order of the catalogue. The result does not
        depend on the order in which a document lists its operations.
    """
    used = weights or shipped()
    interactions = _name(
        read_all(
            description,
            senders=judge_senders(description, we_are=we_are, weights=used.senders, stated=stated),
        )
    )
    around = look_around(list(interactions.values()))
    judged = {
        feature.slug: [
            judged
            for name, signals in interactions.items()
            if (judged := _judge(feature.slug, name, signals, around, used)) is not None
        ]
        for feature in catalogue.features
        if feature.kind is not FeatureKind.PAPERWORK
    }
    return {slug: _ranked(found) for slug, found in settle(judged, interactions).items()}


def judge_directions(
    description: ApiDescription,
    *,
    we_are: str | None = None,
    weights: Weights | None = None,
    stated: Mapping[str, Direction] | None = None,
) -> dict[str, str]:
    """Say for every reference of a description who sends it: `outbound` (we do) or `inbound`."""
    used = (weights or shipped()).senders
    senders = judge_senders(description, we_are=we_are, weights=used, stated=stated)
    interactions = _name(read_all(description, senders=senders))
    return {name: signals.direction.value for name, signals in interactions.items()}


def signals_of(
    signals: InteractionSignals, feature: str, around: frozenset[str]
) -> SignalValues | None:
    """The signals of one exchange for one feature, its rule's score among them.

    Returns:
        None where nothing at all names what the feature is about.
    """
    aim = AIMS.get(feature)
    if aim is None or not is_worth_a_look(signals, aim):
        return None
    points = RULES[feature](signals)
    values = read_signals(signals, aim, around)
    # The root, because a product of several doubts falls faster than the truth does.
    values["rule"] = log_odds(total(points) ** 0.5 if points else 0.0)
    if not points:
        values["no rule"] = 1.0
    return values


def _name(interactions: Iterable[InteractionSignals]) -> dict[str, InteractionSignals]:
    """By reference; what several documents have gets a name of its own: `a.yaml#GET /x`."""
    known = list(interactions)
    counts = Counter(signals.item.id for signals in known)
    return {
        signals.item.id
        if counts[signals.item.id] == 1
        else f"{signals.item.document}#{signals.item.id}": signals
        for signals in known
    }


def _judge(
    feature: str, name: str, signals: InteractionSignals, around: frozenset[str], weights: Weights
) -> Suggestion | None:
    values = signals_of(signals, feature, around)
    if values is None:
        return None
    score = probability(values, AIMS[feature], weights)
    if score < TRACE:
        return None
    why = explain(values, AIMS[feature], weights, signals)
    return Suggestion(
        feature=feature,
        reference=name,
        score=round(score, 3),
        proposed=score >= THRESHOLD,
        direction=signals.direction.value,
        reasons=why.for_it,
        against=why.against,
        turns=why.turns,
    )


def _ranked(found: list[Suggestion]) -> list[Suggestion]:
    return sorted(found, key=lambda item: (not item.proposed, -item.score, item.reference))
