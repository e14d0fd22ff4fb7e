"""The engineer's record shows everything that a notebook holds, and runs none of it."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workbench.reporting.engineer import NOTEBOOK, clean, write_engineer
from workbench.reporting.report import Report

from .hostile import PAYLOADS

# Elements that run, fetch, restyle or deceive.
LIVE = {"script", "iframe", "img", "svg", "math", "form", "meta", "link", "object", "embed", "a",
        "input", "button", "base"}  # fmt: skip


def outputs(payload: str) -> dict[str, Any]:
    """Every kind of output in which a notebook may hold a partner's text."""
    return {
        "html": new_output("display_data", data={"text/html": f"<p>{payload}</p>"}),
        "table": new_output("execute_result", data={"text/html": f"<table><tr><td>{payload}"}),
        "styled": new_output("display_data", data={"text/html": f"<style>{payload}</style><b>x"}),
        "markdown": new_output("display_data", data={"text/markdown": payload, "text/plain": "x"}),
        "svg": new_output("display_data", data={"image/svg+xml": payload, "text/plain": payload}),
        "javascript": new_output("display_data", data={"application/javascript": payload}),
        "latex": new_output("display_data", data={"text/latex": payload, "text/plain": payload}),
        "json": new_output("display_data", data={"application/json": {"x": payload}}),
        "plain": new_output("execute_result", data={"text/plain": payload}),
        "stream": new_output("stream", text=payload),
        "error": new_output("error", ename="E", evalue=payload, traceback=[payload]),
    }


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("kind", sorted(outputs("")))
def test_hostile_outputs_are_inert(report: Report, kind: str, payload: str) -> None:
    """15 payloads in 11 kinds of output and in text: nothing live comes through."""
    cells = [new_markdown_cell(payload), new_code_cell("x", outputs=[outputs(payload)[kind]])]
    nbformat.write(new_notebook(cells=cells), report.folder.path / NOTEBOOK)
    page = BeautifulSoup(write_engineer(report), "html.parser")
    body = page.find(id="notebook").parent  # type: ignore[union-attr]
    assert body is not None
    for element in body.find_all(True):
        assert element.name not in LIVE
        assert not {name for name in element.attrs if name.startswith("on") or name == "style"}
    assert len(page.find_all("main")) == 1
    assert not set("\x00\x1b\u202e") & set(body.get_text())


def test_hidden_characters_are_shown_however_they_are_spelt() -> None:
    """A direction mark as a character reference is one too; ordinary references stay text."""
    shown = clean("<td>a&#x202e;b&#8238;c&#60;b&#62;</td>\u202e")
    assert "\u202e" not in BeautifulSoup(shown, "html.parser").get_text()
    assert BeautifulSoup(shown, "html.parser").get_text() == "a�b�c<b>�"


def test_tables_of_ours_stay_tables() -> None:
    """Rows, heads and spans are kept, styles and classes are not."""
    shown = clean(
        "<style>th{}</style><table class='x'><tr><th scope='col'>A</th><td>1</td></table>"
    )
    assert '<th scope="col">A</th>' in shown
    assert "style" not in shown
    assert "class" not in shown


def test_it_shows_verdicts_findings_coverage_time_and_files(report: Report) -> None:
    """What an engineer looks for is on one page, with links to what stands beside it."""
    cell = new_code_cell("1 + 1", metadata={"papermill": {"duration": 2.5}})
    failed = new_code_cell("boom", outputs=[outputs("no")["error"]])
    nbformat.write(new_notebook(cells=[cell, failed]), report.folder.path / NOTEBOOK)
    (report.folder.path / "exchange.har").write_text("{}", "utf-8")
    page = BeautifulSoup(write_engineer(report), "html.parser")
    text = page.get_text(" ", strip=True)
    assert "A cancelled order is still shown as accepted" in text
    assert "/repartidor/matricula" in text
    assert "2.5 s" in text
    assert {item["href"] for item in page.select("main a")} >= {"exchange.har", "evidence.jsonl"}
    assert len(page.select(".cell.failed")) == 1
    assert page.select_one("meta[http-equiv='Content-Security-Policy']")
