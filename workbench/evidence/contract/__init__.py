"""Does the server keep its contract? Schemathesis, driven as a program on the bundled documents.

As a program and not in process: its command line and its NDJSON report are documented, its engine
is not; a crash or a hang of it cannot take us along; and it costs a quarter of a second.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.adapters.session import Session
from workbench.evidence.contract.configuration import Selection, select, write_configuration
from workbench.evidence.contract.program import Budget, Progress, Run, run_program
from workbench.evidence.contract.report import OperationResult, read_report
from workbench.evidence.contract.vetting import Unusable, Vetted, vet
from workbench.model.description import Operation
from workbench.model.evidence import Evidence, Finding, Matter, Outcome, Severity, Source
from workbench.model.feature import Catalogue
from workbench.partners import Partner
from workbench.store import RunFolder

__all__ = ["Budget", "gather"]

_MOST_UNUSABLE = 10


def gather(
    partner: Partner,
    catalogue: Catalogue,
    session: Session,
    folder: RunFolder,
    *,
    budget: Budget | None = None,
    progress: Progress | None = None,
) -> Iterator[Evidence]:
    """Test every operation that concerns us, one run per document; reports stay in the run folder.

    Those are the bound ones and those about the same things, such as the list beside a read.
    Without leave to write, only reads are called, with data as documented; removals need the
    manifest's consent; production is left alone. What could not be tested says why.
    """
    for document in partner.description.documents:
        selection = select(partner, catalogue, document.name, session)
        yield from _untested(selection)
        if not selection.operations:
            continue
        with tempfile.TemporaryDirectory(prefix="workbench-contract-") as scratch:
            room = Path(scratch)
            vetted = vet(partner.description.bundles[document.name])
            write_configuration(room, partner, session, selection, vetted.bundle)
            run = run_program(room, session, selection, budget or Budget(), progress)
            login = session.client.preview("GET", "/").login
            results = read_report(run.ndjson, session.redactor, login)
            artefacts = _keep(room, folder, session, document.name)
            yield from _tell(session, selection, run, results, vetted, artefacts)


def _untested(selection: Selection) -> Iterator[Evidence]:
    for feature, operation, why in selection.left_out:
        yield Evidence(
            feature=feature,
            source=Source.CONTRACT,
            outcome=Outcome.UNTESTED,
            subject=operation,
            summary=f"{operation} was not contract-tested: {why}.",
            check="contract",
        )


def _keep(room: Path, folder: RunFolder, session: Session, document: str) -> tuple[str, ...]:
    """Move the reports into the run folder, every exact secret masked first."""
    kept: list[str] = []
    stem = Path(document).stem
    for suffix, name in (("har.json", "har"), ("junit.xml", "junit.xml")):
        source = room / f"report.{suffix}"
        if not source.is_file():
            continue
        session.redactor.file(source)
        target = folder.path / "contract" / f"{stem}.{name}"
        target.parent.mkdir(exist_ok=True)
        shutil.move(source, target)
        kept.append(target.relative_to(folder.path).as_posix())
    return tuple(kept)


def _tell(
    session: Session,
    selection: Selection,
    run: Run,
    results: dict[str, OperationResult],
    vetted: Vetted,
    artefacts: tuple[str, ...],
) -> Iterator[Evidence]:
    inputs = session.partner.document_inputs(selection.document)
    for feature, operation in [*selection.pairs, *_unclaimed(selection, results)]:
        result = results.get(operation, OperationResult(operation))
        known = selection.operations.get(operation)
        unusable = vetted.of(known.pointer) if known else []
        outcome, summary = _judge(result, run, unusable)
        yield Evidence(
            feature=feature,
            source=Source.CONTRACT,
            outcome=outcome,
            subject=operation,
            summary=summary,
            check="contract",
            findings=(*result.findings, *_unusable(operation, unusable)),
            environment=session.environment,
            inputs=inputs,
            artefacts=artefacts,
            tool=run.tool,
            detail=_detail(known, result, run, session.seed),
        )


def _unclaimed(
    selection: Selection, results: dict[str, OperationResult]
) -> Iterator[tuple[str, str]]:
    """Findings at what was not asked for, as on the way of a scenario: none is lost."""
    for name, result in results.items():
        if result.findings and name not in selection.operations:
            yield selection.pairs[0][0], name


def _unusable(operation: str, unusable: list[Unusable]) -> Iterator[Finding]:
    for item in unusable[:_MOST_UNUSABLE]:
        yield Finding(
            slug="schema-keyword-unusable",
            matter=Matter.DOCUMENT,
            severity=Severity.LOW,
            summary=f"A keyword of the schema for {operation} cannot be used: {item.reason}.",
            operation=operation,
            pointer=item.pointer,
            hint="Correct the keyword in the document.",
        )


def _detail(
    operation: Operation | None, result: OperationResult, run: Run, seed: int
) -> dict[str, Any]:
    """What was exercised: cases, statuses seen, documented statuses that were not."""
    documented = [response.status for response in operation.responses] if operation else []
    unseen = [text for text in documented if text not in {*result.statuses, "default"}]
    detail = {
        "cases": result.cases,
        "statuses": dict(sorted(result.statuses.items())),
        "unseen": [text for text in unseen if not _is_class_seen(text, result)],
        "seconds": round(run.seconds, 1),
        "seed": seed,
        "unusable": result.unusable,
    }
    return {key: value for key, value in detail.items() if value not in ("", [])}


def _is_class_seen(status: str, result: OperationResult) -> bool:
    return status.upper().endswith("XX") and any(seen[0] == status[0] for seen in result.statuses)


def _judge(result: OperationResult, run: Run, unusable: list[Unusable]) -> tuple[Outcome, str]:
    """Passed only where a success was seen, and where the whole schema could be compared."""
    if not result.cases:
        return _judge_silence(result, run)
    seen = ", ".join(f"{count} with {status}" for status, count in sorted(result.statuses.items()))
    left_out = unusable[0].pointer if unusable else result.unusable
    deviations = f"{len(result.findings)} kind(s) of deviation"
    rules = (
        (result.is_unreachable, Outcome.CANT_TELL, "none was answered"),
        (result.is_refused, Outcome.CANT_TELL, "we were not let in, or not heard"),
        (_breaks(result.findings), Outcome.FAILED, deviations),
        (bool(run.trouble), Outcome.CANT_TELL, f"then the run was cut off: {run.trouble}"),
        (bool(left_out), Outcome.CANT_TELL, f"not all could be compared, unusable is {left_out}"),
        (not result.has_success, Outcome.UNTESTED, "no success was seen, so nothing is proved"),
        (bool(result.findings), Outcome.PASSED, f"{deviations}, all minor"),
        (True, Outcome.PASSED, "all answered as documented"),
    )
    outcome, words = next((outcome, words) for holds, outcome, words in rules if holds)
    counted = f"{result.cases} generated request(s) to {result.operation}"
    return outcome, f"{counted}: {words}{f' ({seen})' if seen else ''}."


def _judge_silence(result: OperationResult, run: Run) -> tuple[Outcome, str]:
    if run.trouble:
        return Outcome.CANT_TELL, f"Schemathesis could not test {result.operation}: {run.trouble}"
    if result.unusable:
        return Outcome.UNTESTED, f"{result.operation} cannot be tested: {result.unusable}"
    return Outcome.UNTESTED, f"Schemathesis made no case for {result.operation}."


def _breaks(findings: tuple[Finding, ...]) -> bool:
    return any(finding.severity in {Severity.CRITICAL, Severity.HIGH} for finding in findings)
