"""Jobs run side by side, each in its own process, and a failure stays with its job."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import nbformat

from workbench.errors import ReportError
from workbench.execution import run_notebook
from workbench.execution.jobs import run_jobs

from .conftest import MakeNotebook


def execute(job: tuple[str, str, int]) -> str:
    """Execute one notebook; runs in a process of its own."""
    notebook, output, number = job
    run_notebook(Path(notebook), Path(output), {"number": number})
    return output


def stumble(number: int) -> int:
    """Fail for odd numbers, with everything that an error of ours carries."""
    if number % 2:
        raise ReportError("odd", notebook="n.ipynb", cell=number, hint="choose an even one")
    return number


def leave_or_count(job: tuple[Path, str]) -> int:
    """How often a job was begun; with an `x` it is killed always, with a `k` the first time."""
    folder, name = job
    with (folder / name).open("a") as begun:
        begun.write("x")
    count = (folder / name).stat().st_size
    if "x" in name or ("k" in name and count == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    return count


def test_two_notebooks_run_side_by_side(make_notebook: MakeNotebook, tmp_path: Path) -> None:
    """Each of two kernels waits until the other is there, and each result is its own."""
    source = (
        "import pathlib, time\n"
        "pathlib.Path(f'here-{number}').touch()\n"
        "other = pathlib.Path(f'here-{3 - number}')\n"
        "end = time.monotonic() + 120\n"
        "while not other.exists() and time.monotonic() < end: time.sleep(0.05)\n"
        "print(number, other.exists())"
    )
    notebook = str(make_notebook("number: int = 0", source))
    jobs = [(notebook, str(tmp_path / f"{number}.ipynb"), number) for number in (1, 2)]
    done = dict(run_jobs(execute, jobs, workers=2))
    for job in jobs:
        assert done[job] == job[1]
        printed = nbformat.read(job[1], as_version=4).cells[-1].outputs[0].text
        assert printed == f"{job[2]} True\n"


def test_the_error_of_a_job_is_its_result() -> None:
    """A failing job does not stop the others, and its error arrives whole."""
    results = dict(run_jobs(stumble, [1, 2, 4], workers=1))
    assert results[2] == 2
    assert results[4] == 4
    error = results[1]
    assert isinstance(error, ReportError)
    assert (error.message, error.cell, error.hint) == ("odd", 1, "choose an even one")


def test_jobs_of_killed_processes_are_done_once(tmp_path: Path) -> None:
    """Workers are killed in the middle of ten jobs: each has one result, and no second begin.

    A job that ends its process whenever it is tried is told as an error, and takes no other along.
    """
    jobs = [(tmp_path, f"{number}{'k' * (number % 5 == 3)}") for number in range(9)]
    always = (tmp_path, "x")
    results = dict(run_jobs(leave_or_count, [*jobs[:4], always, *jobs[4:]], workers=2))
    assert list(map(len, (results, set(jobs)))) == [10, 9]
    assert [results[job] for job in jobs] == [2 if "k" in job[1] else 1 for job in jobs]
    assert isinstance(results[always], ReportError)
    assert "3 times" in str(results[always])
