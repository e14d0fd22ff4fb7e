"""Limits of integrated features, and what is lost on the way between the two systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.model.evidence import Evidence
from workbench.model.feature import Catalogue, Reason
from workbench.model.verdict import Status
from workbench.reporting.row import Row


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
    """Fields of one mapping that do not come across, in the recorded data.

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


def list_losses(evidence: Iterable[Evidence]) -> dict[str, Loss]:
    """Mapping → what is lost, over all samples that went through it."""
    gathered: dict[str, tuple[set[str], set[str]]] = {}
    for line in evidence:
        unread, unfilled = (set(map(str, line.detail.get(side) or ())) for side in _SIDES)
        if "mapping" in line.detail and (unread or unfilled):
            entry = gathered.setdefault(str(line.detail["mapping"]), (set(), set()))
            entry[0].update(unread)
            entry[1].update(unfilled)
    return {
        name: Loss(
            tuple(sorted(unread)),
            tuple(sorted(field for field in unfilled if not field.startswith("/"))),
            # Pointers into the partner's payload: what we could send and do not have.
            tuple(sorted(field for field in unfilled if field.startswith("/"))),
        )
        for name, (unread, unfilled) in gathered.items()
    }


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
