"""Small tables for engineers, as pandas data frames with readable column names.

Whatever a partner wrote is escaped when a table is shown, and stripped of control characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.description import find_directions
from workbench.mapping import Translator
from workbench.model import (
    Absence,
    ApiDescription,
    Binding,
    Event,
    Evidence,
    Operation,
    Scores,
    Standing,
    Statement,
    Verdict,
)
from workbench.receiver import ReceiptRow
from workbench.reporting.defect import collect
from workbench.reporting.phrase import name_check, name_finding
from workbench.reporting.section import displayable

if TYPE_CHECKING:
    from workbench.validation import Validation

_WIDEST = 90
_STYLE = (
    "<style>.workbench th,.workbench td{text-align:left!important;vertical-align:top;"
    # Long words break, and short ones beside a long text do not.
    "white-space:normal;overflow-wrap:anywhere;max-width:38em;min-width:6em}"
    ".workbench th:first-child,.workbench td:first-child{min-width:2.5em}</style>"
)


class DisplayTable(pd.DataFrame):
    """A data frame that is shown whole: every row, no index, no text cut short."""

    @property
    def _constructor(self) -> Callable[..., DisplayTable]:
        return DisplayTable

    def _repr_html_(self) -> str:
        shown = self.to_html(index=False, border=0, justify="left", classes="workbench", na_rep="")
        return _STYLE + shown

    def __repr__(self) -> str:
        return self.to_string(index=False, justify="left", max_colwidth=_WIDEST, na_rep="")


def operations(description: ApiDescription) -> DisplayTable:
    """Every operation of the documents."""
    return _list_interactions("Operation", description.operations, description)


def events(description: ApiDescription) -> DisplayTable:
    """Every webhook, callback and channel of the documents."""
    return _list_interactions("Event", description.events, description)


def _list_interactions(
    title: str, items: Iterable[Operation | Event], description: ApiDescription
) -> DisplayTable:
    directions = find_directions(description)
    return make_table(
        (title, "Summary", "Direction", "Document", "Pointer"),
        (
            (item.id, item.summary, directions[item.document, item.id], item.document, item.pointer)
            for item in items
        ),
    )


def warnings(description: ApiDescription) -> DisplayTable:
    """Oddities of the documents that leave the rest usable."""
    return make_table(
        ("Severity", "Oddity", "Document", "Pointer", "What would mend it"),
        (
            (item.severity, item.summary, item.document, item.pointer, item.hint)
            for item in description.warnings
        ),
    )


def bindings(validation: Validation) -> DisplayTable:
    """What the partner folder states of each feature; silence beyond the scope is left out."""
    stated = [
        (feature, validation.partner.statement(feature.slug))
        for feature in validation.catalogue.features
    ]
    return make_table(
        ("Feature", "Stated", "By"),
        (
            (feature.slug, _state(statement), _by(statement))
            for feature, statement in stated
            if statement is not None or feature.needs_statement
        ),
    )


def evidence(lines: Iterable[Evidence]) -> DisplayTable:
    """Observations, one to a row."""
    return make_table(
        ("Id", "Feature", "Source", "Outcome", "Check", "What was done and seen", "Findings"),
        (
            (
                line.id,
                line.feature,
                line.source,
                line.outcome,
                name_check(line.check or ""),
                line.summary,
                len(line.findings),
            )
            for line in lines
        ),
    )


def verdicts(mapping: Mapping[str, Verdict]) -> DisplayTable:
    """Verdict of each feature, why, and how many of its behaviours are proved."""
    return make_table(
        ("Feature", "Verdict", "Because", "Proved", "Limits", "Findings"),
        (
            (
                slug,
                item.status,
                item.because,
                f"{list(item.criteria.values()).count(Standing.PROVED)} of "
                f"{sum(standing.counts for standing in item.criteria.values())}"
                if item.criteria
                else "",
                len(item.limits),
                len(item.findings),
            )
            for slug, item in mapping.items()
        ),
    )


def findings(lines: Iterable[Evidence]) -> DisplayTable:
    """Distinct findings, most severe first."""
    return make_table(
        (
            "Severity",
            "Kind",
            "Finding",
            "Where",
            "Expected",
            "Observed",
            "What would mend it",
            "Features",
        ),
        (
            (
                item.finding.severity,
                name_finding(item.finding),
                item.finding.summary,
                " ".join(part for part in (item.finding.operation, item.finding.pointer) if part),
                item.finding.expected,
                item.finding.observed,
                item.finding.hint,
                ", ".join(item.features),
            )
            for item in collect(lines, ())
        ),
    )


def coverage(lines: Iterable[Evidence]) -> DisplayTable:
    """Per translated sample: their fields that we do not read, ours that stay empty."""
    return make_table(
        ("Mapping", "Sample", "Not read", "Left empty"),
        (
            (
                line.detail["mapping"],
                line.detail.get("sample", line.subject),
                ", ".join(map(str, line.detail.get("unread") or ())),
                ", ".join(map(str, line.detail.get("unfilled") or ())),
            )
            for line in lines
            if "mapping" in line.detail
        ),
    )


def rules(translator: Translator) -> DisplayTable:
    """The rules of a mapping: our field, their path, how a value is converted."""
    return make_table(
        ("Our field", "Their path", "Conversion"),
        ((rule.field, rule.path, rule.conversion) for rule in translator.table),
    )


def scores(figures: Scores) -> DisplayTable:
    """Reach, score and depth, with what they are made of."""
    return make_table(
        ("Figure", "Share", "Counted", "Of"),
        (
            ("reach", f"{figures.reach:.0%}", figures.bound, figures.applicable),
            ("score", f"{figures.score:.0%}", figures.integrated, figures.applicable),
            ("depth", f"{figures.depth:.0%}", figures.proved, figures.criteria),
        ),
    )


def receipts(lines: Iterable[ReceiptRow]) -> DisplayTable:
    """Webhooks that came: whether they were genuine, and how far their reading got."""
    return make_table(
        ("Id", "Received", "State", "Sender", "Target", "Events", "Repeated", "Trouble"),
        (
            (
                line.id,
                f"{line.received_at:%Y-%m-%d %H:%M:%S}",
                line.state,
                line.reason,
                line.target,
                line.events,
                line.seen_again,
                line.error or "",
            )
            for line in lines
        ),
    )


def make_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> DisplayTable:
    """A table of these columns, its texts stripped of control characters."""
    tamed = [["" if cell is None else displayable(cell) for cell in row] for row in rows]
    return DisplayTable(tamed, columns=list(columns))


def _state(statement: Statement | None) -> str:
    if isinstance(statement, Binding):
        return "bound"
    if isinstance(statement, Absence):
        return f"{statement.status} {statement.code}"
    return "nothing"


def _by(statement: Statement | None) -> str:
    if isinstance(statement, Binding):
        return ", ".join(statement.subjects)
    return statement.reason if isinstance(statement, Absence) else ""
