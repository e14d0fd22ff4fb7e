"""Jobs run side by side, each in its own process, and a failure stays with its job."""

from __future__ import annotations

import os
import time
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


def leave(_: int) -> int:
    """End the process itself."""
    os._exit(3)


def test_two_notebooks_run_side_by_side(make_notebook: MakeNotebook, tmp_path: Path) -> None:
    """Two kernels are alive at the same time, and each result is its own."""
    source = "import time\nstart = time.time()\ntime.sleep(1.5)\nprint(number, start, time.time())"
    notebook = str(make_notebook("number: int = 0", source))
    jobs = [(notebook, str(tmp_path / f"{number}.ipynb"), number) for number in (1, 2)]
    done = dict(run_jobs(execute, jobs, workers=2))
    spans = {}
    for job in jobs:
        assert done[job] == job[1]
        printed = nbformat.read(job[1], as_version=4).cells[-1].outputs[0].text.split()
        spans[int(printed[0])] = (float(printed[1]), float(printed[2]))
    assert sorted(spans) == [1, 2]
    assert max(start for start, _ in spans.values()) < min(end for _, end in spans.values())


def test_the_error_of_a_job_is_its_result() -> None:
    """A failing job does not stop the others, and its error arrives whole."""
    results = dict(run_jobs(stumble, [1, 2, 4], workers=1))
    assert results[2] == 2
    assert results[4] == 4
    error = results[1]
    assert isinstance(error, ReportError)
    assert (error.message, error.cell, error.hint) == ("odd", 1, "choose an even one")


def test_a_process_that_ends_is_an_error_and_not_a_hang() -> None:
    """When the system kills a worker, the job's result is an exception, soon."""
    start = time.monotonic()
    [(_, result)] = run_jobs(leave, [1], workers=1)
    assert isinstance(result, Exception)
    assert time.monotonic() - start < 60
