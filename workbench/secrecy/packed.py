"""What is packed inside bytes: compressed streams, archives, PDF pages, and base64 of these."""

from __future__ import annotations

import base64
import bz2
import io
import logging
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

# More than this comes out of nothing that a run writes; what is larger cannot be told.
MOST_BYTES = 64 * 1024 * 1024
_PIECE = 64 * 1024
_MOST_TRIES = 10_000
_DEEPEST = 4
_STARTS = (b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"%PDF-")
_GZIP = b"\x1f\x8b\x08"
_BASE64 = re.compile(rb"(?:H4sI|eJ[wxyz]|eN[opqr]|UEsDB|QlpoO|JVBERi)[A-Za-z0-9+/_-]{8,}={0,2}")
_MARKS = (b"H4sI", b"eJ", b"eN", b"UEsDB", b"QlpoO", b"JVBERi")


class UnreadableError(Exception):
    """Something is packed in a way that cannot be searched: it is locked, or far too large."""


@dataclass(frozen=True)
class Packed:
    """Something inside other bytes: where it stands, how it was packed, and what it holds.

    `data` is None where it cannot be searched.
    """

    start: int
    end: int
    kind: str
    data: bytes | None


def may_be_packed(data: bytes) -> bool:
    """Whether anything in `data` looks packed; cheap, and right when it says no."""
    return data.startswith(_STARTS) or _GZIP in data or any(mark in data for mark in _MARKS)


def unpack(data: bytes) -> list[Packed]:
    """Everything packed in `data`, at any depth; places are those of the outermost packing."""
    return list(_Unpacker().open(data, 0))


class _Unpacker:
    """Opens one thing and all that is in it, with one purse for what comes out of all of them."""

    def __init__(self) -> None:
        self._bytes, self._tries = MOST_BYTES, _MOST_TRIES

    def open(self, data: bytes, depth: int) -> Iterator[Packed]:
        for part in self._look(data):
            if part.data is None or depth == _DEEPEST:
                yield Packed(part.start, part.end, part.kind, None)
                continue
            yield part
            for inner in self.open(part.data, depth + 1):
                yield Packed(part.start, part.end, f"{part.kind}, {inner.kind}", inner.data)

    def _look(self, data: bytes) -> Iterator[Packed]:
        whole = (
            (b"PK\x03\x04", "zip", self._read_zip),
            (b"BZh", "bzip2", lambda data: self._read(bz2.open, data)),
            (b"\xfd7zXZ", "xz", lambda data: self._read(lzma.open, data)),
            (b"%PDF-", "pdf", self._read_pdf),
        )
        for magic, kind, reader in whole:
            if data.startswith(magic):
                try:
                    yield from (Packed(0, len(data), kind, part) for part in reader(data))
                except UnreadableError:
                    yield Packed(0, len(data), kind, None)
                return
        yield from self._find_streams(data)
        if any(mark in data for mark in _MARKS):
            for match in _BASE64.finditer(data):
                for kind, inner in self._decode(match[0]):
                    yield Packed(match.start(), match.end(), f"base64 of {kind}", inner)

    def _find_streams(self, data: bytes) -> Iterator[Packed]:
        start = data.find(_GZIP)
        while start >= 0:
            try:
                if found := self._inflate(data, start, 31):
                    yield Packed(start, found[1], "gzip", found[0])
            except UnreadableError:
                yield Packed(start, len(data), "gzip", None)
                return
            start = data.find(_GZIP, start + 1)

    def _decode(self, text: bytes) -> Iterator[tuple[str, bytes | None]]:
        plain = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        raw = base64.b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + b"==")
        try:
            if raw[:1] == b"\x78" and (found := self._inflate(raw, 0, 15)):
                yield "deflate", found[0]
        except UnreadableError:
            yield "deflate", None
        yield from ((part.kind, part.data) for part in self._look(raw))

    def _inflate(self, data: bytes, start: int, window: int) -> tuple[bytes, int] | None:
        """What comes out, and where it ended; None when it is nothing of the kind."""
        engine, out, at = zlib.decompressobj(window), bytearray(), start
        try:
            while not engine.eof and at < len(data):
                out += engine.decompress(data[at : at + _PIECE], self._bytes + 1 - len(out))
                at = min(at + _PIECE, len(data))
                if engine.unconsumed_tail:
                    raise UnreadableError
        except zlib.error:
            out.clear()
        self._spend(len(out))
        return (bytes(out), at - len(engine.unused_data)) if out else None

    def _read(self, opener: Callable[[io.BytesIO], Any], data: bytes) -> list[bytes]:
        try:
            with opener(io.BytesIO(data)) as stream:
                out = stream.read(self._bytes + 1)
        except (OSError, EOFError, lzma.LZMAError):
            return []
        self._spend(len(out))
        return [out]

    def _read_zip(self, data: bytes) -> Iterator[bytes]:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for item in archive.infolist():
                    self._spend(item.file_size)
                    yield item.filename.encode() + b"\n" + archive.read(item)
        except zipfile.BadZipFile:
            return
        except (RuntimeError, zlib.error, EOFError) as error:
            raise UnreadableError from error  # locked, or packed in a way that we do not know

    def _read_pdf(self, data: bytes) -> Iterator[bytes]:
        yield from _read_pages(data)
        for start in re.finditer(rb"stream\r?\n", data):
            if found := self._inflate(data, start.end(), 15):
                yield found[0]

    def _spend(self, size: int) -> None:
        self._bytes -= size
        self._tries -= 1
        if self._bytes < 0 or self._tries < 0:
            raise UnreadableError


def _read_pages(data: bytes) -> Iterator[bytes]:
    """The text of the pages as a reader sees it, what the document says of itself, its files."""
    # It says on the screen what it mends.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    from pypdf import PdfReader  # noqa: PLC0415 - slow to import, and seldom needed
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    try:
        document = PdfReader(io.BytesIO(data))
        if document.is_encrypted:
            raise UnreadableError
        yield str(dict(document.metadata or {})).encode()
        # Lines end where the page does, so a long value goes on in the next one.
        yield "\n".join(page.extract_text() for page in document.pages).encode("utf-8", "replace")
        for files in document.attachments.values():
            yield from files
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableError from error
