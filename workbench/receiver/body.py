"""Bodies as they come: packed, in any encoding, as JSON, lines of JSON, a form, its parts or XML.

Total for every body: what cannot be read is None, and nothing grows beyond its bound.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

import brotli
import orjson
import xmltodict

MAX_BYTES = 64 * 1024 * 1024  # unpacked; what comes over the wire is bounded before
# Beyond what orjson keeps as an integer: an id of theirs must not become a float.
_LONG_NUMBER = re.compile(rb"[\[:,\s]-?\d{19,}")
# Digits as `0`, all else as a blank: whether there is a long number is then one quick search.
_DIGITS = bytes(48 if 48 <= code <= 57 else 32 for code in range(256))
_LONG = b"0" * 19
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9._-]+)", re.IGNORECASE)
_CHUNK = 64 * 1024
# What takes longer to read than it takes to send is read only where it is small.
_MAX_XML_BYTES = 1024 * 1024
_MAX_PARTS = 100


def unpack(body: bytes, content_encoding: str = "") -> bytes | None:
    """The body without its content codings (RFC 9110): gzip, deflate and br, in any order.

    Returns:
        The bytes; None when they are not what the header says, or more than `MAX_BYTES`.
    """
    for coding in reversed([name.strip().lower() for name in content_encoding.split(",")]):
        if coding in {"", "identity"}:
            continue
        try:
            found = _join(_CODINGS[coding](body))
        except (KeyError, zlib.error, brotli.error):
            return None
        if found is None:
            return None
        body = found
    return body


def parse_body(body: bytes, content_type: str = "", content_encoding: str = "") -> Any:
    """The body as JSON values; None when it is nothing that can be read.

    A form is an object of texts; a form whose only field holds JSON is that JSON, as some senders
    wrap it; XML is an object by its root element; lines of JSON are a list.

    Args:
        body: As it came.
        content_type: Its media type, with its charset.
        content_encoding: Its content codings.
    """
    plain = unpack(body, content_encoding)
    if plain is None:
        return None
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _read_parts(plain, content_type)
    text = _decode(plain, content_type)
    # Some senders post JSON with the media type of a form, since that is their library's default.
    value = read_json(text)
    if value is not None or text.strip() == b"null":
        return value
    if kind == "application/x-www-form-urlencoded":
        return _read_form(text)
    return _read_xml(text) if text.lstrip().startswith(b"<") else _read_lines(text)


def read_json(text: bytes) -> Any:
    """A JSON value, with numbers of any size; None when it is none."""
    try:
        is_long = _LONG in text.translate(_DIGITS) and _LONG_NUMBER.search(text)
        return json.loads(text) if is_long else orjson.loads(text)
    except (ValueError, RecursionError):
        return None


def write_json(value: Any) -> bytes:
    """The text of a JSON value, with numbers of any size."""
    try:
        return orjson.dumps(value)
    except TypeError:  # beyond 64 bits
        return json.dumps(value, ensure_ascii=False).encode()


def _read_lines(text: bytes) -> list[Any] | None:
    lines = [line for line in text.splitlines() if line.strip()]
    values = [read_json(line) for line in lines]
    return values if values and None not in values else None


def _read_form(text: bytes) -> Any:
    try:
        pairs = parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True)
    except ValueError:
        return None
    return _unwrap(dict(pairs))


def _unwrap(fields: dict[str, str]) -> Any:
    """The only field's JSON object or list, if it is one; else the fields."""
    if len(fields) == 1:
        (text,) = fields.values()
        inner = read_json(text.encode("utf-8", "replace")) if text[:1] in {"{", "["} else None
        if isinstance(inner, (dict, list)):
            return inner
    return fields


def _read_parts(body: bytes, content_type: str) -> Any:
    if body.count(b"\n--") > _MAX_PARTS:
        return None
    try:
        fields = _list_parts(body, content_type)
    except Exception:  # noqa: BLE001  the parser of mails raises many kinds for odd headers
        return None
    return _unwrap(fields) if fields else None


def _list_parts(body: bytes, content_type: str) -> dict[str, str]:
    head = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    message = BytesParser(EmailMessage, policy=HTTP).parsebytes(head + body)
    fields: dict[str, str] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields[name] = content.decode("utf-8", "replace")
    return fields


def _read_xml(text: bytes) -> Any:
    if len(text) > _MAX_XML_BYTES:
        return None
    try:
        return xmltodict.parse(text, disable_entities=True)
    except (ValueError, xmltodict.expat.ExpatError, RecursionError):
        return None


def _decode(body: bytes, content_type: str) -> bytes:
    """The text in UTF-8 without a mark, by its charset, its byte order mark or its form."""
    stated = _CHARSET.search(content_type)
    names = [stated.group(1)] if stated else []
    for name in (*names, json.detect_encoding(body)):
        try:
            return body.decode(name).removeprefix("\ufeff").encode()
        except (LookupError, UnicodeError):
            continue
    return body.decode("latin-1").encode()


def _inflate(body: bytes, window: int) -> Iterator[bytes]:
    while body:  # gzip may have several members
        unpacker = zlib.decompressobj(window)
        while body and not unpacker.eof:
            yield unpacker.decompress(body, _CHUNK)
            body = unpacker.unconsumed_tail
        if not unpacker.eof:
            raise zlib.error("the end is missing")
        body = unpacker.unused_data


def _deflate(body: bytes) -> Iterator[bytes]:
    # Half of the senders leave out the zlib frame that RFC 9110 asks for.
    is_framed = len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _inflate(body, zlib.MAX_WBITS if is_framed else -zlib.MAX_WBITS)


def _unbrotli(body: bytes) -> Iterator[bytes]:
    unpacker = brotli.Decompressor()
    yield unpacker.process(body, output_buffer_limit=_CHUNK)
    while not unpacker.is_finished():
        more = unpacker.process(b"", output_buffer_limit=_CHUNK)
        if not more and unpacker.can_accept_more_data():
            raise brotli.error("the end is missing")
        yield more


_CODINGS = {
    "gzip": lambda body: _inflate(body, zlib.MAX_WBITS | 16),
    "x-gzip": lambda body: _inflate(body, zlib.MAX_WBITS | 16),
    "deflate": _deflate,
    "br": _unbrotli,
}


def _join(chunks: Iterator[bytes]) -> bytes | None:
    found: list[bytes] = []
    size = 0
    for chunk in chunks:
        found.append(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            return None
    return b"".join(found)
