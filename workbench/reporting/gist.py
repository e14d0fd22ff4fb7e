"""A report in two words and in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from workbench.model.verdict import Scores, Status
from workbench.reporting.language import Language
from workbench.reporting.row import Row

_PARTS = (Status.FAILED, Status.UNVERIFIED, Status.UNKNOWN, Status.UNSUPPORTED)


def name_level(platform: Sequence[Row], scores: Scores, *, is_complete: bool) -> str:
    """Full, partial, or what kind of integration it is: the end of a key under `level`.

    Args:
        platform: Rows of services and events.
        scores: Figures of the same rows.
        is_complete: Whether the run came to its end.
    """
    works = [row.feature for row in platform if row.verdict.status.is_integrated]
    areas = {feature.area for feature in works}
    kinds = {feature.slug.split("-")[0] for feature in works}
    if not is_complete:
        return "incomplete"
    if not works:
        return "none"
    if scores.integrated == scores.applicable:
        return "full"
    if "order" not in kinds and "catalogue" not in areas and "reservation" in kinds:
        return "reservations"
    if "reservation" not in kinds and "catalogue" not in areas and "order" in kinds:
        return "orders"
    return "partial"


def sum_up(
    platform: Sequence[Row], scores: Scores, language: Language, *, is_complete: bool
) -> str:
    """One honest sentence whose figures add up."""
    counted = Counter(row.verdict.status for row in platform)
    features = language.count("count.feature", scores.applicable)
    first = language.count("sum.integrated", scores.integrated, features=features)
    parts = [first if is_complete else language.say("sum.so_far", sentence=first)]
    parts += [
        language.count(f"sum.{status}", counted[status]) for status in _PARTS if counted[status]
    ]
    return "; ".join(parts) + "."
