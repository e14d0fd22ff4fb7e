"""Servers: uvicorn in a thread beside anything, granian on duty."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from children import wait_until

from workbench.errors import InputError
from workbench.partners.webhooks import Webhooks
from workbench.receiver.app import Endpoint, create_app
from workbench.receiver.inbox import Inbox
from workbench.receiver.server import ReceiverServer

WEBHOOKS = Webhooks.model_validate({"signature": {"scheme": "none"}})


def post(port: int, path: str, body: bytes = b"{}") -> int:
    """One POST; 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        try:
            connection.request("POST", path, body=body)
            return connection.getresponse().status
        except OSError:
            return 0


def test_it_serves_beside_a_running_loop(inbox: Inbox) -> None:
    """As in a notebook: a loop runs in this thread, and signals stay what they were."""

    async def cell() -> tuple[int, str]:
        before = signal.getsignal(signal.SIGINT)
        with ReceiverServer(create_app({"p1": Endpoint("t", WEBHOOKS)}, inbox)) as server:
            assert signal.getsignal(signal.SIGINT) is before
            return await asyncio.to_thread(post, server.port, "/p1/webhooks/x"), server.url

    status, url = asyncio.run(cell())
    assert status == 200
    assert url.startswith("http://127.0.0.1:")
    assert "receiver" not in {thread.name for thread in threading.enumerate()}


def test_a_taken_port_is_an_input_error(inbox: Inbox) -> None:
    """The message says which address, and how to mend it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=str(port)) as caught:
            ReceiverServer(create_app({}, inbox), port=port)
    assert caught.value.hint


LISTENER = """
import sys
sys.path[:0] = sys.argv[3:]
from workbench.partners.webhooks import Webhooks
from workbench.receiver.app import Bounds, Endpoint, create_app
from workbench.receiver.inbox import Inbox
from workbench.receiver.server import ListeningPlace, serve
webhooks = Webhooks.model_validate({"signature": {"scheme": "none"}})
with Inbox(sys.argv[1]) as inbox:
    app = create_app({"p1": Endpoint("t", webhooks)}, inbox, bounds=Bounds(body_seconds=0.5))
    serve(app, ListeningPlace(port=int(sys.argv[2])))
sys.stdout.write("ended well")
"""


def test_granian_serves_and_ends_gracefully(tmp_path: Path) -> None:
    """SIGTERM under load: every acknowledged event is on disk, and the process ends well."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = tmp_path / "inbox.db"
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENER, str(path), str(port), *filter(None, sys.path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    acknowledged: list[str] = []
    try:
        assert wait_until(lambda: post(port, "/p1/webhooks/first") == 200)
        head = b"POST /p1/webhooks/x HTTP/1.1\r\nHost: h\r\n"
        for tail, expected in (
            (b"Content-Length: 9\r\n\r\nabc", b" 408 "),
            (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b" 400 "),
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=60) as slow:
                slow.sendall(head + tail)
                assert expected in slow.recv(4096)

        def storm(lane: int) -> None:
            for number in range(10_000):
                if post(port, f"/p1/webhooks/{lane}-{number}") != 200:
                    return
                acknowledged.append(f"{lane}-{number}")

        lanes = [threading.Thread(target=storm, args=(lane,)) for lane in range(4)]
        for lane in lanes:
            lane.start()
        wait_until(lambda: len(acknowledged) > 40)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=120)
        for lane in lanes:
            lane.join()
    finally:
        process.kill()
        process.communicate()
    assert output == "ended well"
    with Inbox(path) as inbox:
        stored = {receipt.tail for receipt in inbox.receipts("t")}
    assert len(acknowledged) > 20
    assert set(acknowledged) <= stored
