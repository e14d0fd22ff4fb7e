"""Findings of a run, each once, with the features that it touches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

from workbench.model import Evidence, Finding, Identity, Severity, Verdict, identify


@dataclass(frozen=True)
class Defect:
    """A distinct finding.

    Attributes:
        number: Position among the partner's findings, or among ours, from 1: the most severe
            comes first.
        features: Slugs of the features that it touches.
        operations: Operations and events that showed it, each once.
        evidence: Ids of the observations that showed it.
    """

    number: int
    finding: Finding
    features: tuple[str, ...]
    operations: tuple[str, ...]
    evidence: tuple[str, ...]

    @property
    def is_grave(self) -> bool:
        """Whether the partner should look at it: medium and above."""
        return self.finding.severity.rank <= Severity.MEDIUM.rank

    @property
    def is_theirs(self) -> bool:
        """Whether the partner can act on it: about the platform, or a document of theirs."""
        return self.finding.matter.is_theirs

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """The other operations and events that showed it."""
        return tuple(name for name in self.operations if name != self.finding.operation)


def collect(evidence: Iterable[Evidence], verdicts: Iterable[Verdict]) -> tuple[Defect, ...]:
    """Distinct findings of the evidence and of the verdicts, most severe first."""
    seen = [(line.feature, line.id, finding) for line in evidence for finding in line.findings]
    seen += [(item.feature, "", finding) for item in verdicts for finding in item.findings]
    name = identify(finding for _, _, finding in seen)
    worst: dict[Identity, Finding] = {}
    told: dict[Identity, _Told] = {}
    for feature, line, finding in seen:
        key = name(finding)
        known = worst.setdefault(key, finding)
        is_fuller = finding.severity is known.severity and finding.exchange and not known.exchange
        if finding.severity.rank < known.severity.rank or is_fuller:
            worst[key] = finding
        about = told.setdefault(key, _Told())
        about.features[feature] = None
        about.operations |= {finding.operation: None} if finding.operation else {}
        about.evidence |= {line: None} if line else {}
    ranked = sorted(worst.items(), key=lambda entry: entry[1].severity.rank)
    numbers = {True: count(1), False: count(1)}
    return tuple(
        Defect(
            number=next(numbers[finding.matter.is_theirs]),
            finding=finding,
            features=(*told[key].features,),
            operations=(*told[key].operations,),
            evidence=(*told[key].evidence,),
        )
        for key, finding in ranked
    )


@dataclass
class _Told:
    """Where one finding was met, each place once."""

    features: dict[str, None] = field(default_factory=dict)
    operations: dict[str, None] = field(default_factory=dict)
    evidence: dict[str, None] = field(default_factory=dict)
