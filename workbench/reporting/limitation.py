"""Limits of integrated features, and what is lost on the way between the two systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.model import Catalogue, Evidence, Reason, Status
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
