"""The calls of a partner's own list, made by our session: guarded, masked, recorded, never unbound.

No runner of others makes them. It would open connections of its own, past the egress guard, and
write to what the folder does not name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from workbench.adapters import SAFE, Adapter, Answer, Session
from workbench.errors import CredentialError, InputError, PartnerError
from workbench.evidence import hear, make_evidence, say, tell_echoes
from workbench.handover.arazzo import Runtime
from workbench.handover.list_messages import Ear
from workbench.model import (
    Evidence,
    Finding,
    Operation,
    Outcome,
    SessionStep,
    Source,
    StepCall,
    make_finding,
)
from workbench.partners import Partner
from workbench.store import RunFolder
from workbench.text import write_pointer

LIST_CHECK = "list-calls"


@dataclass(frozen=True)
class _Made:
    """A call that was made and its answer, or a message that came; and what it did not meet."""

    operation: str
    answer: str
    seconds: float
    unmet: str = ""
    missing: Finding | None = None


def find_listed(reference: str, partner: Partner) -> Operation | None:
    """The operation that a list means by its operationId, or by a pointer into the document."""
    wanted = reference.rpartition("#")[2].lower()
    if "#" not in reference:
        # `$sourceDescriptions.NAME.operationId` names an operation of one of several documents.
        wanted = wanted.rpartition(".")[2] if wanted.startswith("$") else wanted
    for operation in partner.description.operations:
        place = write_pointer(("paths", operation.path, operation.method.lower()))
        names = (operation.operation_id or "", operation.id, place)
        if wanted in {name.lower() for name in names if name}:
            return operation
    return None


def run_list_step(
    session: Session,
    step: SessionStep,
    given: Mapping[str, Any],
    folder: RunFolder,
    *,
    seconds: float = 60.0,
    by_hand: bool = False,
) -> Iterator[Evidence]:
    """Make the calls of a step one after another, until one does not answer as the list expects.

    Args:
        session: The opened environment; it decides whether anything may be written.
        step: With its calls.
        given: Inputs of the workflow, by name; they go before the list's own.
        folder: Of the run, whose inbox is read where nobody can be told our address.
        seconds: How long to wait for a message, where the list does not say.
        by_hand: A person brings the messages about.

    Yields:
        One observation of the whole step, and what of ours came back in answers.
    """
    runtime = Runtime(inputs={**step.inputs, **given})
    made: list[_Made] = []
    trouble = ""
    try:
        with _listen(session, step, folder, seconds, by_hand=by_hand) as ear:
            made.extend(_run(session, step, runtime, ear))
    except (CredentialError, InputError, PartnerError) as error:
        trouble = str(error)
    yield _tell(session, step, made, trouble)
    echoes = set(session.recorder.echoes)
    yield from tell_echoes(Source.BEHAVIOUR, session.environment, echoes)


@contextmanager
def _listen(
    session: Session, step: SessionStep, folder: RunFolder, seconds: float, *, by_hand: bool
) -> Iterator[Ear | None]:
    """What hears the messages of a step; None where it waits for none."""
    if not any(call.waits_for for call in step.calls):
        yield None
        return
    with hear(session, folder, by_hand=by_hand) as post:
        yield Ear(post, session, seconds, may_provoke=not by_hand)


def _run(session: Session, step: SessionStep, runtime: Runtime, ear: Ear | None) -> Iterator[_Made]:
    for number, call in enumerate(step.calls):
        if ear is not None and call.waits_for:
            one = _hear(ear, call, runtime, is_first=not number)
        else:
            one = _make(session, call, runtime)
        yield one
        if one.unmet or one.missing:
            return


def _make(session: Session, call: StepCall, runtime: Runtime) -> _Made:
    operation = find_listed(call.operation, session.partner)
    if operation is None:
        raise InputError(f"The documents have no operation {call.operation!r}")
    if operation.method not in SAFE and not session.partner.names(operation):
        raise InputError(f"{operation.id} would write, and the folder names it nowhere")
    values = {name: str(runtime.fill(value)) for name, value in call.parameters.items()}
    body = runtime.fill(call.body) if call.body is not None else None
    channel = Adapter(session).channel
    answer = channel.send(channel.request(operation, values, body))
    _remember(runtime, call, answer)
    unmet = [item.condition for item in call.criteria if not runtime.holds(item)]
    if not call.criteria and not 200 <= answer.status < 300:
        unmet = ["$statusCode < 300"]
    return _Made(operation.id, str(answer.status), answer.seconds, "; ".join(unmet))


def _hear(ear: Ear, call: StepCall, runtime: Runtime, *, is_first: bool) -> _Made:
    """Wait for a message; where nothing was called before it, it is brought about."""
    correlation = None if call.correlation is None else str(runtime.fill(call.correlation))
    heard = ear.wait(call, correlation, provokes=is_first)
    if heard.missing is not None:
        return _Made(heard.name, "", heard.seconds, missing=heard.missing)
    runtime.message, runtime.message_headers = heard.payload, heard.headers
    runtime.outputs[call.name] = {
        name: runtime.find(expression) for name, expression in call.outputs.items()
    }
    unmet = [item.condition for item in call.criteria if not runtime.holds(item)]
    return _Made(heard.name, "", heard.seconds, "; ".join(unmet))


def _remember(runtime: Runtime, call: StepCall, answer: Answer) -> None:
    runtime.status, runtime.body = answer.status, answer.json()
    runtime.headers = {name.lower(): value for name, value in answer.headers.items()}
    found = {name: runtime.find(expression) for name, expression in call.outputs.items()}
    runtime.outputs[call.name] = found


def _tell(session: Session, step: SessionStep, made: list[_Made], trouble: str) -> Evidence:
    shown = ", ".join(f"{item.operation} → {item.answer}".removesuffix(" → ") for item in made)
    last = made[-1] if made else None
    findings: tuple[Finding, ...] = ()
    if trouble:
        outcome, summary = Outcome.CANT_TELL, say("not-tested", why=trouble)
    elif last is not None and last.missing is not None:
        # What our own folder expects wrongly, or nobody brought about, is held against nobody.
        is_theirs = last.missing.matter.is_theirs
        outcome = Outcome.FAILED if is_theirs else Outcome.CANT_TELL
        findings, summary = (last.missing,), last.missing.summary
    elif last is not None and last.unmet:
        outcome = Outcome.FAILED
        name, unmet = last.operation, last.unmet
        findings = (
            make_finding(
                "list-expectation-unmet", operation=name, status=last.answer, condition=unmet
            )
            if last.answer
            else make_finding("list-message-unlike", operation=name, condition=unmet),
        )
        summary = findings[0].summary
    else:
        outcome, summary = Outcome.PASSED, say("list-calls.answered", calls=shown)
    return make_evidence(
        LIST_CHECK,
        step.feature,
        outcome,
        summary,
        shows=step.criteria,
        subject=last.operation if last else "",
        findings=findings,
        environment=session.environment,
        detail={
            "seconds": round(sum(item.seconds for item in made), 2),
            "calls": [{"operation": item.operation, "answer": item.answer} for item in made],
        },
    )
