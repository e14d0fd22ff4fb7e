"""Which addresses may be called, and a guard that stops every other connection of the process.

The guard decides at `connect()` on the address that is really used, so redirects, references in
documents and rebound names do not get round it. Only Python's own sockets are seen: uvloop and
other native network code must not run under it. This module needs nothing but the standard
library, because `hook_source` hands its text to other processes.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

Endpoint = tuple[str, int]
Place = Literal["public", "loopback", "private", "forbidden"]

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.(?!-)[a-z0-9_-]{1,63})*")
# Where clouds keep the secrets of their machines, beside the link-local 169.254.169.254.
_METADATA = frozenset(
    map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"))
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


def read_endpoint(text: str) -> Endpoint:
    """Read `host`, `host:port`, `[v6]:port` or a URL into (host, port).

    The host is lower-case; addresses are in their shortest form. Without a port, that of the
    scheme counts, or 443.

    Raises:
        ValueError: The text has a user name, a trailing dot, white space, or is no address.
    """
    parts = urlsplit(text if "://" in text else f"//{text}")
    if "@" in parts.netloc or parts.scheme not in {"", *_PORTS}:
        raise ValueError(f"{_shorten(parts.hostname or '')} is not a plain address of a web server")
    host = _name_host(parts.hostname or "")
    return host, parts.port or _PORTS.get(parts.scheme, 443)


def write_endpoint(endpoint: Endpoint) -> str:
    """`host:port`, with brackets round an IPv6 address."""
    host, port = endpoint
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def judge_address(text: str) -> Place | None:
    """What kind of place an IP address is; None when the text is a name.

    `forbidden` are those that nobody's API has: link-local ones and others where machines find
    their metadata, unspecified, multicast and reserved ones. An IPv4 address inside an IPv6
    address (mapped, 6to4, Teredo, NAT64) counts as itself.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    inner = _embedded(address)
    if inner is not None:
        return judge_address(str(inner))
    if address.is_loopback:
        return "loopback"
    is_nowhere = address.is_unspecified or address.is_multicast or address.is_reserved
    if address in _METADATA or address.is_link_local or is_nowhere:
        return "forbidden"
    return "public" if address.is_global else "private"


class EgressGuard:
    """Lets the whole process connect to `allowed` only, from its making until `close`.

    While several guards are open, a connection must be allowed by each of them. A context manager.

    Attributes:
        is_public: What a listed name resolves to must be public; `localhost` is this machine.
    """

    def __init__(self, allowed: Iterable[str], *, is_public: bool = False) -> None:
        self.allowed = frozenset(read_endpoint(text) for text in allowed)
        self.is_public = is_public
        self.refused: list[str] = []
        with _state.lock:
            _state.guards = (*_state.guards, self)
            if not _state.installed:
                # An audit hook can never be removed, so there is one, which asks open guards.
                sys.addaudithook(_audit)
                _state.installed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop guarding; closing twice is harmless."""
        with _state.lock:
            _state.guards = tuple(guard for guard in _state.guards if guard is not self)

    def is_allowed(self, host: str, port: int) -> bool:
        """Whether a connection to this address may be made; names must be listed as such."""
        place = judge_address(host)
        if place == "forbidden":
            return False
        if (host, port) in self.allowed:
            return True
        names = [name for name, its_port in self.allowed if its_port == port and not _is_ip(name)]
        if self.is_public and place != "public":
            names = [name for name in names if name == "localhost" and place == "loopback"]
        return place is not None and any(host in _resolve(name, port) for name in names)


class _State:
    """What the one audit hook of the process looks at."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.guards: tuple[EgressGuard, ...] = ()
        self.installed = False


_state = _State()


def guard_egress(allowed: Iterable[str], *, is_public: bool = False) -> EgressGuard:
    """Allow connections of this process to `allowed` only, at once; close it or use `with`.

    Args:
        allowed: `host:port`, `[v6]:port` or URLs. Names are resolved when a connection is made.
        is_public: As of `EgressGuard`; for programs that may write.

    Raises:
        ValueError: An entry is no address.
    """
    return EgressGuard(allowed, is_public=is_public)


def hook_source(allowed: Iterable[str], *, is_public: bool = False) -> str:
    """Text of a Python file that guards the process that runs it, for `SCHEMATHESIS_HOOKS`.

    The file stands alone, so the other process needs no access to this package.

    Raises:
        ValueError: An entry is no address.
    """
    entries = sorted(write_endpoint(read_endpoint(text)) for text in allowed)
    own = Path(__file__).read_text(encoding="utf-8")
    return f"{own}\n\nGUARD = guard_egress({entries!r}, is_public={is_public!r})\n"


def _audit(event: str, details: tuple[object, ...]) -> None:
    if event not in _CONNECTING or not _state.guards:
        return
    sock, address = details[0], details[1]
    # Local sockets (multiprocessing, zmq) and connected datagrams carry no internet address.
    if not isinstance(sock, socket.SocketType) or not isinstance(address, tuple):
        return
    if sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    host, port = _read_address(address)
    for guard in _state.guards:
        if not guard.is_allowed(host, port):
            name = write_endpoint((host, port))
            guard.refused.append(name)
            raise PermissionError(f"a connection to {name} is not allowed here")


def _read_address(address: tuple[object, ...]) -> Endpoint:
    text = str(address[0]).lower().partition("%")[0]
    port = address[1] if isinstance(address[1], int) else -1
    return (_shortest(text) if _is_ip(text) else text), port


def _name_host(host: str) -> str:
    if _is_ip(host):
        return _shortest(host)
    try:
        name = host.encode("idna").decode().lower()
    except UnicodeError as error:
        raise ValueError(f"{_shorten(host)} is not a host name") from error
    # A last label of digits only would be read as an address by some resolvers and not by others.
    if not _HOST.fullmatch(name) or re.fullmatch(r"\d+|0x[0-9a-f]*", name.rpartition(".")[2]):
        raise ValueError(f"{_shorten(host)} is not a host name")
    return name


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _embedded(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _shortest(host: str) -> str:
    address = ipaddress.ip_address(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _resolve(name: str, port: int) -> set[str]:
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except OSError:
        return set()
    return {_read_address(entry[4])[0] for entry in found}


def _shorten(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
