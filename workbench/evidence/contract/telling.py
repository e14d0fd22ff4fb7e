"""What a contract run says of each operation, and of how far it came.

Schemathesis would take away what the document calls security; a login that a hook adds, or constant
headers, would still open the door, and be told as a fault of the partner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from workbench.adapters import Session
from workbench.errors import InputError, PartnerError
from workbench.evidence.check_table import make_evidence, say
from workbench.evidence.contract.budget import BudgetShare
from workbench.evidence.contract.configuration import READING, Selection
from workbench.evidence.contract.report import OperationResult
from workbench.evidence.contract.schemathesis_program import Run
from workbench.evidence.contract.vetting import Unusable, Vetted
from workbench.model import (
    REFUSAL,
    Evidence,
    FeatureSlug,
    Finding,
    Operation,
    Outcome,
    follow_reference,
    make_finding,
)

_BODILESS = frozenset({"204", "205"})
# What a schema may say without asking for anything.
_REMARKS = frozenset({"title", "description", "example", "examples", "default", "deprecated"})


def try_door(
    session: Session, bundle: dict[str, Any], operation: Operation, opened: str
) -> Finding | None:
    """Ask for what was answered once more, without credentials; None unless it is answered again.

    Args:
        session: The opened environment.
        bundle: The document, which may say that nobody has to log in.
        operation: A read.
        opened: The address with which it succeeded.
    """
    if session.partner.manifest.auth.scheme == "none" or _is_open(bundle, operation):
        return None
    try:
        answer = session.client.send("GET", _bare(session, opened), authenticated=False)
    except (InputError, PartnerError):
        return None
    if not answer.is_success or answer.is_refusal:
        return None
    return make_finding(
        "credentials-not-needed",
        operation=operation.id,
        observed=str(answer.status),
        reproduction=answer.curl,
        exchange=answer.exchange,
        status=answer.status,
    )


def _bare(session: Session, opened: str) -> str:
    """The address without the credentials that stand in its query."""
    secret = set(session.client.prove().query)
    parts = urlsplit(opened)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in secret]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _is_open(bundle: dict[str, Any], operation: Operation) -> bool:
    """Whether the document lets anybody in, or does not say who is let in."""
    node = follow_reference(bundle, f"#{operation.pointer}")
    stated = node.get("security") if isinstance(node, dict) else None
    wanted = bundle.get("security") if stated is None else stated
    return not isinstance(wanted, list) or not wanted or {} in wanted


_MOST_UNUSABLE = 10
_ABOUT_DOCUMENT = FeatureSlug.API_DOCS
"""The feature that the reach of a run is told of."""


@dataclass
class Told:
    """Everything that is known of one document, gathered run by run."""

    session: Session
    selection: Selection
    share: BudgetShare
    bundle: dict[str, Any]
    vetted: Vetted
    runs: list[Run] = field(default_factory=list)
    results: dict[str, OperationResult] = field(default_factory=dict)
    artefacts: list[str] = field(default_factory=list)

    @property
    def trouble(self) -> str:
        """Why a run is not to be relied on; empty where all are."""
        return next((run.trouble for run in self.runs if run.trouble), "")

    @property
    def tool(self) -> str | None:
        """What made the requests."""
        return next((run.tool for run in self.runs if run.tool), None)


def leave_out(selection: Selection) -> Iterator[Evidence]:
    """What was not asked for, and why."""
    for feature, operation, why in selection.left_out:
        yield make_evidence(
            "contract",
            feature,
            Outcome.UNTESTED,
            say("contract.not-tested", operation=operation, why=why),
            subject=operation,
        )


def tell(told: Told) -> Iterator[Evidence]:
    """One observation per feature and operation, and one of the reach."""
    doors: dict[str, Finding | None] = {}
    for feature, operation in [*told.selection.pairs, *_unclaimed(told)]:
        result = told.results.get(operation, OperationResult(operation))
        known = told.selection.operations.get(operation)
        unusable = told.vetted.of(known.pointer) if known else []
        if known and result.opened and operation not in doors:
            doors[operation] = try_door(told.session, told.bundle, known, result.opened)
        findings = [*filter(None, [doors.get(operation)]), *result.findings]
        is_blank = known is not None and not describes_answers(known, told.bundle)
        outcome, summary = _judge(result, findings, told.trouble, unusable, is_blank=is_blank)
        yield make_evidence(
            "contract",
            feature,
            outcome,
            summary,
            subject=operation,
            findings=(*findings, *_unusable(operation, unusable)),
            environment=told.session.environment,
            inputs=told.session.partner.document_inputs(told.selection.document),
            artefacts=tuple(told.artefacts),
            tool=told.tool,
            detail=_detail(known, result, told),
        )
    yield _reach(told)


def _count_changes(told: Told) -> int:
    return sum(
        count
        for result in told.results.values()
        for status, count in result.statuses.items()
        if status.startswith("2") and result.operation.partition(" ")[0] not in READING
    )


def _reach(told: Told) -> Evidence:
    """How many operations were reached, with how many requests: a budget is no success."""
    names = told.selection.operations
    # Reached is who answered; requests into the void reach nobody.
    reached = [name for name in names if told.results.get(name, OperationResult(name)).statuses]
    wanted = len(names) + told.selection.unreached
    requests = sum(result.cases for result in told.results.values())
    changed = _count_changes(told)
    document = told.selection.document
    limit = "; ".join(part for part in (told.share.why, told.trouble) if part)
    seen = {
        "reached": len(reached),
        "wanted": wanted,
        "document": document,
        "each": told.share.each,
        "n": requests,
        "changed": changed,
    }
    return make_evidence(
        "contract-reach",
        _ABOUT_DOCUMENT,
        Outcome.PASSED if len(reached) == wanted else Outcome.UNTESTED,
        say("contract-reach.limited", **seen, limit=limit)
        if limit
        else say("contract-reach.reached", **seen),
        subject=document,
        environment=told.session.environment,
        inputs=told.session.partner.document_inputs(document),
        tool=told.tool,
        detail={
            "operations": wanted,
            "reached": len(reached),
            "each": told.share.each,
            "requests": requests,
            "changed": changed,
        },
    )


def _unclaimed(told: Told) -> Iterator[tuple[str, str]]:
    """Findings at what was not asked for, as on the way of a scenario: none is lost."""
    for name, result in told.results.items():
        if result.findings and name not in told.selection.operations:
            yield told.selection.pairs[0][0], name


def _unusable(operation: str, unusable: list[Unusable]) -> Iterator[Finding]:
    for item in unusable[:_MOST_UNUSABLE]:
        yield make_finding(
            "schema-keyword-unusable", operation=operation, pointer=item.pointer, reason=item.reason
        )


def _detail(operation: Operation | None, result: OperationResult, told: Told) -> dict[str, Any]:
    """What was exercised: cases, statuses seen, documented statuses that were not."""
    documented = [response.status for response in operation.responses] if operation else []
    unseen = [text for text in documented if text not in {*result.statuses, "default"}]
    detail = {
        "cases": result.cases,
        "statuses": dict(sorted(result.statuses.items())),
        "unseen": [text for text in unseen if not _is_class_seen(text, result)],
        "seconds": round(sum(run.seconds for run in told.runs), 1),
        "seed": told.session.seed,
        "unusable": result.unusable,
        REFUSAL: result.refusal,
    }
    return {key: value for key, value in detail.items() if value not in ("", [])}


def _is_class_seen(status: str, result: OperationResult) -> bool:
    return status.upper().endswith("XX") and any(seen[0] == status[0] for seen in result.statuses)


def describes_answers(operation: Operation, bundle: dict[str, Any]) -> bool:
    """Whether the document says what a success holds: a schema with a condition, or nothing."""
    successes = [item for item in operation.responses if item.is_success]
    if all(item.status in _BODILESS for item in successes):
        return bool(successes)
    for body in (body for item in successes for body in item.bodies):
        schema = body.schema_
        if isinstance(reference := schema.get("$ref"), str):
            schema = follow_reference(bundle, reference) or {}
        if schema.keys() - _REMARKS:
            return True
    return False


def _judge(
    result: OperationResult,
    findings: list[Finding],
    trouble: str,
    unusable: list[Unusable],
    *,
    is_blank: bool = False,
) -> tuple[Outcome, str]:
    """Passed only where a success was seen, and where the whole schema could be compared.

    `is_blank`: the document does not say what a success holds, so only its status was compared.
    """
    if not result.cases:
        return _judge_silence(result, trouble)
    left_out = unusable[0].pointer if unusable else result.unusable
    count = len(findings)
    deviations = (
        say("contract.one-deviation") if count == 1 else say("contract.deviations", n=count)
    )
    is_cut = bool(trouble) and not result.is_covered
    rules = (
        (result.is_unreachable, Outcome.CANT_TELL, say("contract.none-answered")),
        (bool(result.refusal), Outcome.CANT_TELL, say("contract.not-let-in")),
        (any(item.severity.breaks for item in findings), Outcome.FAILED, deviations),
        (result.is_mostly_refused, Outcome.CANT_TELL, say("contract.often-not-let-in")),
        (is_cut, Outcome.CANT_TELL, say("contract.cut-off", trouble=trouble)),
        (bool(left_out), Outcome.CANT_TELL, say("contract.not-compared", left=left_out)),
        (not result.has_success, Outcome.UNTESTED, say("contract.no-success")),
        (bool(findings), Outcome.PASSED, say("contract.all-minor", deviations=deviations)),
        (is_blank, Outcome.PASSED, say("contract.nothing-documented")),
        (True, Outcome.PASSED, say("contract.as-documented")),
    )
    outcome, words = next((outcome, words) for holds, outcome, words in rules if holds)
    return outcome, _count(result, words)


def _count(result: OperationResult, words: str) -> str:
    """How many requests were made, what is said of them, and with what they were answered."""
    facts = {"n": result.cases, "operation": result.operation, "words": words}
    seen = ", ".join(
        say("contract.with-status", n=count, status=status)
        for status, count in sorted(result.statuses.items())
    )
    is_one = result.cases == 1
    if not seen:
        return say("contract.one-request" if is_one else "contract.requests", **facts)
    name = "contract.one-request-seen" if is_one else "contract.requests-seen"
    return say(name, **facts, seen=seen)


def _judge_silence(result: OperationResult, trouble: str) -> tuple[Outcome, str]:
    if trouble:
        return Outcome.CANT_TELL, say(
            "contract.not-reached", operation=result.operation, trouble=trouble
        )
    if result.unusable:
        return Outcome.UNTESTED, say(
            "contract.untestable", operation=result.operation, why=result.unusable
        )
    return Outcome.UNTESTED, say("contract.no-request", operation=result.operation)
