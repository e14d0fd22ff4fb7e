"""A report in two words and in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from workbench.model.verdict import Scores, Standing, Status
from workbench.reporting.language import Language
from workbench.reporting.row import Row

_PARTS = (
    Status.FAILED,
    Status.SUPPORTED,
    Status.UNVERIFIED,
    Status.OPEN,
    Status.UNKNOWN,
    Status.UNSUPPORTED,
)
_WHOLE = {Standing.PROVED, Standing.INAPPLICABLE}


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
    if not scores.is_tested:
        return "untested"
    if not works:
        return "none"
    if scores.integrated == scores.applicable and all(map(_is_whole, platform)):
        return "full"
    if "order" not in kinds and "catalogue" not in areas and "reservation" in kinds:
        return "reservations"
    if "reservation" not in kinds and "catalogue" not in areas and "order" in kinds:
        return "orders"
    return "partial"


def _is_whole(row: Row) -> bool:
    """Whether every core criterion that applies is proved live; one stated absent is none."""
    if row.verdict.status is Status.EXEMPT:
        return True
    standings = row.verdict.criteria
    return all(standings.get(item.slug) in _WHOLE for item in row.feature.criteria if item.core)


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
