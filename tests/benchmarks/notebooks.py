"""How long sixteen notebooks take, two at a time: papermill's command, its API, ours.

    python tests/benchmarks/notebooks.py [--rounds 3] [--notebooks 16]

The notebook is `validation.ipynb` without its live sources, on an embedded partner. Each round
runs all four ways, in turn; told are the seconds of each and, paired by round, how often the first
is as slow as the others: median, least and most. All ways must put out the same.

- `command`: the program `papermill`, once for each notebook;
- `api`: `papermill.execute_notebook` in two processes;
- `stock`: `run_notebook` in two processes, with kernels as Jupyter starts them;
- `forked`: the same with kernels forked from a warm process.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import nbformat
import papermill

from workbench.execution import run_notebook

ROOT = Path(__file__).resolve().parents[2]
_LIVE = re.compile(r'"(behaviour|receipts|contract)"')
_CHANGING = re.compile(r"\d{8}T\d{6}\S*|\d+(\.\d+)? m?s\b|0x[0-9a-f]+|[0-9a-f]{16,}")
_AT_ONCE = 2


def make_notebook(folder: Path) -> Path:
    """The validation notebook, but for its live sources and what follows from them."""
    notebook = nbformat.read(ROOT / "notebooks" / "validation.ipynb", as_version=4)
    kept = [cell for cell in notebook.cells if not _LIVE.search(cell.source)]
    notebook.cells = kept[:-1]  # the footer would tell the time
    path = folder / "offline.ipynb"
    nbformat.write(notebook, path)
    return path


def run_command(job: tuple[Path, Path, str]) -> None:
    """Papermill's own command."""
    notebook, output, run = job
    command = [sys.executable, "-m", "papermill", str(notebook), str(output), "--no-progress-bar"]
    command += ["-p", "partner", "mesa", "-r", "run", run]
    subprocess.run(command, check=True, capture_output=True)


def run_api(job: tuple[Path, Path, str]) -> None:
    """Papermill's function."""
    notebook, output, run = job
    parameters = {"partner": "mesa", "run": run}
    papermill.execute_notebook(str(notebook), str(output), parameters, progress_bar=False)


def run_stock(job: tuple[Path, Path, str]) -> None:
    """Ours, with the kernels of Jupyter."""
    os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"] = "local-provisioner"
    run_forked(job)


def run_forked(job: tuple[Path, Path, str]) -> None:
    """Ours."""
    notebook, output, run = job
    run_notebook(notebook, output, {"partner": "mesa", "run": run})


WAYS: dict[str, Callable[[tuple[Path, Path, str]], None]] = {
    "command": run_command,
    "api": run_api,
    "stock": run_stock,
    "forked": run_forked,
}


def measure(way: str, notebook: Path, count: int, label: str) -> tuple[float, set[str]]:
    """Seconds for all notebooks, and what they put out, each kind once."""
    folder = notebook.parent
    names = [f"{label}-{way}-{number}" for number in range(count)]
    jobs = [(notebook, folder / f"{name}.ipynb", name) for name in names]
    context = multiprocessing.get_context("spawn")
    start = time.perf_counter()
    if way == "command":
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(run_command, jobs))
    else:
        with ProcessPoolExecutor(_AT_ONCE, mp_context=context) as processes:
            list(processes.map(WAYS[way], jobs))
    seconds = time.perf_counter() - start
    return seconds, {read_outputs(output, name) for _, output, name in jobs}


def read_outputs(path: Path, name: str) -> str:
    """What the cells have put out, without names and times of the run."""
    cells = nbformat.read(path, as_version=4).cells
    texts = [
        str(output.get("data") or output.get("text"))
        for c in cells
        for output in c.get("outputs", [])
    ]
    return _CHANGING.sub("…", "\n".join(texts).replace(name, "RUN"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, compare, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--notebooks", type=int, default=16)
    asked = parser.parse_args(arguments)
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    seen: set[str] = set()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["WORKBENCH_REPORTS"] = f"{scratch}/reports"
        notebook = make_notebook(Path(scratch))
        os.chdir(ROOT)
        for number in range(asked.rounds):
            for way in WAYS:
                taken, outputs = measure(way, notebook, asked.notebooks, f"r{number}")
                seconds[way].append(taken)
                seen |= outputs
    sys.stdout.write(f"{asked.notebooks} notebooks, {_AT_ONCE} at a time, {asked.rounds} rounds\n")
    for way, taken in seconds.items():
        ratios = sorted(first / own for first, own in zip(seconds["command"], taken, strict=True))
        spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
        sys.stdout.write(f"{way:8} {statistics.median(taken):6.1f} s   command: {spread} times\n")
    sys.stdout.write("same outputs\n" if len(seen) == 1 else f"{len(seen)} different outputs\n")


if __name__ == "__main__":
    main()
