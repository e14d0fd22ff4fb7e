"""Masking secrets by their exact values, in every spelling in which they may leave the house.

Patterns that guess what a secret looks like miss opaque tokens; we know the values, so we look
for them. Matching is on bytes and on overlapping occurrences, so that a secret that begins or
ends inside another one is masked too.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import os
import re
import shlex
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "[REDACTED]"
_MASK = MASK.encode()
# Below this many bytes a value is masked only where it stands alone: masking every "a" of a
# document would destroy it and protect nothing.
_SHORT = 4
# Shorter values have no base64 core that is long enough to be told from chance.
_CORE = 6
# A second net under the exact values: these headers carry nothing but secrets.
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_WORD = re.compile(rb"[0-9A-Za-z]")
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")


@dataclass(frozen=True, repr=False)
class _Form:
    """One spelling of a secret; `core` is the inside of a base64 run that holds it."""

    name: str
    text: bytes
    core: bool = False


class Redactor:
    """Masks known secret values; values may be added while it is in use, from any thread.

    Args:
        values: The secrets. Empty ones are ignored; those under four bytes are masked only where
            they stand alone between non-alphanumeric characters.
        latest: Of values that are added later, mask only so many, the latest: a program that
            runs for months gets a new token every few minutes. None: all.
    """

    def __init__(self, values: Iterable[str] = (), latest: int | None = None) -> None:
        self._lock = threading.Lock()
        self._values: tuple[str, ...] = ()
        self._forms: tuple[_Form, ...] = ()
        self._latest: int | None = None
        self.add(*values)
        self._fixed, self._latest = len(self._values), latest

    def __repr__(self) -> str:
        return f"Redactor({len(self._values)} values)"

    def add(self, *values: str) -> None:
        """Mask these values too, from now on."""
        with self._lock:
            new = [value for value in dict.fromkeys(values) if value and value not in self._values]
            if not new:
                return
            self._values += tuple(new)
            if self._latest is not None:
                added = self._values[self._fixed :]
                self._values = self._values[: self._fixed] + added[-self._latest :]
            forms: dict[bytes, _Form] = {}
            for form in _spell_all(self._values):
                forms.setdefault(form.text, form)
            self._forms = tuple(sorted(forms.values(), key=lambda form: -len(form.text)))

    def text(self, text: str) -> str:
        """Return `text` with every secret masked."""
        masked = self.mask(text.encode("utf-8", "surrogatepass"))
        return masked.decode("utf-8", "surrogatepass")

    def mask(self, data: bytes) -> bytes:
        """Return `data` with every secret masked."""
        spans = sorted((start, end) for start, end, _ in self._spans(data))
        if not spans:
            return data
        parts, done = [], 0
        for start, end in _merge(spans):
            parts += [data[done:start], _MASK]
            done = end
        return b"".join([*parts, data[done:]])

    def data(self, value: Any) -> Any:
        """Return a copy of JSON-like `value` with secrets masked in keys and values, at any depth.

        Numbers that spell a secret become the mask; other types are returned as they are.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.mask(value)
        if isinstance(value, dict):
            return {self.data(key): self.data(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.data(item) for item in value]
        if isinstance(value, tuple):
            return tuple(self.data(item) for item in value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value if self.text(str(value)) == str(value) else MASK
        return value

    def file(self, path: Path) -> bool:
        """Mask secrets in a file, in place and at once; True when it held any."""
        held = path.read_bytes()
        masked = self.mask(held)
        if masked == held:
            return False
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as target:
            target.write(masked)
        Path(name).chmod(path.stat().st_mode)
        Path(name).replace(path)
        return True

    def find(self, data: bytes) -> list[str]:
        """Names of the spellings in which `data` holds a secret; empty when it is clean."""
        return sorted({name for _, _, name in self._spans(data)})

    def _spans(self, data: bytes) -> Iterator[tuple[int, int, str]]:
        for form in self._forms:
            start = data.find(form.text)
            while start >= 0:
                end = start + len(form.text)
                if len(form.text) >= _SHORT or _stands_alone(data, start, end):
                    yield (*(_widen(data, start, end) if form.core else (start, end)), form.name)
                start = data.find(form.text, start + 1)


def mask_headers(headers: Mapping[str, str], redactor: Redactor) -> dict[str, str]:
    """Headers that may be shown; those that carry nothing but secrets are masked whole."""
    return {
        redactor.text(name): MASK if name.lower() in _SECRET_HEADERS else redactor.text(value)
        for name, value in headers.items()
    }


class RedactingFilter(logging.Filter):
    """Masks secrets in log records, for loggers of libraries that print addresses and headers."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the record's message by its masked text; the record always passes."""
        record.msg, record.args = self._redactor.text(record.getMessage()), ()
        return True


def _merge(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _stands_alone(data: bytes, start: int, end: int) -> bool:
    around = data[max(0, start - 1) : start], data[end : end + 1]
    return not any(_WORD.match(character) for character in around)


def _widen(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Take in the neighbours of a base64 core, which hold the secret's first and last bits."""
    for _ in range(2):
        if start and data[start - 1] in _BASE64:
            start -= 1
        if end < len(data) and data[end] in _BASE64:
            end += 1
    return start, end


def _spell_all(values: tuple[str, ...]) -> Iterator[_Form]:
    for value in values:
        yield from _spell(value)
    # A basic login of short values has no core to look for, so it is spelt out.
    for user in values:
        for word in values:
            if user != word and len(word.encode()) < _CORE:
                for name, text in _pack(f"{user}:{word}".encode()):
                    yield _Form(f"{name} of user:password", text)


def _spell(value: str) -> Iterator[_Form]:
    """All spellings of one value; escapes are also applied to each other's result once."""
    once = {text: name for name, text in _escape(value)} | {value: "raw"}
    for text, name in once.items():
        yield _Form(name, _encode(text))
        for outer, twice in _escape(text):
            yield _Form(name if outer == name else f"{name}, {outer}", _encode(twice))
    if len(value) < _SHORT:
        return
    # Clients encode user and password before they join them, hence the second variant.
    for inner in dict.fromkeys((value, quote_plus(value))):
        raw = _encode(inner)
        yield _Form("hex", raw.hex().encode())
        yield _Form("hex", raw.hex().upper().encode())
        for name, packed in _pack(raw):
            yield _Form(name, packed)
            for _, escaped in _escape(packed.decode()):
                yield _Form(name, escaped.encode())
        if len(raw) >= _CORE:
            for core in _cores(raw):
                yield _Form("base64", core, core=True)
                for _, escaped in _escape(core.decode()):
                    yield _Form("base64", escaped.encode(), core=True)


def _escape(text: str) -> Iterator[tuple[str, str]]:
    """The text as URLs, JSON, HTML, XML, YAML, Python and shells write it."""
    for safe in ("", "/", "!$'()*+,;:@/?", "-._~!$&'()*+,;=:@/?%"):
        encoded = quote(text, safe=safe, errors="replace")
        yield "url", encoded
        yield "url", re.sub(r"%[0-9A-F]{2}", lambda code: code[0].lower(), encoded)
    yield "url", quote_plus(text, errors="replace")
    for ascii_only in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield "json", escaped
        yield "json", escaped.replace("/", "\\/")
        yield "json", re.sub(r"[<>&']", lambda sign: f"\\u{ord(sign[0]):04x}", escaped)
    plain = html.escape(text, quote=False)
    for double in ('"', "&quot;", "&#34;"):
        for single in ("'", "&#x27;", "&#39;", "&apos;"):
            yield "html", plain.replace('"', double).replace("'", single)
    yield "yaml", text.replace("'", "''")
    yield "python", repr(text)[1:-1]
    yield "python", repr(_encode(text))[2:-1]
    yield "shell", shlex.quote(text).strip("'")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _pack(raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield "base64", base64.b64encode(raw)
    yield "base64", base64.urlsafe_b64encode(raw)
    yield "base64", base64.b64encode(raw).rstrip(b"=")
    yield "base64", base64.urlsafe_b64encode(raw).rstrip(b"=")


def _cores(raw: bytes) -> Iterator[bytes]:
    """The base64 characters that depend on `raw` alone, for each position modulo three."""
    for before in range(3):
        packed = base64.b64encode(bytes(before) + raw)
        # Characters that share bits with the bytes before or after are not ours to predict.
        first = -(-before * 8 // 6)
        last = (before + len(raw)) * 8 // 6
        yield packed[first:last]
        yield packed[first:last].translate(bytes.maketrans(b"+/", b"-_"))
