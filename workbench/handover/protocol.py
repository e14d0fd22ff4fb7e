"""The protocol of a session as a page and as Markdown; before the session it is the invitation."""

from __future__ import annotations

from typing import Any

from workbench.handover.words import load_words, text_environment, write_page
from workbench.model import Protocol, StepMark
from workbench.reporting import Report


def write_protocol(report: Report, protocol: Protocol) -> str:
    """The agenda with what came of it, as a page."""
    return write_page("session", protocol.header.language, report=report, protocol=protocol)


def write_protocol_markdown(report: Report, protocol: Protocol) -> str:
    """The same as Markdown."""
    code = protocol.header.language
    template = text_environment(code).get_template("session.md.j2")
    return template.render(report=report, protocol=protocol, words=load_words(code))


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
                "outcome": results[step.slug].mark.value if step.slug in results else "pending",
                "seen": results[step.slug].seen if step.slug in results else "",
                "by": results[step.slug].by if step.slug in results else "",
                "seconds": results[step.slug].seconds if step.slug in results else None,
            }
            for number, step in enumerate(protocol.header.steps, 1)
        ],
        "decisions": [item.model_dump(mode="json") for item in protocol.decisions],
        "sign_offs": [item.model_dump(mode="json") for item in protocol.sign_offs],
    }
