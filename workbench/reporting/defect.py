"""Findings of a run, each once, with the features that it touches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from workbench.model import Evidence, Finding, Severity, Verdict


@dataclass(frozen=True)
class Defect:
    """A distinct finding.

    Attributes:
        number: Position among the partner's findings, or among ours, from 1: the most severe
            comes first.
        features: Slugs of the features that it touches.
        evidence: Ids of the observations that showed it.
    """

    number: int
    finding: Finding
    features: tuple[str, ...]
    evidence: tuple[str, ...]

    @property
    def is_grave(self) -> bool:
        """Whether the partner should look at it: medium and above."""
        return self.finding.severity.rank <= Severity.MEDIUM.rank

    @property
    def is_theirs(self) -> bool:
        """Whether the partner can act on it: about the platform, or a document of theirs."""
        return self.finding.matter.is_theirs


def collect(evidence: Iterable[Evidence], verdicts: Iterable[Verdict]) -> tuple[Defect, ...]:
    """Distinct findings of the evidence and of the verdicts, most severe first."""
    worst: dict[tuple[str, str | None, str | None], Finding] = {}
    features: dict[tuple[str, str | None, str | None], dict[str, None]] = {}
    shown: dict[tuple[str, str | None, str | None], dict[str, None]] = {}
    seen = [(line.feature, line.id, finding) for line in evidence for finding in line.findings]
    seen += [(item.feature, "", finding) for item in verdicts for finding in item.findings]
    for feature, line, finding in seen:
        known = worst.setdefault(finding.key, finding)
        is_fuller = finding.severity is known.severity and finding.exchange and not known.exchange
        if finding.severity.rank < known.severity.rank or is_fuller:
            worst[finding.key] = finding
        features.setdefault(finding.key, {})[feature] = None
        shown.setdefault(finding.key, {}).update({line: None} if line else {})
    ranked = sorted(worst.items(), key=lambda entry: entry[1].severity.rank)
    numbers = {True: count(1), False: count(1)}
    return tuple(
        Defect(next(numbers[finding.matter.is_theirs]), finding, (*features[key],), (*shown[key],))
        for key, finding in ranked
    )
