"""The status machines with the steps that a run tried, in the colours of the front end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.lab.cell_view import Card
from workbench.model import Evidence
from workbench.reporting import STEP_SIGNS, DisplayTable, ReportSection, draw_walks, make_table

_INK, _LINE, _SOFT = (
    "var(--jp-ui-font-color1,currentColor)",
    "var(--jp-border-color2,#8886)",
    "var(--jp-ui-font-color2,#777)",
)
_GOOD, _BAD = "var(--jp-success-color1,#2e7d32)", "var(--jp-error-color1,#c62828)"
_STYLE = (
    "<style>.wb .walk{display:inline-block;vertical-align:top;width:min(100%,30em)}"
    ".wb .walk svg{width:100%;height:auto}"
    f".wb .state rect{{fill:none;stroke:{_INK}}}"
    f".wb .state text{{fill:{_INK};text-anchor:middle;font-size:14px}}"
    f".wb .step{{fill:none;stroke-width:2.5}}.wb .untried{{stroke:{_LINE};stroke-width:1.5}}"
    f".wb .taken{{stroke:{_GOOD}}}.wb .refused{{stroke:{_SOFT};stroke-dasharray:2 4}}"
    f".wb .wrong{{stroke:{_BAD};stroke-width:3.5;stroke-dasharray:9 4}}"
    f".wb marker path{{stroke:none}}.wb marker.untried path{{fill:{_LINE}}}"
    f".wb marker.taken path{{fill:{_GOOD}}}.wb marker.refused path{{fill:{_SOFT}}}"
    f".wb marker.wrong path{{fill:{_BAD}}}.wb .keys{{list-style:none;padding:0}}"
    f".wb li.taken b{{color:{_GOOD}}}.wb li.wrong b{{color:{_BAD}}}</style>"
)
_OUTCOMES = {"taken": "passed", "refused": "passed", "wrong": "failed"}


class WalkCard(Card):
    """Which steps of orders and reservations a run tried, and how the partner took them."""

    def __init__(self, run: str, lines: Sequence[Evidence]) -> None:
        self._run = run
        self._lines_of_run = lines
        self.walks = draw_walks(lines)

    def to_frame(self) -> DisplayTable:
        """A row for each step that was tried; what is wrong first."""
        rows = [
            (_OUTCOMES[step.kind], walk.noun, step.start, step.end, step.kind)
            for walk in self.walks
            for step in walk.tried
        ]
        head = ("Outcome", "Of", "From", "To", "How it went")
        return make_table(head, sorted(rows, key=lambda row: row[0] != "failed"))

    def _title(self) -> str:
        count = sum(len(walk.tried) for walk in self.walks)
        return f"{self._run or 'no run'}: {count} steps of statuses tried"

    def _html(self) -> Iterable[str]:
        yield _STYLE
        yield ReportSection("tried", {"lines": self._lines_of_run})._repr_html_()

    def _lines(self) -> Iterable[str]:
        for walk in self.walks:
            for kind, sign in STEP_SIGNS.items():
                for step in walk.of(kind):
                    yield f"{sign} {walk.noun}: {step.start} → {step.end} ({kind})"
