"""What is proposed, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

THRESHOLD = 0.5  # probability from which something is proposed
TRACE = 0.08  # probability under which nothing is worth showing


@dataclass(frozen=True)
class Suggestion:
    """One operation or event that may serve a feature.

    Attributes:
        feature: Slug of the feature.
        reference: `METHOD /path`, `webhook:NAME`, `callback:NAME`, `asyncapi:CHANNEL` or
            `schema:NAME`, as in the description.
        score: How probable it is that this serves the feature, from 0 to 1.
        proposed: Whether it is more probable than not, and fits with all else that is proposed.
        direction: `outbound` (we call) or `inbound` (they call us).
        reasons: What speaks for it, in words, strongest first.
        against: What speaks against it.
        turns: What would change the answer, each with the score that it would have then.
    """

    feature: str
    reference: str
    score: float
    proposed: bool
    direction: str
    reasons: tuple[str, ...]
    against: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Factor:
    """One observation of a rule: the factor that it puts on its score, and what was seen."""

    factor: float
    reason: str


def total(points: Iterable[Factor]) -> float:
    """The score that observations of a rule give together: the product of their factors."""
    return math.prod(point.factor for point in points)
