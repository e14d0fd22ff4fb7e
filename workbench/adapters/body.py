"""Bodies: ours written as JSON, theirs read within bounds of size and time."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import orjson

from workbench.errors import InputError, PartnerError, UnavailableError

BODY_MAX = 32 * 1024 * 1024
_STEP = 64 * 1024
_ZLIB_OR_GZIP = zlib.MAX_WBITS | 32


def write_json(payload: Any) -> bytes:
    """Write a payload as JSON; exact amounts become the shortest number that reads back the same.

    Raises:
        InputError: It holds something that has no form in JSON.
    """
    try:
        return orjson.dumps(payload, default=_plain)
    except TypeError as error:
        raise InputError(f"The payload cannot be written as JSON: {error}") from error


def read_body(chunks: Iterable[bytes], encoding: str, *, deadline: float) -> bytes:
    """Join and decompress a body, never holding more than `BODY_MAX` and one step.

    Args:
        chunks: The body as it comes from the wire.
        encoding: `Content-Encoding`; we ask for none, but some servers compress all the same.
        deadline: Instant of `time.monotonic` by which it must be read.

    Raises:
        PartnerError: It is too large, or compressed in a way that we did not ask for.
        UnavailableError: It came too slowly, or the compressed data are broken.
    """
    body = bytearray()
    for part in _decompress(chunks, encoding.strip().lower()):
        body += part
        if len(body) > BODY_MAX:
            raise PartnerError(
                f"The answer is larger than {BODY_MAX // 2**20} MiB",
                hint="Ask for less at a time, with the partner's paging or filters.",
            )
        if time.monotonic() > deadline:
            raise UnavailableError("The answer came too slowly")
    return bytes(body)


def _decompress(chunks: Iterable[bytes], encoding: str) -> Iterable[bytes]:
    if encoding in {"", "identity"}:
        yield from chunks
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise PartnerError(f"The answer is compressed with {encoding[:20]!r}, unasked")
    machine = zlib.decompressobj(_ZLIB_OR_GZIP)
    try:
        for chunk in chunks:
            waiting = chunk
            while waiting:
                yield machine.decompress(waiting, _STEP)
                waiting = machine.unconsumed_tail
        while rest := machine.decompress(b"", _STEP):
            yield rest
    except zlib.error as error:
        raise UnavailableError("The answer's compressed data are broken") from error
    if not machine.eof:
        raise UnavailableError("The answer's compressed data end too early")


def _plain(value: object) -> float | int:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
