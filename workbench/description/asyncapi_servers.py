"""The servers of an AsyncAPI document: those of the partner, and those that stand for ours."""

from __future__ import annotations

import re
from typing import Any

from workbench.model import list_of, mapping_of, text_of

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_YOURS = re.compile(r"\b(?:your|subscriber'?s?|consumer'?s?|receiver'?s?)\b", re.IGNORECASE)
_YOUR_HOST = re.compile(r"(?:^|[/.<{-])your[-_.a-z]", re.IGNORECASE)


def split_servers(data: dict[str, Any]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The addresses of the partner's servers, and name → address of those that are ours.

    A server is ours when its host is left for us to fill in (a variable without a value), or when
    its words or its host say "your".
    """
    theirs: list[str] = []
    ours: dict[str, str] = {}
    for name, entry in mapping_of(data.get("servers")).items():
        server = mapping_of(entry)
        address = _address(server)
        if not address:
            continue
        filled = _fill(address, mapping_of(server.get("variables")))
        if _is_ours(name, server, filled):
            ours[name] = filled
        else:
            theirs.append(filled)
    return tuple(theirs), ours


def _address(server: dict[str, Any]) -> str:
    if text_of(server.get("url")):
        return text_of(server["url"])
    host = text_of(server.get("host"))
    scheme = text_of(server.get("protocol")) or "https"
    return f"{scheme}://{host}{text_of(server.get('pathname'))}" if host else ""


def _fill(address: str, variables: dict[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        variable = mapping_of(variables.get(match[1]))
        values = [variable.get("default"), *list_of(variable.get("enum"))]
        return next((text for text in map(text_of, values) if text), match[0])

    return _VARIABLE.sub(value, address)


def _is_ours(name: str, server: dict[str, Any], address: str) -> bool:
    host = address.partition("://")[2].partition("/")[0] or address.partition("/")[0]
    words = " ".join(text_of(server.get(key)) for key in ("title", "summary", "description"))
    is_left_open = bool(_VARIABLE.fullmatch(host.partition(":")[0]))
    return is_left_open or bool(_YOUR_HOST.search(address) or _YOURS.search(f"{name} {words}"))
