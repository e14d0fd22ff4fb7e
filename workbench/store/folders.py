"""Run folders: `reports/<partner>/<run>/`, private until a report is published."""

from __future__ import annotations

import itertools
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from workbench.errors import InputError
from workbench.model import Catalogue, Evidence, Statement, Status, Verdict, judge
from workbench.secrecy import WITHHELD, Redactor, guard_folder, make_private, open_private
from workbench.store.logs import LOG_NAME, Log, read_header, read_log

INTERRUPTED = ".interrupted"  # ends the name of what a lost process left of a run


@dataclass(frozen=True)
class RunFolder:
    """One run of one partner on disk."""

    path: Path

    @property
    def log(self) -> Path:
        """The evidence log."""
        return self.path / LOG_NAME

    @property
    def run(self) -> str:
        """Name of the run."""
        return self.path.name

    @classmethod
    def create(cls, reports: Path, partner: str, run: str = "") -> Self:
        """Make the folder of a new run; an empty `run` is named after the time, and like no other.

        Raises:
            InputError: The run has evidence already, which is never overwritten; or its name leads
                out of the partner's reports.
        """
        if not run:
            folder = cls(_reserve(reports / partner, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"))
            folder.mark()
            return folder
        folder = cls(_place(reports / partner, run))
        folder.check_new()
        make_private(folder.path.parent)
        folder.path.mkdir(mode=0o700, exist_ok=True)
        folder.path.chmod(0o700)
        folder.mark()
        return folder

    def check_new(self) -> None:
        """Refuse a run that has evidence.

        Raises:
            InputError: It has.
        """
        if self.log.exists():
            raise InputError(
                f"Run {self.run!r} of {self.path.parent.name} exists already",
                location=str(self.log),
                hint="Choose another name with --run, go on with --resume, or remove the folder.",
            )

    @property
    def _note(self) -> Path:
        """Beside the folder: that nobody has searched it for secrets yet, and who is to do so."""
        return self.path.with_name(f".{self.path.name}.unsearched")

    def mark(self) -> None:
        """Note that this process writes here, and will search what it wrote; the first counts."""
        with suppress(FileExistsError), open_private(self._note, new=True) as file:
            file.write(f"{os.getpid()} {platform.node()}".encode())

    def claim(self) -> None:
        """Note that this process writes here from now on, and no other."""
        self._note.unlink(missing_ok=True)
        self.mark()

    def set_aside(self) -> None:
        """Give the name of the run back; what a lost process left stays, under another name.

        Raises:
            InputError: A process writes here.
        """
        writer = self._writer()
        if writer not in {None, os.getpid()}:
            raise InputError(
                f"Run {self.run!r} is being written by process {writer}",
                location=str(self.path),
                hint="Wait for it, or choose another name with --run.",
            )
        aside = _reserve(self.path.parent, f"{self.path.name}{INTERRUPTED}")
        self.path.rename(aside)
        self._note.unlink(missing_ok=True)

    def release(self, redactor: Redactor) -> None:
        """Search what was written for secrets, unless another process is to do it.

        Raises:
            ReportError: One was found; the folder was moved aside.
        """
        if self._writer() in {None, os.getpid()}:
            self.search(redactor)

    def search(self, redactor: Redactor) -> None:
        """Search what was written for secrets, whoever wrote it.

        Raises:
            ReportError: One was found; the folder was moved aside.
        """
        try:
            guard_folder(self.path, redactor)
        finally:
            self._note.unlink(missing_ok=True)

    @property
    def is_abandoned(self) -> bool:
        """Whether what was to search the folder is gone."""
        return self._note.exists() and self._writer() is None

    def _writer(self) -> int | None:
        """The process on this machine that is to search the folder; None when there is none."""
        try:
            number, _, node = self._note.read_text("utf-8").partition(" ")
            process = int(number)
        except (FileNotFoundError, ValueError):
            return None  # killed before it had written its number
        return process if node == platform.node() and is_alive(process) else None


def _place(home: Path, run: str) -> Path:
    """The folder of a named run, which stands in the partner's reports, links followed."""
    path = home / run
    if path.name != run or path.resolve().parent != home.resolve():
        raise InputError(
            f"{run!r} is no name of a run",
            location=str(home),
            hint="Give a plain name, such as 20260301T120000Z, of a folder that is no link.",
        )
    return path


def _reserve(home: Path, name: str) -> Path:
    """Make a folder that was not there: two runs of one second get two names."""
    make_private(home)
    for number in itertools.count(1):
        path = home / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            continue
        path.chmod(0o700)
        return path
    raise AssertionError  # pragma: no cover - numbers do not end


def is_alive(process: int) -> bool:
    """Whether a process of this machine runs."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def list_abandoned(reports: Path, partner: str) -> list[RunFolder]:
    """Runs that nobody has searched for secrets, because what wrote them was killed."""
    notes = sorted((reports / partner).glob(".*.unsearched"))
    found = [RunFolder(note.with_name(note.name[1:].removesuffix(".unsearched"))) for note in notes]
    return [folder for folder in found if folder.path.is_dir() and folder.is_abandoned]


def list_runs(reports: Path, partner: str) -> list[RunFolder]:
    """Runs of a partner that have a log, oldest first by the start in their headers."""
    found = [
        RunFolder(path.parent)
        for path in (reports / partner).glob(f"*/{LOG_NAME}")
        if path.stat().st_size and not {WITHHELD, INTERRUPTED} & set(path.parent.suffixes)
    ]
    return sorted(found, key=lambda folder: (read_header(folder.log).started_at, folder.run))


def find_run(reports: Path, partner: str, run: str | None = None) -> RunFolder:
    """The named run, or the latest one.

    Raises:
        InputError: There is none.
    """
    if run is not None:
        folder = RunFolder(_place(reports / partner, run))
        if folder.log.is_file():
            return folder
    elif runs := list_runs(reports, partner):
        return runs[-1]
    raise InputError(
        f"There is no run {run or ''} of {partner}".replace("  ", " "),
        location=str(reports / partner),
        hint=f"Run `workbench validate {partner}` first.",
    )


def judge_all(
    catalogue: Catalogue,
    statement: Callable[[str], Statement | None],
    evidence: Iterable[Evidence],
    *,
    now: datetime | None = None,
    inputs: Mapping[str, str] | None = None,
) -> dict[str, Verdict]:
    """Verdicts of all features, in the order of the catalogue; the rest is as of `judge`."""
    lines = list(evidence)
    moment = now or datetime.now(UTC)
    return {
        feature.slug: judge(feature, statement(feature.slug), lines, now=moment, inputs=inputs)
        for feature in catalogue.features
    }


def read_run(folder: RunFolder, catalogue: Catalogue) -> tuple[Log, dict[str, Verdict]]:
    """A run as its log tells it: nothing but that file is used.

    The verdicts are those of the moment at which the run ended, or was last seen alive.
    """
    log = read_log(folder.log)
    alive = [log.header.started_at, *(line.observed_at for line in log.evidence)]
    ended = log.footer.finished_at if log.footer else max(alive)
    header = log.header
    verdicts = judge_all(catalogue, header.statement, log.evidence, now=ended, inputs=header.inputs)
    return log, verdicts


def stated_verdicts(log: Log, verdicts: dict[str, Verdict]) -> dict[str, Verdict]:
    """The verdicts that concern the partner: all but silent features beyond the agreed scope."""
    return {
        slug: verdict
        for slug, verdict in verdicts.items()
        if verdict.status is not Status.EXEMPT or log.header.statement(slug) is not None
    }
