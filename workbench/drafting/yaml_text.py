"""Writes plain data as block YAML with comments, in the style of the folders in `contracts/`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from workbench.text import sanitize, strip_invisible

_WIDTH = 96  # columns that a list of scalars may take on one line
_LONGEST = 160  # characters of a comment line
_ENDLESS = 10_000_000
# What needs no quotes, alone on its line and between commas.
_PLAIN = re.compile(r"[A-Za-zÀ-ÿ/$](?:[\wÀ-ÿ /$.,:;?!()+{}@%&='-]*[\wÀ-ÿ/$.?!)}])?")
_PLAIN_ITEM = re.compile(r"[A-Za-z/$](?:[\w /$.:-]*[\w/$.])?")
_DOUBTFUL = re.compile(r": | #|\n|^(?:null|true|false|yes|no|on|off|y|n)$", re.IGNORECASE)


@dataclass(frozen=True)
class Noted:
    """A value with comment lines above its key."""

    value: Any
    notes: Sequence[str]


def write_yaml(data: Mapping[str, Any]) -> str:
    """Return the text of a mapping; what is read back from it is the data without its notes."""
    return "\n".join(_mapping(data, "")) + "\n"


def comment(text: str) -> str:
    """One comment line: partner's words cannot end it, nor fill the page."""
    plain = " ".join(strip_invisible(sanitize(text, by=" ")).split())
    return f"# {plain}" if len(plain) <= _LONGEST else f"# {plain[: _LONGEST - 1]}…"


def _mapping(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, stated in data.items():
        notes = stated.notes if isinstance(stated, Noted) else ()
        value = stated.value if isinstance(stated, Noted) else stated
        for note in notes:
            yield indent + comment(note)
        if _is_block(value):
            yield f"{indent}{_flow(key)}:"
            yield from (
                _mapping(value, f"{indent}  ")
                if isinstance(value, Mapping)
                else _sequence(value, f"{indent}  ")
            )
        else:
            yield f"{indent}{_flow(key)}: {_flow(value)}"


def _sequence(items: Sequence[Any], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, Mapping) and item:
            lines = list(_mapping(item, f"{indent}  "))
            yield f"{indent}- {lines[0].lstrip()}"
            yield from lines[1:]
        elif isinstance(item, list | tuple) and _is_block(item):
            lines = list(_sequence(item, f"{indent}  "))
            yield f"{indent}- {lines[0].lstrip()}"
            yield from lines[1:]
        else:
            yield f"{indent}- {_flow(item)}"


def _is_block(value: Any) -> bool:
    """Whether a value needs lines of its own."""
    if isinstance(value, Mapping):
        return bool(value)
    if isinstance(value, list | tuple):
        has_depth = any(isinstance(item, Mapping | list | tuple) for item in value)
        return has_depth or len(_flow(value)) > _WIDTH
    return False


def _flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(_scalar(item, _PLAIN_ITEM) for item in value)}]"
    return _scalar(value, _PLAIN)


def _scalar(value: Any, plain: re.Pattern[str]) -> str:
    if isinstance(value, str):
        is_plain = plain.fullmatch(value) and not _DOUBTFUL.search(value)
        return value if is_plain else _dump(value, '"')
    return _dump(value, None)


def _dump(value: Any, style: str | None) -> str:
    text: str = yaml.safe_dump(
        value, default_flow_style=True, default_style=style, allow_unicode=True, width=_ENDLESS
    )
    return text.removesuffix("\n").removesuffix("\n...")
