"""Does the server keep its contract? Schemathesis, driven as a program on the bundled documents.

As a program and not in process: its command line and its NDJSON report are documented, its engine
is not; a crash or a hang of it cannot take us along; and it costs a quarter of a second.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from workbench.adapters import Session
from workbench.errors import PartnerError
from workbench.evidence.check_table import say
from workbench.evidence.contract.budget import Budget, divide
from workbench.evidence.contract.configuration import select, stages, write_configuration
from workbench.evidence.contract.report import read_report
from workbench.evidence.contract.schemathesis_program import ContractProgram, Progress, Run
from workbench.evidence.contract.telling import Told, leave_out, tell
from workbench.evidence.contract.vetting import vet
from workbench.evidence.likeness import Answers
from workbench.model import Catalogue, Evidence
from workbench.partners import Partner
from workbench.store import RunFolder

__all__ = ["Budget", "ContractProgram", "gather"]


def gather(
    partner: Partner,
    catalogue: Catalogue,
    session: Session,
    folder: RunFolder,
    *,
    budget: Budget | None = None,
    progress: Progress | None = None,
    program: ContractProgram | None = None,
) -> Iterator[Evidence]:
    """Test every operation that concerns us, one run per document; reports stay in the run folder.

    Those are the bound ones and those about the same things, such as the list beside a read.
    Without leave to write, only reads are called, with data as documented; removals need the
    manifest's consent; production is left alone. What could not be tested says why. A `program`
    that has started already saves its start; it is used up.

    Raises:
        PartnerError: Another source saw that everything is answered alike, so nothing is asked.
    """
    if Answers(session).ask():
        raise PartnerError(say("contract.asked-before"))
    budget = budget or Budget()
    for document in partner.description.documents:
        selection = select(partner, catalogue, document.name, session)
        share = divide(session, budget, [*selection.operations])
        selection.keep(share.reached, say("contract.not-reached-because", why=share.why))
        yield from leave_out(selection)
        if not selection.operations:
            continue
        bundle = partner.description.bundles[document.name]
        told = Told(session, selection, share, bundle, vet(bundle))
        _run_all(told, folder, budget.seconds, progress, program)
        program = None
        yield from tell(told)


def _run_all(
    told: Told,
    folder: RunFolder,
    seconds: int,
    progress: Progress | None,
    ahead: ContractProgram | None,
) -> None:
    """Test a selection, stage by stage; the program of the next one starts meanwhile."""
    plan = stages(told.selection)
    with ExitStack() as programs:
        if ahead is not None:
            programs.enter_context(ahead)
        for number, names in enumerate(plan):
            left = seconds - sum(run.seconds for run in told.runs)
            most = round(left * len(names) / sum(map(len, plan[number:])))
            if most <= 0:
                told.runs.append(Run(Path(), "", say("contract.time-used-up")))
                continue
            program = ahead or programs.enter_context(ContractProgram())
            is_last = number + 1 == len(plan)
            ahead = None if is_last else programs.enter_context(ContractProgram())
            with program:
                _run(told, program, names, most, progress)
                told.artefacts += _keep(program.room, folder, told, number)


def _run(
    told: Told,
    program: ContractProgram,
    names: tuple[str, ...],
    most: int,
    progress: Progress | None,
) -> None:
    """Run the program on some of the operations for so many seconds, and add what it found."""
    session, partner = told.session, told.session.partner
    # What other sources left behind, or the run before this one, is no part of the question.
    since = session.recorder.count if session.reset() else 0
    share = replace(told.share, reached=names)
    selection = told.selection.only(names)
    write_configuration(program.room, session, selection, told.vetted.bundle, share, since)
    run = program.run(session, share, most, progress)
    login = session.client.preview("GET", "/").login
    documented = {item.id: item for item in partner.description.operations}
    results = read_report(run.ndjson, session.redactor, login, documented)
    for result in results.values():
        method, _, path = result.operation.partition(" ")
        session.recorder.note_echoes(method, path, result.echoed)
    told.results.update(results)
    told.runs.append(run)


def _keep(room: Path, folder: RunFolder, told: Told, number: int) -> list[str]:
    """Move the reports into the run folder, every exact secret masked first."""
    kept: list[str] = []
    stem = Path(told.selection.document).stem + (f"-{number + 1}" if number else "")
    for suffix, name in (("har.json", "har"), ("junit.xml", "junit.xml")):
        source = room / f"report.{suffix}"
        if not source.is_file():
            continue
        told.session.redactor.file(source)
        target = folder.path / "contract" / f"{stem}.{name}"
        target.parent.mkdir(exist_ok=True)
        shutil.move(source, target)
        kept.append(target.relative_to(folder.path).as_posix())
    return kept
