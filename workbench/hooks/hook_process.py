"""The process in which a partner's `hooks.py` runs: bounded, replaceable, without our secrets.

It has the user's rights, so a folder is run only when it is trusted; but it does not inherit the
environment, where the credentials of all partners are, and a hook that hangs is ended.
"""

from __future__ import annotations

import os
import selectors
import site
import subprocess
import sys
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import HookError
from workbench.hooks import hook_worker

FILE = "hooks.py"
LOAD_SECONDS = 15.0
CALL_SECONDS = 5.0
_LARGEST = 64 * 1024 * 1024
_STEP = 1024 * 1024
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")
_TRUST = "Code of a partner folder ran; only run folders that you trust."


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the file: its line, how it is written, and whether it takes one payload."""

    name: str
    line: int
    shown: str
    takes_one: bool


class HookProcess:
    """One `hooks.py`, loaded in a process of its own; safe for several threads.

    The process is started at once, and again after it was ended for taking too long.

    Args:
        path: The file.
        seconds: Time for each call.

    Attributes:
        functions: What the file defines itself, by name.

    Raises:
        HookError: The file does not run, or not in time.
    """

    def __init__(self, path: Path, *, seconds: float = CALL_SECONDS) -> None:
        self.path, self._seconds = path, seconds
        self._lock = threading.Lock()
        self._program: subprocess.Popen[bytes] | None = None
        self._owner = 0
        with self._lock:
            self.functions = self._start()

    def call(self, name: str, *arguments: Any, is_secret: bool = False) -> Any:
        """Call a function with plain data, and get plain data.

        Args:
            name: Of `functions`.
            arguments: JSON data, and bytes.
            is_secret: Whether what it raises may hold a credential, so that only its kind is told.

        Raises:
            HookError: It raised, did not end in time, or returned something that is no data.
        """
        try:
            line = hook_worker.write([name, arguments])
        except (TypeError, ValueError) as error:
            raise HookError(
                f"{name} cannot be given this: {error}", location=str(self.path)
            ) from error
        with self._lock:
            if self._program is None or self._owner != os.getpid():
                self._start()
            told = self._ask(line, self._seconds, f"{name}()")
        if "error" not in told:
            return told.get("result")
        said = "" if is_secret else f": {told['message']}"
        raise HookError(
            f"{name} raised {told['error']}{said}",
            location=f"{self.path}:{told['line'] or 1}",
            hint="let the hook return the payload as it is when there is nothing to do",
        )

    def close(self) -> None:
        """End the process; another call starts it again."""
        with self._lock:
            self._end()

    def _start(self) -> dict[str, Function]:
        self._program = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
            [sys.executable, "-P", hook_worker.__file__, str(self.path)],
            env=_seclude(),
            cwd=self.path.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            close_fds=True,
        )
        self._owner = os.getpid()
        weakref.finalize(self, _stop, self._program, self._owner)
        told = self._ask(b"", LOAD_SECONDS, "The file")
        if "error" in told:
            self._end()
            line = told["line"]
            raise HookError(
                f"{self.path.name} does not run: {told['error']}: {told['message']}",
                location=str(self.path) if line is None else f"{self.path}:{line}",
                hint=_TRUST,
            )
        return {item["name"]: Function(**item) for item in told["functions"]}

    def _ask(self, line: bytes, seconds: float, what: str) -> dict[str, Any]:
        told: dict[str, Any] = {}
        try:
            answer = _exchange(self._program, line, time.monotonic() + seconds)
            told.update(hook_worker.read(answer))
        except TimeoutError:
            self._end()
            raise HookError(
                f"{what} did not end within {seconds:.0f} s, and was stopped",
                location=str(self.path),
                hint="A hook changes a payload or signs a request; it waits for nothing.",
            ) from None
        except (OSError, ValueError, TypeError) as error:
            self._end()
            raise HookError(
                f"{what} ended its process, or broke off: {type(error).__name__}",
                location=str(self.path),
                hint="Correct hooks.py; it must not exit, and returns plain data.",
            ) from None
        return told

    def _end(self) -> None:
        if self._program is not None:
            _stop(self._program, self._owner)
        self._program = None


def _seclude() -> dict[str, str]:
    """An environment without credentials and without the user's own configuration."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
        "HOME": os.devnull,
        "PYTHONUSERBASE": site.getuserbase(),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }


def _exchange(program: subprocess.Popen[bytes] | None, line: bytes, deadline: float) -> bytes:
    """Send a line and read one, both before the deadline.

    Raises:
        TimeoutError: It is too late.
        OSError: The process has ended.
        ValueError: The answer is too large.
    """
    if program is None or program.stdin is None or program.stdout is None:
        raise BrokenPipeError
    writes, reads = program.stdin.fileno(), program.stdout.fileno()
    os.set_blocking(writes, False)
    answer, rest = bytearray(), memoryview(line)
    with selectors.DefaultSelector() as selector:
        selector.register(reads, selectors.EVENT_READ)
        if rest:
            selector.register(writes, selectors.EVENT_WRITE)
        while not answer.endswith(b"\n"):
            left = deadline - time.monotonic()
            ready = {key.fd for key, _ in selector.select(left)} if left > 0 else set()
            if not ready:
                raise TimeoutError
            if writes in ready:
                rest = rest[os.write(writes, rest[:_STEP]) :]
                if not rest:
                    selector.unregister(writes)
            if reads in ready:
                part = os.read(reads, _STEP)
                if not part:
                    raise BrokenPipeError
                answer += part
            if len(answer) > _LARGEST:
                raise ValueError("too large")
    return bytes(answer)


def _stop(program: subprocess.Popen[bytes], owner: int) -> None:
    """End the process, unless it belongs to the process that we were forked from."""
    if owner != os.getpid():
        return
    program.kill()
    program.wait()
    for pipe in (program.stdin, program.stdout):
        if pipe is not None:
            pipe.close()
