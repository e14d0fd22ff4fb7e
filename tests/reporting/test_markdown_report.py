"""Markdown in which a text from outside is text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from workbench.reporting.markdown_report import (
    escape_markdown,
    fence,
    write_job_summary,
    write_markdown,
)
from workbench.reporting.report import Report

from .conftest import Build, read
from .hostile import PAYLOADS, hostile

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
MORE = (
    "[a](javascript:alert(1))", "![x](http://evil.example/x.png)", "# heading", "- list", "1. one",
    "> quote", "```\ncode", "| a | b |\n|---|---|", "<http://evil.example>", "[r]: //evil.example",
    "**bold** _em_ ~~gone~~", "line\n\n---\n\nnext", "`tick`` and ```", "@everyone", "=====", "\\",
)  # fmt: skip


def shape(text: str) -> list[str]:
    """Kinds of all tokens: the structure of a document without its text."""

    def flat(tokens: list[Token]) -> list[str]:
        return [
            kind
            for token in tokens
            for kind in ([token.type, *flat(token.children)] if token.children else [token.type])
            if kind not in {"text", "text_special", "softbreak", "entity"}
        ]

    return flat(PARSER.parse(text))


@pytest.mark.parametrize("payload", [*PAYLOADS, *MORE])
@pytest.mark.parametrize("write", [write_markdown, write_job_summary])
def test_hostile_strings_are_inert(build_run: Build, write: object, payload: str) -> None:
    """A payload in every string leaves headings, tables, links and code as they are."""
    assert callable(write)
    shapes = []
    for run, words in (("hostile", payload), ("twin", "harmless words")):
        head, lines = hostile(words)
        changed = {name: getattr(head, name) for name in type(head).model_fields}
        folder = build_run(lines, **(changed | {"run": run}))
        text = write(read(folder.path))
        shapes.append(shape(text))
        assert not any(kind.startswith(("html_", "link", "image")) for kind in shapes[-1])
        assert not set("\x00\x1b\u202e") & set(text)
    assert shapes[0] == shapes[1]


@given(st.text())
def test_escaped_text_is_one_paragraph_of_text(text: str) -> None:
    """Whatever it is, Markdown reads nothing but text in it, also inside a table cell."""
    shown = escape_markdown(text)
    assert set(shape(shown)) <= {"paragraph_open", "inline", "paragraph_close"}
    cells = shape(f"| a | b |\n|---|---|\n| {shown} | x |")
    assert cells == shape("| a | b |\n|---|---|\n| y | x |")


@given(st.text())
def test_a_code_span_holds_any_text(text: str) -> None:
    """Backticks inside do not end it."""
    kinds = shape(f"| a | b |\n|---|---|\n| {fence(text)} | x |")
    assert kinds == shape("| a | b |\n|---|---|\n| `y` | x |")


def test_addresses_and_names_are_no_links() -> None:
    """A platform that links bare addresses and mentions finds none."""
    shown = escape_markdown("see http://evil.example, www.evil.example, mailto:a@evil.example")
    assert "http:" not in shown
    assert "www." not in shown
    assert "a@evil" not in shown
    assert escape_markdown("GET /orders-list") == "GET /orders-list"


def test_it_says_what_the_page_says(report: Report) -> None:
    """Sentence, gaps with who can lift them, and defects are there; the summary is short."""
    text = write_markdown(report)
    assert report.sentence in text
    assert "Who can lift it: **You**" in text
    assert "A cancelled order is still shown as accepted" in text
    summary = write_job_summary(report)
    assert summary.startswith("## Comanda: Partial integration")
    assert len(summary) < 3_000
