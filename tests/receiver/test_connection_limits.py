"""Silent connections are few for each address; those that say something stay."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import socket
from collections.abc import Iterator

import pytest
from children import wait_until

from workbench.receiver import connection_limits as module
from workbench.receiver import server
from workbench.receiver.connection_limits import Crowd
from workbench.receiver.server import ListeningPlace, _make_room, serve

pytestmark = pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="the system tells nothing")


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A listening socket of this process, and no patience."""
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    with socket.create_server(("127.0.0.1", 0), backlog=256) as made:
        yield made


def connect(listener: socket.socket, host: str) -> tuple[socket.socket, socket.socket]:
    """A connection from an address of this machine: the sender's end and ours."""
    ours = socket.create_connection(listener.getsockname(), 5, source_address=(host, 0))
    return ours, listener.accept()[0]


def is_open(sender: socket.socket) -> bool:
    """Whether the other side has not closed it."""
    sender.settimeout(0.2)
    try:
        return sender.recv(1) != b""
    except TimeoutError:
        return True


def test_silent_ones_of_one_address_are_few(listener: socket.socket) -> None:
    """The crowd of one address is thinned, another address keeps its connection."""
    pairs = [connect(listener, "127.0.0.2") for _ in range(12)]
    other = connect(listener, "127.0.0.3")
    watch = Crowd(listener.getsockname()[1], most=4, silent=60)
    ended = watch.thin()

    assert ended == 8
    assert sum(is_open(sender) for sender, _ in pairs) == 4
    assert is_open(other[0])
    for pair in (*pairs, other):
        for sock in pair:
            sock.close()


def test_answered_connection_is_left_alone(listener: socket.socket) -> None:
    """A sender that was answered once keeps its connections, however many and idle."""
    pairs = [connect(listener, "127.0.0.2") for _ in range(6)]
    for sender, ours in pairs:
        sender.sendall(b"POST")
        ours.recv(4)
        ours.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        sender.recv(100)
    watch = Crowd(listener.getsockname()[1], most=1, silent=0)
    wait_until(lambda: all(module._count(ours)[0] > 1 for _, ours in pairs))
    assert watch.thin() == 0
    for pair in pairs:
        for sock in pair:
            sock.close()


def test_connection_without_a_byte_is_ended(listener: socket.socket) -> None:
    """Who opens and never speaks is shown out; who has begun to speak has the server's patience."""
    silent, speaking = connect(listener, "127.0.0.2"), connect(listener, "127.0.0.2")
    speaking[0].sendall(b"POST /x HTTP/1.1\r\n")
    speaking[1].recv(100)
    watch = Crowd(listener.getsockname()[1], silent=-1)
    assert watch.thin() == 1
    assert not is_open(silent[0])
    assert is_open(speaking[0])
    for sock in (*silent, *speaking):
        sock.close()


def test_other_ports_are_not_touched(listener: socket.socket) -> None:
    """Connections of the same process to elsewhere are none of its business."""
    pair = connect(listener, "127.0.0.2")
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert Crowd(other.getsockname()[1], most=0, silent=-1).thin() == 0
    assert is_open(pair[0])
    for sock in pair:
        sock.close()


def test_room_is_made_within_what_the_system_gives() -> None:
    """There are many places, and always a few descriptors for the rest."""
    assert 256 <= _make_room() <= 16_384


def _serve(port: int) -> None:
    async def answer(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
        if scope["type"] == "lifespan":
            await receive()  # type: ignore[operator]
            await send({"type": "lifespan.startup.complete"})  # type: ignore[operator]
            await receive()  # type: ignore[operator]
            await send({"type": "lifespan.shutdown.complete"})  # type: ignore[operator]
            return
        await receive()  # type: ignore[operator]
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"ok"})  # type: ignore[operator]

    # Places for half the crowd, and nobody is ended for silence: they would hold them for ever.
    server._make_room = lambda: 300
    server.Crowd = functools.partial(Crowd, silent=3600)  # type: ignore[misc, assignment]
    serve(answer, ListeningPlace(port=port))


def is_listening(port: int) -> bool:
    """Whether somebody takes connections there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def test_honest_sender_is_served_beside_a_crowd() -> None:
    """600 connections that say nothing do not keep a sender of another address waiting."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = multiprocessing.get_context("spawn").Process(target=_serve, args=(port,))
    program.start()
    crowd: list[socket.socket] = []
    try:
        assert wait_until(lambda: is_listening(port))
        crowd = [
            socket.create_connection(("127.0.0.1", port), 120, source_address=("127.0.0.2", 0))
            for _ in range(600)
        ]
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port), 120) as honest:
                honest.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
                assert honest.recv(100).startswith(b"HTTP/1.1 200")
    finally:
        for sock in crowd:
            sock.close()
        program.terminate()
        program.join()
