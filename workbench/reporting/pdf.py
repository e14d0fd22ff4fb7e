"""The report on paper: `report.pdf`, set by Typst from the same data as `report.json`.

Typst rather than a browser that prints: it is one wheel without system packages, gives the same
bytes for the same run (so that `verify` can check them), and refuses to write a PDF that screen
readers cannot follow (PDF/UA-1). Texts travel as JSON values and are never read as markup.
"""

from __future__ import annotations

import json
from importlib.resources import as_file, files
from typing import Any

from workbench.errors import ReportError
from workbench.reporting.document import make_document
from workbench.reporting.report import Report
from workbench.reporting.section import tame
from workbench.reporting.wording import KINDS, SIGNS

PDF = "report.pdf"


def write_pdf(report: Report) -> bytes:
    """The report as an accessible PDF.

    Raises:
        ReportError: Typst is not installed, or could not set the report.
    """
    try:
        import typst  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ReportError(
            "PDF needs Typst, which is not installed",
            hint="Install the extra: partner-integration-workbench[pdf]; the other formats work "
            "without it.",
        ) from error
    with as_file(files("workbench.reporting") / "templates" / "pdf" / "report.typ") as template:
        try:
            made: bytes = typst.compile(
                str(template),
                sys_inputs=_inputs(report),
                format="pdf",
                pdf_standards=["ua-1"],
                ignore_system_fonts=True,
                timestamp=int(report.log.header.started_at.timestamp()),
            )
        except Exception as error:
            raise ReportError(
                f"The PDF cannot be set: {error}",
                location=str(report.folder.path),
                hint="The other formats do not depend on it; please report this run.",
            ) from error
    return made


def _inputs(report: Report) -> dict[str, str]:
    language, scores = report.language, report.scores
    document = _tame_all(make_document(report).model_dump(mode="json", exclude={"log"}))
    return {
        "report": json.dumps(document),
        "words": json.dumps(dict(language.messages)),
        "kinds": json.dumps({status.value: kind for status, kind in KINDS.items()}),
        "signs": json.dumps(SIGNS),
        "tested": language.moment(report.log.header.started_at),
        "valid": language.date(report.valid_until) if report.valid_until else "",
        "reach": language.percent(scores.reach),
        "score": language.percent(scores.score),
        "depth": language.percent(scores.depth),
    }


def _tame_all(value: Any) -> Any:
    """Every text of a JSON value without hidden characters, and of bounded length."""
    if isinstance(value, dict):
        return {tame(key): _tame_all(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_tame_all(item) for item in value]
    return tame(value)
