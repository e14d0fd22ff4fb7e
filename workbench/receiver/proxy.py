"""Who called, and by which URL: where a request goes, and which proxies may say so.

Read are `Forwarded` (RFC 7239) and, where it is absent, the `X-Forwarded-*` headers. Every proxy on
the way adds at the end, and whoever sends can have written the beginning, so values are taken from
the end, one step back for each further proxy that is trusted. A proxy that writes the one kind
hands on the other as the sender wrote it, so where both are there and name different senders,
neither is believed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from workbench.errors import InputError

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
        address = ipaddress.ip_address(sender or "::1")
        # A server on both kinds of addresses tells an IPv4 one as `::ffff:127.0.0.1`.
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback
    except ValueError:
        return False


LOCAL_SOCKET = "unix"  # the name under which a proxy on a Unix socket is trusted
_SCHEMES = frozenset({"http", "https"})
_HOST = re.compile(r"[A-Za-z0-9.\-_]{1,255}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_PREFIX = re.compile(r"(/[A-Za-z0-9.\-_~%]{1,200}){1,20}/?")
_PAIR = re.compile(r'\s*([!#$%&\'*+\-.^_`|~0-9A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]*)\s*([;,]|$)')
_MOST_HEADER = 4096


@dataclass(frozen=True)
class _Hop:
    """What one proxy says of the request that came to it; empty: it says nothing."""

    sender: str = ""
    scheme: str = ""
    host: str = ""


class Proxies:
    """The addresses that may tell who sent a request, and by which URL.

    Args:
        trusted: Addresses and networks (`10.0.0.0/8`), and `unix` for a Unix socket.
        prefix: Path that stands before `/{pos-code}` in what reaches us, as `/hooks`.

    Raises:
        InputError: Something of it is no address, or no path.
    """

    def __init__(self, trusted: Iterable[str] = (), prefix: str = "") -> None:
        names = [name for part in trusted if (name := part.strip())]
        self._is_socket_trusted = LOCAL_SOCKET in names
        self._networks = [_network(name) for name in names if name != LOCAL_SOCKET]
        if prefix and not _PREFIX.fullmatch(prefix):
            raise InputError(f"{prefix!r} is no path", hint="It starts with a slash, as `/hooks`.")
        self._prefix = prefix.rstrip("/")

    def __contains__(self, sender: str) -> bool:
        """Whether an address is trusted; the empty one is that of a Unix socket."""
        if not sender:
            return self._is_socket_trusted
        try:
            address = ipaddress.ip_address(sender)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self._networks)

    def resolve(self, scope: Scope) -> Scope:
        """The request as its sender made it: client, scheme, host, and path without our prefix.

        `root_path` is what stood before the path for the sender, for signatures over the URL.
        """
        scope = self._strip(scope)
        if (scope.get("client") or ("",))[0] not in self:
            return scope
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        hop = self._outermost(_read_forwarded(headers))
        beside = self._outermost(_read_x_forwarded(headers))
        if hop != _Hop() != beside and hop.sender != beside.sender:
            return scope  # one of them came from the sender, and we cannot tell which
        hop = beside if hop == _Hop() else hop
        made = dict(scope)
        if hop.sender:
            made["client"] = (hop.sender, 0)
        if hop.scheme in _SCHEMES:
            made["scheme"] = hop.scheme
        if _HOST.fullmatch(hop.host):
            rest = [pair for pair in headers if pair[0] != b"host"]
            made["headers"] = [(b"host", hop.host.encode()), *rest]
        prefix = _last(_values(headers, b"x-forwarded-prefix"))
        if prefix and _PREFIX.fullmatch(prefix):
            made["root_path"] = prefix.rstrip("/") + made.get("root_path", "")
        return made

    def _outermost(self, hops: Sequence[_Hop]) -> _Hop:
        """What the outermost trusted proxy says; nothing where no proxy says anything."""
        for hop in reversed(hops):
            if hop.sender not in self or not hop.sender:
                return hop
        return hops[0] if hops else _Hop()

    def _strip(self, scope: Scope) -> Scope:
        path = scope.get("path", "")
        if not self._prefix or not path.startswith(f"{self._prefix}/"):
            return scope
        made = {**scope, "path": path[len(self._prefix) :], "root_path": self._prefix}
        raw = scope.get("raw_path")
        before = self._prefix.encode()
        if raw is not None and raw.startswith(before + b"/"):
            made["raw_path"] = raw[len(before) :]
        return made


def _network(name: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(name, strict=False)
    except ValueError as error:
        raise InputError(
            f"{name!r} is no address of a proxy",
            location="WORKBENCH_TRUSTED_PROXIES",
            hint="Addresses and networks with commas between them, as `127.0.0.1,10.0.0.0/8`; "
            f"`{LOCAL_SOCKET}` for a Unix socket.",
        ) from error


def _values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    text = ",".join(value.decode("latin-1") for key, value in headers if key == name)
    return [part.strip() for part in text.split(",")] if text and len(text) <= _MOST_HEADER else []


def _last(values: Sequence[str]) -> str:
    return values[-1] if values else ""


def _read_forwarded(headers: Iterable[tuple[bytes, bytes]]) -> list[_Hop]:
    text = ",".join(value.decode("latin-1") for key, value in headers if key == b"forwarded")
    hops: list[_Hop] = []
    fields: dict[str, str] = {}
    at = 0
    while text and len(text) <= _MOST_HEADER and at < len(text):
        match = _PAIR.match(text, at)
        if match is None:
            return []
        value = match[2]
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        fields[match[1].lower()] = value
        at = match.end()
        if match[3] != ";":
            sender, scheme = _address(fields.get("for", "")), fields.get("proto", "").lower()
            hops.append(_Hop(sender, scheme, fields.get("host", "")))
            fields = {}
    return hops


def _read_x_forwarded(headers: Sequence[tuple[bytes, bytes]]) -> list[_Hop]:
    senders = [_address(value) for value in _values(headers, b"x-forwarded-for")]
    schemes = [value.lower() for value in _values(headers, b"x-forwarded-proto")]
    hosts = _values(headers, b"x-forwarded-host")
    count = max(len(senders), 1 if schemes or hosts else 0)
    # Some proxies add to a list, others write one value anew: one value holds for every step.
    return [
        _Hop(_from_end(senders, step), _from_end(schemes, step), _from_end(hosts, step))
        for step in range(count, 0, -1)
    ]


def _from_end(values: Sequence[str], step: int) -> str:
    return values[-min(step, len(values))] if values else ""


def _address(node: str) -> str:
    """The address of a node (`192.0.2.1:47`, `[2001:db8::1]:47`); names are kept as they are."""
    if node.startswith("["):
        return node[1:].partition("]")[0]
    return node.partition(":")[0] if node.count(":") == 1 else node
