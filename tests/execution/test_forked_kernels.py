"""A forked kernel is as a stock one, only sooner; what cannot be forked starts as it always did."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from workbench.errors import ReportError
from workbench.execution import run_notebook, warm_kernels

from .conftest import MakeNotebook

pytestmark = pytest.mark.skipif(not warm_kernels.can_fork(), reason="kernels are forked on Linux")

# What a program can see of the process that it runs in.
LOOK = """
import json, os, random, signal, socket, sys, threading
from pathlib import Path
# Sockets that wait for connections: of these one kernel has as many as another at any moment.
waiting = set()
for table, column, state, inode in (("tcp", 3, "0A", 9), ("unix", 3, "00010000", 6)):
    rows = map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
    waiting |= {row[inode] for row in rows if row[column] == state}
sockets = 0
for name in os.listdir("/proc/self/fd"):
    try:
        target = os.readlink(f"/proc/self/fd/{name}")
    except OSError:
        continue
    sockets += target[8:-1] in waiting
print(json.dumps({
    "alike": {
        "folder": os.getcwd(),
        "environment": {k: v for k, v in os.environ.items() if k != "JPY_PARENT_PID"},
        "path": sys.path,
        "name": __name__,
        "signals": {name: str(signal.getsignal(name)) for name in signal.valid_signals()},
        "leads": os.getpid() == os.getpgid(0) == os.getsid(0),
        "sockets": sockets,
        "hidden": sorted(n for n in globals() if "hidden" in n),
    },
    "pid": os.getpid(),
    "parent": os.getppid(),
    "number": random.random(),
}))
hidden_state = 1
"""


def run(make_notebook: MakeNotebook, code: str) -> str:
    """Execute one cell behind the parameters; gives what it printed."""
    notebook = make_notebook("x: int = 1", code)
    executed = run_notebook(notebook, notebook.with_suffix(".out.ipynb"), {})
    outputs = nbformat.read(executed, as_version=4).cells[-1].outputs
    return "".join(output.text for output in outputs if output.output_type == "stream")


def wait_until_gone(pid: int) -> None:
    """Return when a process has ended."""
    deadline = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline, f"{pid} still runs"
        time.sleep(0.02)


def test_a_forked_kernel_begins_as_a_stock_one(
    make_notebook: MakeNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folder, environment, path, signals, connections are alike; nothing of another kernel is."""
    monkeypatch.setenv("WORKBENCH_TRY", "seen")
    first, second = (json.loads(run(make_notebook, LOOK)) for _ in range(2))
    monkeypatch.setattr("workbench.execution.kernel_provisioner.can_fork", lambda: False)
    stock = json.loads(run(make_notebook, LOOK))
    assert first["alike"] == second["alike"] == stock["alike"]
    assert stock["alike"]["sockets"] > 0
    assert first["alike"]["environment"]["WORKBENCH_TRY"] == "seen"
    assert first["number"] != second["number"]
    assert first["pid"] != second["pid"]
    assert first["parent"] == second["parent"] != stock["parent"] == os.getpid()
    wait_until_gone(first["pid"])


def test_a_kernel_that_dies_is_told(make_notebook: MakeNotebook) -> None:
    """The end of a forked process reaches who waits for it, and the next kernel starts."""
    with pytest.raises(ReportError, match="died"):
        run(make_notebook, "import os; os._exit(3)")
    assert run(make_notebook, "print('next')") == "next\n"


def test_a_killed_server_keeps_nobody_from_a_kernel(make_notebook: MakeNotebook) -> None:
    """While it dies a stock kernel starts, and after that one of a new server."""
    look = "import os; print(os.getppid())"
    server = int(run(make_notebook, look))
    os.kill(server, signal.SIGKILL)
    run(make_notebook, look)
    assert int(run(make_notebook, look)) not in {server, os.getpid()}


def test_who_is_killed_leaves_no_kernel(tmp_path: Path) -> None:
    """When a process ends, its warm process and the kernels of that end too."""
    program = (
        "import os, sys, time\n"
        "from workbench.execution.warm_kernels import KernelRequest, warm_up\n"
        "argv = ['-f', sys.argv[1], '--IPKernelApp.transport=ipc']\n"
        "server = warm_up()\n"
        "print(server.start(KernelRequest(argv, '/', dict(os.environ))).pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "connection.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as owner:
        assert owner.stdout
        kernel = int(owner.stdout.readline())
        assert Path(f"/proc/{kernel}").exists()
        owner.kill()
    wait_until_gone(kernel)


def test_a_server_that_has_threads_is_not_forked() -> None:
    """What would be unsafe is refused, and the provisioner then starts a stock kernel."""
    program = (
        "import threading, time\n"
        "from workbench.execution import kernel_server\n"
        "print(kernel_server._has_one_thread())\n"
        "threading.Thread(target=time.sleep, args=[1], daemon=True).start()\n"
        "print(kernel_server._has_one_thread())\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert said.stdout == b"True\nFalse\n"


def test_what_is_preloaded_exists_and_starts_no_thread() -> None:
    """Each name resolves; together they leave the server with the one thread that it needs."""
    program = (
        "from pkgutil import resolve_name\n"
        "from workbench.execution.kernel_server import PRELOADED, _has_one_thread\n"
        "print([name for name in PRELOADED if resolve_name(name) is None], _has_one_thread())\n"
    )
    environment = os.environ | warm_kernels.SERVER_ENVIRONMENT
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert said.stdout == b"[] True\n"
