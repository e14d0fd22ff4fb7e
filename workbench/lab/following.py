"""Long cells: what is running, what was found so far, how much time is left; Stop keeps it all."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from IPython.core.getipython import get_ipython
from IPython.display import display

from workbench.lab.cell_view import SIGNS, STYLE, escape
from workbench.model import Evidence
from workbench.reporting import name_check
from workbench.validation import Validation

_EVERY = 0.5


class _Progress:
    """A line that keeps itself up to date while a cell runs; outside a notebook it says nothing."""

    def __init__(self, seconds: float) -> None:
        self._end: float | None = time.monotonic() + seconds
        self._seen: Counter[str] = Counter()
        self._findings = 0
        self._last = "starting"
        self._over = threading.Event()
        is_live = get_ipython() is not None
        self._handle = display(self, display_id=True) if is_live else None  # type: ignore[no-untyped-call]
        self._thread = threading.Thread(target=self._tick, name="progress", daemon=True)

    def start(self) -> None:
        """Begin to move."""
        if self._handle is not None:
            self._thread.start()

    def note(self, line: Evidence) -> None:
        """Count an observation."""
        self._seen[line.outcome] += 1
        self._findings += len(line.findings)
        self._last = f"{name_check(line.check or line.source)}: {line.feature}"

    def end(self) -> None:
        """Stop moving; what is shown last stays."""
        self._over.set()
        if self._handle is not None:
            self._thread.join()
            self._last, self._end = "done", None
            self._handle.update(self)

    def __repr__(self) -> str:
        counts = [f"{SIGNS[name][0]} {self._seen[name]}" for name in SIGNS if self._seen[name]]
        told = [self._last, *counts, f"{self._findings} findings"]
        if self._end is not None:
            told.append(f"{max(0, round(self._end - time.monotonic()))} s left")
        return " · ".join(told)

    def _repr_html_(self) -> str:
        return f'{STYLE}<div class="wb"><p class="dim">{escape(repr(self))}</p></div>'

    def _tick(self) -> None:
        while not self._over.wait(_EVERY):
            if self._handle is not None:
                self._handle.update(self)


def gather(validation: Validation, source: str) -> list[Evidence]:
    """Ask one source as `Validation.gather` does, and say in the cell how far it is.

    Stop ends the source and keeps what was observed: it stands in the log already, and the cells
    below go on with it. Run the cell again to ask the source again.

    Args:
        validation: The run.
        source: Name of the source, as `behaviour`.
    """
    progress = _Progress(validation.seconds_for(source))
    begun = len(validation.evidence)
    progress.start()
    with suppress(KeyboardInterrupt):
        try:
            validation.gather(source, watch=progress.note)
        finally:
            progress.end()
    return validation.evidence[begun:]


def follow_evidence(lines: Iterable[Evidence], *, seconds: float) -> tuple[list[Evidence], bool]:
    """Take observations as they come, and say how far it is; Stop ends it, and keeps them.

    Args:
        lines: As a source yields them.
        seconds: The budget, to say what is left of it.

    Returns:
        What was observed, and whether somebody stopped it.
    """
    progress = _Progress(seconds)
    progress.start()
    seen: list[Evidence] = []
    try:
        for line in lines:
            seen.append(line)
            progress.note(line)
    except KeyboardInterrupt:
        return seen, True
    finally:
        progress.end()
    return seen, False
