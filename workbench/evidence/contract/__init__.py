"""Does the server keep its contract? Schemathesis, driven as a program on the bundled documents.

As a program and not in process: its command line and its NDJSON report are documented, its engine
is not; a crash or a hang of it cannot take us along; and it costs a quarter of a second.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from workbench.adapters.session import Session
from workbench.evidence.contract.configuration import Selection, select, write_configuration
from workbench.evidence.contract.program import Budget, Run, run_program
from workbench.evidence.contract.report import OperationResult, read_report
from workbench.model.evidence import Evidence, Finding, Outcome, Severity, Source
from workbench.model.feature import Catalogue
from workbench.partners import Partner
from workbench.store import RunFolder

__all__ = ["Budget", "gather"]


def gather(
    partner: Partner,
    catalogue: Catalogue,
    session: Session,
    folder: RunFolder,
    *,
    budget: Budget | None = None,
) -> Iterator[Evidence]:
    """Test every bound operation, one run per document, and leave the reports in the run folder.

    Only operations that a feature is bound to are called; without leave to write, only those that
    read. What could not be tested says why.
    """
    for document in partner.description.documents:
        selection = select(partner, catalogue, document.name, allow_writes=session.allow_writes)
        yield from _untested(selection)
        if not selection.operations:
            continue
        with tempfile.TemporaryDirectory(prefix="workbench-contract-") as scratch:
            room = Path(scratch)
            write_configuration(room, partner, session, selection)
            run = run_program(room, session, selection, budget or Budget())
            results = read_report(run.ndjson, session.redactor)
            artefacts = _keep(room, folder, session, document.name)
            yield from _tell(session, selection, run, results, artefacts)


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
    artefacts: tuple[str, ...],
) -> Iterator[Evidence]:
    for feature, operation in selection.pairs:
        result = results.get(operation, OperationResult(operation))
        outcome, summary = _judge(result, run)
        yield Evidence(
            feature=feature,
            source=Source.CONTRACT,
            outcome=outcome,
            subject=operation,
            summary=summary,
            check="contract",
            findings=result.findings,
            environment=session.environment,
            inputs={selection.document: session.partner.inputs[selection.document]},
            artefacts=artefacts,
            tool=run.tool,
            detail={
                "cases": result.cases,
                "statuses": dict(sorted(result.statuses.items())),
                "seed": session.seed,
            },
        )


def _judge(result: OperationResult, run: Run) -> tuple[Outcome, str]:
    if run.trouble and not result.cases:
        return Outcome.CANT_TELL, f"Schemathesis could not test {result.operation}: {run.trouble}"
    if not result.cases:
        return Outcome.UNTESTED, f"Schemathesis made no case for {result.operation}."
    counted = f"{result.cases} generated request(s) to {result.operation}"
    if result.is_locked_out:
        return Outcome.CANT_TELL, f"{counted}: all were refused with 401 or 403."
    if result.is_unreachable:
        return Outcome.CANT_TELL, f"{counted}: none was answered."
    if _breaks(result.findings):
        return Outcome.FAILED, f"{counted}: {len(result.findings)} kind(s) of deviation."
    if result.findings:
        return Outcome.PASSED, f"{counted}: {len(result.findings)} minor kind(s) of deviation."
    return Outcome.PASSED, f"{counted}: all answered as documented."


def _breaks(findings: tuple[Finding, ...]) -> bool:
    return any(finding.severity in {Severity.CRITICAL, Severity.HIGH} for finding in findings)
