"""What a run found wrong, each once; limits of features, and what is lost between the systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from workbench.model import (
    Catalogue,
    Evidence,
    Finding,
    Identity,
    Reason,
    Severity,
    Status,
    Verdict,
    identify,
)
from workbench.reporting.row import Row


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


@dataclass(frozen=True)
class Limitation:
    """One limit of one feature, with all behaviours that it concerns.

    Attributes:
        reason: The coded reason; None when our tests showed the limit.
        behaviours: Titles of the criteria.
    """

    row: Row
    note: str
    reason: Reason | None
    behaviours: tuple[str, ...]


@dataclass(frozen=True)
class Loss:
    """Fields of one mapping that come across in none of the recorded data.

    Attributes:
        unread: Theirs, which we do not read.
        unfilled: Ours, which stay empty.
        unsent: Theirs, which we do not fill.
    """

    unread: tuple[str, ...]
    unfilled: tuple[str, ...]
    unsent: tuple[str, ...]


def list_limits(rows: Iterable[Row], catalogue: Catalogue) -> list[Limitation]:
    """Named limits of integrated features; one sentence that limits several behaviours is one."""
    found: dict[tuple[str, str, str | None], tuple[Row, list[str]]] = {}
    for row in rows:
        if row.verdict.status is not Status.LIMITED:
            continue
        for limit in row.verdict.limits:
            key = (row.feature.slug, limit.note, limit.code)
            _, titles = found.setdefault(key, (row, []))
            criterion = row.feature.criterion(limit.criterion or "")
            titles.extend([criterion.title] if criterion else [])
    return [
        Limitation(row, note, catalogue.reason(code) if code else None, tuple(titles))
        for (_, note, code), (row, titles) in found.items()
    ]


def list_losses(evidence: Iterable[Evidence], catalogue: Catalogue) -> dict[str, Loss]:
    """Mapping → what is lost in every sample that went through it, each direction for itself.

    What one sample lacks and another brings across is no loss: a collection has no address.
    """
    common: dict[tuple[str, bool, str], set[str]] = {}
    for line in evidence:
        feature = catalogue.feature(line.feature)
        for side in _SIDES:
            if feature is not None and "mapping" in line.detail and side in line.detail:
                key = (str(line.detail["mapping"]), feature.is_ours, side)
                found = set(map(str, line.detail[side] or ()))
                common[key] = common.get(key, found) & found
    lost: dict[str, dict[str, set[str]]] = {}
    for (name, _, side), fields in common.items():
        if fields:
            lost.setdefault(name, {}).setdefault(side, set()).update(fields)
    return {name: _sort_out(**sides) for name, sides in lost.items()}


def _sort_out(unread: Iterable[str] = (), unfilled: Iterable[str] = ()) -> Loss:
    # Pointers into the partner's payload are what we could send and do not have.
    return Loss(
        unread=tuple(sorted(unread)),
        unfilled=tuple(sorted(field for field in unfilled if not field.startswith("/"))),
        unsent=tuple(sorted(field for field in unfilled if field.startswith("/"))),
    )


def list_statuses(
    mappings: Mapping[str, Iterable[Mapping[str, Any]]],
) -> dict[str, list[tuple[str, str]]]:
    """Mapping (and field, when it is not plainly `status`) → their value, our status."""
    tables: dict[str, list[tuple[str, str]]] = {}
    for name, rows in mappings.items():
        for row in rows:
            values = row.get("enum")
            if values and row["field"].endswith("status"):
                caption = name if row["field"] == "status" else f"{name}: {row['field']}"
                pairs = [(str(theirs), str(ours)) for theirs, ours in values.items()]
                tables.setdefault(caption, []).extend(pairs)
    return tables


_SIDES = ("unread", "unfilled")
