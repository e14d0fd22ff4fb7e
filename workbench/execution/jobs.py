"""Runs jobs of several partners at once: in processes of this machine, or on a Dask cluster.

A process can be lost, to the system's memory watch for one, and its job is then done again. So a
job has to be one that can be taken up again: it finds what was done, and begins what was not.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from queue import SimpleQueue
from typing import TypeVar

from workbench.errors import InputError, ReportError
from workbench.execution.portions import require

Job = TypeVar("Job")
Result = TypeVar("Result")

_ATTEMPTS = 3
_SCHEDULER_ANSWERS = "5s"


def run_jobs(
    work: Callable[[Job], Result], jobs: Sequence[Job], *, workers: int
) -> Iterator[tuple[Job, Result | Exception]]:
    """Run `work` for each job, at most `workers` at a time; yields as they finish.

    An exception of a job is its result. A job whose process was lost is done again, three times in
    all; then a `ReportError` is its result.
    """
    count = max(1, workers)
    idle: SimpleQueue[_Worker] = SimpleQueue()
    for _ in range(count):
        idle.put(_Worker())

    def run(job: Job) -> Result:
        worker = idle.get()
        try:
            return worker.run(work, job)
        finally:
            idle.put(worker)

    threads = ThreadPoolExecutor(count)
    try:
        waiting = {threads.submit(run, job): job for job in jobs}
        for done in as_completed(waiting):
            error = done.exception()
            if error is not None and not isinstance(error, Exception):
                raise error
            yield waiting[done], done.result() if error is None else error
    finally:
        threads.shutdown(cancel_futures=True)
        for _ in range(count):
            idle.get().close()


class _Worker:
    """One process, replaced when it is lost.

    A process and not a thread, because papermill changes the working directory of its process; and
    spawned, because a fork of a process with threads can hang. A pool of one process each: the loss
    of one takes no job of another along.
    """

    def __init__(self) -> None:
        self._pool = self._open()

    @staticmethod
    def _open() -> ProcessPoolExecutor:
        return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))

    def run(self, work: Callable[[Job], Result], job: Job) -> Result:
        for _ in range(_ATTEMPTS):
            try:
                return self._pool.submit(work, job).result()
            except BrokenProcessPool:
                self.close()
                self._pool = self._open()
        raise ReportError(
            f"The process of this run was ended {_ATTEMPTS} times",
            hint="Often the machine ran out of memory; try again with fewer --workers.",
        )

    def close(self) -> None:
        self._pool.shutdown()


def run_on_dask(
    work: Callable[[Job], Result], jobs: Sequence[Job], *, scheduler: str
) -> Iterator[tuple[Job, Result | Exception]]:
    """Run `work` for each job on the workers of a running scheduler; yields as they finish.

    Workers see the checkout at the same path, and hold the credentials in their own environment:
    no secret is sent to them. The scheduler gives the jobs of a lost worker to another.

    Raises:
        InputError: Dask is not installed, or the scheduler does not answer within five seconds.
    """
    distributed = require("distributed", extra="dask", what="scaling out")
    try:
        client = distributed.Client(scheduler, timeout=_SCHEDULER_ANSWERS)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"There is no Dask scheduler at {scheduler}",
            hint="Start one with `dask scheduler`, and give its address, as tcp://HOST:8786.",
        ) from error
    with client:
        waiting = {client.submit(work, job, pure=False): job for job in jobs}
        for done in distributed.as_completed(list(waiting)):
            trouble = done.exception()
            yield waiting[done], trouble if trouble is not None else done.result()
