"""Bodies as senders pack and spell them; all that cannot be read is None."""

from __future__ import annotations

import gzip
import json
import zlib

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.receiver.body import MAX_BYTES, parse_body, unpack

ORDER = {"id": "7", "note": "café"}
TEXT = json.dumps(ORDER, ensure_ascii=False)
PLAIN = TEXT.encode()
ODD_PART = (
    b'--b\r\nContent-Disposition: form-data; name="a"\n name*0=*?;filename*\r\n\r\n1\r\n--b--'
)
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="order"\r\n\r\n' + PLAIN + b"\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    ("body", "kind", "coding"),
    [
        (PLAIN, "application/json", ""),
        (gzip.compress(PLAIN, mtime=0), "application/json", "gzip"),
        (gzip.compress(PLAIN[:9], mtime=0) + gzip.compress(PLAIN[9:], mtime=0), "", "x-gzip"),
        (zlib.compress(PLAIN), "", "deflate"),
        (zlib.compress(PLAIN)[2:-4], "", "Deflate"),
        (brotli.compress(PLAIN), "", "br"),
        (gzip.compress(brotli.compress(PLAIN), mtime=0), "", "br, gzip"),
        (b"\xef\xbb\xbf" + PLAIN, "", ""),
        (TEXT.encode("utf-16"), "", ""),
        (TEXT.encode("utf-16-be"), "application/json", ""),
        (TEXT.encode("latin-1"), "application/json; charset=ISO-8859-1", ""),
        (TEXT.encode("latin-1"), "application/json", ""),
        (PLAIN, "application/x-www-form-urlencoded", ""),
        (b"payload=" + PLAIN.replace(b" ", b"+"), "application/x-www-form-urlencoded", ""),
        (MULTIPART, "multipart/form-data; boundary=b", ""),
    ],
)
def test_one_order_in_many_packings(body: bytes, kind: str, coding: str) -> None:
    """Packed, marked, in another charset or wrapped, it is the same order."""
    assert parse_body(body, kind, coding) == ORDER


@pytest.mark.parametrize(
    ("body", "kind", "value"),
    [
        (b"a=1&b=%20", "application/x-www-form-urlencoded", {"a": "1", "b": " "}),
        (b'{"a":1}\n\n{"a":2}\n', "application/x-ndjson", [{"a": 1}, {"a": 2}]),
        (b"<o><id>1</id></o>", "text/xml", {"o": {"id": "1"}}),
        (b'{"id": 12345678901234567890123}', "", {"id": 12345678901234567890123}),
        (b"null", "", None),
        (b"", "", None),
        (b"a=1", "", None),
        (
            ODD_PART,
            "multipart/form-data; boundary=b",
            None,
        ),
        (b"<a>" + b"<b/>" * 300_000 + b"</a>", "text/xml", None),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "text/xml", None),
    ],
    ids=[
        "form",
        "lines",
        "xml",
        "long",
        "null",
        "empty",
        "bare",
        "odd part",
        "large xml",
        "entity",
    ],
)
def test_what_a_body_is(body: bytes, kind: str, value: object) -> None:
    """Forms, lines, XML and long numbers are values; entities of a document type are not read."""
    assert parse_body(body, kind) == value


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(b"0" * (MAX_BYTES + 1), mtime=0), "gzip"),
        (brotli.compress(b"0" * (MAX_BYTES + 1), quality=1), "br"),
        (brotli.compress(PLAIN)[:-2], "br"),
        (PLAIN, "gzip"),
        (PLAIN, "snappy"),
    ],
    ids=["gzip bomb", "brotli bomb", "cut off", "not packed", "unknown coding"],
)
def test_bombs_and_wrong_codings_are_none(body: bytes, coding: str) -> None:
    """What unpacks beyond the bound, or is no such packing, is not read at all."""
    assert unpack(body, coding) is None


@given(body=st.binary(max_size=300), kind=st.text(max_size=60), coding=st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_reading_is_total(body: bytes, kind: str, coding: str) -> None:
    """Any bytes under any headers give a value or None."""
    for value in (
        parse_body(body, kind, coding),
        parse_body(body, "multipart/form-data; boundary=" + kind, ""),
    ):
        assert json.loads(json.dumps(value)) == value
