"""The page stands alone, is small, can be read by everybody, and says nothing by colour alone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from workbench.errors import ReportError
from workbench.reporting.render import render_html
from workbench.reporting.report import Report

from .conftest import Build, make_page, read

STYLE = (files("workbench.reporting") / "templates" / "report" / "style.css").read_text("utf-8")
PAIRS = [("ink", "paper"), ("soft", "paper"), ("accent", "paper"), ("ink", "tint")] + [
    pair
    for kind in ("good", "limited", "bad", "open", "absent", "mute")
    for pair in ((kind, f"{kind}-tint"), (kind, "paper"))
]


@pytest.fixture
def page(report: Report, tmp_path: Path) -> str:
    """The page of the invented partner."""
    return make_page(report, tmp_path / "report.html")


def palettes() -> dict[str, dict[str, str]]:
    """Colours by name: of the light, the dark and the printed page."""
    blocks = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
              for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)]  # fmt: skip
    return dict(zip(("light", "dark", "print"), blocks, strict=True))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
@pytest.mark.parametrize(("front", "back"), PAIRS)
def test_contrast(scheme: str, front: str, back: str) -> None:
    """Every text colour has a contrast of 4.5 : 1 or more with what it stands on (AA)."""
    palette = palettes()[scheme]
    lighter, darker = sorted((luminance(palette[front]), luminance(palette[back])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_the_page_stands_alone(page: str) -> None:
    """No script, no address outside the page, no inline style, and a policy that allows none."""
    assert not re.search(r"<script|javascript:|\son\w+=|\sstyle=|@import|url\(", page)
    assert not re.search(r"(?:src|href|action)=[\"'](?!#)", page)
    assert len(page.encode()) < 300_000


def test_the_policy_allows_exactly_the_style_sheet(page: str) -> None:
    """The hash in the policy is that of the characters between the style tags."""
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
    assert page.index("Content-Security-Policy") < page.index("<title>")


def test_structure(page: str) -> None:
    """One h1, no level skipped, ids unique, links resolve, tables have captions and scopes."""
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = Counter(re.findall(r'\sid="([^"]*)"', page))
    assert max(ids.values()) == 1
    assert not any(" " in name or not name for name in ids)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert set(re.findall(r'aria-labelledby="([^"]+)"', page)) <= set(ids)
    tables = re.findall(r"<table.*?</table>", page, re.DOTALL)
    assert len(tables) > 10
    for table in tables:
        assert "<caption" in table
        assert "<th>" not in table
    assert page.count("<main") == page.count("</main>") == 1
    assert '<html lang="en">' in page
    assert '<a class="skip" href="#content">' in page


def test_verdicts_have_a_word_and_a_shape(page: str) -> None:
    """Every chip has a text, and every kind of chip a sign of its own beside its colour."""
    chips = re.findall(r'<span class="chip (\w+)">([^<]*)</span>', page)
    assert chips
    assert all(word.strip() for _, word in chips)
    marks = dict(re.findall(r'\.(\w+) \{ --tone: .*?--mark: "(.)"; \}', STYLE))
    assert {kind for kind, _ in chips} <= set(marks)
    assert len(set(marks.values())) == len(marks)


def test_the_partners_words_are_marked_as_their_language(page: str) -> None:
    """Summaries from a Spanish document are read out as Spanish."""
    assert '<span class="small soft" lang="es">Consulta un pedido</span>' in page


def test_an_incomplete_run_is_red(build_run: Build, tmp_path: Path) -> None:
    """The banner of an aborted run stands at the top, in words too; a complete run has none."""
    aborted = make_page(read(build_run(complete=False).path), tmp_path / "aborted.html")
    assert '<p class="banner"><strong>This run is incomplete.</strong>' in aborted
    assert aborted.index('class="banner"') < aborted.index("<h2")
    whole = make_page(read(build_run(run="whole").path), tmp_path / "whole.html")
    assert 'class="banner"' not in whole


def test_the_same_run_gives_the_same_page(report: Report, tmp_path: Path) -> None:
    """A page is a function of the run: byte for byte."""
    first = make_page(report, tmp_path / "one.html")
    assert make_page(read(report.folder.path), tmp_path / "two.html") == first


def test_an_unreadable_notebook_is_a_report_error(tmp_path: Path) -> None:
    """What cannot be rendered is said with its place."""
    broken = tmp_path / "broken.ipynb"
    broken.write_text("[]", "utf-8")
    with pytest.raises(ReportError, match="cannot be rendered"):
        render_html(broken, tmp_path / "page.html", title="x")
    assert not (tmp_path / "page.html").exists()
