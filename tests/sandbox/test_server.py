"""The sandbox runs simulators over real HTTP, and its outbox delivers webhooks in order."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.sandbox.outbox import RETRY_AFTER_SECONDS, Outbox
from workbench.sandbox.server import Sandbox, Simulator


def build(credentials: Mapping[str, str], outbox: Outbox) -> tuple[list[Route], list[Route]]:
    """A partner that tells its key, sends on demand, and receives what it sends."""
    seen: list[str] = []
    answers = [503, 200, 200]

    async def read(_: Request) -> Response:
        return JSONResponse({"key": credentials["api_key"]})

    async def send(request: Request) -> Response:
        body = await request.body()
        outbox.send("orders", body, {"X-Sign": "s"}, method="PUT")
        return JSONResponse({})

    async def receive(request: Request) -> Response:
        seen.append((await request.body()).decode() + request.headers["x-sign"])
        return JSONResponse({}, answers.pop(0))

    async def tell(_: Request) -> Response:
        return JSONResponse(seen)

    api = [
        Route("/thing", read),
        Route("/hooks/orders", receive, methods=["PUT"]),
        Route("/seen", tell),
    ]
    return api, [Route("/send", send, methods=["POST"])]


ECHO = Simulator(slug="echo-one", base_path="/api", port=0, credentials=("api_key",), build=build)


def test_environment_points_at_the_running_partner() -> None:
    """The environment variables name the address and the very credentials that are checked."""
    with Sandbox([ECHO], credentials={"echo-one": {"api_key": "given"}}) as sandbox:
        values = sandbox.environment()
        assert values["WORKBENCH_ECHO_ONE__SANDBOX__API_KEY"] == "given"
        base = values["WORKBENCH_ECHO_ONE__SANDBOX__BASE_URL"]
        assert httpx.get(f"{base}/thing").json() == {"key": "given"}
        assert httpx.get(f"{base}/other").status_code == 404


def test_credentials_are_fresh_per_start() -> None:
    """Without given values, two starts have different secrets."""
    with Sandbox([ECHO]) as first, Sandbox([ECHO]) as second:
        one, two = (sandbox.partners["echo-one"].credentials for sandbox in (first, second))
        assert one["api_key"] != two["api_key"]


def test_port_is_closed_afterwards() -> None:
    """When the sandbox is closed, nothing listens on its port."""
    with Sandbox([ECHO]) as sandbox:
        port = sandbox.partners["echo-one"].port
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", port))


def test_webhooks_are_retried_and_stay_in_order() -> None:
    """A refused webhook is sent again before the next one goes out."""
    with Sandbox([ECHO]) as sandbox:
        running = sandbox.partners["echo-one"]
        control = running.control_url
        httpx.post(f"{control}/send", content=b"lost")
        httpx.post(f"{control}/webhooks", json={"url": f"{running.base_url}/hooks/"})
        httpx.post(f"{control}/send", content=b"one")
        httpx.post(f"{control}/send", content=b"two")
        end = time.monotonic() + 5
        while len(httpx.get(f"{running.base_url}/seen").json()) < 3 and time.monotonic() < end:
            time.sleep(0.02)
        assert httpx.get(f"{running.base_url}/seen").json() == ["ones", "ones", "twos"]
        deliveries = httpx.get(f"{control}/deliveries").json()["deliveries"]
    assert [item["statuses"] for item in deliveries] == [[], [503, 200], [200]]
    assert [item["acknowledged"] for item in deliveries] == [False, True, True]


def test_an_absent_receiver_counts_as_no_answer() -> None:
    """When nobody listens, every attempt is recorded as 0."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Sandbox([ECHO]) as sandbox:
        running = sandbox.partners["echo-one"]
        running.outbox.target = f"http://127.0.0.1:{port}"
        httpx.post(f"{running.control_url}/send", content=b"x")
        end = time.monotonic() + 2
        while not running.outbox.deliveries[0].statuses and time.monotonic() < end:
            time.sleep(0.02)
        assert running.outbox.deliveries[0].statuses[0] == 0
    assert len(running.outbox.deliveries[0].statuses) <= len(RETRY_AFTER_SECONDS) + 1


@pytest.mark.parametrize("body", [b"", b"[]", b'{"url": "ftp://x"}'])
def test_webhook_address_must_be_one(body: bytes) -> None:
    """A control request without an http address is refused."""
    with Sandbox([ECHO]) as sandbox:
        control = sandbox.partners["echo-one"].control_url
        assert httpx.post(f"{control}/webhooks", content=body).status_code == 400
