"""Processes that a test starts to be hurt, and the disk that hurts them."""

from __future__ import annotations

import contextlib
import functools
import http.client
import importlib
import itertools
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CHILD = Path(__file__).parent / "faults" / "child.py"
PATIENCE = 120.0  # seconds that a test waits for an event of its own, on a machine of any load


def wait_until(is_so: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Whether something came true in time."""
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.005)
    return is_so()


@dataclass
class Child:
    """A running child, and the lines that it wrote so far."""

    process: Any
    output: Connection
    lines: list[str] = field(default_factory=list)

    def read(self, count: int, seconds: float = PATIENCE) -> list[str]:
        """Wait until it has written so many lines; all of them."""
        wait_until(lambda: len(self.lines) >= count or not self.process.is_alive(), seconds)
        assert len(self.lines) >= count, f"{len(self.lines)} of {count} lines"
        return self.lines[:]

    def kill(self) -> list[str]:
        """Kill -9; every whole line that it wrote."""
        self.process.kill()
        self.process.join()
        self._reader.join()
        return self.lines

    def follow(self) -> None:
        """Collect lines in a thread, so that the child never waits for us."""
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self) -> None:
        with open(self.output.fileno(), closefd=False, encoding="utf-8") as text:
            for line in text:
                if line.endswith("\n"):
                    self.lines.append(line[:-1])


@functools.cache
def _nursery() -> Any:
    """Where children come from: a process that has imported all they need, and forks.

    To import it anew costs each of them more than all that they do. It runs on the disk that can
    fail, where there is one: what the disk does is told by each child's own environment.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["workbench.receiver", "workbench.receiver.app", "child"])
    given = {"PYTHONPATH": os.pathsep.join([str(CHILD.parent), *filter(None, sys.path)])}
    if shutil.which("gcc"):
        given["LD_PRELOAD"] = compile_disk(Path(tempfile.mkdtemp(prefix="wb-disk-")))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        forkserver.ensure_running()
    return context


@contextlib.contextmanager
def child(*arguments: object, disk: dict[str, str] | None = None) -> Iterator[Child]:
    """Start `child.py` with these arguments; it is gone afterwards."""
    context = _nursery()
    ours, theirs = context.Pipe(duplex=False)
    with pytest.MonkeyPatch.context() as patch:
        # The tests' own program is nothing that a child should import.
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        patch.syspath_prepend(str(CHILD.parent))
        run = importlib.import_module("child").run
        process = context.Process(
            target=run, args=(theirs, disk or {}, *map(str, arguments)), daemon=True
        )
        process.start()
    theirs.close()
    started = Child(process, ours)
    started.follow()
    try:
        yield started
    finally:
        started.kill()
        ours.close()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def send(port: int, path: str, body: bytes = b"{}", seconds: float = PATIENCE) -> int:
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

    def wait_for(self, more: int, status: int = 200) -> None:
        """Wait until so many more events were answered like that."""
        enough = self.answers.count(status) + more
        assert wait_until(lambda: self.answers.count(status) >= enough), f"few answers of {status}"

    def _send(self, lane: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
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
            if status == 200:
                self.acknowledged.append(key)
            self.answers.append(status)
        connection.close()


@contextlib.contextmanager
def serving(location: str, disk: dict[str, str] | None = None) -> Iterator[tuple[Child, int]]:
    """The shipped server in a process of its own, answering."""
    port = free_port()
    with child("server", location, port, disk=disk) as server:
        assert wait_until(lambda: send(port, "/p1/webhooks/hello") == 200), "it does not answer"
        yield server, port


def stop(server: Child) -> int:
    """SIGTERM; the exit code."""
    server.process.terminate()
    server.process.join(PATIENCE)
    return int(server.process.exitcode)


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
