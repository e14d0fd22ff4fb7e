"""What is packed is looked into: streams, archives, pages, one inside another."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Callable

import pytest
from pypdf import PdfWriter

from workbench.adapters import find_echoes
from workbench.secrecy import ANYTHING, MASK, Redactor
from workbench.secrecy.packed import unpack

SECRET = "x7-Gq29-tR-canary"
TEXT = f'{{"name": "{SECRET}"}}'.encode()


def archive(**files: bytes) -> bytes:
    """A zip file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return target.getvalue()


def archive_of(data: bytes) -> bytes:
    """A zip file with one member."""
    return archive(a=data)


def document(secret: str) -> bytes:
    """A PDF whose page is compressed, with the secret in its title."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Title": secret})
    writer.add_attachment("a.txt", zlib.compress(secret.encode()))
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


PACKERS = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
    "zip": archive_of,
}
PACKED = {
    "gzip": gzip.compress(TEXT),
    "gzip-inside": b"\xff\xfe before " + gzip.compress(TEXT) + b" after",
    "bzip2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "zip": archive(a=b"nothing", b=TEXT),
    "zip-name": archive(**{SECRET: b""}),
    "zip-in-zip": archive(a=archive(b=gzip.compress(TEXT))),
    "base64-of-zip": b'{"file": "' + base64.b64encode(archive(a=TEXT)) + b'"}',
    "pdf-title": document(SECRET),
}


@pytest.mark.parametrize("kind", PACKED)
def test_a_secret_is_found_in_what_is_packed(kind: str) -> None:
    """However it is packed, the gate sees it, and masking leaves nothing of it."""
    redactor = Redactor([SECRET])

    assert redactor.find(PACKED[kind])
    assert redactor.find(redactor.mask(PACKED[kind])) == []


def test_what_holds_none_is_clean() -> None:
    """The same kinds without the secret are left as they are."""
    other = Redactor(["another-0123456789"])
    for data in PACKED.values():
        assert other.mask(data) == data


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_what_is_too_large_is_refused(
    pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bomb is not unpacked without bound; what cannot be searched counts as found."""
    monkeypatch.setattr("workbench.secrecy.packed.MOST_BYTES", 100_000)
    assert list(unpack(pack(bytes(99_999))))
    assert unpack(pack(bytes(100_001)))[-1].data is None
    hits = Redactor([SECRET]).find(pack(bytes(100_001)))
    assert [str(hit) for hit in hits] == ["anything (it cannot be unpacked)"]


def test_many_small_bombs_share_one_purse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither many streams, nor one in another, get more than one would."""
    monkeypatch.setattr("workbench.secrecy.packed.MOST_BYTES", 100_000)
    assert unpack(gzip.compress(bytes(60_000)) * 2)[-1].data is None
    nested = TEXT
    for _ in range(7):
        nested = gzip.compress(nested)
    assert any(part.data is None for part in unpack(nested))


def test_what_cannot_be_searched_hides_nothing_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A locked attachment is masked where it stands; what stands beside it is searched and kept."""
    locked = base64.b64encode(b"%PDF-1.7 of which nothing can be read, whoever tries").decode()
    body = json.dumps({"invoice": locked, "id": "o-1", "key": SECRET}).encode()
    redactor = Redactor({"api_key": SECRET})
    assert {hit.credential for hit in redactor.find(body)} == {"api_key", ANYTHING}
    assert json.loads(redactor.mask(body)) == {"invoice": MASK, "id": "o-1", "key": MASK}
    assert find_echoes(redactor, b"", {}, body) == {"api_key"}
    honest = json.dumps({"invoice": locked}).encode()
    assert find_echoes(redactor, b"", {}, honest) == set()
    assert "".join(capfd.readouterr()) == ""


def test_what_only_looks_packed_is_passed_over() -> None:
    """Damaged streams and chance starts are no error."""
    for data in (
        b"\x1f\x8b\x08rest",
        b"BZh nonsense",
        b"PK\x03\x04",
        b"H4sIAAAAAAAAAAAA",
        b"eJxxxxxxxxxx",
    ):
        assert list(unpack(data)) == []
