"""The calls of a partner's own list, made by our session: guarded, masked, recorded, never unbound.

No runner of others makes them. It would open connections of its own, past the egress guard, and
write to what the folder does not name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.adapters import SAFE, Adapter, Answer, Session
from workbench.errors import CredentialError, InputError, PartnerError
from workbench.evidence import make_evidence, say, tell_echoes
from workbench.handover.arazzo import Runtime
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
from workbench.text import write_pointer

LIST_CHECK = "list-calls"


@dataclass(frozen=True)
class _Made:
    """One call that was made: what was answered, and which condition it did not meet."""

    operation: str
    status: int
    seconds: float
    unmet: str = ""


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
    session: Session, step: SessionStep, given: Mapping[str, Any]
) -> Iterator[Evidence]:
    """Make the calls of a step one after another, until one does not answer as the list expects.

    Args:
        session: The opened environment; it decides whether anything may be written.
        step: With its calls.
        given: Inputs of the workflow, by name; they go before the list's own.

    Yields:
        One observation of the whole step, and what of ours came back in answers.
    """
    runtime = Runtime(inputs={**step.inputs, **given})
    made: list[_Made] = []
    trouble = ""
    try:
        for call in step.calls:
            made.append(_make(session, call, runtime))
            if made[-1].unmet:
                break
    except (CredentialError, InputError, PartnerError) as error:
        trouble = str(error)
    yield _tell(session, step, made, trouble)
    echoes = set(session.recorder.echoes)
    yield from tell_echoes(Source.BEHAVIOUR, session.environment, echoes)


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
    return _Made(operation.id, answer.status, answer.seconds, "; ".join(unmet))


def _remember(runtime: Runtime, call: StepCall, answer: Answer) -> None:
    runtime.status, runtime.body = answer.status, answer.json()
    runtime.headers = {name.lower(): value for name, value in answer.headers.items()}
    found = {name: runtime.find(expression) for name, expression in call.outputs.items()}
    runtime.outputs[call.name] = found


def _tell(session: Session, step: SessionStep, made: list[_Made], trouble: str) -> Evidence:
    shown = ", ".join(f"{item.operation} → {item.status}" for item in made)
    last = made[-1] if made else None
    findings: tuple[Finding, ...] = ()
    if trouble:
        outcome, summary = Outcome.CANT_TELL, say("not-tested", why=trouble)
    elif last is not None and last.unmet:
        outcome = Outcome.FAILED
        findings = (
            make_finding(
                "list-expectation-unmet",
                operation=last.operation,
                status=last.status,
                condition=last.unmet,
            ),
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
            "calls": [{"operation": item.operation, "status": item.status} for item in made],
        },
    )
