"""The engineer's record: the executed validation notebook as one page, with what stands beside it.

The outputs of a notebook may hold anything that a partner sent, so markup in them is kept only when
it is a plain table; all else is shown as text.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from workbench.errors import ReportError
from workbench.reporting.defect import Defect
from workbench.reporting.language import DEFAULT
from workbench.reporting.report import Report
from workbench.reporting.section import displayable, environment
from workbench.text import sanitize

NOTEBOOK, ENGINEER = "validation.ipynb", "validation.html"

_TAGS = {
    "br", "caption", "code", "div", "em", "li", "ol", "p", "pre", "span", "strong", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]+;?")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_RENDERED = ("report.", "badge.", "manifest.")
_MOST = 200_000  # characters of one output


@dataclass(frozen=True)
class Cell:
    """A cell of the notebook, ready to be shown.

    Attributes:
        text: Markdown, rendered; empty for code.
        source: Code; empty for Markdown.
        outputs: Markup that is safe.
        seconds: How long it ran.
        is_failed: Whether it ended with an exception.
    """

    text: Markup
    source: str
    outputs: tuple[Markup, ...]
    seconds: float
    is_failed: bool


def write_engineer(report: Report) -> str:
    """The page; it needs the executed notebook in the run folder.

    Raises:
        ReportError: The notebook is missing or cannot be read.
    """
    style = "\n" + "\n".join(
        files("workbench.reporting").joinpath("templates", name, "style.css").read_text("utf-8")
        for name in ("report", "engineer")
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # Engineers read code, logs and documents in English; one language keeps it searchable.
    template = environment(DEFAULT).get_template("engineer/index.html.j2")
    return template.render(
        report=report,
        header=report.log.header,
        cells=list(_read_cells(report.folder.path / NOTEBOOK)),
        found=sorted((*report.ours, *report.defects, *report.remarks), key=_urgency),
        artefacts=list(_list_artefacts(report.folder.path)),
        coverage=[line for line in report.log.evidence if "mapping" in line.detail],
        style=style,
        style_digest=f"sha256-{digest}",
    )


def _urgency(defect: Defect) -> tuple[bool, bool, int]:
    """First what blocks, and of that our own: it keeps the partner's from being tested."""
    severity = defect.finding.severity
    return (not severity.breaks, defect.is_theirs, severity.rank)


def clean(html: str) -> Markup:
    """Markup of an output, of which only plain tables and text are left."""
    # Hidden characters may also be spelt as references, which only a browser would resolve.
    plain = _REFERENCE.sub(lambda code: escape(sanitize(unescape(code[0]))), html[:_MOST])
    kept = nh3.clean(sanitize(plain), tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=set())
    return Markup(kept)  # noqa: S704 - cleaned in the line above


def _read_cells(path: Path) -> Iterator[Cell]:
    import nbformat  # noqa: PLC0415 - slow to import

    try:
        notebook: Any = nbformat.reads(path.read_text("utf-8"), as_version=4)  # type: ignore[no-untyped-call]
    except Exception as error:
        raise ReportError(
            f"The executed notebook cannot be read: {error}",
            notebook=path.name,
            location=str(path),
            hint="Validate again; the record is made from the notebook of the run.",
        ) from error
    markdown = MarkdownIt("commonmark", {"html": False})
    for cell in notebook.cells:
        outputs = cell.get("outputs", ())
        is_text = cell.cell_type == "markdown"
        yield Cell(
            text=Markup(markdown.render(sanitize(cell.source))) if is_text else Markup(),  # noqa: S704 - no HTML passes
            source="" if is_text else cell.source,
            outputs=tuple(_show(output) for output in outputs),
            seconds=float(cell.metadata.get("papermill", {}).get("duration") or 0),
            is_failed=any(output.output_type == "error" for output in outputs),
        )


def _show(output: Any) -> Markup:
    data = output.get("data", {})
    if "text/html" in data:
        return clean(data["text/html"])
    if output.output_type == "error":
        text = "\n".join(output.traceback)
    else:
        text = output.get("text", data.get("text/plain", ""))
    shown = _COLOURS.sub("", text[:_MOST])
    lines = "\n".join(displayable(line) for line in shown.splitlines())
    return Markup("<pre>{}</pre>").format(lines)


def _list_artefacts(folder: Path) -> Iterator[tuple[str, str, int]]:
    """Address, name and size of the traffic and the test results that stand beside the page.

    What is rendered from the log is left out, so that the page is the same whenever it is made.
    """
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        is_kept = name.endswith((".har", ".xml", ".jsonl", ".json"))
        if is_kept and path.is_file() and not name.startswith(_RENDERED):
            yield quote(name), name, path.stat().st_size
