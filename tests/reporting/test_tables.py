"""Tables for engineers: every row, readable names, and nothing that a browser would obey."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from workbench.model.description import ApiDescription, DocumentWarning, Event, Operation
from workbench.model.evidence import Evidence
from workbench.partners import load_catalogue
from workbench.reporting import tables
from workbench.reporting.report import Report

from .conftest import observations, statements
from .hostile import PAYLOADS, hostile


def describe(text: str) -> ApiDescription:
    """A description in which everything is called `text`."""
    return ApiDescription(
        operations=(Operation(id=text, method="GET", path=text, document=text, summary=text),),
        events=(Event(id=text, name=text, source="webhook", document=text, summary=text),),
        warnings=(
            DocumentWarning(slug="odd", document=text, summary=text, hint=text, pointer=text),
        ),
    )


def all_tables(text: str, lines: list[Evidence]) -> list[tables.DisplayTable]:
    """Every kind of table over data in which everything is called `text`."""
    description = describe(text)
    return [
        tables.operations(description),
        tables.events(description),
        tables.warnings(description),
        tables.evidence(lines),
        tables.findings(lines),
        tables.coverage(lines),
    ]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_partner_wrote_is_escaped(payload: str) -> None:
    """A payload in any cell is shown as text, and controls never reach a terminal."""
    _, lines = hostile(payload)
    _, harmless = hostile("harmless words")
    for table, twin in zip(
        all_tables(payload, lines), all_tables("harmless", harmless), strict=True
    ):
        shown = table._repr_html_()
        assert shown.count("<") == twin._repr_html_().count("<")
        assert not set("\x00\x1b\u202e") & set(shown + repr(table))


def test_nothing_is_cut_short() -> None:
    """A page shows long texts and many rows whole, without the index."""
    lines = [
        Evidence(feature="order-read", source="samples", outcome="passed", summary=f"{n} " * 99)
        for n in range(120)
    ]
    shown = tables.evidence(lines)._repr_html_()
    assert ("119 " * 99).strip() in shown
    assert shown.count("<tr") == 121
    assert "…" not in shown


def test_evidence_and_findings() -> None:
    """One row for an observation, one for a distinct finding, the worst first."""
    lines = observations()
    table = tables.evidence(lines)
    assert list(table.columns)[:4] == ["Id", "Feature", "Source", "Outcome"]
    assert len(table) == len(lines)
    assert list(tables.findings(lines)["Severity"]) == ["high", "medium", "low"]
    assert set(tables.coverage(lines)["Mapping"]) == {"order", "menu"}


def test_tables_of_nothing_keep_their_columns() -> None:
    """An empty table is a table."""
    assert next(iter(tables.evidence([]).columns)) == "Id"
    assert len(tables.findings([])) == 0
    assert "Severity" in tables.findings([])._repr_html_()


def test_verdicts_and_scores(report: Report) -> None:
    """Each verdict with how much of it is proved, and the three figures."""
    table = tables.verdicts(report.verdicts).set_index("Feature")
    assert table.loc["order-status-read", "Verdict"] == "failed"
    assert table.loc["order-read", "Proved"] == "1 of 13"
    assert table.loc["option-write", "Proved"] == ""
    figures = tables.scores(report.scores).set_index("Figure")
    assert figures.loc["reach"].tolist() == ["75%", 9, 12]


def test_bindings_show_what_is_stated_and_what_is_not() -> None:
    """Bound, stated absent, or nothing; silence beyond the agreed scope is left out."""
    stated = statements()
    del stated["order-read"]
    partner = SimpleNamespace(statement=stated.get)
    validation = cast("Any", SimpleNamespace(partner=partner, catalogue=load_catalogue()))
    table = tables.bindings(validation).set_index("Feature")
    assert table.loc["order-read", "Stated"] == "nothing"
    assert table.loc["menu-write", "Stated"] == "bound"
    assert table.loc["menu-write", "By"] == "PUT /v2/locales/{localId}/carta"
    assert table.loc["option-write", "Stated"] == "unsupported R8"
    assert "order-refund" not in table.index


def test_a_table_is_a_data_frame() -> None:
    """An engineer can go on with pandas, and slices are shown the same way."""
    table = tables.evidence(observations())
    assert isinstance(table, pd.DataFrame)
    assert isinstance(table[table["Outcome"] == "passed"], tables.DisplayTable)
