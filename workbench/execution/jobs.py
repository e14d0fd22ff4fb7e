"""Runs jobs of several partners at once: in processes of this machine, or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from typing import TypeVar

from workbench.execution.portions import require

Job = TypeVar("Job")
Result = TypeVar("Result")


def run_jobs(
    work: Callable[[Job], Result], jobs: Sequence[Job], *, workers: int
) -> Iterator[tuple[Job, Result | Exception]]:
    """Run `work` for each job, at most `workers` at a time; yields as they finish.

    Processes and not threads, because papermill changes the working directory of its process; and
    spawned, because a fork of a process with threads can hang. An exception of a job is its result.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=max(1, workers), mp_context=context) as pool:
        waiting: dict[Future[Result], Job] = {pool.submit(work, job): job for job in jobs}
        for done in as_completed(waiting):
            error = done.exception()
            if error is None:
                yield waiting[done], done.result()
            elif isinstance(error, Exception):
                yield waiting[done], error
            else:
                raise error


def run_on_dask(
    work: Callable[[Job], Result], jobs: Sequence[Job], *, scheduler: str
) -> Iterator[tuple[Job, Result | Exception]]:
    """Run `work` for each job on the workers of a running scheduler; yields as they finish.

    Workers see the checkout at the same path, and hold the credentials in their own environment:
    no secret is sent to them.

    Raises:
        InputError: Dask is not installed.
    """
    distributed = require("distributed", extra="dask", what="scaling out")
    with distributed.Client(scheduler) as client:
        waiting = {client.submit(work, job, pure=False): job for job in jobs}
        for done in distributed.as_completed(list(waiting)):
            error = done.exception()
            yield waiting[done], error if error is not None else done.result()
