"""A badge of one run: `badge.json` for shields, and `badge.svg`, a picture that needs nobody."""

from __future__ import annotations

import json

from workbench.model import Status
from workbench.reporting.report import Report
from workbench.reporting.section import displayable, environment

BADGE_JSON, BADGE_SVG = "badge.json", "badge.svg"

# Dark enough for white letters: 4.5 : 1 and more.
_COLOURS = {"good": "#0d6238", "limited": "#734600", "bad": "#98172a", "open": "#2f4d70"}
_LONGEST = 40
_LETTER = 6.6  # average width in pixels at 11 px Verdana


def write_badge_json(report: Report) -> str:
    """The JSON that shields reads from an endpoint."""
    label, message, kind = _words(report)
    badge = {
        "schemaVersion": 1,
        "label": label,
        "message": message,
        "color": _COLOURS[kind].removeprefix("#"),
        "isError": kind == "bad",
    }
    return json.dumps(badge) + "\n"


def write_badge_svg(report: Report) -> str:
    """The badge as a picture with a title for screen readers."""
    label, message, kind = _words(report)
    left, right = (round(len(text) * _LETTER + 14) for text in (label, message))
    template = environment(report.language.code).get_template("badge.svg.j2")
    return template.render(
        label=label, message=message, colour=_COLOURS[kind], left=left, right=right
    )


def _words(report: Report) -> tuple[str, str, str]:
    title: str = displayable(report.log.header.title.replace("\n", " "))
    label = title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1]}…"
    scores = report.scores
    statuses = {row.verdict.status for row in report.platform}
    if not report.log.is_complete:
        return label, report.level, "bad"
    if not scores.is_tested:
        return label, report.level, "open"
    share, depth = (report.language.percent(n) for n in (scores.score, scores.depth))
    message = f"{report.level} · {share} · {report.depth_word} {depth}"
    if Status.FAILED in statuses:
        kind = "bad"
    elif report.is_full:
        kind = "good"
    else:
        kind = "limited" if scores.integrated else "open"
    return label, message, kind
