"""A request before it is sent, its body written as JSON; and theirs read within bounds."""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import orjson

from workbench.adapters.proof import AuthHeaders, TokenRequest
from workbench.adapters.retry import is_repeatable
from workbench.errors import InputError, PartnerError, UnavailableError

BODY_MAX = 32 * 1024 * 1024
_STEP = 64 * 1024
_MOST_DECODED = 3
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


IDEMPOTENCY_HEADER = "Idempotency-Key"
_DEFAULTS = {
    "Accept": "application/json",
    # A compressed bomb cannot grow when nothing is compressed.
    "Accept-Encoding": "identity",
    "User-Agent": "partner-integration-workbench",
}


@dataclass(frozen=True)
class PreparedRequest:
    """A request to an address that is allowed, before login.

    Attributes:
        changes: It writes over there.
        is_for_token: The answer is to hold a secret.
    """

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    is_repeatable: bool = False
    changes: bool = False
    is_for_token: bool = False

    def carry(self, auth_headers: AuthHeaders) -> tuple[str, dict[str, str]]:
        """URL and headers with the login in them: secrets in the clear."""
        query = urlencode(
            {name: value.get_secret_value() for name, value in auth_headers.query.items()}
        )
        joint = "&" if "?" in self.url else "?"
        added = {name: value.get_secret_value() for name, value in auth_headers.headers.items()}
        return f"{self.url}{joint}{query}" if query else self.url, {**self.headers, **added}


def compose(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    json: Any = None,
    content: bytes | None = None,
    key: str | None = None,
) -> PreparedRequest:
    """Put a request together.

    Raises:
        InputError: The method is none, or the payload has no form in JSON.
    """
    if not re.fullmatch(r"[A-Z]+", method := method.upper()):
        raise InputError(f"{method[:20]!r} is not an HTTP method")
    body = (content or b"") if json is None else write_json(json)
    kind = {} if json is None else {"Content-Type": "application/json"}
    keyed = {IDEMPOTENCY_HEADER: key} if key else {}
    return PreparedRequest(
        method=method,
        url=url,
        headers={**_DEFAULTS, **kind, **headers, **keyed},
        body=body,
        is_repeatable=is_repeatable(method, key),
    )


def compose_token(token: TokenRequest, url: str) -> PreparedRequest:
    """The request for a token; asking for another one harms nobody, so it may be repeated."""
    form = {name: value.get_secret_value() for name, value in token.form.items()}
    method, body, kind = "POST", write_json(form), "application/json"
    if token.send == "form":
        body, kind = urlencode(form).encode(), "application/x-www-form-urlencoded"
    if token.send == "page":
        method, body = "GET", b""
    headers = {**_DEFAULTS, **({"Content-Type": kind} if body else {})}
    if token.takes_pages:
        headers["Accept"] = "text/html, application/json"
    return PreparedRequest(method, url, headers, body, is_repeatable=True, is_for_token=True)


def climbs(url: str) -> bool:
    """Whether a URL's path has `.` or `..` as a part, plain or percent-encoded.

    An encoded slash belongs to its part (RFC 3986), so `..%2Fx` is a strange name and no climb.
    """
    for part in re.split(r"[/\\]", urlsplit(url).path):
        name = part
        for _ in range(_MOST_DECODED):
            name = unquote(name)
        if name.partition(";")[0] in {".", ".."}:
            return True
    return False
