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
    [(b"POST /p1/webhooks/x HTTP/1.1\r\nHost", 60), (HEAD + b"Content-Length: 9\r\n\r\nabc", 60)],
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
        assert [send(port, f"/p1/webhooks/good-{n}") for n in range(10)] == [200] * 10
        assert closed_after(lines, seconds) == 100


def raw(port: int, *parts: bytes) -> bytes:
    """What comes back for these bytes, until the server closes or eight seconds have passed."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=8) as line:
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


END = b"\r\n\r\n"
DELIVERIES = {
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 4" + END + b"abcd",
    "length with a sign": HEAD + b"Content-Length: +5" + END + b"abcde",
    "length with an underscore": HEAD + b"Content-Length: 1_0" + END + b"a" * 10,
    "length below nothing": HEAD + b"Content-Length: -1" + END,
    "length beyond numbers": HEAD + b"Content-Length: " + b"9" * 40 + END,
    "length in hexadecimal": HEAD + b"Content-Length: 0x5" + END + b"abcde",
    "length twice in one": HEAD + b"Content-Length: 3, 3" + END + b"abc",
    "length that never comes": HEAD + b"Content-Length: 10" + END + b"abc",
    "chunks and a length": HEAD
    + b"Transfer-Encoding: chunked\r\nContent-Length: 3"
    + END
    + b"0\r\n\r\n",
    "chunk of no number": HEAD + b"Transfer-Encoding: chunked" + END + b"zz\r\nab\r\n0\r\n\r\n",
    "chunk without end": HEAD + b"Transfer-Encoding: chunked" + END + b"fffffffffffffffff\r\n",
    "chunk shorter than told": HEAD + b"Transfer-Encoding: chunked" + END + b"5\r\nab\r\n0\r\n\r\n",
    "chunk below nothing": HEAD + b"Transfer-Encoding: chunked" + END + b"-1\r\nab\r\n0\r\n\r\n",
    "unknown packing": HEAD + b"Transfer-Encoding: gzip, nonsense" + END,
    "chunked by a trick": HEAD + b"Transfer-Encoding:\x0bchunked" + END + b"0\r\n\r\n",
    "zero in a header": HEAD + b"X-Nul: a\x00b" + END,
    "blank before a colon": HEAD + b"Content-Length : 3" + END + b"abc",
    "folded line": HEAD + b" folded: line" + END,
    "header without a name": HEAD + b": value" + END,
    "no version": b"POST /p1/webhooks/x\r\n\r\n",
    "version of the future": b"POST /p1/webhooks/x HTTP/9.9\r\nHost: h" + END,
    "no host": b"POST /p1/webhooks/x HTTP/1.1\r\nContent-Length: 0" + END,
    "path of no text": b"POST /p1/webhooks/\xff\xfe HTTP/1.1\r\nHost: h\r\nContent-Length: 0" + END,
    "path that climbs": b"POST /p1/webhooks/../../healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 0"
    + END,
    "whole address": b"POST http://other.example/p1/webhooks/x HTTP/1.1\r\nHost: h\r\n"
    b"Content-Length: 0" + END,
    "method of no word": b"P\x01ST /p1/webhooks/x HTTP/1.1\r\nHost: h" + END,
    "upgrade": HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0" + END,
    "expectation": HEAD + b"Expect: 200-nothing\r\nContent-Length: 3" + END + b"abc",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "zeros": b"\x00" * 200,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("name", DELIVERIES)
def test_a_hostile_delivery_gives_no_5xx(port: int, name: str) -> None:
    """Broken framing and protocol: a 4xx, a closed line, or read as one good request."""
    sent = DELIVERIES[name]
    assert not raw(port, sent).startswith(b"HTTP/1.1 5"), sent
    assert send(port, "/p1/webhooks/after") == 200


def test_the_server_holds_a_flood_of_connections(port: int) -> None:
    """Five hundred idle connections do not keep a good client out."""
    with contextlib.ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert send(port, "/p1/webhooks/flood") == 200
