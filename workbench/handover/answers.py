"""What a partner's people answered, in validation sessions, to the open questions of its folder."""

from __future__ import annotations

from workbench.errors import InputError
from workbench.handover.phrases import speak
from workbench.model import Protocol, StepKind, StepMark, StepResult
from workbench.partners import Partner
from workbench.settings import Settings
from workbench.store import RunFolder, list_runs, read_protocol


def read_answers(partner: Partner, settings: Settings) -> dict[str, StepResult]:
    """Questions as the folder asks them → the latest answer that a named person gave."""
    given: dict[str, StepResult] = {}
    for folder in list_runs(settings.reports, partner.slug):
        protocol = _read(folder)
        if protocol is None:
            continue
        code = protocol.header.language
        asked = {speak(text, partner, code): text for text in partner.manifest.questions}
        for step in protocol.header.steps:
            result = protocol.results.get(step.slug)
            is_answer = result is not None and result.mark is StepMark.ATTESTED and result.seen
            if step.kind is StepKind.QUESTION and step.action in asked and result and is_answer:
                given[asked[step.action]] = result
    return given


def _read(folder: RunFolder) -> Protocol | None:
    try:
        return read_protocol(folder)
    except InputError:  # who asks for the session is told; the letter goes out all the same
        return None
