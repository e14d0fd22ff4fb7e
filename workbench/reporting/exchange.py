"""One exchange as people read it, and the commands that show a run or a finding again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from workbench.model import SECONDS, Evidence, Exchange, Source
from workbench.store import Log


def write_exchange(exchange: Exchange) -> str:
    """The exchange as it went over the wire, as far as a log keeps it."""
    return "\n".join([*write_request(exchange), *write_answer(exchange)])


def write_request(exchange: Exchange) -> list[str]:
    """Lines of the request."""
    return [exchange.request, *_rest(exchange.headers, exchange.body)]


def write_answer(exchange: Exchange) -> list[str]:
    """Lines of the answer; none when there was none, or none was kept."""
    status = exchange.status
    if not status:
        return []
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    return ["", f"{status} {phrase}".strip(), *_rest(exchange.answer_headers, exchange.answer)]


def _rest(headers: Mapping[str, str], body: str) -> Iterator[str]:
    yield from (f"{name}: {value}" for name, value in headers.items())
    if body:
        yield from ("", body)


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
