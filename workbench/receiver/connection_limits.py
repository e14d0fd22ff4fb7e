"""Connections that say nothing: bounded for each address, so that honest senders find room.

The server bounds the time for headers only once the first byte is there, and all connections only
as a whole, so one sender that opens many and stays silent keeps everybody else out. The system
knows of each socket what it has carried; a thread looks at that and ends those that are too many.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import stat
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

# Connections of one address that wait for an answer longer than `_PATIENCE` seconds.
MOST_WAITING = 256
# Seconds after which a connection that never sent a byte is ended, whoever opened it.
SILENT_SECONDS = 5.0

_PATIENCE = 2.0
_PAUSE = 0.5
_OPEN = Path("/proc/self/fd")
# Where `struct tcp_info` of Linux counts the bytes that were acknowledged and received.
_ACKED_AT, _INFO_SIZE = 120, 136


@dataclass
class Crowd:
    """The connections of one listening port of this process.

    Attributes:
        port: The port.
        most: How many connections of one address may wait for an answer.
        silent: Seconds that a connection may be open without a byte.
        exempt: Which addresses may hold any number, and keep them silent: those of proxies.
    """

    port: int
    most: int = MOST_WAITING
    silent: float = SILENT_SECONDS
    exempt: Callable[[str], bool] = lambda _: False
    _since: dict[int, float] = field(default_factory=dict)

    def watch(self, stop: threading.Event) -> None:
        """Look again and again, until `stop` is set; returns at once where sockets tell nothing."""
        if not _OPEN.is_dir() or not hasattr(socket, "TCP_INFO"):
            return
        while not stop.wait(_PAUSE):
            with suppress(OSError):
                self.thin()

    def thin(self) -> int:
        """End what is too much; returns how many connections."""
        now = time.monotonic()
        seen: dict[int, float] = {}
        waiting: Counter[str] = Counter()
        ended = 0
        for number, peer, received in self._unanswered():
            since = seen[number[0]] = self._since.get(number[0], now)
            if now - since < _PATIENCE:
                continue
            waiting[peer] += 1
            is_silent = not received and now - since > self.silent
            if waiting[peer] > self.most or is_silent:
                ended += _end(number[1], self.port)
        self._since = seen
        return ended

    def _unanswered(self) -> Iterator[tuple[tuple[int, int], str, int]]:
        """(Inode, descriptor), sender and bytes received of connections without an answer yet."""
        for entry in _OPEN.iterdir():
            with suppress(OSError):
                status = os.fstat(int(entry.name))
                if stat.S_ISSOCK(status.st_mode):
                    with _borrow(int(entry.name)) as sock:
                        if not _is_ours(sock, self.port):
                            continue
                        acked, received = _count(sock)
                        peer = sock.getpeername()[0]
                        if acked <= 1 and not self.exempt(peer):
                            sender = group_sender(peer)
                            yield (status.st_ino, int(entry.name)), sender, received


def _borrow(descriptor: int) -> socket.socket:
    """The socket behind a descriptor that somebody else owns, under a descriptor of our own."""
    return socket.socket(fileno=os.dup(descriptor))


def _is_ours(sock: socket.socket, port: int) -> bool:
    if sock.family not in {socket.AF_INET, socket.AF_INET6} or sock.type != socket.SOCK_STREAM:
        return False
    is_listening = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    return not is_listening and sock.getsockname()[1] == port


def _count(sock: socket.socket) -> tuple[int, int]:
    told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_SIZE)
    if len(told) < _INFO_SIZE:
        return 2, 0  # an older system does not tell, so nothing is ended
    acked, received = struct.unpack_from("=QQ", told, _ACKED_AT)
    return acked, received


def _end(descriptor: int, port: int) -> int:
    """Shut a connection; the descriptor may be another's by now, so it is looked at again."""
    with suppress(OSError), _borrow(descriptor) as sock:
        if _is_ours(sock, port) and _count(sock)[0] <= 1:
            sock.shutdown(socket.SHUT_RDWR)
            return 1
    return 0


def group_sender(address: str) -> str:
    """The address, or the network that one sender has of IPv6; empty when it is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address) or found.ipv4_mapped:
        return str(getattr(found, "ipv4_mapped", None) or found)
    return str(ipaddress.ip_network((found, 64), strict=False))
