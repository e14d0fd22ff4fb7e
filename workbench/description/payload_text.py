"""Payloads as clients of people keep them: JSON with comments and variables, XML, plain text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.description.guard import load_json
from workbench.errors import DescriptionError

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
