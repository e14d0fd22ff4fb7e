"""Personal data of guests and riders, masked where it stands, and where texts quote it.

In JSON the place decides: only values at places that are mapped to a person are replaced, whatever
they are, and nothing else is. A text has no places, so there only values are replaced that can be
nothing but personal: phones, e-mail addresses, full names; never a word that is in use otherwise.
"""

from __future__ import annotations

import html
import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

from ahocorasick_rs import BytesAhoCorasick

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|-?\d[\d.eE+-]*')
_DEEPEST = 200

Path = tuple[Any, ...]


class JsonPlace(NamedTuple):
    """A string or number, or the name of a member.

    Attributes:
        start: Where its token begins in the text.
        end: Where it ends.
        path: Names of the members above it and its own; of a name: without it. Lists have none.
        is_name: Whether it is the name of a member.
    """

    start: int
    end: int
    path: Path
    is_name: bool


def scan(text: str) -> Iterator[JsonPlace]:
    """All places of a text that begins as a JSON object or list does; none of any other."""
    if text.lstrip()[:1] not in {"{", "["}:
        return
    # Of each level: whether it is an object, and the names above what is in it.
    levels: list[tuple[bool, Path]] = [(False, ())]
    name: str | None = None
    for token in _TOKEN.finditer(text):
        sign = token[0]
        is_object, above = levels[-1]
        if sign in "{[":
            levels.append((sign == "{", above if name is None else (*above, name)))
            name = None
        elif sign in "}]":
            if len(levels) == 1:
                return
            levels.pop()
            name = None
        elif sign == ",":
            name = None
        elif sign != ":" and len(levels) <= _DEEPEST:
            is_name = is_object and name is None
            path = above if name is None else (*above, name)
            yield JsonPlace(token.start(), token.end(), path, is_name)
            name = read(sign) if is_name else name


def read(token: str) -> str:
    """What a string or number token says."""
    if token[0] != '"':
        return token
    if "\\" not in token:
        return token[1:-1]
    try:
        return str(json.loads(token))
    except ValueError:
        return token[1:-1]


MASK = "[REDACTED]"
_WORD = re.compile(r"\w+")
_PHONE = re.compile(r"[\d\s()+./-]+")
_SHORTEST_WORD, _FEWEST_DIGITS = 4, 7


class Persons:
    """Knows where personal data stands, and all of it that has come by; safe for several threads.

    Args:
        is_personal: Whether the value at a path (names of members, the outermost first; lists have
            none) belongs to a person.
        names: Members under which such values stand; where none of them is, nothing is looked at.
        key: Stands at the end of a path for the name of a member itself.
        ordinary: Words in use otherwise, in lower case.
    """

    def __init__(
        self,
        is_personal: Callable[[Path], bool],
        *,
        names: frozenset[str] = frozenset(),
        key: Any = None,
        ordinary: frozenset[str] = frozenset(),
    ) -> None:
        self._is_personal, self._key = is_personal, key
        # As JSON may write them: with its escapes, or without.
        self._names = {*names, *(json.dumps(name)[1:-1] for name in names)}
        self._ordinary = ordinary
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._telling: dict[bytes, None] = {}
        self._automaton: BytesAhoCorasick | None = None

    def __repr__(self) -> str:
        return f"Persons({self.count} values)"

    @property
    def count(self) -> int:
        """Number of different personal values that have come by."""
        return len(self._values)

    def read(self, text: str) -> None:
        """Remember the personal values of a JSON text, to know them again in other texts."""
        for _, value in self._places(text):
            self.add(value)

    def add(self, value: str) -> None:
        """Remember one personal value."""
        with self._lock:
            if value in self._values or value == MASK or not value.strip():
                return
            self._values.add(value)
            if self.is_telling(value):
                self._telling |= dict.fromkeys(_spell(value))
                self._automaton = None

    def is_telling(self, value: str) -> bool:
        """Whether a value can be nothing but personal, wherever it stands."""
        digits = sum(sign.isdigit() for sign in value)
        if digits >= _FEWEST_DIGITS and _PHONE.fullmatch(value):
            return True
        words = _WORD.findall(value)
        if all(word.lower() in self._ordinary or word.isdigit() for word in words):
            return False
        if len(words) > 1:
            return sum(map(len, words)) > _SHORTEST_WORD
        # One word alone: names have a capital letter, or letters of their language.
        is_plain = value.isascii() and value == value.lower()
        return len(value) >= _SHORTEST_WORD and not is_plain

    def text(self, text: str) -> str:
        """A text without personal data: by place if it is JSON, and by telling values in any."""
        parts, done = [], 0
        for number, (place, value) in enumerate(self._places(text), 1):
            self.add(value)
            # Two members of one object may not get the same name.
            shown = f"[REDACTED {number}]" if place.is_name else MASK
            parts += [text[done : place.start], f'"{shown}"']
            done = place.end
        return self._by_value("".join([*parts, text[done:]]))

    def data(self, value: Any) -> Any:
        """A copy of JSON-like data without personal data in its texts; keys stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self.data(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.data(item) for item in value)
        return value

    def _by_value(self, text: str) -> str:
        with self._lock:
            if not self._telling:
                return text
            if self._automaton is None:
                self._automaton = BytesAhoCorasick(self._telling)
            automaton = self._automaton
        data = text.encode("utf-8", "surrogatepass")
        found = automaton.find_matches_as_indexes(data, overlapping=True)
        whole = sorted((start, -end) for _, start, end in found if _is_whole(data, start, end))
        if not whole:
            return text
        parts, done = [], 0
        for start, end in whole:
            if start >= done:
                parts += [data[done:start], MASK.encode()]
                done = -end
        return b"".join([*parts, data[done:]]).decode("utf-8", "surrogatepass")

    def _places(self, text: str) -> Iterator[tuple[JsonPlace, str]]:
        """What is personal in a JSON text, and its value."""
        if not any(name in text for name in self._names):
            return
        for place in scan(text):
            token = text[place.start : place.end]
            path = (*place.path, self._key) if place.is_name else place.path
            if token[0] != '"' and len(token) < _FEWEST_DIGITS:
                continue
            if self._is_personal(path):
                yield place, read(token)


def _is_whole(data: bytes, start: int, end: int) -> bool:
    around = data[max(0, start - 1) : start] + data[end : end + 1]
    return not any(octet >= 0x80 or chr(octet).isalnum() or octet == 0x5F for octet in around)


def _spell(value: str) -> Iterator[bytes]:
    """The value as JSON (once and twice, in notebooks), HTML and URLs write it."""
    plain = (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    forms = {*plain, *(json.dumps(form)[1:-1] for form in plain)}
    forms |= {html.escape(value), html.escape(value, quote=False)}
    forms |= {quote(value, safe="", errors="replace"), quote_plus(value, errors="replace")}
    return (form.encode("utf-8", "surrogatepass") for form in forms if form)
