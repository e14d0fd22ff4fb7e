"""Descriptions inside saved pages of documentation portals, and the addresses of those outside.

Portals carry the description that they draw: as state of the page (Redoc, ReadMe, Mintlify, Bump),
as a literal of the script that starts the viewer (Swagger UI), or as JSON text inside JSON. They
are found by what they are (`openapi`, `swagger`, `asyncapi` with a version), not by the portal.
Nothing is run and nothing fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from workbench.description.guard import load_json, read_text
from workbench.description.limits import IntakeLimits
from workbench.description.prose import CodeBlock, without_remarks
from workbench.errors import DescriptionError
from workbench.model import mapping_of

_VERSIONED = re.compile(
    r"[\"']?\b(?:openapi|swagger|asyncapi)[\"']?\s*:\s*[\"']?[123]\.\d", re.IGNORECASE
)
_ESCAPED = re.compile(r"\\+\"(?:openapi|swagger|asyncapi)\\+\"\s*:\s*\\+\"[123]\.\d", re.IGNORECASE)
_YAML_START = re.compile(r"\A(?:\s*#[^\n]*\n)*\s*(?:openapi|swagger|asyncapi):\s*[\"']?[123]\.\d")
_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'|[{}\[\]]", re.DOTALL)
_ADDRESS = re.compile(
    r"\b(?:spec-?url|openapi-?url|description-?url|definition-?url|api-?description-?url|swagger-?url|"
    r"config-?url|url|specUrl|openapi)[\"']?\s*[:=]\s*[\"'`]([^\"'`\s<>{}]{3,600})[\"'`]"
    r"|Redoc\.init\(\s*[\"']([^\"'\s]{3,600})[\"']",
    re.IGNORECASE,
)
_VIEWER = re.compile(
    r"SwaggerUI|Redoc\b|redoc|RapiDoc|rapi-doc|Scalar|elements-api|api-reference|stoplight",
    re.IGNORECASE,
)
_ADDRESS_ATTRIBUTES = frozenset(
    {"spec-url", "data-spec-url", "data-url", "apidescriptionurl", "api-description-url", "specurl"}
    | {"data-openapi-url", "openapi-url"}
)
_DESCRIPTION_FILE = re.compile(
    r"(?:openapi|swagger|asyncapi|api-docs|api-spec)[\w.-]*\.(?:json|ya?ml)|/v[23]/api-docs|"
    r"(?:^|/)(?:openapi|swagger)\.(?:json|ya?ml)|\.(?:openapi|oas3?)\.(?:json|ya?ml)",
    re.IGNORECASE,
)
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(https?://\S{1,600}?)\s*-->")
_NOT_A_DOCUMENT = re.compile(r"\.(?:js|css|png|svg|ico|html?|map|woff2?)(?:$|[?#])", re.IGNORECASE)
_MOST_TRIED = 12
_MOST_ESCAPED = 2
_MOST_BRACES = 3  # outwards from a version, before it is given up
_FARTHEST_BRACE = 2_000
_MOST_ADDRESSES = 10


def descriptions_in_page(text: str, name: str, limits: IntakeLimits) -> list[dict[str, Any]]:
    """Return the descriptions that a page carries, the largest first."""
    scraps = _Scraps()
    scraps.feed(without_remarks(text))
    found: list[dict[str, Any]] = []
    tried = 0
    for piece in scraps.pieces:
        for candidate in _candidates(piece):
            tried += 1
            if tried > _MOST_TRIED:
                break
            try:
                data = read_text(candidate, name, limits).data
            except DescriptionError:
                continue
            if is_description(data) and data not in found:
                found.append(data)
    return sorted(found, key=_size, reverse=True)


def descriptions_in_code(
    blocks: list[Any], name: str, limits: IntakeLimits
) -> list[dict[str, Any]]:
    """Return the descriptions that stand in code blocks, the largest first."""
    found: list[dict[str, Any]] = []
    for block in blocks:
        if not isinstance(block, CodeBlock) or not _VERSIONED.search(block.text[:2_000]):
            continue
        try:
            data = read_text(block.text, name, limits).data
        except DescriptionError:
            continue
        if is_description(data):
            found.append(data)
    return sorted(found, key=_size, reverse=True)


def addresses_in_page(text: str) -> list[str]:
    """Return the addresses of descriptions that a page names; absolute where its own is known."""
    scraps = _Scraps()
    scraps.feed(without_remarks(text))
    saved = _SAVED_FROM.search(text[:20_000])
    base = scraps.base or (saved[1] if saved else "")
    found = list(scraps.addresses)
    for piece in scraps.pieces:
        if _VIEWER.search(piece):
            found += [match[1] or match[2] for match in _ADDRESS.finditer(piece)]
    kept = [
        urljoin(base, address) if base else address
        for address in dict.fromkeys(found)
        if not _NOT_A_DOCUMENT.search(address)
        and not address.startswith(("data:", "javascript:", "#"))
    ]
    return [address for address in kept if _is_address(address)][:_MOST_ADDRESSES]


def is_description(data: Any) -> bool:
    """Whether data is an OpenAPI or AsyncAPI document with something in it."""
    node = mapping_of(data)
    is_one = any(isinstance(node.get(key), str) for key in ("openapi", "swagger", "asyncapi"))
    return is_one and any(key in node for key in ("paths", "webhooks", "channels", "x-webhooks"))


def _size(data: dict[str, Any]) -> int:
    return sum(len(mapping_of(data.get(key))) for key in ("paths", "webhooks", "channels"))


def _is_address(text: str) -> bool:
    try:
        return bool(urlsplit(text).path) and text.isprintable()
    except ValueError:
        return False


def _candidates(piece: str, deepest: int = 3) -> Iterator[str]:
    """Texts inside a script or attribute that may be a description."""
    if _YAML_START.match(piece):
        yield piece
        return
    for match in islice(_VERSIONED.finditer(piece), _MOST_TRIED):
        start = match.start()
        for _ in range(_MOST_BRACES):
            start = piece.rfind("{", max(0, match.start() - _FARTHEST_BRACE), start)
            whole = _balanced(piece, start) if start >= 0 else ""
            if len(whole) > match.end() - start:
                yield whole
                break
    if deepest:
        for match in islice(_ESCAPED.finditer(piece), _MOST_ESCAPED):
            yield from _inside_string(piece, match.start(), deepest - 1)


def _inside_string(piece: str, place: int, deepest: int) -> Iterator[str]:
    """What a string literal holds in which escaped JSON stands."""
    start = place
    while (start := piece.rfind('"', 0, start)) >= 0:
        if start == 0 or piece[start - 1] != "\\":
            break
    literal = _TOKEN.match(piece, start) if start >= 0 else None
    if literal is None or literal.end() < place:
        return
    try:
        text = load_json(literal[0], "script")
    except DescriptionError:
        return
    if isinstance(text, str):
        yield from _candidates(text, deepest)


def _balanced(text: str, start: int) -> str:
    """The text from a brace to the one that closes it; to the end where none does."""
    depth = 0
    for match in _TOKEN.finditer(text, start):
        if match[0] in "{[":
            depth += 1
        elif match[0] in "}]":
            depth -= 1
            if depth == 0:
                return text[start : match.end()]
    return ""


class _Scraps(HTMLParser):
    """Collects scripts, long attributes and addresses of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.addresses: list[str] = []
        self.base = ""
        self.is_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the attributes carry."""
        values = {key: value or "" for key, value in attrs}
        self.is_script = tag == "script"
        for key, value in values.items():
            if len(value) > 60 and (_VERSIONED.search(value) or _ESCAPED.search(value)):
                self.pieces.append(value)
            elif key in _ADDRESS_ATTRIBUTES and len(value) < 600:
                self.addresses.append(value.strip())
            elif key == "data-configuration" and "url" in value:
                self.addresses += [match[1] or match[2] for match in _ADDRESS.finditer(value)]
        link = values.get("href", "")
        if tag == "base" or (tag == "link" and values.get("rel") == "canonical"):
            self.base = self.base or (link if link.startswith("http") else "")
        elif tag in {"a", "link"} and len(link) < 600 and _DESCRIPTION_FILE.search(link):
            self.addresses.append(link)

    def handle_endtag(self, tag: str) -> None:
        """Leave a script."""
        self.is_script = self.is_script and tag != "script"

    def handle_data(self, data: str) -> None:
        """Keep what a script says."""
        if self.is_script and data.strip():
            self.pieces.append(data)
