"""Where the scalars of a JSON or YAML text stand, so that single values can be replaced in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PART = re.compile(r'"(?:[^"\\]|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_OPENING, _CLOSING = frozenset("{["), frozenset("}]")

Path = tuple[str | int, ...]
Span = tuple[Path, int, int]  # way to the value, beginning and end in the text


@dataclass
class _Level:
    """An object or a list that is being read: the key or index at hand, and what comes next."""

    is_object: bool
    key: str | int = 0
    wants_key: bool = False


def json_spans(text: str) -> Iterator[Span]:
    """The scalar values of a JSON text, which is known to be valid."""
    stack: list[_Level] = []
    for match in _PART.finditer(text):
        part = match[0]
        if part in _OPENING:
            stack.append(_Level(part == "{", 0, part == "{"))
        elif part in _CLOSING:
            stack.pop()
        elif part == ",":
            _advance(stack)
        elif part == ":":
            stack[-1].wants_key = False
        elif stack and stack[-1].wants_key:
            stack[-1].key = orjson.loads(part)
        else:
            yield tuple(level.key for level in stack), match.start(), match.end()


def yaml_spans(text: str) -> Iterator[Span]:
    """The scalar values of the first document of a YAML text, which is known to be valid."""
    stack: list[_Level] = []
    parse: Any = yaml.parse  # its stubs know neither values nor marks
    for event in parse(text, Loader=_LOADER):
        match event:
            case yaml.MappingStartEvent():
                stack.append(_Level(is_object=True, wants_key=True))
            case yaml.SequenceStartEvent():
                stack.append(_Level(is_object=False))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                stack.pop()
                _advance(stack)
            case yaml.DocumentEndEvent():
                return
            case yaml.ScalarEvent() | yaml.AliasEvent():
                is_scalar = isinstance(event, yaml.ScalarEvent)
                if stack and stack[-1].wants_key:
                    stack[-1].key = getattr(event, "value", f"*{event.anchor}")
                    stack[-1].wants_key = False
                    continue
                if is_scalar:
                    start, end = (getattr(event, f"{side}_mark").index for side in ("start", "end"))
                    yield tuple(level.key for level in stack), start, end
                _advance(stack)


def _advance(stack: list[_Level]) -> None:
    if stack and stack[-1].is_object:
        stack[-1].wants_key = True
    elif stack:
        stack[-1].key = int(stack[-1].key) + 1
