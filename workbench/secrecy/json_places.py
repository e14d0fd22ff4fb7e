"""Where values stand in a JSON text: a scan that keeps the text, and bears one cut short."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|-?\d[\d.eE+-]*')
_DEEPEST = 200

Path = tuple[Any, ...]


class JsonPlace(NamedTuple):
    """A string or number, or the name of a member.

    Attributes:
        start: Where its token begins in the text.
        end: Where it ends.
        path: Names of the members above it and its own; of a name: without it. Lists have none.
        is_name: Whether it is the name of a member.
    """

    start: int
    end: int
    path: Path
    is_name: bool


def scan(text: str) -> Iterator[JsonPlace]:
    """All places of a text that begins as a JSON object or list does; none of any other."""
    if text.lstrip()[:1] not in {"{", "["}:
        return
    # Of each level: whether it is an object, and the names above what is in it.
    levels: list[tuple[bool, Path]] = [(False, ())]
    name: str | None = None
    for token in _TOKEN.finditer(text):
        sign = token[0]
        is_object, above = levels[-1]
        if sign in "{[":
            levels.append((sign == "{", above if name is None else (*above, name)))
            name = None
        elif sign in "}]":
            if len(levels) == 1:
                return
            levels.pop()
            name = None
        elif sign == ",":
            name = None
        elif sign != ":" and len(levels) <= _DEEPEST:
            is_name = is_object and name is None
            path = above if name is None else (*above, name)
            yield JsonPlace(token.start(), token.end(), path, is_name)
            name = read(sign) if is_name else name


def read(token: str) -> str:
    """What a string or number token says."""
    if token[0] != '"':
        return token
    if "\\" not in token:
        return token[1:-1]
    try:
        return str(json.loads(token))
    except ValueError:
        return token[1:-1]
