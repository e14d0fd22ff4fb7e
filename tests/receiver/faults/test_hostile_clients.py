"""Clients that are slow, huge or broken, against the shipped server: others are served."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest
from children import send, serving

pytestmark = pytest.mark.slow
HEAD = b"POST /p1/webhooks/x HTTP/1.1\r\nHost: h\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Granian in a process of its own."""
    with serving(str(tmp_path_factory.mktemp("hostile") / "inbox.db")) as (_, number):
        yield number


def closed_after(lines: list[socket.socket], seconds: float) -> int:
    """How many connections the server has closed by then."""
    end = time.monotonic() + seconds
    closed = 0
    for line in lines:
        line.settimeout(max(0.01, end - time.monotonic()))
        with contextlib.suppress(TimeoutError):
            try:
                while line.recv(4096):
                    pass
                closed += 1
            except ConnectionError:
                closed += 1
    return closed


@pytest.mark.parametrize(
    ("start", "seconds"),
    [(b"POST /p1/webhooks/x HTTP/1.1\r\nHost", 8), (HEAD + b"Content-Length: 9\r\n\r\nabc", 13)],
    ids=["headers", "body"],
)
def test_slow_clients_are_cut_off_and_others_are_served(
    port: int, start: bytes, seconds: float
) -> None:
    """100 slowloris connections: all are closed in time, and good clients get their 200."""
    with contextlib.ExitStack() as stack:
        lines = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(100)
        ]
        for line in lines:
            line.sendall(start)
        begun = time.monotonic()
        assert [send(port, f"/p1/webhooks/good-{n}") for n in range(10)] == [200] * 10
        assert time.monotonic() - begun < 6
        assert closed_after(lines, seconds) == 100


def raw(port: int, *parts: bytes) -> bytes:
    """What comes back for these bytes, until the server closes or a second has passed."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
        with contextlib.suppress(TimeoutError, ConnectionError):
            for part in parts:
                line.sendall(part)
        with contextlib.suppress(TimeoutError, ConnectionError):
            while chunk := line.recv(65536):
                received += chunk
    return received


def test_giants_are_refused(port: int) -> None:
    """Giant headers, a declared and a chunked body past the cap: 4xx or a closed line."""
    giant = [b"X-A: " + b"a" * 60_000 + b"\r\n"] * 60
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    for parts in (
        (HEAD, *giant),
        (HEAD + b"Content-Length: 99999999\r\n\r\n",),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 120),
    ):
        answer = raw(port, *parts)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:40]
    assert send(port, "/p1/webhooks/after") == 200


def test_malformed_requests_never_give_a_5xx(port: int) -> None:
    """Broken framing and protocol: a 4xx, a closed line, or read as one good request."""
    body = b"\r\n\r\n"
    for sent in (
        HEAD + b"Content-Length: 3\r\nContent-Length: 4" + body + b"abcd",
        HEAD + b"Content-Length: +5" + body + b"abcde",
        HEAD + b"Content-Length: 1_0" + body + b"a" * 10,
        HEAD + b"Content-Length: -1" + body,
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3" + body + b"0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked" + body + b"zz\r\nab\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked" + body + b"fffffffffffffffff\r\n",
        HEAD + b"Transfer-Encoding: gzip, nonsense" + body,
        HEAD + b"X-Nul: a\x00b" + body,
        HEAD + b" folded: line" + body,
        b"POST /p1/webhooks/x\r\n\r\n",
        b"POST /p1/webhooks/x HTTP/9.9\r\nHost: h" + body,
        b"POST /p1/webhooks/\xff\xfe HTTP/1.1\r\nHost: h\r\nContent-Length: 0" + body,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 200,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ):
        assert not raw(port, sent).startswith(b"HTTP/1.1 5"), sent
    assert send(port, "/p1/webhooks/after") == 200


def test_the_server_holds_a_flood_of_connections(port: int) -> None:
    """Five hundred idle connections do not keep a good client out."""
    with contextlib.ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert send(port, "/p1/webhooks/flood") == 200
