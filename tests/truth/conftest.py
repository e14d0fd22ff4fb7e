"""The rows of the truth table, run by a few processes side by side; each test asks for its own."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
ROWS: list[dict[str, Any]] = yaml.safe_load((HERE / "table.yaml").read_text("utf-8"))
_WORKERS = 3

Said = dict[str, Any]


def name_of(row: dict[str, Any]) -> str:
    """What a row is called."""
    return f"{row['partner']}, {row['condition']}"


def run_of(row: dict[str, Any]) -> str:
    """What the run is called in which a row is seen; some rows share one."""
    return f"{row['partner']}, {row['beside']}" if "beside" in row else name_of(row)


def rows_of(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that are seen in the same run, itself among them."""
    return [other for other in ROWS if run_of(other) == run_of(row)]


def _together(row: dict[str, Any]) -> dict[str, Any]:
    """The row, with what breaks in all that share its run."""
    if "beside" not in row:
        return row
    broken = [item for other in rows_of(row) for item in other["gateway"]["broken"]]
    return {**row, "gateway": {"broken": broken}}


def _work(rows: queue.SimpleQueue[str], told: dict[str, Future[Said]], named: Any) -> None:
    command = [sys.executable, str(HERE / "worker.py")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        while name := rows.get():
            try:
                worker.stdin.write(json.dumps(named[name]) + "\n")  # type: ignore[union-attr]
                worker.stdin.flush()  # type: ignore[union-attr]
                told[name].set_result(json.loads(worker.stdout.readline()))  # type: ignore[union-attr]
            except (OSError, ValueError) as error:
                told[name].set_exception(error)
                break
        worker.stdin.close()  # type: ignore[union-attr]
    for future in told.values():
        if not future.done() and worker.returncode != 0:
            future.set_exception(RuntimeError("a worker ended early"))


@pytest.fixture(scope="session")
def said(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Said]]:
    """What `workbench check` said in the run of that name; all that are asked for are made."""
    named = {run_of(row): _together(row) for row in ROWS}
    wanted = {
        run_of(item.callspec.params["row"])
        for item in request.session.items
        if getattr(item, "originalname", "") == "test_truth"
    }
    rows: queue.SimpleQueue[str] = queue.SimpleQueue()
    if any("clean_runs" in getattr(item, "fixturenames", ()) for item in request.session.items):
        wanted |= {name for name, row in named.items() if row.get("clean")}
    told: dict[str, Future[Said]] = {name: Future() for name in wanted}
    # The longest first, so that both end together.
    for name in sorted(wanted, key=lambda name: -named[name].get("weight", 1)):
        rows.put(name)
    threads = [threading.Thread(target=_work, args=(rows, told, named)) for _ in range(_WORKERS)]
    for thread in threads:
        rows.put("")
        thread.start()
    yield lambda run: told[run].result(timeout=900)
    for thread in threads:
        thread.join()


@pytest.fixture(scope="session")
def clean_runs(said: Callable[[str], Said]) -> dict[str, Said]:
    """Partner → what was said of it as it should be, live sources included."""
    return {row["partner"]: said(run_of(row)) for row in ROWS if row.get("clean")}
