"""Path templates made of the addresses of single things, as recordings hold them."""

from __future__ import annotations

import re

_ID = re.compile(
    r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9a-fA-F]{16,}|(?=[^/]*\d)[A-Za-z0-9_-]{8,}"
)
_SURE_ID = re.compile(r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9a-fA-F]{24,}")
_VERSIONED = frozenset({"api", "rest", "ws", "version", "v"})  # a number after these is no id


def make_template(path: str, *, is_recorded: bool = True) -> tuple[str, dict[str, str]]:
    """A path with variables for the ids in it, and what stood there.

    Args:
        path: The path of one address.
        is_recorded: It was called; else a person wrote it, and only plain ids count.
    """
    pattern = _ID if is_recorded else _SURE_ID
    segments: list[str] = []
    values: dict[str, str] = {}
    for segment in path.split("/"):
        before = segments[-1].lower() if segments else ""
        if segment and before and before not in _VERSIONED and pattern.fullmatch(segment):
            owner = next((part for part in reversed(segments) if part and "{" not in part), "item")
            name = re.sub(r"\W+", "_", owner.removesuffix("s")) + "_id"
            taken = sum(part.startswith("{" + name) for part in segments)
            name += str(taken + 1) if taken else ""
            values[name] = segment
            segments.append("{" + name + "}")
        else:
            segments.append(segment.replace("{", "").replace("}", "") if is_recorded else segment)
    return "/".join(segments), values
