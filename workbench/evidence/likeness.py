"""Whether answers depend on what was asked; those of a login page or a proxy do not."""

from __future__ import annotations

from collections.abc import Mapping
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


class Answers:
    """What the partner answered from a request on; each answer is looked at once.

    Args:
        session: With the partner.
        since: Number of the first request that counts.
    """

    def __init__(self, session: Session, since: int = 0) -> None:
        self._session = session
        self._seen = since
        self._first: int | None = None
        self._questions: set[tuple[str, str]] = set()
        self._reads: set[Form] = set()
        self._writes: set[Form] = set()

    def differ(self) -> bool:
        """Whether they already tell that somebody listens to the question."""
        self._go_on()
        return len(self._questions) > 1 and not self._are_alike()

    def find_stand_in(self) -> Recorded | None:
        """The one answer to everything that was asked; None where answers differ, or none came."""
        self._go_on()
        if self._first is None or not self._are_alike():
            return None
        return self._session.recorder.exchanges[self._first]

    def is_stood_in(self) -> bool:
        """Whether even what nobody documents was asked for, and answered like all else."""
        self._go_on()
        return any(url.endswith(NOWHERE) for _, url in self._questions) and self._are_alike()

    def _go_on(self) -> None:
        new = self._session.recorder.unmasked(self._seen)
        base = self._session.client.base_url
        for number, entry in enumerate(new, self._seen):
            if not entry.status or entry.is_for_token or entry.method in _BODILESS:
                continue
            if entry.url.startswith(base):
                self._first = number if self._first is None else self._first
                self._questions.add((entry.method, entry.url.partition("?")[0]))
                forms = self._reads if entry.method == "GET" else self._writes
                forms.add(read_form(entry.status, entry.response_body))
        self._seen += len(new)

    def _are_alike(self) -> bool:
        """All are of one form; or all reads are, and no write was taken, told in one form."""
        if len(self._reads | self._writes) == 1:
            return True
        several = len([url for method, url in self._questions if method == "GET"]) > 1
        taken = any(status in _SUCCESS for status, _ in self._writes)
        return several and len(self._reads) == len(self._writes) == 1 and not taken


def ask_nowhere(session: Session) -> None:
    """Ask for what nobody documents; whoever answers that like all else does not listen."""
    with suppress(PartnerError, InputError):
        session.client.send("GET", NOWHERE)
