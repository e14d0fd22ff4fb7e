"""What was seen, as tables: checks, runs, findings, latencies, differences of two payloads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

import orjson

from workbench.adapters import Recorded
from workbench.description import ChangeSeverity, DocumentChange
from workbench.errors import InputError
from workbench.lab import plots
from workbench.lab.cell_view import (
    SIGNS,
    Card,
    TableCard,
    escape,
    fold,
    mask_alike,
    show_json,
    show_table,
)
from workbench.model import Difference, Evidence, Outcome, compare_json
from workbench.partners import Partner
from workbench.receiver import ReceiptRow
from workbench.reporting import (
    DisplayTable,
    Snapshot,
    displayable,
    make_table,
    name_check,
    read_snapshot,
    tables,
)
from workbench.store import RunFolder

if TYPE_CHECKING:
    import altair as alt

_ORDER = list(SIGNS)
_UNDONE = frozenset({Outcome.FAILED, Outcome.CANT_TELL})
_ABSENT = "(absent)"


class Checked(TableCard):
    """Observations of checks, failed on top.

    Attributes:
        evidence: All of them.
        is_stopped: Whether somebody stopped before all were made; what is here was seen.
    """

    def __init__(self, evidence: Sequence[Evidence], *, is_stopped: bool = False) -> None:
        self.evidence = sorted(evidence, key=lambda line: _ORDER.index(line.outcome))
        self.is_stopped = is_stopped

    @property
    def undone(self) -> tuple[str, ...]:
        """Names of the checks that failed or could not be told."""
        names = (line.check for line in self.evidence if line.outcome in _UNDONE and line.check)
        return tuple(dict.fromkeys(names))

    @property
    def findings(self) -> DisplayTable:
        """Distinct findings, most severe first."""
        return tables.findings(self.evidence)

    def to_frame(self) -> DisplayTable:
        """Outcome, check, feature, what was seen."""
        return make_table(
            ("Outcome", "Check", "Feature", "What was done and seen"),
            (
                (line.outcome, name_check(line.check or ""), line.feature, line.summary)
                for line in self.evidence
            ),
        )

    def _title(self) -> str:
        counts = [
            f"{SIGNS[name][0]} {number} {name}"
            for name in _ORDER
            if (number := sum(line.outcome == name for line in self.evidence))
        ]
        stopped = " (stopped)" if self.is_stopped else ""
        return (" · ".join(counts) or "Nothing was checked") + stopped

    def _html(self) -> Iterable[str]:
        yield from super()._html()
        if len(found := self.findings):
            yield fold(f"{len(found)} findings", show_table(found))


class Runs(TableCard):
    """Runs of a partner, the latest first; `.latest` is the folder of that one."""

    def __init__(self, folders: Sequence[RunFolder]) -> None:
        self._folders = tuple(folders)[::-1]

    @property
    def latest(self) -> RunFolder | None:
        """The latest run, if there is one."""
        return self._folders[0] if self._folders else None

    @cached_property
    def _read(self) -> list[tuple[str, Snapshot | InputError]]:
        return [(folder.run, _read_folder(folder)) for folder in self._folders]

    def to_frame(self) -> DisplayTable:
        """Run, when, level, figures."""
        return make_table(
            ("Run", "Started", "Environment", "Level", "Reach", "Score", "Depth", "Findings"),
            (_row(*item) for item in self._read),
        )

    def _title(self) -> str:
        return f"{len(self._folders)} runs"

    def _chart(self) -> alt.TopLevelMixin | None:
        known = [
            (name, {figure: getattr(run.scores, figure) for figure in ("reach", "score", "depth")})
            for name, run in reversed(self._read)
            if not isinstance(run, InputError)
        ]
        return plots.plot_figures(known) if len(known) > 1 else None


def _read_folder(folder: RunFolder) -> Snapshot | InputError:
    try:
        return read_snapshot(folder)
    except InputError as error:
        return error


def _row(name: str, run: Snapshot | InputError) -> Sequence[Any]:
    if isinstance(run, InputError):
        return (name, "", "", f"cannot be read: {run.message}", "", "", "", "")
    scores = run.scores
    figures = (f"{value:.0%}" for value in (scores.reach, scores.score, scores.depth))
    level = run.level or ("" if run.is_complete else "not finished")
    started = f"{run.started_at:%Y-%m-%d %H:%M}"
    return (run.run, started, run.environment, level, *figures, len(run.findings))


class Findings(TableCard):
    """Distinct findings of a run, most severe first."""

    def __init__(self, run: str, evidence: Sequence[Evidence]) -> None:
        self._run = run
        self._frame = tables.findings(evidence)

    def to_frame(self) -> DisplayTable:
        """Severity, what, where, expected, observed, what would mend it, features."""
        return self._frame

    def _title(self) -> str:
        return f"{len(self._frame)} findings of {self._run}" if self._run else "No run yet"


class Latency(TableCard):
    """Milliseconds per operation against the partner's budget; over it comes first."""

    def __init__(self, partner: Partner, calls: Iterable[tuple[str, str, float]]) -> None:
        self.budget_ms = partner.manifest.limits.latency_budget_ms
        grouped: dict[str, list[float]] = {}
        shapes = [(_shape(item.path), item) for item in partner.description.operations]
        for method, path, milliseconds in calls:
            fitting = [
                (item.path.count("{"), item.id)
                for shape, item in shapes
                if item.method == method and shape.search(path)
            ]
            # Of `/orders/{id}` and `/orders/search`, the one with fewer open parts is meant.
            if fitting:
                grouped.setdefault(min(fitting)[1], []).append(milliseconds)
        self.calls = dict(sorted(grouped.items(), key=lambda entry: -_high(entry[1])))

    def to_frame(self) -> DisplayTable:
        """Operation, calls, median, slowest twentieth, budget."""
        return make_table(
            ("Outcome", "Operation", "Calls", "Median ms", "95 % ms", "Budget ms"),
            (
                (
                    "passed" if (slow := _high(values)) <= self.budget_ms else "failed",
                    operation,
                    len(values),
                    f"{median(values):.0f}",
                    f"{slow:.0f}",
                    self.budget_ms,
                )
                for operation, values in self.calls.items()
            ),
        )

    def _title(self) -> str:
        return f"Latency of {len(self.calls)} operations, budget {self.budget_ms} ms"

    def _chart(self) -> alt.TopLevelMixin | None:
        return plots.plot_latency(self.calls, self.budget_ms) if self.calls else None


class Sources(TableCard):
    """Which source saw what of each feature in a run; the worst outcome of each."""

    def __init__(self, run: str, evidence: Sequence[Evidence]) -> None:
        self._run = run
        self._evidence = evidence

    def to_frame(self) -> DisplayTable:
        """Feature, source, outcome, number of observations."""
        grouped: dict[tuple[str, str], list[str]] = {}
        for line in self._evidence:
            grouped.setdefault((line.feature, str(line.source)), []).append(str(line.outcome))
        rows = [
            (min(outcomes, key=_ORDER.index), feature, source, len(outcomes))
            for (feature, source), outcomes in grouped.items()
        ]
        rows.sort(key=lambda row: (_ORDER.index(row[0]), row[1]))
        return make_table(("Outcome", "Feature", "Source", "Observations"), rows)

    def _title(self) -> str:
        return f"What the sources of {self._run} saw" if self._run else "No run yet"

    def _chart(self) -> alt.TopLevelMixin | None:
        return plots.plot_sources(self._evidence, SIGNS) if self._evidence else None


class SampleCoverage(TableCard):
    """How much of each payload its mapping reads, over the samples of a run."""

    def __init__(self, run: str, evidence: Sequence[Evidence]) -> None:
        self._run = run
        self._evidence = [line for line in evidence if "mapping" in line.detail]

    def to_frame(self) -> DisplayTable:
        """Mapping, sample, their fields that are not read, ours that stay empty."""
        return tables.coverage(self._evidence)

    def _title(self) -> str:
        return f"What mappings leave out in {self._run}" if self._run else "No run yet"

    def _chart(self) -> alt.TopLevelMixin | None:
        most: dict[str, tuple[int, int]] = {}
        for line in self._evidence:
            name = str(line.detail["mapping"])
            sizes = [len(line.detail.get(side) or ()) for side in ("unread", "unfilled")]
            unread, unfilled = most.get(name, (0, 0))
            most[name] = (max(unread, sizes[0]), max(unfilled, sizes[1]))
        rows = [(name, *sizes) for name, sizes in most.items()]
        return plots.plot_coverage(rows) if rows else None


class DocumentChanges(TableCard):
    """What changed between two versions of a partner's documents, breaking first."""

    def __init__(self, changes: Iterable[DocumentChange]) -> None:
        self.changes = tuple(changes)

    def to_frame(self) -> DisplayTable:
        """Severity, operation, what happened, features that are bound to it."""
        return make_table(
            ("Severity", "Operation", "What changed", "Features"),
            (
                (item.severity, item.operation or "", item.summary, ", ".join(item.features))
                for item in self.changes
            ),
        )

    def _title(self) -> str:
        broken = sum(item.severity is ChangeSeverity.BREAKING for item in self.changes)
        return f"{len(self.changes)} changes, {broken} breaking"

    def _chart(self) -> alt.TopLevelMixin | None:
        counts = Counter(item.slug for item in self.changes)
        breaking = {c.slug for c in self.changes if c.severity is ChangeSeverity.BREAKING}
        return plots.plot_counts(counts, breaking) if counts else None


class Deliveries(TableCard):
    """Webhooks that came, on a line of time and as a table."""

    def __init__(self, receipts: Iterable[ReceiptRow]) -> None:
        self._receipts = tuple(receipts)

    def to_frame(self) -> DisplayTable:
        """Number, time, state, sender, target, events, repeats, trouble."""
        return tables.receipts(self._receipts)

    def _title(self) -> str:
        return f"{len(self._receipts)} deliveries"

    def _chart(self) -> alt.TopLevelMixin | None:
        rows = [(item.received_at, item.state) for item in self._receipts]
        return plots.plot_times(rows, wanted=("done", "new", "processing")) if rows else None


def read_calls(folder: RunFolder) -> list[tuple[str, str, float]]:
    """(method, address without query, milliseconds) of the traffic that a run recorded."""
    path = folder.path / "exchange.har"
    if not path.is_file():
        return []
    entries = orjson.loads(path.read_bytes())["log"]["entries"]
    return [
        (item["request"]["method"], item["request"]["url"].partition("?")[0], item["time"])
        for item in entries
        if item["response"]["status"]
    ]


def list_calls(recorded: Iterable[Recorded]) -> list[tuple[str, str, float]]:
    """The same of what a session recorded."""
    return [
        (item.method, item.url.partition("?")[0], item.seconds * 1000)
        for item in recorded
        if item.status
    ]


def _high(values: Sequence[float]) -> float:
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def _shape(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^{}]*\}", path)
    return re.compile("[^/]+".join(map(re.escape, parts)) + "/?$")


class Compared(TableCard):
    """Where two payloads differ, place by place, in both directions."""

    def __init__(self, one: Any, other: Any, hidden: Collection[str] = ()) -> None:
        self._names = ("first", "second")
        self._hidden = hidden
        there = {item.pointer: item for item in compare_json(one, other)}
        for item in compare_json(other, one):
            there.setdefault(item.pointer, Difference(item.pointer, item.found, item.sent))
        self.differences = tuple(there.values())
        self._one = one

    def to_frame(self) -> DisplayTable:
        """Where, and the two values."""
        return make_table(
            ("Where", self._names[0].capitalize(), self._names[1].capitalize()),
            (
                (item.pointer or "/", self._show(item.sent), self._show(item.found))
                for item in self.differences
            ),
        )

    def _title(self) -> str:
        if not self.differences:
            return "✓ Both are the same"
        return f"✗ {len(self.differences)} differences"

    def _html(self) -> Iterable[str]:
        if self.differences:
            yield show_table(self.to_frame())
            marks = [
                (item.pointer, f"the second: {self._show(item.found)}") for item in self.differences
            ]
            whole = show_json(mask_alike(self._one, self._hidden), marks)
            yield fold(f"The {self._names[0]} one, with marks", whole)

    def _show(self, value: Any) -> str:
        return _ABSENT if value is None else displayable(mask_alike(value, self._hidden))


class ResultSheet(Card):
    """A card of labels and values."""

    def __init__(self, title: str, rows: Iterable[tuple[str, str]]) -> None:
        self._head = title
        self._rows = tuple(rows)

    def to_frame(self) -> DisplayTable:
        """Label and value."""
        return make_table(("What", "Is"), self._rows)

    def _title(self) -> str:
        return self._head

    def _html(self) -> Iterable[str]:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
            for name, value in self._rows
        )
        yield f"<table>{rows}</table>"

    def _lines(self) -> Iterable[str]:
        return (f"{name}: {value}" for name, value in self._rows)
