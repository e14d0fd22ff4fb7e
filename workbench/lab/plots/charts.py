"""Pictures of the bench: Altair charts as SVG without script, in the colours of the front end.

Text and axes have the colour of the text around them, so that light and dark themes both work; what
a colour says is said by a sign or a place as well. Texts of a partner are escaped by the renderer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import altair as alt
import vl_convert

from workbench.model import Evidence
from workbench.text import sanitize

GOOD, BAD, ODD, QUIET = "#3a9d4b", "#d64545", "#c9821b", "#8a8a8a"
_AROUND = "currentColor"
_WIDTH = 460
_ROW = 22
_ROWS_OF_LINES = 8
# More rows than a screen shows tell nothing; the table has them all.
_MOST_ROWS = 40
_LONGEST_LABEL = 48


def draw(chart: alt.TopLevelMixin) -> str:
    """The chart as an SVG that takes its colours from the text around it."""
    spec = chart.to_dict()
    axis = {"labelColor": _AROUND, "titleColor": _AROUND, "labelLimit": 320}
    axis |= {
        "domainColor": _AROUND,
        "tickColor": _AROUND,
        "gridColor": _AROUND,
        "gridOpacity": 0.15,
    }
    legend = {"labelColor": _AROUND, "titleColor": _AROUND}
    spec["config"] = {"background": None, "view": {"stroke": None}, "axis": axis, "legend": legend}
    return str(vl_convert.vegalite_to_svg(spec))


def plot_latency(calls: Mapping[str, Sequence[float]], budget_ms: float) -> alt.TopLevelMixin:
    """Every call as a tick, its median as a point, the budget as a line.

    Args:
        calls: Operation → milliseconds, the slowest first.
        budget_ms: What the partner is held to.
    """
    shown = list(calls)[:_MOST_ROWS]
    rows = [{"operation": _label(name), "ms": one} for name in shown for one in calls[name]]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("operation:N", sort=[_label(name) for name in shown], title=None)
    )
    ticks = base.mark_tick(color=QUIET, thickness=2, opacity=0.6).encode(
        x=alt.X("ms:Q", title="milliseconds")
    )
    points = base.mark_point(filled=True, size=70).encode(
        x="median(ms):Q",
        color=alt.condition(f"datum.median_ms <= {budget_ms}", alt.value(GOOD), alt.value(BAD)),
    )
    line = alt.Chart(alt.InlineData(values=[{"ms": budget_ms}])).mark_rule(
        color=BAD, strokeDash=[5, 4]
    )
    return _sized(alt.layer(ticks, points, line.encode(x="ms:Q")), len(shown))


def plot_figures(runs: Iterable[tuple[str, Mapping[str, float]]]) -> alt.TopLevelMixin:
    """Reach, score and depth over runs.

    Args:
        runs: Name of a run and its shares from 0 to 1, oldest first.
    """
    known = list(runs)[-_MOST_ROWS:]
    rows = [
        {"run": _label(run), "figure": name, "share": share}
        for run, figures in known
        for name, share in figures.items()
    ]
    chart = alt.Chart(alt.InlineData(values=rows)).mark_line(point={"size": 60}, strokeWidth=2)
    chart = chart.encode(
        x=alt.X("run:N", sort=[_label(run) for run, _ in known], title=None),
        y=alt.Y("share:Q", axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1]), title=None),
        color=alt.Color("figure:N", scale=alt.Scale(range=[GOOD, ODD, "#4477cc"]), title=None),
        strokeDash=alt.StrokeDash("figure:N", title=None),
    )
    return _sized(chart, _ROWS_OF_LINES)


def plot_sources(
    evidence: Iterable[Evidence], signs: Mapping[str, tuple[str, str]]
) -> alt.TopLevelMixin:
    """Features by sources: the worst outcome that a source saw of a feature, by sign and colour.

    Args:
        evidence: Observations of a run.
        signs: Outcome → sign and class, the worst first.
    """
    order = list(signs)
    worst: dict[tuple[str, str], str] = {}
    for line in evidence:
        key = (line.feature, str(line.source))
        worst[key] = min(worst.get(key, order[-1]), str(line.outcome), key=order.index)
    rows = [
        {"feature": feature, "source": source, "outcome": outcome, "sign": signs[outcome][0]}
        for (feature, source), outcome in worst.items()
    ]
    colours = {"good": GOOD, "bad": BAD, "odd": ODD, "": QUIET}
    seen = sorted({row["outcome"] for row in rows}, key=order.index)
    scale = alt.Scale(domain=seen, range=[colours[signs[name][1]] for name in seen])
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("source:N", title=None, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("feature:N", title=None),
    )
    tiles = base.mark_rect(cornerRadius=3, opacity=0.85).encode(
        color=alt.Color("outcome:N", scale=scale, title=None)
    )
    marks = base.mark_text(color="#ffffff", fontWeight="bold").encode(text="sign:N")
    return _sized(alt.layer(tiles, marks), len({row["feature"] for row in rows}))


def plot_coverage(rows: Iterable[tuple[str, int, int]]) -> alt.TopLevelMixin:
    """Per mapping: how many of their fields are not read, how many of ours stay empty.

    Args:
        rows: Name, count of the one, count of the other.
    """
    values = [
        {"mapping": _label(name), "what": what, "fields": count}
        for name, unread, unfilled in rows
        for what, count in (("theirs, not read", unread), ("ours, left empty", unfilled))
    ]
    chart = alt.Chart(alt.InlineData(values=values)).mark_bar()
    chart = chart.encode(
        x=alt.X("fields:Q", title="fields", axis=alt.Axis(tickMinStep=1)),
        y=alt.Y("mapping:N", title=None),
        yOffset="what:N",
        color=alt.Color("what:N", scale=alt.Scale(range=[ODD, QUIET]), title=None),
    )
    return _sized(chart, 2 * len({value["mapping"] for value in values}))


def plot_times(rows: Iterable[tuple[datetime, str]], wanted: Collection[str]) -> alt.TopLevelMixin:
    """What came when, a lane for each state.

    Args:
        rows: Time with its zone, and state.
        wanted: States that are as they should be.
    """
    values = [{"at": at.isoformat(), "state": state} for at, state in rows]
    known = sorted({value["state"] for value in values}, key=lambda name: (name in wanted, name))
    colours = [GOOD if name in wanted else BAD for name in known]
    chart = alt.Chart(alt.InlineData(values=values)).mark_tick(thickness=2, opacity=0.8)
    chart = chart.encode(
        x=alt.X("utcyearmonthdatehoursminutesseconds(at):T", title="received (UTC)"),
        y=alt.Y("state:N", sort=known, title=None),
        color=alt.Color("state:N", scale=alt.Scale(domain=known, range=colours), legend=None),
    )
    return _sized(chart, len(known))


def plot_counts(counts: Mapping[str, int], bad: Collection[str] = ()) -> alt.TopLevelMixin:
    """A bar for each kind, the largest first; `bad` ones stand out.

    Args:
        counts: Kind → how many.
        bad: Kinds that need somebody's eyes.
    """
    largest = sorted(counts, key=lambda name: (-counts[name], name))[:_MOST_ROWS]
    values = [
        {"kind": _label(name), "count": counts[name], "colour": BAD if name in bad else QUIET}
        for name in largest
    ]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=alt.Y("kind:N", sort=[_label(name) for name in largest], title=None),
        x=alt.X("count:Q", title=None, axis=alt.Axis(tickMinStep=1)),
    )
    bars = base.mark_bar().encode(color=alt.Color("colour:N", scale=None))
    numbers = base.mark_text(align="left", dx=4, color=_AROUND).encode(text="count:Q")
    return _sized(alt.layer(bars, numbers), len(largest))


def _sized(chart: Any, rows: int) -> alt.TopLevelMixin:
    sized: alt.TopLevelMixin = chart.properties(width=_WIDTH, height=_ROW * max(rows, 1))
    return sized


def _label(text: str) -> str:
    tame = sanitize(text)
    return tame if len(tame) <= _LONGEST_LABEL else tame[: _LONGEST_LABEL - 1] + "…"
