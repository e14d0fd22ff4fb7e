"""The protocol of a session, beside the evidence of the run that it is about.

Each line is written as it comes, so that a session may be left at any time and resumed. The file
belongs to the run folder: it is searched for secrets, listed in the seal, and signed with it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workbench.errors import InputError
from workbench.model import SESSION_LINE, Protocol, SessionHeader, SessionLine, SignOff
from workbench.secrecy import open_private
from workbench.store.folders import RunFolder
from workbench.store.logs import read_header

SESSION = "session.jsonl"
# The word of an earlier session, kept in the folder of a later run so that its report can say it.
SIGNED_BEFORE = "signed-before.jsonl"


def read_protocol(folder: RunFolder) -> Protocol | None:
    """The session of a run; None when there was none.

    Raises:
        InputError: The file is damaged.
    """
    lines = _read(folder.path / SESSION)
    if not lines:
        return None
    header = lines[0]
    if not isinstance(header, SessionHeader):
        raise _damaged(folder.path / SESSION, 1)
    return Protocol(header, tuple(lines[1:]))


def add_line(
    folder: RunFolder, line: SessionLine, mask: Callable[[Any], Any] | None = None
) -> SessionLine:
    """Append a line, and put it on the disk; returns it as it was written.

    Args:
        folder: The run.
        line: A header begins a session, everything else belongs to the one that is there.
        mask: Takes away from JSON-like data what must not be written.

    Raises:
        InputError: There is no session yet, or there is one already.
    """
    path = folder.path / SESSION
    if path.exists() == isinstance(line, SessionHeader):
        there = "already has" if path.exists() else "does not have"
        raise InputError(f"Run {folder.run} {there} a session", location=str(path))
    data = line.model_dump(mode="json")
    told = SESSION_LINE.validate_python(mask(data) if mask else data)
    text = told.model_dump_json() + "\n"
    if isinstance(line, SessionHeader):
        with open_private(path, new=True) as file:
            file.write(text.encode())
        return told
    with path.open("ab") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    return told


def remember_sign_offs(runs: list[RunFolder], folder: RunFolder) -> tuple[SignOff, ...]:
    """Keep in a run the last word of each side in the sessions before it; returns it.

    Args:
        runs: Other runs of the same partner; what was signed of another environment is left out.
        folder: The run that is to know.
    """
    place = read_header(folder.log).environment
    last: dict[str, SignOff] = {}
    for run in runs:
        if run.run == folder.run or read_header(run.log).environment != place:
            continue
        protocol = read_protocol(run)
        for item in (*read_sign_offs(run), *(protocol.sign_offs if protocol else ())):
            known = last.get(item.side)
            if known is None or known.at <= item.at:
                last[item.side] = item
    if last:
        text = "".join(f"{item.model_dump_json()}\n" for item in last.values())
        with open_private(folder.path / SIGNED_BEFORE) as file:
            file.write(text.encode())
    return tuple(last.values())


def read_sign_offs(folder: RunFolder) -> tuple[SignOff, ...]:
    """The last word of each side in the sessions before this run."""
    lines = _read(folder.path / SIGNED_BEFORE)
    return tuple(line for line in lines if isinstance(line, SignOff))


def _read(path: Path) -> list[SessionLine]:
    if not path.is_file():
        return []
    found: list[SessionLine] = []
    for number, text in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            found.append(SESSION_LINE.validate_json(text))
        except ValidationError as error:
            raise _damaged(path, number) from error
    return found


def _damaged(path: Path, number: int) -> InputError:
    return InputError(
        f"The protocol of the session is damaged in line {number}",
        location=f"{path}:{number}",
        hint="Restore the file from a copy, or remove it and hold the session again.",
    )
