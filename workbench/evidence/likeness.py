"""Whether answers depend on what was asked; those of a login page or a proxy do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import orjson

from workbench.adapters import Answer, Recorded, Session
from workbench.errors import InputError, PartnerError

NOWHERE = "/workbench-nowhere-0"  # documented by nobody
_BODILESS = frozenset({"HEAD", "OPTIONS"})
_SUCCESS = range(200, 300)

# Status and shape of a body, without what differs between two orders, or two messages.
Form = tuple[int, str]


def read_form(status: int, body: bytes) -> Form:
    """What an answer is like: its status, and the names and types of its body without values."""
    text = body.strip()
    if not text:
        return status, "nothing"
    try:
        return status, _shape(orjson.loads(text))
    except orjson.JSONDecodeError:
        return status, "a page" if text[:1] == b"<" else "a text"


def _shape(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_shape(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(sorted({_shape(item) for item in value})) + "]"
    return type(value).__name__


def is_like(answer: Answer, ours: Answer, identity: str = "") -> bool:
    """Whether a success gives what our own credentials are given: of its form, or with its id."""
    if not answer.is_success or answer.is_refusal:
        return False
    same = read_form(answer.status, answer.body)[1] == read_form(ours.status, ours.body)[1]
    return same or (bool(identity) and identity.encode() in answer.body)


def differ(session: Session, since: int) -> bool:
    """Whether the answers from a request on already tell that somebody listens to the question."""
    answered = _answered(session, since)
    return len(_questions(answered)) > 1 and not _are_alike(answered)


def find_stand_in(session: Session, since: int) -> Recorded | None:
    """The one answer to everything that was asked; None where answers differ, or none came."""
    answered = _answered(session, since)
    return answered[0] if answered and _are_alike(answered) else None


def ask_nowhere(session: Session) -> None:
    """Ask for what nobody documents; whoever answers that like all else does not listen."""
    with suppress(PartnerError, InputError):
        session.client.send("GET", NOWHERE)


def is_stood_in(session: Session) -> bool:
    """Whether even what nobody documents was asked for, and answered like all else."""
    answered = _answered(session, 0)
    return any(entry.url.endswith(NOWHERE) for entry in answered) and _are_alike(answered)


def _answered(session: Session, since: int) -> list[Recorded]:
    base = session.client.base_url
    return [
        entry
        for entry in session.recorder.exchanges[since:]
        if entry.status and not entry.is_for_token and entry.method not in _BODILESS
        if entry.url.startswith(base)
    ]


def _questions(entries: Iterable[Recorded]) -> set[tuple[str, str]]:
    return {(entry.method, entry.url.partition("?")[0]) for entry in entries}


def _are_alike(entries: list[Recorded]) -> bool:
    """All are of one form; or all reads are, and no write was taken, which is told in one form."""
    reads = {_form(entry) for entry in entries if entry.method == "GET"}
    writes = {_form(entry) for entry in entries if entry.method != "GET"}
    if len(reads | writes) == 1:
        return True
    several = len({url for method, url in _questions(entries) if method == "GET"}) > 1
    taken = any(status in _SUCCESS for status, _ in writes)
    return several and len(reads) == len(writes) == 1 and not taken


def _form(entry: Recorded) -> Form:
    return read_form(entry.status, entry.response_body)
