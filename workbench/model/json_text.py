"""JSON text of values that may hold integers of any size."""

from __future__ import annotations

import json
from typing import Any

import orjson


def write_json(value: Any, *, indent: bool = False, sort: bool = False) -> str:
    """Return JSON text; what JSON does not know is written as `str` writes it.

    Args:
        value: What to write.
        indent: Whether to break lines, two columns a level.
        sort: Whether to sort the keys of objects.
    """
    options = (orjson.OPT_INDENT_2 if indent else 0) | (orjson.OPT_SORT_KEYS if sort else 0)
    try:
        return orjson.dumps(value, option=options, default=str).decode()
    except TypeError:  # an integer beyond 64 bits, which the fast writer does not know
        return json.dumps(
            value,
            indent=2 if indent else None,
            sort_keys=sort,
            separators=(",", ": " if indent else ":"),
            ensure_ascii=False,
            default=str,
        )
