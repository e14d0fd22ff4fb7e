"""Runs Schemathesis as a program: bounded in time, with nothing secret on its command line."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from workbench.adapters.session import Session
from workbench.evidence.contract.configuration import Selection, secret_environment

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")
_CLEAN, _FAILURES = 0, 1


@dataclass(frozen=True)
class Budget:
    """How much one document may cost.

    Attributes:
        examples: Generated cases per operation in the fuzzing phase.
        seconds: Wall time after which the run is stopped; its report so far still counts.
        phases: Schemathesis phases, in order.
    """

    examples: int = 10
    seconds: int = 300
    phases: tuple[str, ...] = ("examples", "coverage", "fuzzing")


@dataclass(frozen=True)
class Run:
    """A finished run; `trouble` says in one sentence why it is not to be relied on."""

    ndjson: Path
    tool: str
    trouble: str | None


def run_program(room: Path, session: Session, selection: Selection, budget: Budget) -> Run:
    """Test the selected operations; never raises for what the partner does."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml"]
    command += ["run", "schema.json", "--url", session.wire.base_url]
    command += ["--seed", str(session.seed), "--max-examples", str(budget.examples)]
    command += ["--phases", ",".join(budget.phases)]
    command += ["--mode", "all" if session.allow_writes else "positive"]
    command += ["--continue-on-failure", "--max-redirects", "0", "--request-timeout", "10"]
    command += ["--report", "ndjson,har,junit", "--report-ndjson-path", "report.ndjson"]
    command += ["--report-har-path", "report.har.json", "--report-junit-path", "report.junit.xml"]
    for operation in sorted(selection.operations):
        command += ["--include-name", operation]
    rate = session.partner.manifest.limits.requests_per_minute
    if rate:
        command += ["--rate-limit", f"{rate}/m"]
    trouble = _execute(command, room, session, budget)
    tool = f"schemathesis {version('schemathesis')} (seed {session.seed})"
    return Run(ndjson=room / "report.ndjson", tool=tool, trouble=trouble)


def _execute(command: list[str], room: Path, session: Session, budget: Budget) -> str | None:
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= secret_environment(session.partner, session)
    environment |= {"SCHEMATHESIS_HOOKS": "egress_hook", "PYTHONPATH": str(room), "NO_COLOR": "1"}
    try:
        finished = subprocess.run(  # noqa: S603 - our own interpreter, no shell, fixed words
            command,
            cwd=room,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=budget.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it did not end within {budget.seconds} s."
    if finished.returncode in {_CLEAN, _FAILURES}:
        return None
    last = session.redactor.text(
        finished.stderr.decode("utf-8", "replace") or finished.stdout.decode("utf-8", "replace")
    ).strip()
    return f"it ended with code {finished.returncode}: {last[-300:]}"
