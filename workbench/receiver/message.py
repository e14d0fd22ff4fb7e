"""What a signature is computed over: one request as bytes, and the template that picks from it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from workbench.errors import ManifestError, SignatureError
from workbench.partners.manifest import Signature
from workbench.receiver.lookup import compile_path, find_text, parse_body

Headers = Mapping[str, str] | Sequence[tuple[bytes, bytes]]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLAIN = frozenset({"body", "timestamp", "id", "url", "method"})


@dataclass
class Message:
    """One request, with every text as bytes so that no comparison can fail on an encoding."""

    method: str
    url: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    @classmethod
    def read(cls, method: str, url: str, headers: Headers, body: bytes) -> Message:
        """Build one from headers of either form; names are compared in lower case."""
        if isinstance(headers, Mapping):
            headers = [(octets(name), octets(value)) for name, value in headers.items()]
        return cls(method, url, headers, body)

    @cached_property
    def document(self) -> Any:
        """The body as JSON values, None when it is not JSON."""
        return parse_body(self.body)

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
        return values[0]

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
        if kind != "json":
            raise ManifestError(
                f"unknown placeholder {{{part}}} in a signature template",
                location="partner.yaml#/webhooks/signature/template",
                hint="use {body}, {timestamp}, {id}, {url}, {method}, {header:Name}, {json:$.path}",
            )
        compile_path(argument)
    return tuple(parts)


def signed_text(template: str, signature: Signature, message: Message) -> bytes:
    """Fill a template from a request.

    Raises:
        SignatureError: Something that the template names is not in the request.
    """
    if template == "{body}":  # most partners
        return message.body
    return b"".join(
        _fill(part, signature, message) if is_placeholder else part.encode()
        for is_placeholder, part in parse_template(template)
    )


def timestamp_text(signature: Signature, message: Message) -> bytes | None:
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
    """The values called `name` in a header like `t=1,v1=abc,v1=def`."""
    pairs = (part.strip().partition(b"=") for part in value.split(b","))
    return [given for key, equals, given in pairs if equals and key == octets(name)]


def _fill(part: str, signature: Signature, message: Message) -> bytes:
    kind, _, argument = part.partition(":")
    match kind:
        case "body":
            return message.body
        case "header":
            return message.header(argument)
        case "json":
            return message.json_text(argument)
        case "timestamp":
            return timestamp_text(signature, message) or b""
        case "id":
            return message.header(signature.id_header) if signature.id_header else b""
        case _:
            return octets(message.url if kind == "url" else message.method)
