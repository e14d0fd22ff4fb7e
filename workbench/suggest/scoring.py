"""From signals to probabilities with fitted weights, and to one answer for a whole document.

`weights.json` holds a weight per signal for all features, and one more per family of features;
`tests/benchmarks/fitting.py` writes it.

Each proposal is judged by itself first. Here the dedicated goes before the general, one event is
not taken for two things, and siblings (`accept`, `reject`) stand or fall together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from workbench.description import shipped_weights
from workbench.model import FeatureSlug
from workbench.suggest.interaction_signals import InteractionSignals
from workbench.suggest.signals import Aim, SignalValues
from workbench.suggest.suggestion import THRESHOLD, Suggestion

_FURTHEST = 30.0


@dataclass(frozen=True)
class Weights:
    """What is learned: who sends (`senders`), and which signal means how much (`features`)."""

    senders: Mapping[str, Any]
    features: Mapping[str, Mapping[str, float]]

    def of(self, family: str, signal: str) -> float:
        """The weight of a signal for a family of features."""
        shared = self.features["all"].get(signal, 0.0)
        return shared + self.features.get(family, {}).get(signal, 0.0)


@cache
def shipped() -> Weights:
    """The weights that come with the package."""
    text = files("workbench.suggest").joinpath("weights.json").read_text("utf-8")
    return Weights(shipped_weights(), json.loads(text))


def probability(values: SignalValues, aim: Aim, weights: Weights) -> float:
    """How probable it is that an exchange with these signals serves the feature."""
    odds = sum(weights.of(aim.family, name) * value for name, value in values.items())
    return 1 / (1 + math.exp(-max(-_FURTHEST, min(_FURTHEST, odds))))


Judged = dict[str, list[Suggestion]]
_NEAR = 0.3  # probability from which a sibling may carry another along
_SURE = 0.7  # and how sure its siblings must be on average
_STATUS_READS = (FeatureSlug.ORDER_STATUS_READ, FeatureSlug.RESERVATION_STATUS_READ)
_EVENTS = (
    (FeatureSlug.ORDER_CREATED_EVENT, FeatureSlug.ORDER_STATUS_EVENT),
    (FeatureSlug.RESERVATION_CREATED_EVENT, FeatureSlug.RESERVATION_STATUS_EVENT),
)
_STATUS_WRITES = (FeatureSlug.ORDER_STATUS_WRITE, FeatureSlug.RESERVATION_STATUS_WRITE)


def settle(judged: Judged, interactions: Mapping[str, InteractionSignals]) -> Judged:
    """Return the same suggestions, with `proposed` settled over the whole document."""
    settled = dict(judged)
    for feature in _STATUS_WRITES:
        if feature in settled:
            found = _with_siblings(settled[feature], interactions)
            settled[feature] = _narrow_first(found, interactions)
    for feature in _STATUS_READS:
        if feature in settled:
            settled[feature] = _dedicated_first(settled[feature], interactions)
    for created, changed in _EVENTS:
        if created in settled and changed in settled:
            settled[created], settled[changed] = _told_apart(settled[created], settled[changed])
    return settled


def _told_apart(
    created: list[Suggestion], changed: list[Suggestion]
) -> tuple[list[Suggestion], list[Suggestion]]:
    """Where each of two things has an event of its own, no event stands for both."""
    scores = [
        {item.reference: item.score for item in found if item.proposed}
        for found in (created, changed)
    ]
    ours, theirs = scores
    own = [
        {ref for ref, score in one.items() if score > other.get(ref, 0.0)}
        for one, other in ((ours, theirs), (theirs, ours))
    ]
    if not all(own):
        return created, changed
    kept = [
        [replace(item, proposed=item.proposed and item.reference in names) for item in found]
        for found, names in zip((created, changed), own, strict=True)
    ]
    return kept[0], kept[1]


def _dedicated_first(
    found: list[Suggestion], interactions: Mapping[str, InteractionSignals]
) -> list[Suggestion]:
    """Where a status has a resource of its own, the whole thing is not proposed for it."""
    dedicated = {
        item.reference
        for item in found
        if item.proposed and "status" in interactions[item.reference].acted
    }
    if not dedicated:
        return found
    return [replace(item, proposed=item.proposed and item.reference in dedicated) for item in found]


def _narrow_first(
    found: list[Suggestion], interactions: Mapping[str, InteractionSignals]
) -> list[Suggestion]:
    """Where steps or a status have operations of their own, no write of the whole sets them."""
    narrow = {
        item.reference
        for item in found
        if item.proposed and interactions[item.reference].moves_by_path
    }
    if not narrow:
        return found
    return [
        replace(item, proposed=item.proposed and not interactions[item.reference].writes_whole)
        for item in found
    ]


def _with_siblings(
    found: list[Suggestion], interactions: Mapping[str, InteractionSignals]
) -> list[Suggestion]:
    """Let transitions below one path with one method be proposed together."""
    families: dict[tuple[str, str, str], list[Suggestion]] = {}
    for item in found:
        signals = interactions[item.reference]
        if any(act.kind == "transition" for act in signals.acts):
            parent = signals.item.id.rpartition("/")[0]
            families.setdefault((signals.item.document, signals.method, parent), []).append(item)
    carried = set()
    for members in families.values():
        proposed = [item for item in members if item.score >= THRESHOLD]
        mean = sum(item.score for item in members) / len(members)
        if len(proposed) * 2 > len(members) or (proposed and mean >= _SURE):
            carried |= {item.reference for item in members if item.score >= _NEAR}
    return [replace(item, proposed=item.proposed or item.reference in carried) for item in found]
