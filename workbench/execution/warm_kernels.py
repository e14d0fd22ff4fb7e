"""A warm process of this process, from which Jupyter kernels are forked, and what it is told.

`kernel_server.py` is what runs there. It imports while this process does other work; a kernel that
is forked from it starts in a tenth of a second instead of one and a half.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from multiprocessing import Pipe
from typing import NamedTuple

# A process that has threads is not forked. Of what is preloaded, numpy's BLAS starts some, and the
# memory of Arrow, where pandas finds it, one.
SERVER_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # the debugger advises, and nobody debugs the server
}


class KernelRequest(NamedTuple):
    """A kernel to start: arguments of `ipykernel_launcher`, folder and whole environment."""

    argv: list[str]
    folder: str
    environment: dict[str, str]


class KernelStarted(NamedTuple):
    """The kernel that was asked for; `pid` is -1 where the server can no longer be forked."""

    pid: int


class KernelEnded(NamedTuple):
    """A kernel is gone; `code` is negative where a signal ended it, as for `subprocess`."""

    pid: int
    code: int


class KernelServer:
    """The warm process of this process; it starts when it is first needed and ends with us."""

    def __init__(self) -> None:
        """Start it; it imports meanwhile."""
        self._ours, theirs = Pipe()
        self._lock = threading.Lock()
        self._codes: dict[int, int] = {}
        self._owner = os.getpid()
        with theirs:
            fd = theirs.fileno()
            # In a group of its own: an interrupt at the terminal is for us to pass on.
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-m", f"{__package__}.kernel_server", str(fd)],
                pass_fds=[fd],
                env=os.environ | SERVER_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def is_usable(self) -> bool:
        """Whether it runs, and is ours: a fork of this process may not speak on our connection."""
        return self._owner == os.getpid() and self._process.poll() is None

    def start(self, request: KernelRequest) -> ForkedKernel:
        """Fork a kernel.

        Raises:
            OSError: The server is gone, or says that it can no longer be forked.
        """
        with self._lock:
            self._ours.send(request)
            while True:
                try:
                    answer = self._ours.recv()
                except EOFError as error:
                    raise OSError("the kernel server is gone") from error
                if isinstance(answer, KernelStarted):
                    break
                self._note(answer)
        if answer.pid < 0:
            raise OSError("the kernel server has threads")
        return ForkedKernel(self, answer.pid)

    def find_code(self, pid: int) -> int | None:
        """The exit code of a kernel; None while it runs."""
        with self._lock, suppress(EOFError, OSError):
            while self._ours.poll():
                self._note(self._ours.recv())
        if pid not in self._codes and self._process.poll() is not None:
            return -signal.SIGKILL
        return self._codes.get(pid)

    def close(self) -> None:
        """End it, and with it the kernels that still run."""
        if self._owner == os.getpid():
            self._ours.close()
            self._process.wait()

    def _note(self, ended: KernelEnded) -> None:
        self._codes[ended.pid] = ended.code


class ForkedKernel:
    """The process of a kernel, as far as a provisioner asks a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, server: KernelServer, pid: int) -> None:
        """A kernel of this server that runs."""
        self.pid = pid
        self._server = server

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        return self._server.find_code(self.pid)

    def wait(self) -> int:
        """The exit code, as soon as there is one."""
        while (code := self.poll()) is None:
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel alone."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


_servers: list[KernelServer] = []


def warm_up() -> KernelServer:
    """The kernel server of this process, started if there is none that runs.

    Called before there is a kernel to start, its imports take the time of other work.
    """
    if not (_servers and _servers[-1].is_usable):
        _servers[:] = [KernelServer()]
        atexit.register(_servers[-1].close)
    return _servers[-1]


def can_fork() -> bool:
    """Whether a fork is safe here: elsewhere system libraries hold threads that nobody sees."""
    return sys.platform == "linux"
