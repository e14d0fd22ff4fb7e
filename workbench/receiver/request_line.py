"""Where a request goes, and by which URL its sender called it."""

from __future__ import annotations

import ipaddress
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote, unquote

Scope = MutableMapping[str, Any]


def read_address(scope: Scope) -> tuple[str, str]:
    """The pos-code, empty if the address is not ours, and what follows `/webhooks/`, as sent."""
    raw = scope.get("raw_path")
    path = raw.decode("latin-1") if raw is not None else quote(scope["path"])
    _, _, rest = path.partition("/")
    pos_code, _, rest = rest.partition("/")
    word, _, tail = rest.partition("/")
    if word != "webhooks":
        return "", ""
    query = scope.get("query_string", b"").decode("latin-1")
    return unquote(pos_code), f"{tail}?{query}" if query else tail


def read_url(scope: Scope, public_url: str | None, target: str) -> str:
    """The URL that the partner called, for signatures that cover it."""
    if public_url is not None:
        return f"{public_url}/{target}"
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    before, mark = scope.get("root_path", ""), "?" if query else ""
    scheme = scope.get("scheme", "http")
    return f"{scheme}://{host.decode('latin-1')}{before}{path}{mark}{query}"


def declared_length(scope: Scope) -> int:
    """Bytes of the body as its sender states them; 0 where it does not."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


def is_local(scope: Scope) -> bool:
    """Whether a request comes from this machine: from loopback, or through a Unix socket."""
    sender = (scope.get("client") or ("",))[0]
    try:
        return not sender or ipaddress.ip_address(sender).is_loopback
    except ValueError:
        return False
