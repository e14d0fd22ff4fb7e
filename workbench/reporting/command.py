"""Commands that can be pasted: the run once more, and what shows one finding again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from workbench.model import SECONDS, Evidence, Source
from workbench.store import Log

_LIVE = frozenset(Source) - {Source.DOCUMENTS, Source.SAMPLES}


def repeat_run(log: Log) -> str:
    """The command that makes such a run again: sources, environment, seed, time and leave."""
    asked = log.footer.sources if log.footer else ()
    asked = asked or tuple(dict.fromkeys(line.source for line in log.evidence))
    if log.footer and not log.footer.sources:
        return _write(log, "validate", ())  # of a version that kept no sources
    return _write(log, "validate" if set(asked) == set(Source) else "check", asked)


def repeat_finding(log: Log, lines: Sequence[Evidence]) -> str:
    """The command that asks the sources again which showed a finding."""
    return _write(log, "check", tuple(dict.fromkeys(line.source for line in lines)))


def _write(log: Log, command: str, sources: Sequence[Source]) -> str:
    header = log.header
    options: dict[str, Any] = header.context.get("options") or {}
    words = ["workbench", command, header.partner]
    if command == "check":
        words += [word for source in sources for word in ("--source", source.value)]
    if command == "check" and not _LIVE & set(sources):
        return shlex.join(words)
    words += ["--environment", header.environment, "--seed", str(header.seed)]
    if isinstance(seconds := options.get("seconds"), int | float) and seconds != SECONDS:
        words += ["--seconds", f"{seconds:g}"]
    words += ["--allow-writes"] if options.get("allow_writes") else []
    return shlex.join(words)
