"""The calls of a partner's own list, made by our session: guarded, masked, recorded, never unbound.

No runner of others makes them. It would open connections of its own, past the egress guard, and
write to what the folder does not name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from workbench.adapters import Session
from workbench.errors import CredentialError, InputError, PartnerError
from workbench.evidence import hear, make_evidence, say, tell_echoes
from workbench.handover.list_flow import FlowRun, Made
from workbench.handover.list_messages import Ear
from workbench.model import (
    CallFlow,
    Evidence,
    Finding,
    Outcome,
    SessionStep,
    Source,
    make_finding,
)
from workbench.store import RunFolder, read_protocol

LIST_CHECK = "list-calls"


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
        folder: Of the run: its protocol says what was shown before, and its inbox is read where
            nobody can be told our address.
        seconds: How long to wait for a message, where the list does not say.
        by_hand: A person brings the messages about.

    Yields:
        One observation of the whole step, and what of ours came back in answers.
    """
    own = CallFlow(title=step.title, calls=step.calls, inputs=step.inputs, after=step.after)
    flows = {step.flow: own, **step.flows}
    protocol = read_protocol(folder)
    done = protocol.shown_flows if protocol else ()
    run = FlowRun(session, flows, ear=None, done=frozenset(done), patience=seconds)
    last, trouble = None, ""
    try:
        with _listen(session, step, folder, seconds, by_hand=by_hand) as run.ear:
            last, _ = run.run(step.flow, own, given)
    except (CredentialError, InputError, PartnerError) as error:
        trouble = str(error)
    yield _tell(session, step, run.made, last, trouble)
    echoes = set(session.recorder.echoes)
    yield from tell_echoes(Source.BEHAVIOUR, session.environment, echoes)


@contextmanager
def _listen(
    session: Session, step: SessionStep, folder: RunFolder, seconds: float, *, by_hand: bool
) -> Iterator[Ear | None]:
    """What hears the messages of a step; None where it waits for none."""
    inner = (call for flow in step.flows.values() for call in flow.calls)
    if not any(call.waits_for for call in (*step.calls, *inner)):
        yield None
        return
    with hear(session, folder, by_hand=by_hand) as post:
        yield Ear(post, session, seconds, may_provoke=not by_hand)


def _tell(
    session: Session, step: SessionStep, made: list[Made], last: Made | None, trouble: str
) -> Evidence:
    shown = ", ".join(f"{item.operation} → {item.answer}".removesuffix(" → ") for item in made)
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
