"""Evidence logs and run folders: written once, then only read.

A run folder is `reports/<partner>/<run>/`. Its `evidence.jsonl` has a header, one line per
observation, and a footer with a digest over all lines before it; a log without footer is an
incomplete run.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import ValidationError

from workbench.errors import InputError
from workbench.model.evidence import Evidence, Exchange, Record, Source
from workbench.model.feature import Catalogue
from workbench.model.judging import judge
from workbench.model.log import LOG_RECORD, RunFooter, RunHeader
from workbench.model.statement import Statement
from workbench.model.verdict import Status, Verdict
from workbench.secrecy import WITHHELD, Redactor, guard_folder, open_private

LOG_NAME = "evidence.jsonl"


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
        if folder.log.exists():
            raise InputError(
                f"Run {run!r} of {partner} exists already",
                location=str(folder.log),
                hint="Choose another name with --run, or remove the folder.",
            )
        folder.path.parent.mkdir(parents=True, exist_ok=True)
        folder.path.mkdir(mode=0o700, exist_ok=True)
        folder.path.chmod(0o700)
        folder.mark()
        return folder

    @property
    def _note(self) -> Path:
        """Beside the folder: that nobody has searched it for secrets yet, and who is to do so."""
        return self.path.with_name(f".{self.path.name}.unsearched")

    def mark(self) -> None:
        """Note that this process writes here, and will search what it wrote; the first counts."""
        with suppress(FileExistsError), open_private(self._note, new=True) as file:
            file.write(f"{os.getpid()} {platform.node()}".encode())

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
        except FileNotFoundError:
            return None
        return int(number) if node == platform.node() and is_alive(int(number)) else None


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
    home.mkdir(parents=True, exist_ok=True)
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
    except ProcessLookupError:
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
        if path.stat().st_size and path.parent.suffix != WITHHELD
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


@dataclass(frozen=True)
class Log:
    """A log as read back; `footer` is None when the run did not come to its end."""

    header: RunHeader
    evidence: tuple[Evidence, ...]
    footer: RunFooter | None

    @property
    def is_complete(self) -> bool:
        """Whether the run came to its end and the lines are those that were written."""
        return self.footer is not None


class EvidenceLog:
    """Writes a log line by line, each flushed, so that a crash loses nothing already seen.

    A context manager: leaving it without an exception writes the footer.

    Args:
        path: A new file, which only its owner may read.
        header: The first line.
        mask: Takes away from JSON-like data what must not be written.
    """

    def __init__(
        self, path: Path, header: RunHeader, mask: Callable[[Any], Any] | None = None
    ) -> None:
        self._file = open_private(path, new=True)
        self._mask = mask
        self._digest = hashlib.sha256()
        self._started = datetime.now(UTC)
        self._count = 0
        self._write(_masked(header, mask, _TOLD_OF_RUN))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self._file.close()

    def add(self, evidence: Evidence) -> Evidence:
        """Append one observation; returns it as written, with its id (`e1`, `e2`, …)."""
        self._count += 1
        told = _masked(evidence, self._mask, _TOLD)
        numbered = told.model_copy(update={"id": f"e{self._count}"})
        self._write(numbered)
        return numbered

    def finish(self, sources: Iterable[Source] = ()) -> None:
        """Write the footer, which names the sources asked, and close; once."""
        if self._file.closed:
            return
        now = datetime.now(UTC)
        footer = RunFooter(
            finished_at=now,
            seconds=round((now - self._started).total_seconds(), 3),
            evidence=self._count,
            digest=self._digest.hexdigest(),
            sources=tuple(dict.fromkeys(sources)),
        )
        self._write(footer)
        os.fsync(self._file.fileno())
        self._file.close()

    def _write(self, record: RunHeader | Evidence | RunFooter) -> None:
        line = record.model_dump_json(exclude_none=True).encode() + b"\n"
        self._digest.update(line)
        self._file.write(line)
        self._file.flush()


# What is told in the partner's words, or may quote them; all else is in words of ours.
_TOLD = ("subject", "summary", "artefacts", "detail", "findings")
_TOLD_OF_FINDING = (
    "summary", "pointer", "operation", "expected", "observed", "hint", "reproduction", "exchange",
)  # fmt: skip
# Statements come from the folder's own texts, which were searched when the run began.
_TOLD_OF_RUN = ("title", "context")
_R = TypeVar("_R", bound=Record)


def _masked(record: _R, mask: Callable[[Any], Any] | None, told: Iterable[str]) -> _R:
    """The record without what `mask` takes away from the fields in `told`."""
    if mask is None:
        return record
    update: dict[str, Any] = {}
    for name in told:
        held = getattr(record, name)
        if name == "findings":
            now: Any = tuple(_masked(finding, mask, _TOLD_OF_FINDING) for finding in held)
        elif isinstance(held, Exchange):
            now = Exchange.model_validate(mask(held.model_dump(mode="json")))
        else:
            now = mask(held)
        if now != held:
            update[name] = now
    return record.model_copy(update=update) if update else record


def read_header(path: Path) -> RunHeader:
    """The first line of a log."""
    with path.open("rb") as file:
        record = _parse(file.readline(), path, 1)
    if not isinstance(record, RunHeader):
        raise _damaged(path, 1, "it does not begin with a header")
    return record


def read_log(path: Path) -> Log:
    """Read a log back and check its digest.

    Raises:
        InputError: A line is not valid, or the lines are not those that were written.
    """
    lines = path.read_bytes().splitlines(keepends=True)
    records = list(_parse_all(lines, path))
    if not records or not isinstance(records[0], RunHeader):
        raise _damaged(path, 1, "it does not begin with a header")
    footer = records[-1] if isinstance(records[-1], RunFooter) else None
    middle = records[1:-1] if footer else records[1:]
    evidence = tuple(record for record in middle if isinstance(record, Evidence))
    if len(evidence) != len(middle):
        raise _damaged(path, len(lines), "a header or footer stands among the evidence")
    if footer is not None:
        digest = hashlib.sha256(b"".join(lines[:-1])).hexdigest()
        if digest != footer.digest or footer.evidence != len(evidence):
            raise _damaged(path, len(lines), "its lines do not match the digest in its footer")
    return Log(header=records[0], evidence=evidence, footer=footer)


def judge_all(
    catalogue: Catalogue,
    statement: Callable[[str], Statement | None],
    evidence: Iterable[Evidence],
    *,
    now: datetime | None = None,
) -> dict[str, Verdict]:
    """Verdicts of all features, in the order of the catalogue."""
    lines = list(evidence)
    moment = now or datetime.now(UTC)
    return {
        feature.slug: judge(feature, statement(feature.slug), lines, now=moment)
        for feature in catalogue.features
    }


def read_run(folder: RunFolder, catalogue: Catalogue) -> tuple[Log, dict[str, Verdict]]:
    """A run as its log tells it: nothing but that file is used.

    The verdicts are those of the moment at which the run ended, or was last seen alive.
    """
    log = read_log(folder.log)
    alive = [log.header.started_at, *(line.observed_at for line in log.evidence)]
    ended = log.footer.finished_at if log.footer else max(alive)
    verdicts = judge_all(catalogue, log.header.statement, log.evidence, now=ended)
    return log, verdicts


def stated(log: Log, verdicts: dict[str, Verdict]) -> dict[str, Verdict]:
    """The verdicts that concern the partner: all but silent features beyond the agreed scope."""
    return {
        slug: verdict
        for slug, verdict in verdicts.items()
        if verdict.status is not Status.EXEMPT or log.header.statement(slug) is not None
    }


def _parse_all(lines: list[bytes], path: Path) -> Iterator[RunHeader | Evidence | RunFooter]:
    for number, line in enumerate(lines, 1):
        if number == len(lines) and not line.endswith(b"\n"):
            return  # a crash cut the last line short: the run is incomplete, the rest is good
        yield _parse(line, path, number)


def _parse(line: bytes, path: Path, number: int) -> RunHeader | Evidence | RunFooter:
    try:
        return LOG_RECORD.validate_json(line)
    except ValidationError as error:
        raise _damaged(path, number, error.errors(include_url=False)[0]["msg"]) from error


def _damaged(path: Path, number: int, why: str) -> InputError:
    return InputError(
        f"The evidence log is damaged: {why}",
        location=f"{path}:{number}",
        hint="Evidence is never edited by hand; validate again.",
    )
