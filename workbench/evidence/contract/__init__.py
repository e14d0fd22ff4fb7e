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
from workbench.evidence.reproduction import as_python
from workbench.model.description import Operation
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
            write_configuration(room, partner, session, selection)
            run = run_program(room, session, selection, budget or Budget(), progress)
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
            detail=_detail(selection.operations[operation], result, run, session.seed),
        )


def _detail(operation: Operation, result: OperationResult, run: Run, seed: int) -> dict[str, Any]:
    """What was exercised: cases, statuses seen, documented statuses that were not."""
    documented = [response.status for response in operation.responses]
    unseen = [text for text in documented if text not in {*result.statuses, "default"}]
    curls = (item.reproduction for item in result.findings if item.reproduction)
    detail = {
        "cases": result.cases,
        "statuses": dict(sorted(result.statuses.items())),
        "unseen": [text for text in unseen if not _is_class_seen(text, result)],
        "seconds": round(run.seconds, 1),
        "seed": seed,
        "unusable": result.unusable,
        "python": as_python(next(curls, "")),
    }
    return {key: value for key, value in detail.items() if value not in ("", [])}


def _is_class_seen(status: str, result: OperationResult) -> bool:
    return status.upper().endswith("XX") and any(seen[0] == status[0] for seen in result.statuses)


def _judge(result: OperationResult, run: Run) -> tuple[Outcome, str]:
    if run.trouble and not result.cases:
        return Outcome.CANT_TELL, f"Schemathesis could not test {result.operation}: {run.trouble}"
    if not result.cases and result.unusable:
        return Outcome.UNTESTED, f"{result.operation} cannot be tested: {result.unusable}"
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
