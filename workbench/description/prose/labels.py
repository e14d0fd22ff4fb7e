"""Labels and their values: `**URL:** /orders`, `Request `GET``, `Method **GET**`."""

from __future__ import annotations

import re

from workbench.description.prose import section_words as words

_LABELLED = re.compile(r"^[\s>*_`#+:-]*([^\s:`|][^:`|]{0,40}?)[\s*_`]*[:\uff1a|][\s*_`:]*(.*)$")
_SPANNED = re.compile(r"^[\s>*_#+-]*([A-Za-z]+(?: \w+)?)[*_]{0,2}\s+`{1,3}\s*([^`]+)`{1,3}\W*$")
_DASHED = re.compile(
    r"^[\s>*_#+-]*([A-Za-z]+(?: \w+)?)[*_]{0,2}\s+[\u2013\u2014-]\s+"
    rf"((?:{words.METHODS})(?:\W+(?:{words.METHODS}))*)\W*$"
)
_BOLD = re.compile(rf"^[\s>#+-]*([A-Za-z]+(?: \w+)?)\s+[*_]{{1,3}}({words.METHODS})[*_]{{1,3}}\W*$")
METHOD = re.compile(rf"(?:http[ -]?)?({words.METHODS})\b", re.IGNORECASE)


def label_of(line: str) -> tuple[str, str] | None:
    """Label and value of a line such as `**URL:** /orders`, both without marks."""
    found = _LABELLED.match(line) or _DASHED.match(line) or _BOLD.match(line)
    if "`" in line and (found is None or "`" in found[1]):
        found = _SPANNED.match(line) or found
    if found is None or "//" in found[1]:
        return None
    return words.plain(found[1]).strip(), found[2].strip().strip("`*_ ")


def short_lines(text: str) -> list[str]:
    """The first lines of a code block that are short enough to be labels."""
    return [line for line in text.split("\n")[:40] if len(line) < words.LONGEST_LINE]


def method_in(text: str) -> str:
    """The method that a value begins with, in capitals, or nothing."""
    found = METHOD.match(text.strip("`*_ "))
    return found[1].upper() if found else ""
