"""Whether answers depend on what was asked; those of a login page or a proxy do not."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

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


class _Seen(NamedTuple):
    """An answer: its number in the record, what was asked, and the form in which it came."""

    number: int
    question: tuple[str, str]
    form: Form


class Answers:
    """What the partner answered from a request on; each answer is looked at once.

    Its tail are the latest answers that are alike: something may have come to stand in for the
    partner in the middle of a run, as a page to log in does when a session has ended.

    Args:
        session: With the partner.
        since: Number of the first request that counts.
    """

    def __init__(self, session: Session, since: int = 0) -> None:
        self._session = session
        self._seen = since
        self._before: list[_Seen] = []
        self._tail: list[_Seen] = []
        self._asked: int | None = None

    @property
    def count(self) -> int:
        """Number of the request that comes next."""
        return self._session.recorder.count

    @property
    def alike_since(self) -> int:
        """Number of the first request of the tail; that of the next one where none came yet."""
        self._go_on()
        return self._tail[0].number if self._tail else self.count

    def find_stand_in(self) -> Recorded | None:
        """The one answer to all that was asked of late, or ever; None where answers differ."""
        self._go_on()
        least = 2 if self._before else 1  # the last answer is always like itself
        if len({item.question for item in self._tail}) < least:
            return None
        return self._session.recorder.exchanges[self._tail[0].number]

    def ask(self) -> bool:
        """Whether something stands in for the partner, by one question more where it may.

        If no other answer ever came, by what nobody documents; else by something else that was
        found before: an API of which one thing broke still gives it.
        """
        if self.find_stand_in() is None:
            return False
        if self._asked is None or self._asked < self._tail[0].number:
            path = self._find_known() if self._before else NOWHERE
            if path is None:
                return False
            self._asked = self.count
            with suppress(PartnerError, InputError):
                self._session.client.send("GET", path)
        self._go_on()
        return self._tail[0].number < self._asked <= self._tail[-1].number

    def _find_known(self) -> str | None:
        """The path of a read that found something before the tail, about other things than it.

        Of a tail that is about several, it may be about one of them.
        """
        base = self._session.client.base_url
        late = {_subject(item, base) for item in self._tail}
        found = [
            item for item in self._before if item.question[0] == "GET" and item.form[0] in _SUCCESS
        ]
        others = [item for item in found if _subject(item, base) not in late]
        chosen = others or (found if len(late) > 1 else [])
        return chosen[0].question[1].removeprefix(base) if chosen else None

    def _go_on(self) -> None:
        new = self._session.recorder.unmasked(self._seen)
        base = self._session.client.base_url
        for number, entry in enumerate(new, self._seen):
            if not entry.status or entry.is_for_token or entry.method in _BODILESS:
                continue
            if entry.url.startswith(base):
                form = read_form(entry.status, entry.response_body)
                self._add(_Seen(number, (entry.method, entry.url.partition("?")[0]), form))
        self._seen += len(new)

    def _add(self, item: _Seen) -> None:
        """The tail with one more, without those at its start that are of another form."""
        if _are_alike([*self._tail, item]):
            self._tail.append(item)
            return
        whole = [*self._tail, item]
        start = len(self._tail)
        while start and _are_alike(whole[start - 1 :]):
            start -= 1
        self._before += whole[:start]
        self._tail = whole[start:]


def _are_alike(items: list[_Seen]) -> bool:
    """All are of one form; or all reads are, and no write was taken, told in one form."""
    if len({item.form for item in items}) == 1:
        return True
    reads = [item for item in items if item.question[0] == "GET"]
    writes = {item.form for item in items if item.question[0] != "GET"}
    several = len({item.question for item in reads}) > 1
    taken = any(status in _SUCCESS for status, _ in writes)
    return several and len({item.form for item in reads}) == len(writes) == 1 and not taken


def _subject(item: _Seen, base: str) -> str:
    """What a question is about: the start of its path."""
    return item.question[1].removeprefix(base).strip("/").partition("/")[0]
