"""Runs Schemathesis as a program: bounded, stoppable, with no secret on its command line."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, Self, cast

from workbench.adapters import Session
from workbench.evidence.check_table import say
from workbench.evidence.contract import schemathesis_child
from workbench.evidence.contract.budget import BudgetShare
from workbench.evidence.contract.generated_login import secret_environment

Progress = Callable[[str, int], None]
"""Called with the operation that was just tested, and the number of scenarios so far."""

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")
_CLEAN, _FAILURES = 0, 1
# Named so by Hypothesis: where it keeps things, and its tables of all characters in there.
_STORAGE, _CHARACTERS = "HYPOTHESIS_STORAGE_DIRECTORY", "unicode_data"
_OUTPUT = "output.txt"
_GRACE_SECONDS = 5.0
_LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Run:
    """A finished run; `trouble` says in one sentence why it is not to be relied on."""

    ndjson: Path
    tool: str
    trouble: str | None
    seconds: float = 0.0


class ContractProgram:
    """One start of Schemathesis: it imports while others are asked, then it tests, and is over.

    A context manager, which ends it and takes its folder away.

    Attributes:
        room: Its folder, for the configuration before it runs, and with its reports afterwards.
    """

    def __init__(self) -> None:
        """Start it."""
        self._scratch = tempfile.TemporaryDirectory(prefix="workbench-contract-")
        self.room = Path(self._scratch.name)
        self._own = self.room / ".hypothesis" / _CHARACTERS
        self._shelf = Path(os.environ.get(_STORAGE, self.room)) / _CHARACTERS
        _copy_files(self._shelf, self._own)
        with (self.room / _OUTPUT).open("wb") as said:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
                [sys.executable, "-P", schemathesis_child.__file__],
                cwd=self.room,
                env=seclude(self.room),
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=subprocess.STDOUT,
                # An interrupt at the terminal is for us to pass on.
                start_new_session=True,
            )
        # It stays open: when we are gone, nobody goes on testing.
        self._asked = io.TextIOWrapper(cast("BinaryIO", self._process.stdin), "utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _stop(self._process)
        with suppress(BrokenPipeError):
            self._asked.close()
        _copy_files(self._own, self._shelf)
        self._scratch.cleanup()

    def run(
        self, session: Session, share: BudgetShare, most: int, progress: Progress | None = None
    ) -> Run:
        """Test the operations of a share for so many seconds at most.

        Never raises for what the partner does.
        """
        began = time.monotonic()
        trouble = self._execute(session, share, most, progress)
        tool = f"schemathesis {version('schemathesis')} (seed {session.seed})"
        seconds = time.monotonic() - began
        return Run(self.room / "report.ndjson", tool, trouble, seconds)

    def _execute(
        self, session: Session, share: BudgetShare, most: int, progress: Progress | None
    ) -> str | None:
        request = {"argv": compose(session, share), "environment": secret_environment(session)}
        # One that has ended before is told of by its code.
        with suppress(BrokenPipeError):
            self._asked.write(json.dumps(request) + "\n")
            self._asked.flush()
        try:
            in_time = _watch(self._process, self.room / "report.ndjson", most, progress)
        finally:
            _stop(self._process)
        if not in_time:
            return say("contract.too-long", most=most)
        if self._process.returncode in {_CLEAN, _FAILURES}:
            return None
        output = self.room / _OUTPUT
        last = session.redactor.text(output.read_text("utf-8", "replace")).strip()
        code = self._process.returncode
        return say("contract.broke-off", code=code, said=" ".join(last[-300:].split()))


def compose(session: Session, share: BudgetShare) -> list[str]:
    """The command line; it reads the configuration in the current folder."""
    is_chain = session.allow_writes and _has_chains(share.reached)
    phases = [item for item in share.phases if item != "stateful" or is_chain]
    command = ["--config-file", "schemathesis.toml"]
    command += ["run", "schema.json", "--url", session.client.base_url]
    command += ["--seed", str(session.seed), "--generation-database", "none"]
    command += ["--max-examples", str(max(1, share.fuzzing)), "--phases", ",".join(phases)]
    command += ["--mode", "all" if session.allow_writes else "positive"]
    command += ["--continue-on-failure", "--max-redirects", "0", "--request-timeout", "10"]
    command += ["--report", "ndjson,har,junit", "--report-ndjson-path", "report.ndjson"]
    command += ["--report-har-path", "report.har.json", "--report-junit-path", "report.junit.xml"]
    for operation in sorted(share.reached):
        command += ["--include-name", operation]
    return command


def _has_chains(names: Sequence[str]) -> bool:
    """Whether an answer can give another operation its id; what replaces things gives none."""
    return len(names) > 1 and any(name.startswith(("GET ", "POST ")) for name in names)


def seclude(room: Path) -> dict[str, str]:
    """The program's environment, without the secrets: nothing of the user's own is in reach.

    It would send `~/.netrc` in place of the credential, and follow proxies. The user's packages
    stay where they are, because the workbench may be one of them.
    """
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
        "HOME": str(room),
        _STORAGE: str(room / ".hypothesis"),
        "USERPROFILE": str(room),
        "NETRC": str(room / "no-netrc"),
        "NO_PROXY": "*",
        "PYTHONUSERBASE": site.getuserbase(),
        "SCHEMATHESIS_HOOKS": "workbench_hooks",
        "PYTHONPATH": str(room),
        "NO_COLOR": "1",
        "PYTHONHASHSEED": "0",
    }


def _copy_files(source: Path, target: Path) -> None:
    """Copy the files that are not there yet; a folder that cannot be used is done without.

    Hypothesis works its tables of all characters out anew for each folder, which takes it seconds.
    They depend on the version of Unicode alone; nothing else of a run is kept.
    """
    with suppress(OSError):
        for file in source.rglob("*.gz"):
            place = target / file.relative_to(source)
            if place.exists():
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            half = place.with_name(f".{os.getpid()}-{place.name}")
            shutil.copyfile(file, half)
            half.replace(place)


def _watch(
    program: subprocess.Popen[bytes], report: Path, seconds: int, progress: Progress | None
) -> bool:
    """Wait for the end, telling of every scenario; whether it came in time."""
    end = time.monotonic() + seconds
    counted = offset = 0
    while program.poll() is None:
        if time.monotonic() > end:
            return False
        if progress is not None and report.is_file():
            counted, offset = _count(report, counted, offset, progress)
        try:
            program.wait(_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    return True


def _count(report: Path, counted: int, offset: int, progress: Progress) -> tuple[int, int]:
    with report.open("rb") as lines:
        lines.seek(offset)
        for line in lines:
            if not line.endswith(b"\n"):
                break
            offset += len(line)
            if line.startswith(b'{"ScenarioFinished"'):
                counted += 1
                start = line.find(b'"label":')
                label = line[start + 8 :].split(b'"', 2)[1] if start > 0 else b""
                progress(label.decode("utf-8", "replace"), counted)
    return counted, offset


def _stop(program: subprocess.Popen[bytes]) -> None:
    """End the program if it still runs, as when the caller was interrupted."""
    if program.poll() is not None:
        return
    # As by Ctrl-C: it writes down what it has so far.
    program.send_signal(signal.SIGINT)
    try:
        program.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
