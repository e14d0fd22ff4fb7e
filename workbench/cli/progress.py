"""Shows how far each run is, by reading the evidence that it writes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from workbench.cli.output import Output
from workbench.model import Source
from workbench.reporting import Job, Published
from workbench.settings import Settings
from workbench.store import LOG_NAME

_SOURCES = tuple(source.value for source in Source)
_STEPS = len(_SOURCES) + 1  # and rendering
_COLUMNS = (
    SpinnerColumn(),
    TextColumn("{task.fields[partner]:<12}"),
    BarColumn(bar_width=24),
    TextColumn("{task.description}"),
    TimeElapsedColumn(),
)


def follow(
    output: Output,
    settings: Settings,
    jobs: Sequence[Job],
    outcomes: Iterable[tuple[Job, Published | Exception]],
) -> tuple[list[Published], list[tuple[Job, Exception]]]:
    """Show a line for each running job: which source is being asked, how long it takes.

    `outcomes` are the jobs with what became of them, as they finish.

    On a terminal the lines move; elsewhere they are printed when all is done.
    """
    results: list[Published] = []
    errors: list[tuple[Job, Exception]] = []
    with Progress(*_COLUMNS, console=output.console, disable=output.as_json) as bars:
        tasks = {job: bars.add_task("waiting", total=_STEPS, partner=job.partner) for job in jobs}
        with _watch(settings, bars, tasks):
            for job, outcome in outcomes:
                words = "failed" if isinstance(outcome, Exception) else "done"
                bars.update(tasks[job], completed=_STEPS, description=words)
                if isinstance(outcome, Exception):
                    errors.append((job, outcome))
                else:
                    results.append(outcome)
    order = {job.partner: position for position, job in enumerate(jobs)}
    return sorted(results, key=lambda result: order[result.partner]), errors


@contextmanager
def _watch(settings: Settings, bars: Progress, tasks: dict[Job, TaskID]) -> Iterator[None]:
    """Move the bars of running jobs until the block ends."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.3):
            for job, task in tasks.items():
                if not bars.tasks[task].finished:
                    step, words = _read_progress(settings, job)
                    bars.update(task, completed=step, description=words)

    watcher = threading.Thread(target=look, name="progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _read_progress(settings: Settings, job: Job) -> tuple[int, str]:
    """Which source wrote last, from the run's log."""
    path = settings.reports / job.partner / job.run / LOG_NAME
    if not path.is_file():
        return 0, "starting"
    text = path.read_text("utf-8", "replace")
    if '"kind":"footer"' in text[-400:]:
        return len(_SOURCES), "rendering"
    asked = [name for name in _SOURCES if f'"source":"{name}"' in text]
    return len(asked), f"{asked[-1] if asked else 'loading'}, {text.count(chr(10))} observations"
