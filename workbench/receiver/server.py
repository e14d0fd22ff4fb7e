"""Servers for the receiver: uvicorn in a thread for tests and notebooks, granian in service."""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import uvicorn
import uvloop
from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.server.embed import Server

from workbench.errors import InputError
from workbench.receiver.connection_limits import Crowd

START_SECONDS = 10
STOP_SECONDS = 3
HEADER_MILLISECONDS = 5_000
# As many as the system lets us have; silent ones are few for each address, so honest ones fit.
MOST_CONNECTIONS = 16_384
_KEPT_FREE = 256


class ReceiverServer:
    """Serves an ASGI application from a thread until the block ends.

    Works beside a running event loop (notebooks) and leaves signals and logging alone.

    Args:
        app: The application.
        host: Address to listen on.
        port: 0 asks the system for a free one.

    Raises:
        InputError: The address cannot be used.
    """

    def __init__(self, app: Any, host: str = "127.0.0.1", port: int = 0) -> None:
        self._socket = _listen(host, port)
        self._host = host
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            log_level="critical",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # `proxy.Proxies` decides whom to believe
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)

    @property
    def url(self) -> str:
        """Root address, without a slash at its end."""
        return f"http://{self._host}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        pause = threading.Event()
        for _ in range(START_SECONDS * 100):
            if self._server.started:
                return self
            if not self._thread.is_alive():
                break
            pause.wait(0.01)
        self._socket.close()
        raise InputError("the receiver did not start", location=self.url)

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=2 * STOP_SECONDS)
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))


@dataclass(frozen=True)
class Tls:
    """Files of a certificate, with all that stand above it, and of its key; both PEM."""

    certificate: Path
    key: Path

    def check(self) -> None:
        """Read both.

        Raises:
            InputError: They cannot be read, or do not belong together.
        """
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
                self.certificate, self.key
            )
        except (OSError, ValueError) as error:
            raise InputError(
                f"the certificate cannot be used ({error.strerror or type(error).__name__})"
                if isinstance(error, OSError)
                else "the certificate cannot be used",
                location=f"{self.certificate}, {self.key}",
                hint="give PEM files that belong together; the key without a passphrase",
            ) from error


@dataclass(frozen=True)
class ListeningPlace:
    """Where a receiver listens; with `unix` on that socket, not on host and port."""

    host: str = "127.0.0.1"
    port: int = 8080
    unix: Path | None = None
    tls: Tls | None = None

    @property
    def root(self) -> str:
        """The address before `/{pos-code}/…`."""
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{self.host}:{self.port}" if self.unix is None else f"unix:{self.unix}:"

    def check(self) -> None:
        """See that it is free, and that the certificate can be used.

        Raises:
            InputError: It is not.
        """
        if self.tls is not None:
            self.tls.check()
        if self.unix is None:
            _listen(self.host, self.port).close()
        else:
            _free(self.unix)


def serve(
    app: Any,
    place: ListeningPlace,
    *,
    ready: Callable[[], None] = lambda: None,
    exempt: Callable[[str], bool] = lambda _: False,
) -> None:
    """Serve with granian until SIGINT or SIGTERM; answers what it has begun before it ends.

    Args:
        app: The application.
        place: Where to listen.
        ready: Called before the first request, when everything is checked.
        exempt: Which addresses may hold any number of connections: proxies.

    Raises:
        InputError: The address or the certificate cannot be used.
    """
    place.check()
    ready()
    # What is loaded by now stays: a full collection over it would make a sender wait 20 ms.
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, place, exempt))
    if place.unix is not None:
        place.unix.unlink(missing_ok=True)


async def _serve(app: Any, place: ListeningPlace, exempt: Callable[[str], bool]) -> None:
    server = Server(
        app,
        address=place.host,
        port=place.port,
        uds=place.unix,
        ssl_cert=place.tls.certificate if place.tls else None,
        ssl_key=place.tls.key if place.tls else None,
        ssl_protocol_min=SSLProtocols.tls12,
        interface=Interfaces.ASGI,
        websockets=False,
        backlog=1024,
        backpressure=_make_room(),
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(RuntimeError):  # Windows, or not the main thread
            loop.add_signal_handler(number, server.stop)
    stop = threading.Event()
    if place.unix is None:
        crowd = Crowd(place.port, exempt=exempt)
        threading.Thread(target=crowd.watch, args=(stop,), name="crowd", daemon=True).start()
    try:
        await server.serve()
    finally:
        stop.set()


def _free(path: Path) -> None:
    """Make room for a Unix socket; one that a dead process left is taken away.

    Raises:
        InputError: The path holds something else, somebody listens there, or it cannot be made.
    """
    try:
        if path.is_socket():
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(str(path)) == 0:
                    raise InputError("somebody listens on this socket", location=str(path))
            path.unlink()
        with socket.socket(socket.AF_UNIX) as probe:
            probe.bind(str(path))
        path.unlink()
    except OSError as error:
        raise InputError(
            f"the socket cannot be made ({error.strerror or error})",
            location=str(path),
            hint="give a short path in a folder that can be written",
        ) from error


def _make_room() -> int:
    """How many connections are served at once: nearly as many as there can be descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_CONNECTIONS + _KEPT_FREE
    wanted = most if hard == resource.RLIM_INFINITY else min(hard, most)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return max(
        _KEPT_FREE, (most if soft == resource.RLIM_INFINITY else min(soft, most)) - _KEPT_FREE
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        made = socket.create_server((host, port), backlog=1024)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"cannot listen on {host}:{port} ({reason})",
            hint="choose another port, or an address of this machine, or stop what uses it",
        ) from error
    # asyncio sets TCP_NODELAY only where the protocol is named, and create_server names none:
    # without it an answer in two parts waits 40 ms for the client's delayed acknowledgement.
    return socket.socket(made.family, made.type, socket.IPPROTO_TCP, fileno=made.detach())
