"""Base URIs and foreign dialects: taken out, because they would move what references mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

_DIALECTS = ("json-schema.org", "spec.openapis.org")
_SHOWN = 80


def drop_base_uris(node: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Take out `$id`, `$self` and foreign dialects; yield slug, severity and summary of each."""
    for key in ("$id", "$self"):
        if isinstance(node.get(key), str):
            del node[key]
            summary = f"A `{key}` was left out: it would move the base of references."
            yield "base-uri", "info", summary
    for key in ("$schema", "jsonSchemaDialect"):
        dialect = node.get(key)
        if isinstance(dialect, str) and _host(dialect) not in _DIALECTS:
            del node[key]
            shown = repr(dialect if len(dialect) <= _SHOWN else dialect[: _SHOWN - 1] + "…")
            summary = f"The schema dialect {shown} is no published one; left out."
            yield "foreign-dialect", "low", summary


def _host(url: str) -> str:
    """Return the host of a URL, empty when there is none or it is malformed."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
