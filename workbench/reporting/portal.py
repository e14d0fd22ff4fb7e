"""A static site over all runs of all partners: who supports what, and what has changed.

The index holds a table of all partners by feature, packed so that thousands of partners fit into
one page; each partner has a page of its own with its trend. Nothing needs a script; one small
inline script, allowed by its hash, adds search and sorting.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from workbench.errors import InputError
from workbench.model import Catalogue, Feature, SignOff, Status
from workbench.partners import load_catalogue
from workbench.reporting.drift import Drift, compare
from workbench.reporting.history import Snapshot, read_snapshot
from workbench.reporting.language import choose_language, load_language, translate
from workbench.reporting.phrase import translate_phrase
from workbench.reporting.row import KINDS
from workbench.reporting.section import environment
from workbench.reporting.summary import Meeting, Trouble, tell_signature
from workbench.store import RunFolder

PORTAL, SALES = "portal", "restaurants.html"
# Where the sheet for restaurants stands beside the runs of a partner, once it was made.
SHEET = "sheet/sheet.html"
MOST_RUNS = 20
# One letter for each class of verdict keeps a row of thirty features under a kilobyte.
_LETTERS = {"good": "g", "limited": "l", "bad": "b", "open": "o", "absent": "a", "mute": "m"}
_WIDTH, _HEIGHT = 120, 28


@dataclass(frozen=True)
class TrendPoint:
    """One run in the trend of a partner: where it stands in the picture, and what it was."""

    run: Snapshot
    x: float
    y: float


@dataclass(frozen=True)
class PortalRow:
    """One partner in the portal.

    Attributes:
        runs: Oldest first, at most twenty, all of the environment of the last one.
        broken: Runs whose logs could not be read.
        changed: Files of the partner folder that are not those of the last run.
        meeting: The session about the last run, and what was signed in it or before.
    """

    partner: str
    runs: tuple[Snapshot, ...]
    broken: tuple[str, ...]
    changed: tuple[str, ...]
    now: datetime
    meeting: Meeting

    @property
    def last(self) -> Snapshot:
        """The latest run."""
        return self.runs[-1]

    @property
    def page(self) -> str:
        """File name of the partner's page."""
        return f"{quote(self.partner, safe='')}.html"

    @property
    def is_late(self) -> bool:
        """Whether a live proof is too old by now."""
        return self.last.valid_until is not None and self.last.valid_until < self.now

    @property
    def is_stale(self) -> bool:
        """Whether the last run no longer says how things are."""
        return self.is_late or bool(self.changed) or not self.last.is_complete

    @cached_property
    def drift(self) -> Drift | None:
        """What changed from the last run but one."""
        return compare(self.runs[-2], self.last) if len(self.runs) > 1 else None

    @property
    def points(self) -> list[TrendPoint]:
        """The trend of the score, from left to right."""
        step = _WIDTH / max(1, len(self.runs) - 1)
        return [
            TrendPoint(run, round(place * step, 1), round(_HEIGHT * (1 - run.scores.score), 1))
            for place, run in enumerate(self.runs)
        ]

    def kind(self, feature: str) -> str:
        """Class of a verdict; empty when the feature does not concern the partner."""
        status = self.last.verdicts.get(feature)
        return KINDS[status] if status else ""


@dataclass(frozen=True)
class Portal:
    """All that the pages show.

    Attributes:
        features: The columns: services and events that count.
    """

    lines: tuple[PortalRow, ...]
    catalogue: Catalogue
    features: tuple[Feature, ...]
    now: datetime
    language: str

    @property
    def totals(self) -> dict[str, float]:
        """Feature → share of the partners to whom it applies that have it."""
        found: dict[str, float] = {}
        for feature in self.features:
            counted = Counter(line.last.verdicts.get(feature.slug) for line in self.lines)
            applies = sum(
                number for status, number in counted.items() if status not in {None, Status.EXEMPT}
            )
            works = sum(number for status, number in counted.items() if _works(status))
            found[feature.slug] = works / applies if applies else 0.0
        return found

    def name(self, feature: str) -> str:
        """Title of a feature; the slug, when the catalogue does not know it."""
        found = self.catalogue.feature(feature)
        return found.title if found else feature

    def signature(self, item: SignOff) -> tuple[str, str]:
        """What a side signed, in the language of the pages."""
        return tell_signature(item, load_language(self.language), self.name)

    def translate(self, summary: str) -> str:
        """A finding in the language of the pages; as it was written where that is not known."""
        return translate_phrase(summary, self.language)

    def tell(self, trouble: Trouble) -> str:
        """What kept us from asking, in the language of the pages."""
        return trouble.tell(load_language(self.language))

    @property
    def worse(self) -> list[PortalRow]:
        """Partners of whom something became worse."""
        return [line for line in self.lines if line.drift and line.drift.has_regressions]

    @property
    def stale(self) -> list[PortalRow]:
        """Partners of whom the last run is out of date."""
        return [line for line in self.lines if line.is_stale]


def build_portal(
    reports: Path,
    *,
    contracts: Path | None = None,
    now: datetime | None = None,
    language: str = "",
) -> list[Path]:
    """Write `reports/portal/`: the index, a page for each partner, all side by side for sales.

    Args:
        reports: Folder of all runs.
        contracts: Partner folders, to see whether documents changed since the last run.
        now: Instant against which the age of proofs is measured.
        language: Code; empty: English.

    Raises:
        InputError: There is no run at all.
    """
    moment = now or datetime.now(UTC)
    code = choose_language(language).code
    lines = gather_lines(reports, contracts, moment)
    if not lines:
        raise InputError(
            "There is no run to show",
            location=str(reports),
            hint="Run `workbench validate` or `workbench demo` first.",
        )
    catalogue = translate(load_catalogue(), load_language(code))
    portal = Portal(lines, catalogue, catalogue.bindable(), moment, code)
    folder = reports / PORTAL
    fresh = folder.with_name(f".{PORTAL}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    texts = _write_pages(portal, reports)
    for name, text in texts.items():
        (fresh / name).write_text(text, "utf-8")
    # Readers see the old portal or the new one, never a half.
    shutil.rmtree(folder, ignore_errors=True)
    fresh.replace(folder)
    return [folder / name for name in texts]


def _write_pages(portal: Portal, reports: Path) -> dict[str, str]:
    """File name → page, the index first."""
    sheets = {line.partner for line in portal.lines if (reports / line.partner / SHEET).is_file()}
    partners = {line.page: _render("partner", portal, line) for line in portal.lines}
    sales = _render("sales", portal, sheets=sheets)
    return {"index.html": _render("index", portal), **partners, SALES: sales}


def gather_lines(reports: Path, contracts: Path | None, now: datetime) -> tuple[PortalRow, ...]:
    """One line for each partner that has a readable run, by title."""
    partners = sorted(
        path.name
        for path in reports.iterdir()
        if path.is_dir() and not path.name.startswith(".") and path.name != PORTAL
    ) if reports.is_dir() else []  # fmt: skip
    found = (_gather(reports, partner, contracts, now) for partner in partners)
    return tuple(sorted((line for line in found if line), key=lambda line: line.last.title.lower()))


def _gather(reports: Path, partner: str, contracts: Path | None, now: datetime) -> PortalRow | None:
    snapshots: list[Snapshot] = []
    broken: list[str] = []
    for path in (reports / partner).glob("*/evidence.jsonl"):
        try:
            found = read_snapshot(RunFolder(path.parent))
        except InputError:
            broken.append(path.parent.name)
            continue
        # A run in a folder of another name is a copy, such as the example of a checkout.
        if found.partner == partner:
            snapshots.append(found)
    if not snapshots:
        return None
    snapshots.sort(key=lambda run: (run.started_at, run.run))
    last = snapshots[-1]
    alike = [run for run in snapshots if run.environment == last.environment][-MOST_RUNS:]
    # Only the last two are compared; of the others the trend needs the figures alone.
    kept = [*map(_lighten, alike[:-2]), *alike[-2:]]
    changed = _find_changes(contracts / partner, last.inputs) if contracts else ()
    folder = RunFolder(reports / partner / last.run)
    meeting = Meeting.read(folder, last.verdicts, now.date())
    return PortalRow(partner, tuple(kept), tuple(sorted(broken)), changed, now, meeting)


def _lighten(run: Snapshot) -> Snapshot:
    return run.model_copy(update={"verdicts": {}, "findings": (), "checks": {}, "inputs": {}})


def _find_changes(folder: Path, inputs: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the run's inputs that stand in the partner folder with another content."""
    found: list[str] = []
    for name, digest in inputs.items():
        path = folder / name
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            found.append(name)
    return tuple(found)


def _render(
    name: str, portal: Portal, line: PortalRow | None = None, sheets: Collection[str] = ()
) -> str:
    template = environment(portal.language).get_template(f"portal/{name}.html.j2")
    style, script = _read("portal", "style.css"), _read("portal", "script.js")
    shared = _read("report", "style.css")
    return template.render(
        portal=portal,
        line=line,
        sheets=sheets,
        letters=_LETTERS,
        kinds=KINDS,
        style=(both := f"\n{shared}\n{style}"),
        style_digest=_digest(both),
        script=(code := f"\n{script}"),
        script_digest=_digest(code),
    )


def _read(folder: str, name: str) -> str:
    path = files("workbench.reporting").joinpath("templates", folder, name)
    return path.read_text("utf-8")


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _works(status: Status | None) -> bool:
    return status is not None and status.is_integrated
