"""Runs jobs of several partners on a Dask cluster, with the same outcomes as on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from workbench.execution.portions import require

Job = TypeVar("Job")
Result = TypeVar("Result")


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
