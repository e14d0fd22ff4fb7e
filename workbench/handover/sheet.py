"""The module sheet for a restaurant: what works with this platform, and what that means for it.

A rendering of a run, as the report is, for a reader who knows kitchens and tills: no verdict words,
no operation, nothing of the wire. What is not proved live is never told as working.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.handover.phrases import load_words, write_page
from workbench.model import FeatureSlug, Standing, Status
from workbench.reporting import Language, Report, Row, displayable, read_snapshot, set_pdf
from workbench.secrecy import Redactor
from workbench.settings import Settings
from workbench.store import RunFolder, list_runs

SHEET = "sheet"
_MISSING = {Standing.UNSUPPORTED, Standing.FAILED}
_SOON = {Status.SUPPORTED, Status.UNVERIFIED, Status.OPEN, Status.UNKNOWN}


@dataclass(frozen=True)
class Benefit:
    """One feature as a restaurant reads of it.

    Attributes:
        state: `works`, `partly` (some of it is lacking), `soon` (we are at it) or `lacking`.
        text: What it is good for; or, where it does not work, what is done by hand instead.
        exceptions: Parts that are lacking although the whole works.
    """

    slug: str
    title: str
    area: str
    state: str
    text: str
    exceptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """Everything on the sheet."""

    report: Report
    words: Language

    @property
    def benefits(self) -> tuple[Benefit, ...]:
        """Every service and notification that concerns this platform, in the catalogue's order."""
        return tuple(self._read(row) for row in self.report.platform if row.verdict.status
                     is not Status.EXEMPT)  # fmt: skip

    @property
    def groups(self) -> list[tuple[str, list[Benefit]]]:
        """What works first, then what works partly, what is to come, and what is lacking."""
        found = self.benefits
        states = ("works", "partly", "soon", "lacking")
        pairs = [(state, [item for item in found if item.state == state]) for state in states]
        return [(state, items) for state, items in pairs if items]

    @property
    def is_tested(self) -> bool:
        """Whether anything was tried with the platform itself."""
        return self.report.scores.is_tested

    @property
    def steps(self) -> tuple[str, ...]:
        """What the restaurant sets up, by what works for it."""
        working = {item.slug for item in self.benefits if item.state in {"works", "partly"}}
        keys = [key for key, slugs in _STEPS.items() if not slugs or working & slugs]
        return tuple(self.words.say(f"sheet.steps.{key}") for key in keys) if working else ()

    @property
    def sentence(self) -> str:
        """The sheet in one sentence."""
        states = Counter(item.state for item in self.benefits)
        total, partly = states.total(), states["partly"]
        works = states["works"] + partly
        key = "none" if not works else "all" if works == total else "some"
        key = f"sheet.lead.{key}-partly" if partly else f"sheet.lead.{key}"
        told = {"partly": partly, "total": total, "title": self.report.log.header.title}
        is_counted = works and works < total
        return self.words.count(key, works, **told) if is_counted else self.words.say(key, **told)

    def as_json(self) -> dict[str, Any]:
        """For a page of a shop: texts without markup, states as words of a short list."""
        header, until = self.report.log.header, self.report.valid_until
        return {
            "format": "workbench-sheet/1",
            "partner": header.partner,
            "title": header.title,
            "run": header.run,
            "language": self.words.code,
            "tested": self.is_tested,
            "tested_on": header.started_at.date().isoformat(),
            "valid_until": until.date().isoformat() if until else None,
            "summary": self.sentence,
            "features": [
                {
                    "feature": item.slug,
                    "title": item.title,
                    "area": item.area,
                    "state": item.state,
                    "text": item.text,
                    "lacking": list(item.exceptions),
                }
                for item in self.benefits
            ],
            "steps": list(self.steps),
            "contact": {
                "organisation": self.report.publisher.organisation,
                "address": self.report.publisher.contact,
            },
        }

    def _read(self, row: Row) -> Benefit:
        status, slug = row.verdict.status, row.feature.slug
        lacking = tuple(
            item.title for item, standing in row.criteria
            if status.is_integrated and standing in _MISSING and item.requirement != "beyond"
        )  # fmt: skip
        is_partial = status is Status.LIMITED or bool(lacking)
        state = "partly" if is_partial else "works"
        if not status.is_integrated:
            state = "soon" if status in _SOON else "lacking"
        text = row.feature.benefit
        if not status.is_integrated:
            text = self.words.say(f"sheet.without.{slug}")
        elif status is Status.LIMITED and not lacking:
            text = f"{text} {self.words.say('sheet.limit')}"
        area = self.report.catalogue.areas[row.feature.area]
        return Benefit(slug, row.feature.title, area, state, text, lacking)


# Step of setting up → the features that ask for it; none: always.
_STEPS: dict[str, frozenset[str]] = {
    "account": frozenset(),
    "menu": frozenset(
        {FeatureSlug.MENU_WRITE, FeatureSlug.PRODUCT_WRITE, FeatureSlug.MENU_SECTION_WRITE}
    ),
    "hours": frozenset({FeatureSlug.AVAILABILITY_WRITE}),
    "screen": frozenset({FeatureSlug.ORDER_CREATED_EVENT, FeatureSlug.ORDER_READ}),
    "book": frozenset({FeatureSlug.RESERVATION_CREATED_EVENT, FeatureSlug.RESERVATION_READ}),
    "drivers": frozenset({FeatureSlug.DELIVERY_LOCATION_WRITE}),
    "trial_order": frozenset({FeatureSlug.ORDER_CREATED_EVENT, FeatureSlug.ORDER_READ}),
    "trial_booking": frozenset(
        {FeatureSlug.RESERVATION_CREATED_EVENT, FeatureSlug.RESERVATION_READ}
    ),
}


def read_sheet(report: Report) -> Sheet:
    """The sheet of a run, in the language of the report."""
    return Sheet(report, load_words(report.language.code))


def write_sheet(sheet: Sheet) -> str:
    """The sheet as a page."""
    return write_page("sheet", sheet.words.code, sheet=sheet, header=sheet.report.log.header)


def write_sheet_json(sheet: Sheet) -> str:
    """The sheet as JSON text."""
    return json.dumps(sheet.as_json(), ensure_ascii=False, indent=1) + "\n"


def write_sheet_pdf(sheet: Sheet) -> bytes:
    """The sheet as an accessible PDF of one page where its features fit.

    Raises:
        ReportError: Typst is not installed, or could not set it.
    """
    data, report = json.dumps(_displayable(sheet.as_json()), ensure_ascii=False), sheet.report
    until = report.valid_until
    said = {
        key.removeprefix("sheet."): text
        for key, text in sheet.words.messages.items()
        if key.startswith("sheet.")
    }
    inputs = {
        "sheet": data,
        "words": json.dumps(said, ensure_ascii=False),
        "tested": sheet.words.date(report.log.header.started_at),
        "valid": sheet.words.date(until) if until else "",
    }
    template = files("workbench.handover") / "templates" / "sheet.typ"
    with as_file(template) as path:
        return set_pdf(path, inputs, report.log.header.started_at)


_WRITERS: dict[str, Callable[[Sheet], str | bytes]] = {
    "html": write_sheet,
    "json": write_sheet_json,
    "pdf": write_sheet_pdf,
}


def find_tested(reports: Path, latest: RunFolder) -> RunFolder:
    """The latest run in which the platform answered, of the same environment; else the latest.

    A sheet of a run that could try nothing would say that nothing works.
    """
    here = read_snapshot(latest)
    for run in reversed(list_runs(reports, here.partner)):
        found = read_snapshot(run)
        if found.is_complete and found.scores.is_tested and found.environment == here.environment:
            return run
    return latest


def save_sheet(report: Report, settings: Settings, formats: Iterable[str] = ()) -> Iterator[Path]:
    """Write `reports/<partner>/sheet/`, which stands beside the runs and their seals.

    Args:
        report: The run, in the language of the sheet.
        settings: Where reports are, and what must not get out.
        formats: Some of `html`, `json`, `pdf`; empty: all that this machine can make.

    Raises:
        InputError: The sheet has no such format.
        ReportError: A PDF was asked for and cannot be made.
    """
    wanted = [*formats]
    if unknown := [form for form in wanted if form not in _WRITERS]:
        raise InputError(
            f"The sheet for restaurants has no format {unknown[0]!r}",
            hint=f"Known: {', '.join(_WRITERS)}.",
        )
    usual = [form for form in _WRITERS if form != "pdf" or find_spec("typst")]
    sheet, header = read_sheet(report), report.log.header
    folder = settings.reports / header.partner / SHEET
    folder.mkdir(parents=True, exist_ok=True)
    redactor = Redactor(settings.secrets(header.partner, header.environment))
    for form in wanted or usual:
        made = _WRITERS[form](sheet)
        path = folder / f"{SHEET}.{form}"
        if isinstance(made, str):
            made = redactor.text(made).encode("utf-8", "replace")
        path.write_bytes(made)
        yield path


def _displayable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _displayable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_displayable(item) for item in value]
    return displayable(value)
