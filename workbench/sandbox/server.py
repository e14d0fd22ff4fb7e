"""The embedded sandbox: fictional partners as real HTTP servers on loopback, in one process.

It knows our entities and how a document is read, and nothing of how the workbench uses either.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from workbench.sandbox.outbox import Outbox


@dataclass(frozen=True)
class Simulator:
    """One fictional partner.

    Attributes:
        slug: Folder name under `contracts/`.
        base_path: Path prefix of its API, e.g. `/v1`.
        port: Port that `partner.yaml` names; 0 asks the system for a free one.
        credentials: Names of the credentials it checks; values are made per start.
        build: Makes the API routes, and the routes under `/_control` (place an order, change a
            status, …), from the credentials and the outbox for webhooks.
        unknown: Answers every path that no API route knows; without it, a plain 404.
    """

    slug: str
    base_path: str
    port: int
    credentials: tuple[str, ...]
    build: Callable[[Mapping[str, str], Outbox], tuple[list[Route], list[Route]]]
    unknown: ASGIApp | None = None


@dataclass
class Running:
    """A simulator that answers: where, and with which credentials."""

    simulator: Simulator
    credentials: dict[str, str]
    outbox: Outbox
    port: int
    server: uvicorn.Server
    sockets: list[socket.socket] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        """Root of its API."""
        return f"http://127.0.0.1:{self.port}{self.simulator.base_path}"

    @property
    def control_url(self) -> str:
        """Root of its control address."""
        return f"http://127.0.0.1:{self.port}/_control"

    def environment(self) -> dict[str, str]:
        """Environment variables that point the workbench at this simulator, secrets included."""
        prefix = f"WORKBENCH_{self.simulator.slug.upper().replace('-', '_')}__SANDBOX__"
        values = {f"{prefix}{name.upper()}": value for name, value in self.credentials.items()}
        values[f"{prefix}BASE_URL"] = self.base_url
        values[f"{prefix}CONTROL_URL"] = self.control_url
        return values


class Sandbox:
    """Runs simulators in a thread of this process until closed; a context manager.

    Args:
        simulators: The partners to run.
        ports: `fixed` uses the ports that the manifests name, `free` asks for free ones.
        port: Port of the only simulator, instead of the manifest's.
        credentials: Slug → credential values to use instead of fresh random ones.
    """

    def __init__(
        self,
        simulators: Iterable[Simulator],
        *,
        ports: str = "free",
        port: int | None = None,
        credentials: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._ready = threading.Event()
        given = credentials or {}
        self.partners = {
            simulator.slug: _prepare(
                simulator,
                port if port is not None else simulator.port if ports == "fixed" else 0,
                given.get(simulator.slug, {}),
            )
            for simulator in simulators
        }
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(timeout=15)
        for running in self.partners.values():
            if not running.server.started:
                message = f"the sandbox of {running.simulator.slug} did not start"
                raise RuntimeError(message)
        return self

    def __exit__(self, *_: object) -> None:
        for running in self.partners.values():
            running.server.should_exit = True
        self._thread.join(timeout=10)

    def environment(self) -> dict[str, str]:
        """Environment variables for all partners, secrets included; never write them down."""
        values: dict[str, str] = {}
        for running in self.partners.values():
            values |= running.environment()
        return values

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        tasks = [asyncio.create_task(_serve(running)) for running in self.partners.values()]
        while not all(running.server.started for running in self.partners.values()):
            if any(task.done() for task in tasks):
                break
            await asyncio.sleep(0.01)
        self._ready.set()
        await asyncio.gather(*tasks)


def _prepare(simulator: Simulator, port: int, given: Mapping[str, str]) -> Running:
    credentials = {
        name: given.get(name) or secrets.token_urlsafe(18) for name in simulator.credentials
    }
    outbox = Outbox()
    api, control = simulator.build(credentials, outbox)
    control.append(Route("/webhooks", _point_webhooks(outbox), methods=["POST", "DELETE"]))
    control.append(Route("/deliveries", _list_deliveries(outbox), methods=["GET"]))
    inner = Router(api, redirect_slashes=simulator.unknown is None, default=simulator.unknown)
    app = Starlette(routes=[Mount("/_control", routes=control), Mount(simulator.base_path, inner)])
    if simulator.unknown is not None:
        # A mount does not know paths with a line break in them.
        app.router.default = simulator.unknown
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off")
    return Running(
        simulator=simulator,
        credentials=credentials,
        outbox=outbox,
        port=listener.getsockname()[1],
        server=_Server(config),
        sockets=[listener],
    )


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals to the main thread."""
        yield


async def _serve(running: Running) -> None:
    await asyncio.gather(
        running.server.serve(sockets=running.sockets),
        running.outbox.run(lambda: running.server.should_exit),
    )


def _point_webhooks(outbox: Outbox) -> Callable[[Request], object]:
    async def handle(request: Request) -> Response:
        if request.method == "DELETE":
            outbox.forget()
            return Response(status_code=204)
        given = orjson.loads(await request.body() or b"{}")
        if not isinstance(given, dict) or not str(given.get("url", "")).startswith("http://"):
            return JSONResponse({"error": "url: an http:// address is needed"}, 400)
        outbox.target = given["url"]
        return JSONResponse({"url": outbox.target})

    return handle


def _list_deliveries(outbox: Outbox) -> Callable[[Request], object]:
    async def handle(_: Request) -> Response:
        return JSONResponse({"deliveries": [delivery.summary() for delivery in outbox.deliveries]})

    return handle
