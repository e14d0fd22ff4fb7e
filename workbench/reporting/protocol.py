"""The protocol of the session about a run, as Markdown, JSON and PDF: files of the run itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import as_file, files
from typing import Any

from workbench.errors import ReportError
from workbench.model import Protocol, SessionStep, StepMark
from workbench.reporting.markdown_report import render_markdown
from workbench.reporting.pdf import set_out_signing, set_pdf
from workbench.reporting.report import Report
from workbench.reporting.section import displayable, sentence

PROTOCOL_MARKDOWN, PROTOCOL_JSON, PROTOCOL_PDF = "session.md", "session.json", "session.pdf"


def list_starts(protocol: Protocol) -> Iterator[tuple[SessionStep, str]]:
    """Each step with the time at which it begins, in hours and minutes from the beginning."""
    begun = timedelta()
    for step in protocol.header.steps:
        hours, minutes = divmod(int(begun.total_seconds()) // 60, 60)
        yield step, f"{hours}:{minutes:02d}"
        begun += timedelta(minutes=step.minutes)


def tell_protocol(protocol: Protocol) -> dict[str, Any]:
    """The steps with their outcomes, and what was decided and signed, for other tools."""
    results = protocol.results
    return {
        "partner": protocol.header.partner,
        "run": protocol.header.run,
        "language": protocol.header.language,
        "done": protocol.is_done,
        "participants": list(protocol.participants),
        "counts": {mark.value: protocol.counts.get(mark, 0) for mark in StepMark},
        "steps": [
            {
                **step.model_dump(mode="json"),
                "number": number,
                "start": start,
                "outcome": results[step.slug].mark.value if step.slug in results else "pending",
                "seen": results[step.slug].seen if step.slug in results else "",
                "by": results[step.slug].by if step.slug in results else "",
                "seconds": results[step.slug].seconds if step.slug in results else None,
            }
            for number, (step, start) in enumerate(list_starts(protocol), 1)
        ],
        "decisions": [item.model_dump(mode="json") for item in protocol.decisions],
        "sign_offs": [item.model_dump(mode="json") for item in protocol.sign_offs],
    }


def write_protocol_json(report: Report) -> str:
    """The protocol as JSON text."""
    told = {
        "format": "workbench-session/1",
        "title": report.log.header.title,
        **tell_protocol(_require(report)),
        "contradicted": list(report.meeting.contradicted),
        "unshown": list(report.meeting.unshown),
        "signed_before": [item.model_dump(mode="json") for item in report.meeting.earlier],
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def write_protocol_markdown(report: Report) -> str:
    """The protocol as Markdown."""
    protocol = _require(report)
    return render_markdown(
        "session",
        report,
        protocol=protocol,
        minutes=report.meeting.minutes,
        starts=list(list_starts(protocol)),
    )


def write_protocol_pdf(report: Report) -> bytes:
    """The protocol as an accessible PDF.

    Raises:
        ReportError: Typst is not installed, or could not set it.
    """
    protocol = _require(report)
    said = {key: text for key, text in report.language.messages.items() if "." in key}
    inputs = {
        "session": json.dumps(_set_out(report, protocol), ensure_ascii=False),
        "words": json.dumps(said, ensure_ascii=False),
    }
    template = files("workbench.reporting").joinpath("templates", "pdf", "session.typ")
    with as_file(template) as path:
        return set_pdf(path, inputs, protocol.header.started_at)


def _set_out(report: Report, protocol: Protocol) -> dict[str, Any]:
    """Everything that the paper says, each text ready to be set."""
    language, header = report.language, report.log.header
    say, count = language.say, language.count
    pauses = protocol.pauses
    told = {
        "title": header.title,
        "run": header.run,
        "language": language.code,
        "organisation": report.publisher.organisation,
        "heading": say("session.title", title=header.title),
        "lead": say(
            "session.lead",
            steps=count("session.steps", len(protocol.header.steps)),
            minutes=report.meeting.minutes,
        ),
        "held": language.moment(protocol.header.started_at),
        "participants": "; ".join(protocol.participants) or say("session.nobody"),
        "paused": count("session.paused", pauses) if pauses else "",
        "steps": [
            _set_step(report, protocol, number, step, start)
            for number, (step, start) in enumerate(list_starts(protocol), 1)
        ],
        "decisions": [
            item.text
            + (f" ({item.who})" if item.who else "")
            + (f", {say('session.deadline', date=language.date(item.due))}" if item.due else "")
            for item in protocol.decisions
        ],
        **set_out_signing(report),
    }
    return {key: _clean(value) for key, value in told.items()}


def _set_step(
    report: Report, protocol: Protocol, number: int, step: SessionStep, start: str
) -> dict[str, Any]:
    say, result = report.language.say, protocol.results.get(step.slug)
    mark = result.mark.value if result else "pending"
    seen = sentence(report.translate(result.seen)) if result and result.seen else ""
    by = say(f"session.{result.voice}", name=result.by) if result and result.by else ""
    return {
        "number": number,
        "start": start,
        "title": step.title,
        "action": report.translate(step.action),
        "who": say(f"session.persons.{step.who}"),
        "minutes": step.minutes,
        "expected": list(step.expected),
        "outcome": mark,
        "word": say(f"session.marks.{mark}"),
        "told": " ".join(part for part in (seen, by) if part),
    }


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return displayable(value)


def _require(report: Report) -> Protocol:
    if report.meeting.protocol is None:
        raise ReportError(
            "No session was held about this run",
            hint=f"`workbench session {report.log.header.partner}` begins one.",
        )
    return report.meeting.protocol
