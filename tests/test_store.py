"""Evidence logs: written as they come, read back whole, never trusted when damaged."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.model.evidence import Evidence, Outcome, Source
from workbench.model.log import RunHeader
from workbench.model.statement import Absence, Binding
from workbench.secrecy import Redactor
from workbench.store import EvidenceLog, RunFolder, find_run, list_abandoned, list_runs, read_log


def header(run: str = "one", hour: int = 9) -> RunHeader:
    """A header with one binding and one absence."""
    return RunHeader(
        run=run,
        partner="acme",
        title="Acme",
        environment="sandbox",
        seed=1,
        started_at=datetime(2026, 11, 20, hour, tzinfo=UTC),
        workbench="0",
        python="3",
        catalogue="c",
        statements={
            "order-read": Binding(subjects=("GET /orders/{id}",)),
            "menu-write": Absence(status="unsupported", code="R1", reason="There is no menu."),
        },
    )


def observation(outcome: Outcome = Outcome.PASSED) -> Evidence:
    """An observation without findings."""
    return Evidence(feature="order-read", source=Source.SAMPLES, outcome=outcome, summary="seen")


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    """Header, observations with numbered ids, and footer survive the round trip."""
    path = tmp_path / "evidence.jsonl"
    with EvidenceLog(path, header()) as log:
        first = log.add(observation())
        log.add(observation(Outcome.UNTESTED))
    read = read_log(path)
    assert first.id == "e1"
    assert [line.id for line in read.evidence] == ["e1", "e2"]
    assert read.is_complete
    assert isinstance(read.header.statement("order-read"), Binding)
    assert isinstance(read.header.statement("menu-write"), Absence)
    assert read.header.statement("nothing") is None


def test_a_run_that_broke_off_is_incomplete(tmp_path: Path) -> None:
    """An exception leaves no footer, and what was seen before it is kept."""
    path = tmp_path / "evidence.jsonl"

    def crash() -> None:
        with EvidenceLog(path, header()) as log:
            log.add(observation())
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        crash()
    read = read_log(path)
    assert not read.is_complete
    assert len(read.evidence) == 1


def test_a_line_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    """A crash in the middle of a line does not spoil the lines before it."""
    path = tmp_path / "evidence.jsonl"
    with EvidenceLog(path, header()) as log:
        log.add(observation())
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]) + b'{"kind":"evid')
    assert len(read_log(path).evidence) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"passed"', b'"failed"'), (b'"seen"', b'"sawn"'), (b'"seed":1', b'"seed":2')],
)
def test_an_edited_log_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    """The digest in the footer shows that a line was changed afterwards."""
    path = tmp_path / "evidence.jsonl"
    with EvidenceLog(path, header()) as log:
        log.add(observation())
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        read_log(path)
    assert caught.value.hint
    assert str(path) in (caught.value.location or "")


def test_evidence_is_never_overwritten(tmp_path: Path) -> None:
    """A second run of the same name is refused, and the first stays as it is."""
    folder = RunFolder.create(tmp_path, "acme", "one")
    with EvidenceLog(folder.log, header()):
        pass
    before = folder.log.read_bytes()
    with pytest.raises(InputError, match="exists already"):
        RunFolder.create(tmp_path, "acme", "one")
    assert folder.log.read_bytes() == before


@pytest.mark.parametrize("run", ["", "one"])
def test_runs_are_listed_by_their_owner_alone(tmp_path: Path, run: str) -> None:
    """Whatever the umask: a new partner's folder is closed, an open one keeps only the passage."""
    before = os.umask(0)
    try:
        first = RunFolder.create(tmp_path / "reports", "acme", run)
        (tmp_path / "reports" / "older").mkdir(mode=0o755)
        second = RunFolder.create(tmp_path / "reports", "older", run)
    finally:
        os.umask(before)
    modes = [path.stat().st_mode & 0o777 for path in (first.path, first.path.parent)]
    assert modes == [0o700, 0o700]
    assert second.path.parent.stat().st_mode & 0o777 == 0o711
    assert second.path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("note", ["", "7", "x y", "99999999999999999999 elsewhere", "\xff"])
def test_a_damaged_note_is_that_of_a_killed_run(tmp_path: Path, note: str) -> None:
    """Whoever was killed while it wrote its number leaves a run that is searched, and no error."""
    folder = RunFolder.create(tmp_path, "acme", "one")
    (tmp_path / "acme" / ".one.unsearched").write_text(note, "latin-1")
    assert [found.run for found in list_abandoned(tmp_path, "acme")] == ["one"]
    folder.search(Redactor())
    assert list_abandoned(tmp_path, "acme") == []


def test_runs_are_found_in_the_order_of_their_start(tmp_path: Path) -> None:
    """The latest run is the one that started last, whatever its name."""
    for name, hour in (("zulu", 8), ("alpha", 12), ("mike", 10)):
        folder = RunFolder.create(tmp_path, "acme", name)
        with EvidenceLog(folder.log, header(name, hour)):
            pass
    assert [folder.run for folder in list_runs(tmp_path, "acme")] == ["zulu", "mike", "alpha"]
    assert find_run(tmp_path, "acme").run == "alpha"
    assert find_run(tmp_path, "acme", "mike").run == "mike"
    with pytest.raises(InputError, match="no run x of acme"):
        find_run(tmp_path, "acme", "x")
