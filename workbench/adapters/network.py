"""Sockets under the HTTP library: every step gets the time that is left of the whole exchange.

The library bounds each read alone, so a partner that sends a byte now and then (of the status line,
headers, interim answers, chunks, trailers) holds it for ever. Here each step ends at the deadline.
Names are resolved here too, so that the address that is judged is the one that is connected to.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore

from workbench.adapters.egress import judge_address
from workbench.errors import InputError


@dataclass(frozen=True)
class SocketExchange:
    """What the sockets must know of the request that they carry.

    Attributes:
        deadline: Instant of `time.monotonic` at which every step ends.
        must_be_public: Whether it may only go to a public address, or to this machine by its name.
    """

    deadline: float
    must_be_public: bool = False

    def left(self, most: float | None) -> float:
        """Seconds for the next step, at most `most`.

        Raises:
            TimeoutError: The deadline has passed.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time of the exchange is used up")
        return left if most is None else min(left, most)


_current: ContextVar[SocketExchange] = ContextVar("exchange")


@contextmanager
def carry_exchange(exchange: SocketExchange) -> Iterator[None]:
    """Within this block the sockets used by this thread serve `exchange`."""
    token = _current.set(exchange)
    try:
        yield
    finally:
        _current.reset(token)


class Network(httpcore.NetworkBackend):
    """Connects by TCP to what a name resolves to, one address after the other."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - of the protocol
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - of the protocol
    ) -> httpcore.NetworkStream:
        """A connection, to an address that may be called.

        Raises:
            InputError: The name leads to an address that is never called, or not to change things.
            httpcore.ConnectTimeout: No address answered in time.
            httpcore.ConnectError: There is no such name, or no address let us connect.
        """
        exchange = _current.get()
        try:
            found = _resolve(host, port, exchange.left(timeout))
            for address in found:
                _check_address(host, address, exchange)
            return Connection(_connect(found, port, exchange, timeout), host)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error) or "timed out") from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error


class Connection(httpcore.NetworkStream):
    """One socket; what it carries is judged anew for every request, since it may be kept."""

    def __init__(self, sock: socket.socket, host: str) -> None:
        self._socket, self._host = sock, host

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes; none at the end.

        Raises:
            httpcore.ReadTimeout: Nothing came in time.
            httpcore.ReadError: The connection broke.
        """
        try:
            self._socket.settimeout(_current.get().left(timeout))
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error) or "timed out") from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all bytes.

        Raises:
            InputError: What this request changes must not be changed at this address.
            httpcore.WriteTimeout: They were not taken in time.
            httpcore.WriteError: The connection broke.
        """
        exchange, rest = _current.get(), memoryview(buffer)
        try:
            _check_address(self._host, self._socket.getpeername()[0], exchange)
            while rest:
                self._socket.settimeout(exchange.left(timeout))
                rest = rest[self._socket.send(rest) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error) or "timed out") from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted.

        Raises:
            httpcore.ConnectTimeout: The handshake did not end in time.
            httpcore.ConnectError: It failed, as with a certificate that is not trusted.
        """
        try:
            self._socket.settimeout(_current.get().left(timeout))
            inner = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except TimeoutError as error:
            self.close()
            raise httpcore.ConnectTimeout(str(error) or "timed out") from error
        except OSError as error:
            self.close()
            raise httpcore.ConnectError(str(error)) from error
        return Connection(inner, self._host)

    def get_extra_info(self, info: str) -> Any:
        """What the library asks of a socket: whether it has something to read, and TLS."""
        if info == "is_readable":
            return _is_readable(self._socket)
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        return self._socket if info == "socket" else None


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a host; the resolver has no time limit of its own, so it gets a thread."""
    found: list[list[str] | OSError] = []

    def ask() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.append(list(dict.fromkeys(str(entry[4][0]) for entry in entries)))
        except (OSError, UnicodeError) as error:
            found.append(error if isinstance(error, OSError) else OSError(str(error)))

    if judge_address(host) is None:
        asking = threading.Thread(target=ask, name="resolver", daemon=True)
        asking.start()
        asking.join(seconds)
    else:
        found.append([host])
    if not found:
        raise TimeoutError("the name was not resolved in time")
    if isinstance(found[0], OSError):
        raise found[0]
    return found[0]


def _connect(
    addresses: list[str], port: int, exchange: SocketExchange, timeout: float | None
) -> socket.socket:
    trouble = OSError("the name has no address")
    for address in addresses:
        try:
            sock = socket.create_connection((address, port), exchange.left(timeout))
        except OSError as error:  # of all the last is told
            trouble = error
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    raise trouble


def _check_address(host: str, address: str, exchange: SocketExchange) -> None:
    place = judge_address(address)
    where = host if host == address else f"{host} ({address})"
    if place == "forbidden":
        raise InputError(
            f"{where} is never called: machines keep their own secrets at such addresses",
            hint="Correct the address, or ask who runs the name server why it leads there.",
        )
    is_ours = place == "loopback" and (host == "localhost" or judge_address(host) == "loopback")
    if exchange.must_be_public and place != "public" and not is_ours:
        raise InputError(
            f"Nothing is written to {where}: it is a private address, not the partner's sandbox",
            hint="Correct base_url or hosts in partner.yaml; reading is possible.",
        )


def _is_readable(sock: socket.socket) -> bool:
    """Whether bytes, or the end, wait in an idle connection: then it is not to be used again."""
    if sock.fileno() < 0:
        return True
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return bool(selector.select(0))
