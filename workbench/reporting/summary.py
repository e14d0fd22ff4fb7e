"""A report in two words and in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import AwareDatetime

from workbench.model import REFUSAL, Evidence, Feature, Record, Scores, Standing, Status, Verdict
from workbench.reporting.language import Language, name_refusal
from workbench.reporting.row import Row

Level = Literal["incomplete", "untested", "none", "full", "reservations", "orders", "partial"]
_PARTS = (
    Status.FAILED,
    Status.SUPPORTED,
    Status.UNVERIFIED,
    Status.OPEN,
    Status.UNKNOWN,
    Status.UNSUPPORTED,
)
_WHOLE = {Standing.PROVED, Standing.INAPPLICABLE}


class Trouble(Record):
    """What kept us from asking: since when, by which refusals, and in how many observations."""

    since: AwareDatetime
    kinds: tuple[str, ...]
    observations: int

    def tell(self, language: Language) -> str:
        """One sentence for the top of a report."""
        return language.say(
            "access.trouble",
            moment=language.moment(self.since),
            why=language.join([name_refusal(kind, language) for kind in self.kinds]),
            observations=language.count("count.observation", self.observations),
        )


def find_trouble(evidence: Iterable[Evidence]) -> Trouble | None:
    """What kept us from asking; None when nothing did."""
    hit = [line for line in evidence if REFUSAL in line.detail]
    if not hit:
        return None
    kinds = dict.fromkeys(str(line.detail[REFUSAL]) for line in hit)
    since = min(line.observed_at for line in hit)
    return Trouble(since=since, kinds=tuple(kinds), observations=len(hit))


def name_level(
    platform: Sequence[tuple[Feature, Verdict]], scores: Scores, *, is_complete: bool
) -> Level:
    """Full, partial, or what kind of integration it is: the end of a key under `level`.

    Args:
        platform: Services and events with their verdicts.
        scores: Figures of the same.
        is_complete: Whether the run came to its end.
    """
    works = [feature for feature, verdict in platform if verdict.status.is_integrated]
    areas = {feature.area for feature in works}
    kinds = {feature.slug.split("-")[0] for feature in works}
    if not is_complete:
        return "incomplete"
    if not scores.is_tested:
        return "untested"
    if not works:
        return "none"
    if scores.integrated == scores.applicable and all(_is_whole(*pair) for pair in platform):
        return "full"
    if "order" not in kinds and "catalogue" not in areas and "reservation" in kinds:
        return "reservations"
    if "reservation" not in kinds and "catalogue" not in areas and "order" in kinds:
        return "orders"
    return "partial"


def _is_whole(feature: Feature, verdict: Verdict) -> bool:
    """Whether every core criterion that applies is proved live; one stated absent is none."""
    if verdict.status is Status.EXEMPT:
        return True
    return all(verdict.criteria.get(item.slug) in _WHOLE for item in feature.criteria if item.core)


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
