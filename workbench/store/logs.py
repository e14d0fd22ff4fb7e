"""Evidence logs: header, observations, and a footer with a digest over all lines before it."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import ValidationError

from workbench.errors import InputError
from workbench.model import LOG_RECORD, Evidence, Exchange, Record, RunFooter, RunHeader, Source
from workbench.secrecy import open_private

LOG_NAME = "evidence.jsonl"


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


class EndedBlock(ABC):
    """A context manager that is finished when its block ends well, and abandoned otherwise."""

    @abstractmethod
    def finish(self) -> object:
        """Called where the block ended without an exception."""

    @abstractmethod
    def abandon(self) -> None:
        """Called where an exception leaves the block."""

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
            self.abandon()


class EvidenceLog(EndedBlock):
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
        self._header = _masked(header, mask, _TOLD_OF_RUN)
        self._lines: list[Evidence] = []
        self._write(self._header)

    def abandon(self) -> None:
        """Close the file without a footer."""
        self._file.close()

    def add(self, evidence: Evidence) -> Evidence:
        """Append one observation; returns it as written, with its id (`e1`, `e2`, …)."""
        told = _masked(evidence, self._mask, _TOLD)
        numbered = told.model_copy(update={"id": f"e{len(self._lines) + 1}"})
        self._lines.append(numbered)
        self._write(numbered)
        return numbered

    def finish(self, sources: Iterable[Source] = (), *, personal: int = 0) -> list[Evidence]:
        """Write the footer and close; a second call does nothing.

        Lines that quote what was recognised as personal only later are written anew.

        Args:
            sources: Those that were asked.
            personal: How many different personal values were masked.

        Returns:
            The observations as they stand in the log.
        """
        if self._file.closed:
            return self._lines
        again = [_masked(line, self._mask, _TOLD) for line in self._lines]
        if again != self._lines:
            self._lines, self._digest = again, hashlib.sha256()
            self._file.seek(0)
            self._file.truncate()
            self._write(self._header)
            for line in again:
                self._write(line)
        now = datetime.now(UTC)
        footer = RunFooter(
            finished_at=now,
            seconds=round((now - self._started).total_seconds(), 3),
            evidence=len(self._lines),
            personal=personal,
            digest=self._digest.hexdigest(),
            sources=tuple(dict.fromkeys(sources)),
        )
        self._write(footer)
        os.fsync(self._file.fileno())
        self._file.close()
        return self._lines

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
