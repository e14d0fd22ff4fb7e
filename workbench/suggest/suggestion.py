"""What is proposed, and how its score comes about."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

THRESHOLD = 0.5  # score from which something is proposed
SHARE = 0.6  # and the part of the best score of its feature that it must reach
DEDICATED = 0.9  # the same where one that is made for the purpose does away with the others
TRACE = 0.08  # score under which nothing is worth showing


@dataclass(frozen=True)
class Suggestion:
    """One operation or event that may serve a feature.

    Attributes:
        feature: Slug of the feature.
        reference: `METHOD /path`, `webhook:NAME`, `callback:NAME`, `asyncapi:CHANNEL` or
            `schema:NAME`, as in the description.
        score: From 0 to 1.
        proposed: Whether it is above the default threshold.
        direction: `outbound` (we call) or `inbound` (they call us).
        reasons: Why, in words, strongest first.
    """

    feature: str
    reference: str
    score: float
    proposed: bool
    direction: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """One observation: the factor that it puts on the score, and what was seen."""

    factor: float
    reason: str


def total(points: Iterable[Point]) -> float:
    """The score that observations give together: the product of their factors."""
    return math.prod(point.factor for point in points)
