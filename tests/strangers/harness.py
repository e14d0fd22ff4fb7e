"""Starts a stranger: its packages in a room of their own, its server on a free port."""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench.drafting import Draft, draft_partner
from workbench.settings import Settings

HERE = Path(__file__).parent
_PATIENCE = 60.0  # seconds until a server has to answer


@dataclass(frozen=True)
class Stranger:
    """What is needed to start one, and to log in.

    Attributes:
        document: Path of its own description on the server.
        credentials: Credential name → value, for the workbench.
        variables: Environment of its server.
    """

    name: str
    document: str
    credentials: dict[str, str]
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where its program, its truth and what was written by hand lie."""
        return HERE / self.name

    @property
    def truth(self) -> dict[str, Any]:
        """What it really does, found before the workbench saw it."""
        told: dict[str, Any] = yaml.safe_load((self.folder / "truth.yaml").read_text("utf-8"))
        return told

    @contextlib.contextmanager
    def run(self, room: Path) -> Iterator[str]:
        """Its address, while it runs; skips the test where it cannot be installed."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        home = install(self)
        environment = {**os.environ, **self.variables, "PORT": str(port), "PYTHONPATH": ""}
        with (room / "server.log").open("wb") as log:
            server = subprocess.Popen(
                self._command(home, room, port),
                cwd=self.folder if self.name != "bistro" else home,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            _await(f"http://127.0.0.1:{port}{self.document}", room / "server.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)

    def _command(self, home: Path, room: Path, port: int) -> list[str]:
        if self.name == "bistro":
            return ["node", "server.js"]
        python = str(home / "bin" / "python")
        if self.name == "campuseats":
            return [python, "serve.py", str(room), str(port)]
        return [python, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning"]


STRANGERS = (
    Stranger(
        "campuseats",
        "/schema/",
        {
            "username": "student",
            "password": "student-pass-13",
            "second_username": "stranger",
            "second_password": "stranger-pass-14",
        },
        {
            "CAMPUS_BOSS_PASSWORD": "boss-pass-11",
            "CAMPUS_KITCHEN_PASSWORD": "kitchen-pass-12",
            "CAMPUS_STUDENT_PASSWORD": "student-pass-13",
            "CAMPUS_STRANGER_PASSWORD": "stranger-pass-14",
        },
    ),
    Stranger(
        "noodlebar",
        "/openapi.json",
        {
            "username": "kitchen",
            "password": "wok-pass-21",
            "second_username": "other",
            "second_password": "other-pass-22",
        },
        {"NOODLE_PASSWORD": "wok-pass-21", "NOODLE_OTHER_PASSWORD": "other-pass-22"},
    ),
    Stranger(
        "bistro",
        "/api-docs.json",
        {"api_key": "bistro-key-31", "second_api_key": "bistro-key-32"},
        {"BISTRO_KEY": "bistro-key-31", "BISTRO_OTHER_KEY": "bistro-key-32"},
    ),
    Stranger(
        "delirpc",
        "/openapi.json",
        {"api_key": "deli-key-41", "second_api_key": "deli-key-42"},
        {"DELI_KEY": "deli-key-41", "DELI_OTHER_KEY": "deli-key-42"},
    ),
)


# Why the packages of a stranger cannot be installed; a registry that is away is asked once.
_TROUBLE: dict[str, str] = {}


def install(stranger: Stranger) -> Path:
    """The room with a stranger's packages, made once for each list of packages."""
    if stranger.name in _TROUBLE:
        pytest.skip(_TROUBLE[stranger.name])
    try:
        return _install_node(stranger) if stranger.name == "bistro" else _install_python(stranger)
    except OSError as error:
        _TROUBLE[stranger.name] = f"its packages cannot be installed: {error}"
        pytest.skip(_TROUBLE[stranger.name])


def _install_python(stranger: Stranger) -> Path:
    wanted = (stranger.folder / "requirements.txt").read_bytes()
    home = _room(stranger, wanted)
    if not (home / "done").is_file():
        shutil.rmtree(home, ignore_errors=True)
        _make([sys.executable, "-m", "venv", str(home)])
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        _make([*pip, "-r", str(stranger.folder / "requirements.txt")])
        if stranger.name == "campuseats":
            # It pins a Django for newer Pythons; what it uses is in the older one too.
            _make([*pip, "--no-deps", "campuseats==0.1.0"])
        (home / "done").touch()
    return home


def _install_node(stranger: Stranger) -> Path:
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise FileNotFoundError("node and npm are not on this machine")
    home = _room(stranger, (stranger.folder / "package.json").read_bytes())
    if not (home / "done").is_file():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        shutil.copy(stranger.folder / "package.json", home)
        _make(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(home)])
        (home / "done").touch()
    shutil.copy(stranger.folder / "server.js", home)
    return home


def _room(stranger: Stranger, wanted: bytes) -> Path:
    """A folder outside the checkout, so that no packages get into it."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    mark = hashlib.sha256(wanted + sys.version.encode()).hexdigest()[:12]
    return Path(base) / "partner-integration-workbench" / "strangers" / f"{stranger.name}-{mark}"


def _make(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines()
        raise OSError(told[-1] if told else command[0])


def _await(address: str, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=60):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the server did not come up: {log.read_text('utf-8', 'replace')[-2000:]}")


def draft(stranger: Stranger, url: str, settings: Settings) -> Draft:
    """Draft its folder from the address of its document alone."""
    return draft_partner(stranger.name, [f"{url}{stranger.document}"], settings)


def review(stranger: Stranger, url: str, drafted: Draft) -> int:
    """Put the reviewed files in place of the drafted ones; returns lines written by hand."""
    count = 0
    for name, before in {
        "partner.yaml": drafted.manifest,
        "mapping.yaml": drafted.mapping,
    }.items():
        after = (stranger.folder / "folder" / name).read_text("utf-8")
        if name == "partner.yaml":
            documents = re.search(r"^documents:\n(?:  .*\n)+", before, re.MULTILINE)
            assert documents is not None
            after = re.sub(r"base_url: .*", f"base_url: {url}{_tail(after)}", after)
            after = after.replace("\nlocale:", f"\n{documents[0]}locale:", 1)
        count += _by_hand(before, after)
        assert drafted.path is not None
        (drafted.path / name).write_text(after, "utf-8")
    return count


def _tail(manifest: str) -> str:
    """Path of the API's root below the address of the server."""
    found = re.search(r"base_url: http://[^/\n]*(/\S*)?", manifest)
    return (found[1] or "") if found else ""


def base_path(stranger: Stranger) -> str:
    """Path of its API's root, as the reviewed folder has it."""
    return _tail((stranger.folder / "folder" / "partner.yaml").read_text("utf-8"))


def _by_hand(before: str, after: str) -> int:
    """Lines that a person wrote: those of the reviewed file that no draft has."""

    def plain(text: str) -> list[str]:
        lines = (re.sub(r"\s+# .*", "", line).rstrip() for line in text.splitlines())
        return [line for line in lines if line and not line.lstrip().startswith("#")]

    new = set(plain(before))
    changed = difflib.ndiff(plain(before), plain(after))
    return sum(line.startswith("+ ") and line[2:] not in new for line in changed)
