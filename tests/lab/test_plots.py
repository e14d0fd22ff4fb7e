"""Pictures of the bench: they show what is there, take the theme's colours, and run nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from workbench.lab import plots
from workbench.lab.cell_view import SIGNS
from workbench.lab.results import DocumentChanges
from workbench.model import Evidence

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\u202e"


def texts(svg: str) -> set[str]:
    """All words of a picture."""
    root = ET.fromstring(svg)
    return {text for item in root.iter() if (text := (item.text or "").strip())}


def look(feature: str, source: str, outcome: str) -> Evidence:
    """One observation."""
    return Evidence(feature=feature, source=source, outcome=outcome, summary="s")


DRAWN: dict[str, tuple[Callable[[], Any], set[str]]] = {
    "latency": (
        lambda: plots.plot_latency({"GET /a": [9.0, 1200.0], "GET /b": [5.0]}, 800),
        {"GET /a", "GET /b", "milliseconds"},
    ),
    "figures": (
        lambda: plots.plot_figures(
            (f"run-{n}", {"reach": 1.0, "score": n / 3, "depth": 0.1}) for n in range(3)
        ),
        {"run-0", "run-2", "reach", "score", "depth", "100%"},
    ),
    "sources": (
        lambda: plots.plot_sources(
            [
                look("order-read", "documents", "passed"),
                look("order-read", "behaviour", "passed"),
                look("order-read", "behaviour", "cant-tell"),
            ],
            SIGNS,
        ),
        {"order-read", "documents", "behaviour", "✓", "?", "cant-tell"},
    ),
    "coverage": (
        lambda: plots.plot_coverage([("order", 2, 5)]),
        {"order", "theirs, not read", "ours, left empty"},
    ),
    "times": (
        lambda: plots.plot_times([(NOON, "done"), (NOON + timedelta(1), "dead")], ("done",)),
        {"done", "dead", "received (UTC)"},
    ),
    "counts": (lambda: plots.plot_counts({"added": 7, "removed": 2}, {"removed"}), {"added", "7"}),
}


@pytest.mark.parametrize(("build", "words"), DRAWN.values(), ids=DRAWN)
def test_a_picture_says_what_it_shows(build: Callable[[], Any], words: set[str]) -> None:
    """Its words are there, its text has the colour around it, and it holds no script."""
    svg = plots.draw(build())
    assert words <= texts(svg)
    assert 'fill="currentColor"' in svg
    assert "<script" not in svg


def test_a_source_is_told_by_the_worst_it_saw() -> None:
    """Beside a passed observation, one that could not be told decides."""
    seen = [look("order-read", "behaviour", one) for one in ("passed", "cant-tell", "passed")]
    assert "✓" not in texts(plots.draw(plots.plot_sources(seen, SIGNS)))


def test_what_a_partner_wrote_is_inert() -> None:
    """Markup in a name is text, hidden characters are gone, and long names are cut."""
    svg = plots.draw(plots.plot_latency({HOSTILE: [1.0], "GET /" + "x" * 900: [2.0]}, 1))
    assert "<script" not in svg
    assert "\u202e" not in svg
    assert max(map(len, texts(svg))) < 60


def test_nothing_to_draw_is_a_table() -> None:
    """Without rows there is no picture, and nothing breaks."""
    assert "<svg" not in DocumentChanges(())._repr_html_()
