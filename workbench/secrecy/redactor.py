"""Masking secrets by their exact values, in every spelling in which they may leave the house.

Patterns that guess what a secret looks like miss opaque tokens; we know the values, so we look
for them. Matching is on bytes and on overlapping occurrences, so that a secret that begins or
ends inside another one is masked too.
"""

from __future__ import annotations

import bisect
import itertools
import json
import logging
import re
import sys
import threading
from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ahocorasick_rs import BytesAhoCorasick, Implementation

from workbench.secrecy.packed import may_be_packed, unpack
from workbench.secrecy.persons import MASK, Persons
from workbench.secrecy.private import replace_file
from workbench.secrecy.spelling import Form, is_searchable, spell, spell_login

# What stands in a part that nobody can search: no secret that is known, and none that is excluded.
ANYTHING = "anything"
_MASK = MASK.encode()
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")
_BLANK = b" \t\r\n\x0b\x0c"
_BREAK = re.compile(rb"[ \t\r\n\x0b\x0c]+|\\[nrt]")
# What stands round a text that was cut: a mark of the cut, or a quote.
_RIM = "…'\". "
# So many values are kept to see whether they come again.
_REMEMBERED = 16
# So many characters of a secret that was cut are taken for it.
_TELLING = 8
# Texts up to this length are remembered as they were masked, so many of them.
_SHORT, _MOST_KEPT = 200, 5_000


@dataclass(frozen=True, order=True)
class Hit:
    """A secret that was found: its name and its spelling, never its value."""

    credential: str
    spelling: str

    def __str__(self) -> str:
        return f"{self.credential} ({self.spelling})"


class Redactor:
    """Masks known secret values; values may be added while it is in use, from any thread.

    A value that is no more than a word or a short number is not looked for (`unsearchable`),
    because it stands in texts for other reasons; a login of such values is.

    Args:
        values: The secrets, or name → secret. Empty ones are ignored.
        latest: Of values that are added later, mask only so many, the latest: a program that
            runs for months gets a new token every few minutes. None: all.
        spared: Name → value of what is public, and never masked.
        told: Texts that the folder of the partner tells.

    Attributes:
        spared: As given.
        persons: Masks personal data in texts and bodies as well, where it is given.
    """

    def __init__(
        self,
        values: Iterable[str] | Mapping[str, str] = (),
        latest: int | None = None,
        spared: Mapping[str, str] | None = None,
        told: bytes = b"",
    ) -> None:
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._later: list[str] = []
        self._once: deque[str] = deque(maxlen=_REMEMBERED)
        self._latest = latest
        self._learnt = 0
        self.spared = dict(spared or {})
        self._told = told
        self.persons: Persons | None = None
        self._spelt: dict[str, tuple[Form, ...]] = {}
        self._ready: _Ready | None = None
        self._clean: dict[str, str] = {}
        self._clean_for: object = None
        named = values if isinstance(values, Mapping) else {}
        given = [(value, name) for name, value in named.items()] or [(v, "") for v in values]
        self._names |= {value: name for value, name in given if value}

    def __repr__(self) -> str:
        return f"Redactor({len(self._names)} values)"

    @property
    def version(self) -> tuple[int, int]:
        """Another one whenever it has learnt something, so that masked things can be kept."""
        return self._learnt, self.persons.count if self.persons else 0

    @property
    def unsearchable(self) -> list[str]:
        """Names of the secrets that are too short, or too much of a word, to be looked for."""
        return sorted({name for value, name in self._names.items() if not is_searchable(value)})

    def is_told(self, value: str) -> bool:
        """Whether the folder says this itself, as `Europe/Madrid`, so that it is no secret."""
        return value.encode("utf-8", "surrogatepass") in self._told

    def covers(self, other: Redactor) -> bool:
        """Whether whatever `other` masks now is masked by this one as well."""
        is_idle = other.persons is None or not other.persons.count
        return other is self or (is_idle and other._names.keys() <= self._names.keys())

    def add(self, *values: str, name: str = "token") -> None:
        """Mask these values too, from now on."""
        with self._lock:
            known = {"", *self.spared.values(), *self._names}
            new = [value for value in dict.fromkeys(values) if value not in known]
            if not new:
                return
            self._names |= dict.fromkeys(new, name)
            self._later += new
            while self._latest is not None and len(self._later) > self._latest:
                del self._names[self._later.pop(0)]
            self._ready = None
            self._learnt += 1

    def learn(self, *values: str) -> None:
        """Mask these values too once they come again: a proof of one message never does."""
        known = [value for value in values if value in self._once]
        self.add(*known)
        self._once.extend(values)

    def text(self, text: str) -> str:
        """Return `text` with every secret masked, also one of which a cut has left a part."""
        if len(text) > _SHORT:
            return self._text(text)
        # Headers and names come again and again.
        if self._clean_for != self.version or len(self._clean) >= _MOST_KEPT:
            self._clean, self._clean_for = {}, self.version
        clean = self._clean
        if text not in clean:
            clean[text] = self._text(text)
        return clean[text]

    def _text(self, text: str) -> str:
        masked = self._mask(text.encode("utf-8", "surrogatepass"))
        clean = self._trim(masked.decode("utf-8", "surrogatepass"))
        return clean if self.persons is None else self.persons.text(clean)

    def mask(self, data: bytes) -> bytes:
        """Return `data`, such as a body, with every secret masked; what is packed goes whole."""
        masked = self._mask(data)
        if self.persons is None:
            return masked
        text = masked.decode("utf-8", "surrogateescape")
        clean = self.persons.text(text)
        return masked if clean == text else clean.encode("utf-8", "surrogateescape")

    def take_out(self, data: bytes, names: Container[str]) -> bytes:
        """Return `data` with the secrets of these names masked, and nothing else."""
        return self._mask(data, names)

    def notice(self, *bodies: bytes) -> None:
        """Remember the personal data in bodies that go over the wire."""
        if self.persons is not None:
            for body in bodies:
                self.persons.read(body.decode("utf-8", "replace"))

    def _mask(self, data: bytes, only: Container[str] | None = None) -> bytes:
        if len(data) < (self._ready or self._prepare()).shortest:
            return data
        spans = sorted(
            (start, end)
            for start, end, hit in self._spans(data)
            if only is None or hit.credential in only
        )
        if not spans:
            return data
        parts, done = [], 0
        for start, end in _merge(spans):
            parts += [data[done:start], _MASK]
            done = end
        return b"".join([*parts, data[done:]])

    def data(self, value: Any) -> Any:
        """Return a copy of JSON-like `value` with secrets masked in keys and values, at any depth.

        Personal data is masked in values only. Numbers that spell a secret become the mask; other
        types are returned as they are.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.mask(value)
        if isinstance(value, dict):
            return {self._name(key): self.data(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.data(item) for item in value]
        if isinstance(value, tuple):
            return tuple(self.data(item) for item in value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value if self.text(str(value)) == str(value) else MASK
        return value

    def _name(self, key: Any) -> Any:
        return (
            self._mask(key.encode("utf-8", "surrogatepass")).decode()
            if isinstance(key, str)
            else key
        )

    def file(self, path: Path) -> bool:
        """Mask secrets in a file, in place and at once; True when it held any.

        In a JSON file texts are masked one by one, so that bodies inside of it are read as such.
        """
        held = path.read_bytes()
        masked = self._mask_json(held) or self.mask(held)
        if masked == held:
            return False
        replace_file(path, masked)
        return True

    def _mask_json(self, data: bytes) -> bytes | None:
        if data.lstrip()[:1] not in {b"{", b"["}:
            return None
        try:
            read = json.loads(data)
        except ValueError:
            return None
        masked = self.data(read)
        clean = data if masked == read else json.dumps(masked, ensure_ascii=False).encode()
        return self._mask(clean)

    def find(self, data: bytes) -> list[Hit]:
        """Which secrets `data` holds, and how they are spelt; empty when it is clean."""
        return sorted({hit for _, _, hit in self._spans(data)})

    def _spans(self, data: bytes) -> Iterator[tuple[int, int, Hit]]:
        ready = self._ready or self._prepare()
        if len(data) < ready.shortest:
            return
        yield from ready.match(data)
        # Lines are broken inside long values, and letters set apart.
        if ready.automaton.find_matches_as_indexes(_join(data)):
            yield from ready.match_joined(data)
        if not may_be_packed(data):
            return
        for part in unpack(data):
            if part.data is None:
                yield part.start, part.end, Hit(ANYTHING, "it cannot be unpacked")
                continue
            for hit in self.find(part.data):
                spelling = f"{hit.spelling}, in {part.kind}"
                yield part.start, part.end, Hit(hit.credential, spelling)

    def _prepare(self) -> _Ready:
        with self._lock:
            if self._ready is None:
                for value in self._spelt.keys() - self._names.keys():
                    del self._spelt[value]
                for value, name in self._names.items():
                    if value not in self._spelt and is_searchable(value):
                        forms = reversed(list(spell(name, value)))
                        self._spelt[value] = tuple({form.text: form for form in forms}.values())
                self._ready = _Ready((*self._spelt.values(), _spell_logins(self._names)))
            return self._ready

    def _trim(self, text: str) -> str:
        """Mask what a cut has left of a secret at the end of a text, or at its start."""
        if not self._spelt:
            return text
        start, end = len(text) - len(text.lstrip(_RIM)), len(text.rstrip(_RIM))
        if end - start < _TELLING:
            return text
        for value in tuple(self._spelt):
            first, last = value[:_TELLING], value[-_TELLING:]
            at = text.rfind(first, start, end)
            if at >= 0 and value.startswith(text[at:end]) and _tells(first):
                text, end = text[:at] + MASK + text[end:], at
            at = text.find(last, start, end) + _TELLING
            if at >= _TELLING and value.endswith(text[start:at]) and _tells(last):
                return text[:start] + MASK + text[at:]
        return text


class _Ready:
    """All spellings of all secrets, ready to be looked for at once."""

    def __init__(self, spelt: Iterable[Iterable[Form]]) -> None:
        forms: dict[bytes, Form] = {}
        for form in itertools.chain.from_iterable(spelt):
            forms.setdefault(form.text, form)
        self.forms = tuple(forms.values())
        self.shortest = min(map(len, forms), default=sys.maxsize)
        self.automaton = BytesAhoCorasick(forms, implementation=Implementation.ContiguousNFA)

    def match(self, data: bytes) -> Iterator[tuple[int, int, Hit]]:
        """Places of secrets in `data`, which may overlap."""
        for number, start, end in self.automaton.find_matches_as_indexes(data, overlapping=True):
            form = self.forms[number]
            span = _widen(data, start, end) if form.core else (start, end)
            yield (*span, Hit(form.credential, form.spelling))

    def match_joined(self, data: bytes) -> Iterator[tuple[int, int, Hit]]:
        """Matches in the text without blanks, with their places in the text as it is."""
        kept, done = list[tuple[int, int]](), 0
        for gap in _BREAK.finditer(data):
            kept.append((done, gap.start()))
            done = gap.end()
        kept.append((done, len(data)))
        ends = list(itertools.accumulate(end - start for start, end in kept))

        def place(at: int) -> int:
            index = bisect.bisect_right(ends, at)
            return kept[index][1] - (ends[index] - at)

        joined = b"".join(data[start:end] for start, end in kept)
        for start, end, hit in self.match(joined):
            yield place(start), place(end - 1) + 1, hit


class RedactingFilter(logging.Filter):
    """Masks secrets in log records, for loggers of libraries that print addresses and headers."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the record's message by its masked text; the record always passes."""
        record.msg, record.args = self._redactor.text(record.getMessage()), ()
        return True


def _tells(part: str) -> bool:
    """Whether a part of a secret is more than a word, which may end a text by chance."""
    return not part.isalpha() or not (part.islower() or part.isupper() or part.istitle())


def _spell_logins(names: Mapping[str, str]) -> Iterator[Form]:
    """Logins with a word for a password, which is not looked for alone."""
    for value, name in names.items():
        if not is_searchable(value):
            for user in names:
                if user != value:
                    yield from spell_login(name, user, value)


def _join(data: bytes) -> bytes:
    if b"\\" in data:
        for escaped in (b"\\n", b"\\r", b"\\t"):
            data = data.replace(escaped, b"")
    return data.translate(None, _BLANK)


def _merge(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _widen(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Take in the neighbours of a base64 core, which hold the secret's first and last bits."""
    for _ in range(2):
        if start and data[start - 1] in _BASE64:
            start -= 1
        if end < len(data) and data[end] in _BASE64:
            end += 1
    return start, end
