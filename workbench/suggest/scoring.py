"""From signals to probabilities: log-odds that add up, with weights fitted on labelled documents.

`weights.json` holds a weight per signal for all features, and one more per family of features;
`tests/benchmarks/fitting.py` writes it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from workbench.description import shipped_weights
from workbench.suggest.interaction_signals import InteractionSignals
from workbench.suggest.signals import Aim, Signals

_FOR, _AGAINST = 4, 2  # reasons that are told
_LOUD = 0.15  # log-odds from which a signal is a reason
_FURTHEST = 30.0
_SILENT = frozenset({"always", "rule", "no rule", "belief", "wide belief"})


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


def probability(signals: Signals, aim: Aim, weights: Weights) -> float:
    """How probable it is that an exchange with these signals serves the feature."""
    odds = sum(weights.of(aim.family, name) * value for name, value in signals.items())
    return 1 / (1 + math.exp(-max(-_FURTHEST, min(_FURTHEST, odds))))


def explain(
    signals: Signals, aim: Aim, weights: Weights, clue: InteractionSignals
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What speaks for it and what against it, in words, strongest first."""
    shares = sorted(
        (
            (weights.of(aim.family, name) * value, name)
            for name, value in signals.items()
            if name not in _SILENT
        ),
        key=lambda pair: (-abs(pair[0]), pair[1]),
    )
    told = [(share, _say(name, aim, clue)) for share, name in shares if abs(share) >= _LOUD]
    speak_for = dict.fromkeys(text for share, text in told if share > 0)
    against = dict.fromkeys(text for share, text in told if share < 0)
    return tuple(speak_for)[:_FOR], tuple(against)[:_AGAINST]


def _say(name: str, aim: Aim, clue: InteractionSignals) -> str:
    """A signal in words, with what was seen."""
    noun = aim.noun.replace("-", " ")
    if name == "sent to us":
        side = "they send it" if clue.inbound > 0 else "we send it"
        return f"{side}: {clue.why}" if clue.why else side
    said = f"{name} ".replace(" its kin ", f" what stands for the {noun} ")
    said = said.replace(" of it ", f" of the {noun} ").replace(" it ", f" the {noun} ").strip()
    path = clue.item.id
    if said.startswith(("path", "names one")):
        return f"{said} ({path})"
    if said.startswith("name ") and clue.item.summary:
        return f"{said} (“{clue.item.summary[:60]}”)"
    if said.startswith("text ") and clue.item.description:
        return f"{said} (“{' '.join(clue.item.description.split())[:60]}”)"
    if said.startswith("tag ") and clue.item.tags:
        return f"{said} (“{clue.item.tags[0][:40]}”)"
    return said
