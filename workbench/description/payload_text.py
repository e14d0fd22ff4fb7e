"""Payloads as clients of people keep them: JSON with comments and variables, XML, plain text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any
from xml.etree import ElementTree as ET

from workbench.description.guard import load_json
from workbench.errors import DescriptionError
from workbench.model import mapping_of

UNKNOWN = "<any>"  # a placeholder of which nothing is known, for the inference of schemas
_PART = re.compile(
    r'"(?:[^"\\]|\\.)*+"|//[^\n]*+|/\*.*?(?:\*/|\Z)|,(?=\s*+[}\]])|\{\{[^{}"\n]{1,200}\}\}',
    re.DOTALL,
)
_MOST_VARIABLES = 2_000  # of one payload
_VARIABLE = re.compile(r"\{\{\s*([^{}]{1,200}?)\s*\}\}")
# Values that clients make up on each call.
_MADE_UP = {
    "$timestamp": "<integer>",
    "$randomint": "<integer>",
    "$guid": "<uuid>",
    "$randomuuid": "<uuid>",
    "$isotimestamp": "<date-time>",
    "$randomboolean": "<boolean>",
    "$randomprice": "<number>",
}
Lookup = Callable[[str], str | None]
_PAGE = re.compile(
    r"<!|<(?:html|head|body|div|span|p|a|img|svg|script|table|ul|form|iframe)\b", re.IGNORECASE
)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_JSON_SCALAR = re.compile(r"true|false|-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?")
_LONGEST_XML = 200_000
_DEEPEST_XML = 40
_MOST_ELEMENTS = 5_000


@dataclass(frozen=True)
class Payload:
    """A payload that was read: what it shows, and what its schema is to be inferred from."""

    value: Any
    shape: Any


def read_payload(text: str, lookup: Lookup) -> Payload | None:
    """Read a JSON payload with comments, trailing commas and variables; None if it is no JSON.

    A variable in quotes is replaced where it is known. A bare one becomes its value, or null: what
    it stands for is not known.

    Args:
        text: The payload.
        lookup: Variable → value, or None.
    """
    if not text.strip() or text.count("{{") > _MOST_VARIABLES:
        return None
    forms = []
    for unknown in ("null", f'"{UNKNOWN}"'):
        try:
            forms.append(load_json(_mend(text, lookup, unknown), "body"))
        except DescriptionError:
            return None
    return Payload(*forms)


def shape_of_xml(text: str) -> dict[str, Any] | None:
    """What the root of an XML payload holds, as JSON; None for what is no payload.

    A page, a document type and entities are none: nothing in a payload is declared.
    """
    bare = _DECLARATION.sub("", text).strip()
    if not bare.startswith("<") or len(bare) > _LONGEST_XML or _PAGE.search(bare):
        return None
    try:
        root = ET.fromstring(bare)  # noqa: S314 - a text that declares anything is refused above
    except ET.ParseError:
        return None
    if len(list(islice(root.iter(), _MOST_ELEMENTS))) == _MOST_ELEMENTS or not len(root):
        return None
    return mapping_of(_shape_of(root, 0))


def _shape_of(element: ET.Element, depth: int) -> Any:
    """An element as JSON: children by name, the same name twice as a list."""
    if not len(element) or depth > _DEEPEST_XML:
        return _scalar((element.text or "").strip())
    shape: dict[str, Any] = {}
    for child in element:
        name, value = child.tag.rpartition("}")[2], _shape_of(child, depth + 1)
        if name in shape:
            known = shape[name]
            shape[name] = [*known, value] if isinstance(known, list) else [known, value]
        else:
            shape[name] = value
    return shape


def _scalar(text: str) -> Any:
    return load_json(text, "element") if _JSON_SCALAR.fullmatch(text) else text or UNKNOWN


def fill(text: str, lookup: Lookup) -> str:
    """A text with its known variables replaced; unknown ones stay."""
    if text.count("{{") > _MOST_VARIABLES:
        return text
    return _VARIABLE.sub(lambda match: _known(match[1], lookup, match[0]), text)


def _known(name: str, lookup: Lookup, otherwise: str) -> str:
    value = lookup(name)
    return otherwise if value is None else value


def _mend(text: str, lookup: Lookup, unknown: str) -> str:
    def replace(match: re.Match[str]) -> str:
        part = match[0]
        if part.startswith('"'):
            return _fill_quoted(part, lookup) if "{{" in part else part
        if part.startswith("{{"):
            return _bare(part, lookup, unknown)
        return ""  # a comment, or a comma before an end

    return _PART.sub(replace, text)


def _fill_quoted(part: str, lookup: Lookup) -> str:
    made_up = _VARIABLE.fullmatch(part[1:-1])
    if made_up and made_up[1].lower() in _MADE_UP:
        return f'"{_MADE_UP[made_up[1].lower()]}"'
    filled = fill(part[1:-1], lookup)
    return '"' + filled.replace("\n", "\\n") + '"' if _is_quotable(filled) else part


def _is_quotable(text: str) -> bool:
    """Whether a text can stand between quotes as it is: each quote in it is escaped."""
    return re.fullmatch(r'(?:[^"\\]|\\.)*', text, re.DOTALL) is not None


def _bare(part: str, lookup: Lookup, unknown: str) -> str:
    name = part[2:-2].strip()
    if name.lower() in _MADE_UP and unknown != "null":
        return f'"{_MADE_UP[name.lower()]}"'
    value = lookup(name)
    if value is None or not value.strip():
        return unknown
    try:
        load_json(value, "variable")
    except DescriptionError:
        return unknown
    return value
