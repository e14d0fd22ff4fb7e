"""A sandbox that may be production is asked about before it is asked anything."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Nook", "version": "1"},
    "servers": [{"url": "https://api.nook.invalid/v1", "description": "Production"}],
    "paths": {"/ping": {"get": {"responses": {"200": {"description": "ok"}}}}},
}
COMMAND = [sys.executable, "-m", "workbench", "check", "nook", "--source", "behaviour", "--json"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose only partner calls as its sandbox what its document calls production."""
    folder = tmp_path / "contracts" / "nook"
    folder.mkdir(parents=True)
    text = json.dumps(DOCUMENT)
    (folder / "api.json").write_text(text, "utf-8")
    manifest = {
        "partner": "nook",
        "title": "Nook",
        "kind": "marketplace",
        "timezone": "Europe/Madrid",
        "currency": "EUR",
        "documents": [{"path": "api.json", "sha256": hashlib.sha256(text.encode()).hexdigest()}],
        "environments": {"sandbox": {"base_url": "https://api.nook.invalid/v1"}},
        "auth": {"scheme": "none"},
        "features": {},
    }
    (folder / "partner.yaml").write_text(yaml.safe_dump(manifest), "utf-8")
    return tmp_path


def test_where_nobody_sits_it_is_said(project: Path) -> None:
    """A script goes on reading, is told of it beside the output, and may write nothing."""
    done = subprocess.run(
        COMMAND, cwd=project, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert "speaks of it as production" in done.stderr
    assert json.loads(done.stdout)["evidence"] is not None
    done = subprocess.run(
        [*COMMAND, "--allow-writes"],
        cwd=project, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "speaks of it as production" in json.loads(done.stdout)["error"]["message"]


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 2), (b"y\n", 0)])
def test_on_a_terminal_a_person_is_asked(project: Path, answer: bytes, code: int) -> None:
    """No is an end without a run folder; yes goes on, and only reads."""
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    done = subprocess.run(
        COMMAND, cwd=project, stdin=theirs, capture_output=True, text=True, check=False
    )
    os.close(ours)
    os.close(theirs)
    assert "Ask it questions all the same?" in done.stderr
    assert (done.returncode == 2) is (code == 2)
    assert (project / "reports").exists() is (code != 2)
