"""The process that Jupyter kernels are forked from: what all of them import, it has imported.

Runs as `python -m workbench.execution.kernel_server FD`, where FD is one end of a connection whose
other end `warm_kernels.py` holds. Apart from that it has one thread, no open connection and no
state of a notebook. It is asked for kernels by `KernelRequest`, and tells the pid of each and,
later, its exit code. When the other end closes it kills the kernels, since nobody could stop them.
"""

from __future__ import annotations

import gc
import os
import random
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from pkgutil import resolve_name

from workbench.execution.warm_kernels import KernelEnded, KernelRequest, KernelStarted

# What the notebooks of the project ask for, `module:name` where a door loads what is behind it.
# Altair is not among them: it starts threads, and a process that has threads is not forked.
PRELOADED = (
    "ipykernel.kernelapp",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "pandas",
    "workbench:Validation",
    "workbench:Report",
    "workbench:tables",
    "workbench.lab:PartnerBench",
    "workbench.lab:load_ipython_extension",
)
_TASKS = Path("/proc/self/task")


def main() -> None:
    """Serve until the other end closes; in a forked child, be the kernel that was asked for."""
    # As the launcher of a kernel: what is imported is not looked for in the folder of the start.
    if sys.path[0] in {"", str(Path.cwd())}:
        del sys.path[0]
    request = _serve(Connection(int(sys.argv[1])))
    if request is not None:
        _become_kernel(request)


def _serve(connection: Connection) -> KernelRequest | None:
    """Fork a kernel for each request; gives the request in the child, and None at the end."""
    given = dict(os.environ)
    for name in PRELOADED:
        resolve_name(name)
    # What imports have set a kernel has, too.
    imported = {name: value for name, value in os.environ.items() if given.get(name) != value}
    gc.collect()
    gc.freeze()  # no collection of a child writes to the pages that it shares
    bell, ringing = os.pipe()
    os.set_blocking(ringing, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ringing, warn_on_full_buffer=False)
    kernels: set[int] = set()
    with suppress(EOFError, OSError):
        while True:
            ready = wait([connection, bell])
            if connection in ready:
                request: KernelRequest = connection.recv()
                pid = os.fork() if _has_one_thread() else -1
                if pid == 0:
                    connection.close()
                    os.close(bell)
                    signal.set_wakeup_fd(-1)
                    os.close(ringing)
                    return request._replace(environment=request.environment | imported)
                kernels.add(pid)
                connection.send(KernelStarted(pid))
            if bell in ready:
                os.read(bell, 4096)
                for ended in _reap():
                    kernels.discard(ended.pid)
                    connection.send(ended)
    for pid in kernels - {-1}:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    return None


def _has_one_thread() -> bool:
    """Whether a fork is safe: another thread could hold a lock that the child waits for."""
    return len(list(_TASKS.iterdir())) == 1


def _reap() -> Iterator[KernelEnded]:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            yield KernelEnded(pid, os.waitstatus_to_exitcode(status))


def _become_kernel(request: KernelRequest) -> None:
    """Leave behind what the server was: group, signals, folder, environment, seeds, limits."""
    os.setsid()
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    # A core file would hold the credentials of the environment.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    # The kernel ends when the server does; its own default was read when it was imported.
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"
    sys.argv = ["ipykernel_launcher", *request.argv, parent]
    from ipykernel.kernelapp import launch_new_instance  # noqa: PLC0415

    launch_new_instance()


if __name__ == "__main__":
    main()
