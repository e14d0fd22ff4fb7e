"""The report on paper: `report.pdf`, set by Typst from the same data as `report.json`.

Typst rather than a browser that prints: it is one wheel without system packages, gives the same
bytes for the same run (so that `verify` can check them), and refuses to write a PDF that screen
readers cannot follow (PDF/UA-1). Texts travel as JSON values and are never read as markup.
"""

from __future__ import annotations

import json
import re
import string
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from workbench.errors import ReportError, install_hint
from workbench.model import SignOff
from workbench.reporting.document import make_document
from workbench.reporting.exchange import write_exchange
from workbench.reporting.report import Report
from workbench.reporting.row import KINDS, SIGNS
from workbench.reporting.section import displayable
from workbench.reporting.summary import tell_signature
from workbench.text import sanitize

PDF = "report.pdf"
_LONGEST_WIRE = 4_000  # on paper; the page and the log have all of it
_BOX = "□"
_LACKING = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_CODE = re.compile(r"\\u\{([0-9a-f]+)\}")


def write_pdf(report: Report) -> bytes:
    """The report as an accessible PDF.

    Raises:
        ReportError: Typst is not installed, or could not set the report.
    """
    with as_file(files("workbench.reporting") / "templates" / "pdf" / "report.typ") as template:
        return set_pdf(template, _inputs(report), report.log.header.started_at)


def set_pdf(template: Path, inputs: Mapping[str, str], moment: datetime) -> bytes:
    """A Typst template with its inputs, as an accessible PDF that is the same each time.

    Args:
        template: File of the template; it reads `sys.inputs`, and `lacking` among them.
        inputs: Texts, mostly JSON; hidden characters are taken out before.
        moment: Time that the document bears.

    Raises:
        ReportError: Typst is not installed, or could not set it.
    """
    try:
        import typst  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ReportError(
            "PDF needs Typst, which is not installed",
            hint=f"{install_hint('pdf')} The other formats work without it.",
        ) from error
    try:
        return _set(typst.compile, template, inputs, int(moment.timestamp()))
    except Exception as error:
        raise ReportError(
            f"The PDF cannot be set: {error}",
            hint="The other formats do not depend on it; please report this run.",
        ) from error


def _set(
    compile_pdf: Callable[..., bytes], template: Path, inputs: Mapping[str, str], seconds: int
) -> bytes:
    """With the fonts that Typst brings, so that every machine makes the same bytes.

    Signs that they lack are shown as boxes, and told on the first page.
    """
    lacking = set[str]()
    while True:
        boxed = {name: _box(text, lacking) for name, text in inputs.items()}
        try:
            return compile_pdf(
                str(template),
                sys_inputs={**boxed, "lacking": str(len(lacking))},
                format="pdf",
                pdf_standards=["ua-1"],
                ignore_system_fonts=True,
                timestamp=seconds,
            )
        except RuntimeError as error:
            found = _find_lacking(str(getattr(error, "diagnostic", ""))) - lacking
            if not found:
                raise
            lacking |= found


def _find_lacking(diagnostic: str) -> set[str]:
    """The signs that no font could show, as the compiler spells them in its complaint."""
    spelt = "".join(_LACKING.findall(diagnostic))
    return set(_CODE.sub(lambda code: chr(int(code[1], 16)), spelt)) - set(string.printable)


def _box(text: str, lacking: set[str]) -> str:
    """A text of JSON with boxes for signs that cannot be shown; marks on other signs fall away."""
    marks = {sign for sign in lacking if unicodedata.category(sign) in {"Cf", "Mn", "Me"}}
    boxed = (_BOX if sign in lacking else sign for sign in text if sign not in marks)
    return "".join(boxed) if lacking else text


def _inputs(report: Report) -> dict[str, str]:
    language, scores = report.language, report.scores
    document = _displayable_all(make_document(report).model_dump(mode="json", exclude={"log"}))
    kind, picture = report.publisher.picture
    wires = {
        item.number: sanitize(write_exchange(item.finding.exchange))
        for item in report.defects
        if item.finding.exchange
    }
    data: dict[str, Any] = {
        "report": document,
        "words": dict(language.messages),
        "kinds": {status.value: kind for status, kind in KINDS.items()},
        "signs": SIGNS,
        "wires": {number: text[:_LONGEST_WIRE] for number, text in wires.items()},
    }
    data["signed"] = _displayable_all(set_out_signing(report))
    return {name: json.dumps(value, ensure_ascii=False) for name, value in data.items()} | {
        "tested": language.moment(report.log.header.started_at),
        "valid": language.date(report.valid_until) if report.valid_until else "",
        "reach": language.percent(scores.reach),
        "score": language.percent(scores.score),
        "depth": language.percent(scores.depth),
        "logo": json.dumps(list(picture)) if picture else "",
        "logo_kind": {"png": "png", "jpeg": "jpg", "svg+xml": "svg"}.get(kind, ""),
    }


def set_out_signing(report: Report) -> dict[str, Any]:
    """What holds no more, and what each side signed here and before, as texts to be set."""
    language, meeting = report.language, report.meeting

    def tell(signed: Iterable[SignOff]) -> list[dict[str, str]]:
        pairs = (tell_signature(item, language, report.name) for item in signed)
        return [dict(zip(("head", "told"), pair, strict=True)) for pair in pairs]

    return {
        "contradicted": "; ".join(map(report.name, meeting.contradicted)),
        "unshown": "; ".join(map(report.name, meeting.unshown)),
        "lapsed": language.date(meeting.lapsed) if meeting.lapsed else "",
        "earlier": tell(meeting.earlier),
        "signatures": tell(meeting.protocol.sign_offs if meeting.protocol else ()),
    }


def _displayable_all(value: Any) -> Any:
    """Every text of a JSON value without hidden characters, and of bounded length."""
    if isinstance(value, dict):
        return {displayable(key): _displayable_all(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_displayable_all(item) for item in value]
    return displayable(value)
