"""Processes that a test starts to be hurt, and the disk that hurts them."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CHILD = Path(__file__).parent / "faults" / "child.py"


@dataclass
class Child:
    """A running child, and the lines that it wrote so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def read(self, count: int, seconds: float = 30) -> list[str]:
        """Wait until it has written so many lines; all of them."""
        end = time.monotonic() + seconds
        while len(self.lines) < count:
            assert time.monotonic() < end, f"{len(self.lines)} of {count} lines"
            assert self.process.poll() is None or len(self.lines) >= count, "the child ended"
            time.sleep(0.005)
        return self.lines[:]

    def kill(self) -> list[str]:
        """Kill -9; every whole line that it wrote."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        return self.lines

    def follow(self) -> None:
        """Collect lines in a thread, so that the child never waits for us."""
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):
                self.lines.append(line[:-1])


@contextlib.contextmanager
def child(*arguments: object, disk: dict[str, str] | None = None) -> Iterator[Child]:
    """Start `child.py` with these arguments; it is gone afterwards."""
    process = subprocess.Popen(
        [sys.executable, str(CHILD), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **(disk or {})},
    )
    started = Child(process)
    started.follow()
    try:
        yield started
    finally:
        started.kill()
        assert process.stdout is not None
        process.stdout.close()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def send(port: int, path: str, body: bytes = b"{}", seconds: float = 10) -> int:
    """One POST on a connection of its own; 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    with contextlib.closing(connection):
        try:
            connection.request("POST", path, body=body)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0


@dataclass
class Storm:
    """Clients that send until they are stopped; which events were acknowledged, and the rest."""

    port: int
    name: str
    acknowledged: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def blowing(self, lanes: int = 4) -> Iterator[None]:
        """Send from so many threads while the block runs."""
        threads = [threading.Thread(target=self._send, args=(lane,)) for lane in range(lanes)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _send(self, lane: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        for number in itertools.count():
            if self._stop.is_set():
                break
            key = f"{self.name}-{lane}-{number}"
            try:  # on one connection while it lasts: more events are under way at the kill
                connection.request("POST", f"/p1/webhooks/{key}", body=b"x" * 1900)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
                time.sleep(0.02)
            self.answers.append(status)
            if status == 200:
                self.acknowledged.append(key)
        connection.close()


@contextlib.contextmanager
def serving(location: str, disk: dict[str, str] | None = None) -> Iterator[tuple[Child, int]]:
    """The shipped server in a process of its own, answering."""
    port = free_port()
    with child("server", location, port, disk=disk) as server:
        for _ in range(400):
            if send(port, "/p1/webhooks/hello") == 200:
                break
            time.sleep(0.05)
        yield server, port


def stop(server: Child) -> int:
    """SIGTERM; the exit code."""
    server.process.send_signal(signal.SIGTERM)
    return server.process.wait(timeout=20)


def compile_disk(folder: Path) -> str:
    """The shared object of `faults/disk.c`; skips where it cannot be made."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc is absent, and the disk that fails is written in C")
    library = folder / "disk.so"
    source = CHILD.with_name("disk.c")
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return str(library)
