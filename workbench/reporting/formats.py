"""Every form in which a run is handed over, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path

from workbench.errors import InputError
from workbench.reporting.build_server import (
    BADGE_JSON,
    BADGE_SVG,
    JUNIT,
    SARIF,
    write_badge_json,
    write_badge_svg,
    write_junit,
    write_sarif,
)
from workbench.reporting.document import DOCUMENT, write_json
from workbench.reporting.engineer import ENGINEER, NOTEBOOK, write_engineer
from workbench.reporting.markdown_report import JOB, MARKDOWN, write_job_summary, write_markdown
from workbench.reporting.pdf import PDF, write_pdf
from workbench.reporting.protocol import (
    PROTOCOL_JSON,
    PROTOCOL_MARKDOWN,
    PROTOCOL_PDF,
    write_protocol_json,
    write_protocol_markdown,
    write_protocol_pdf,
)
from workbench.reporting.render import render_outputs
from workbench.reporting.report import PAGE, SECTIONS, Report
from workbench.store import SESSION
from workbench.text import suggest_name


class Format(StrEnum):
    """A kind of output; `html` is the page, which a notebook makes."""

    HTML = "html"
    PDF = "pdf"
    MARKDOWN = "markdown"
    JSON = "json"
    ENGINEER = "engineer"
    JUNIT = "junit"
    SARIF = "sarif"
    SUMMARY = "summary"
    BADGE = "badge"
    SESSION = "session"
    SESSION_PDF = "session-pdf"


Writer = Callable[[Report], str | bytes]

_WRITERS: Mapping[Format, Mapping[str, Writer]] = {
    Format.PDF: {PDF: write_pdf},
    Format.MARKDOWN: {MARKDOWN: write_markdown},
    Format.JSON: {DOCUMENT: write_json},
    Format.ENGINEER: {ENGINEER: write_engineer},
    Format.JUNIT: {JUNIT: write_junit},
    Format.SARIF: {SARIF: write_sarif},
    Format.SUMMARY: {JOB: write_job_summary},
    Format.BADGE: {BADGE_JSON: write_badge_json, BADGE_SVG: write_badge_svg},
    Format.SESSION: {
        PROTOCOL_MARKDOWN: write_protocol_markdown,
        PROTOCOL_JSON: write_protocol_json,
    },
    Format.SESSION_PDF: {PROTOCOL_PDF: write_protocol_pdf},
}
# Files that may be there from an earlier rendering, and would be of another language or run.
FILES = (PAGE, *(name for writers in _WRITERS.values() for name in writers))
# What is handed over; the engineer's page is not.
PUBLISHED = tuple(name for name in FILES if name not in {ENGINEER, NOTEBOOK})


def choose_formats(names: Iterable[str], folder: Path) -> list[Format]:
    """The formats that were asked for; by default all that can be made of a run folder.

    Raises:
        InputError: There is no such format.
    """
    wanted = list(names)
    unknown = [name for name in wanted if name not in list(Format)]
    if unknown:
        raise InputError(
            f"There is no format {unknown[0]!r}", hint=suggest_name(unknown[0], Format)
        )
    if wanted:
        return [Format(name) for name in wanted]
    absent = set() if find_spec("typst") else {Format.PDF, Format.SESSION_PDF}
    absent |= set() if (folder / NOTEBOOK).is_file() else {Format.ENGINEER}
    is_held = (folder / SESSION).is_file()
    absent |= set() if is_held else {Format.SESSION, Format.SESSION_PDF}
    return [form for form in Format if form not in absent]


def write_formats(report: Report, formats: Iterable[Format]) -> Iterator[Path]:
    """Write the files of each format but the page into the run folder, one after another.

    Raises:
        ReportError: A format needs what is not installed, or cannot be written.
    """
    for form in formats:
        for name, write in _WRITERS.get(form, {}).items():
            made = write(report)
            path = report.folder.path / name
            path.write_bytes(made.encode("utf-8", "replace") if isinstance(made, str) else made)
            yield path


def recompute(report: Report, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """What the named files should say; those that are no format are left out.

    Raises:
        ReportError: A format needs what is not installed, or cannot be written.
    """
    writers = {name: write for known in _WRITERS.values() for name, write in known.items()}
    for name in names:
        if name == PAGE:
            outputs = (report.section(section)._repr_html_() for section in SECTIONS)
            page = render_outputs(outputs, title=report.title, language=report.language.code)
            yield name, page.encode()
        elif name in writers:
            made = writers[name](report)
            yield name, made.encode("utf-8", "replace") if isinstance(made, str) else made
