"""`workbench lab` opens a real JupyterLab on the project, and takes all of it down again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from workbench.project import lay_out


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """`workbench lab` in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", "lab", "--no-browser", *arguments],
        cwd=folder, env=dict(os.environ), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


@pytest.mark.slow
def test_it_opens_and_closes(tmp_path: Path) -> None:
    """The server answers; told to end, it and the sandbox end, and no credential was printed."""
    pytest.importorskip("jupyterlab")
    lay_out(tmp_path, examples=True)
    port = free_port()
    process = start(tmp_path, "--sandbox", "--port", str(port))
    answered = b""
    while process.poll() is None and not answered:
        try:
            answered = urlopen(f"http://127.0.0.1:{port}/api", timeout=60).read()
        except (URLError, OSError):
            time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert b"version" in answered, said
    assert "The sandbox plays bocado, mesa, tavola." in said
    assert "CLIENT_SECRET" not in said


def test_without_examples_it_says_how_to_get_them(tmp_path: Path) -> None:
    """The sandbox plays fictional partners only."""
    pytest.importorskip("jupyterlab")
    lay_out(tmp_path)
    process = start(tmp_path, "--sandbox")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "init --examples" in said
