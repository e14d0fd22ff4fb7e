"""What a signature is computed over: one request as bytes, and the template that picks from it."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qsl

from workbench.errors import InputError, ManifestError, SignatureError
from workbench.model import compile_path, find_text
from workbench.partners import Signature
from workbench.receiver.body import parse_body

Headers = Mapping[str, str] | Sequence[tuple[bytes, bytes]]

_LIST = re.compile(rb"[,;]")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLAIN = frozenset(
    {"body", "timestamp", "id", "url", "path", "query", "method", "params", "secret"}
)
_OF_BODY = frozenset({"sha256", "sha1", "sha512", "md5", "crc32"})
_PLACEHOLDERS = (
    "{body}, {timestamp}, {id}, {url}, {path}, {query}, {method}, {params}, {secret}, "
    "{header:Name}, {json:$.path}, {json?:$.path}, {sha256:body}, {crc32:body}"
)


@dataclass
class ReceivedMessage:
    """One request, with every text as bytes so that no comparison can fail on an encoding."""

    method: str
    url: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    @classmethod
    def read(cls, method: str, url: str, headers: Headers, body: bytes) -> ReceivedMessage:
        """Build one from headers of either form; names are compared in lower case."""
        if isinstance(headers, Mapping):
            headers = [(octets(name), octets(value)) for name, value in headers.items()]
        return cls(method, url, headers, body)

    @cached_property
    def document(self) -> Any:
        """The body as JSON values, None when it is not JSON."""
        kind, coding = (self.header_text(f"content-{name}") for name in ("type", "encoding"))
        return parse_body(self.body, kind, coding)

    def header_text(self, name: str) -> str:
        """The first value of a header; empty when it was not sent."""
        wanted = _lowered(name)
        found = (value for key, value in self.headers if key.lower() == wanted)
        return next(found, b"").decode("latin-1")

    def query_text(self, name: str) -> str | None:
        """The first value of a query parameter; None when it was not sent."""
        pairs = parse_qsl(self.query, keep_blank_values=True)
        return next((value for key, value in pairs if key == name), None)

    def parameter(self, name: str) -> bytes:
        """The value of a query parameter that must be there exactly once.

        Raises:
            SignatureError: `missing`, or `malformed` when it is repeated.
        """
        pairs = parse_qsl(self.query, keep_blank_values=True)
        values = [value for key, value in pairs if key == name]
        if len(values) != 1:
            reason = "malformed" if values else "missing"
            raise SignatureError("a parameter is missing or repeated", reason=reason)
        return octets(values[0], "utf-8")

    @property
    def path(self) -> str:
        """The path that was called, as sent."""
        return "/" + self._tail.partition("?")[0]

    @property
    def query(self) -> str:
        """The query as sent, without the question mark."""
        return self._tail.partition("?")[2]

    @property
    def _tail(self) -> str:
        # Not urlsplit: it refuses some hosts, and the sender chooses the Host header.
        return self.url.partition("://")[2].partition("/")[2].partition("#")[0]

    def header(self, name: str) -> bytes:
        """The value of a header that must be there exactly once.

        Raises:
            SignatureError: `missing`, or `malformed` when it is repeated (which one was signed?).
        """
        wanted = _lowered(name)
        values = [value for key, value in self.headers if key.lower() == wanted]
        if not values:
            raise SignatureError("a header is missing", reason="missing")
        if len(values) > 1:
            raise SignatureError("a header is repeated", reason="malformed")
        return values[0].strip()

    def json_text(self, path: str) -> bytes:
        """The scalar at a JSONPath of the body.

        Raises:
            SignatureError: `malformed` when there is none.
        """
        text = find_text(path, self.document)
        if text is None:
            raise SignatureError("the body lacks a signed value", reason="malformed")
        return octets(text, "utf-8")


def octets(text: str | bytes, encoding: str = "latin-1") -> bytes:
    """Text as bytes, for every str there is; HTTP headers are latin-1 on the wire."""
    if isinstance(text, bytes):
        return text
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=256)
def _lowered(name: str) -> bytes:
    return octets(name).lower()


def check_path(path: str) -> None:
    """See that a path of the manifest is a JSONPath, so that a mistake shows at start.

    Raises:
        ManifestError: It is not one.
    """
    try:
        compile_path(path)
    except InputError as error:
        raise ManifestError(
            error.message, location="partner.yaml#/webhooks", hint=error.hint
        ) from error


@lru_cache(maxsize=256)
def parse_template(template: str) -> tuple[tuple[bool, str], ...]:
    """Split a template into (is placeholder, text) parts.

    Raises:
        ManifestError: A placeholder is unknown, or its JSONPath is wrong.
    """
    parts = [(index % 2 == 1, part) for index, part in enumerate(_PLACEHOLDER.split(template))]
    for is_placeholder, part in parts:
        kind, _, argument = part.partition(":")
        if not is_placeholder or part in _PLAIN or (kind == "header" and argument):
            continue
        if kind in _OF_BODY and argument == "body":
            continue
        if kind not in {"json", "json?"}:
            raise ManifestError(
                f"unknown placeholder {{{part}}} in a signature template",
                location="partner.yaml#/webhooks/signature/template",
                hint=f"use {_PLACEHOLDERS}",
            )
        check_path(argument)
    return tuple(parts)


def signed_text(
    template: str, signature: Signature, message: ReceivedMessage, secret: bytes = b""
) -> bytes:
    """Fill a template from a request; `{secret}` with the key.

    Raises:
        SignatureError: Something that the template names is not in the request.
    """
    if template == "{body}":  # most partners
        return message.body
    return b"".join(
        _fill(part, signature, message, secret) if is_placeholder else part.encode()
        for is_placeholder, part in parse_template(template)
    )


def timestamp_text(signature: Signature, message: ReceivedMessage) -> bytes | None:
    """The time of sending as the partner wrote it; None when the scheme has none.

    Raises:
        SignatureError: It should be there and is not.
    """
    if signature.timestamp_header:
        return message.header(signature.timestamp_header)
    if signature.timestamp_parameter:
        parts = parameters(message.header(signature.header or ""), signature.timestamp_parameter)
        if len(parts) != 1:
            raise SignatureError("no single timestamp parameter", reason="malformed")
        return parts[0]
    if signature.timestamp_json:
        return message.json_text(signature.timestamp_json)
    return None


def parameters(value: bytes, name: str) -> list[bytes]:
    """The values called `name` in a header like `t=1,v1=abc,v1=def` or `ts=1;h1=abc`."""
    pairs = (part.strip().partition(b"=") for part in _LIST.split(value))
    return [given for key, equals, given in pairs if equals and key == octets(name)]


def _fill(part: str, signature: Signature, message: ReceivedMessage, secret: bytes) -> bytes:
    kind, _, argument = part.partition(":")
    if kind in _OF_BODY:
        return _digest(kind, message.body)
    match kind:
        case "header":
            return message.header(argument)
        case "json":
            return message.json_text(argument)
        case "json?":
            return octets(find_text(argument, message.document) or "", "utf-8")
        case "timestamp":
            return timestamp_text(signature, message) or b""
        case "id":
            return message.header(signature.id_header) if signature.id_header else b""
        case "secret":
            return secret
        case _:
            return _fill_request(kind, message)


def _fill_request(kind: str, message: ReceivedMessage) -> bytes:
    """The body, the request line, or the form that stands for it."""
    if kind == "body":
        return message.body
    if kind == "params":
        fields = sorted(parse_qsl(message.body.decode("utf-8", "replace"), keep_blank_values=True))
        return b"".join(octets(part, "utf-8") for pair in fields for part in pair)
    texts = {"url": message.url, "path": message.path, "query": message.query}
    return octets(texts.get(kind, message.method))


def _digest(kind: str, body: bytes) -> bytes:
    if kind == "crc32":
        return str(zlib.crc32(body)).encode()
    return hashlib.new(kind, body, usedforsecurity=False).hexdigest().encode()
