"""The wheel alone is enough: what a project begins with lies in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout and unpacked where Python can import it."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next((folder / "dist").glob("*.whl"))) as wheel:
        wheel.extractall(folder / "packages")
    return folder / "packages"


def run(installed: Path, folder: Path, *arguments: str) -> tuple[int, Any]:
    """Call `workbench` of the wheel in a folder."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "workbench", *arguments, "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def test_it_brings_our_partners_and_nobody_elses(installed: Path) -> None:
    """Exactly what git holds of contracts and notebooks, and no trace of a machine."""
    shipped = installed / "workbench" / "shipped"
    held = subprocess.run(
        ["git", "ls-files", "contracts", "notebooks"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    found = {path.relative_to(shipped).as_posix() for path in shipped.rglob("*") if path.is_file()}
    assert {name for name in found if "__pycache__" not in name} == set(held)


def test_a_project_is_made_and_worked_in(installed: Path, tmp_path: Path) -> None:
    """`init` in an empty folder, then lint and offline evidence of an example."""
    code, made = run(installed, tmp_path, "init", "mine", "--examples")
    assert (code, made["path"]) == (0, str(tmp_path / "mine"))
    _, linted = run(installed, tmp_path / "mine", "lint", "bocado")
    assert "findings" in linted
    words = ("check", "mesa", "--source", "samples", "--run", "one")
    code, checked = run(installed, tmp_path / "mine" / "notebooks", *words)
    assert code == 0
    assert checked["verdicts"]
    assert (tmp_path / "mine" / "reports" / "mesa" / "one" / "evidence.jsonl").is_file()


def test_an_empty_folder_is_led_to_a_project(installed: Path, tmp_path: Path) -> None:
    """What needs partners says what to do first."""
    for arguments in (("lint", "tavola"), ("new", "x", "--document", "y.yaml"), ("portal",)):
        code, told = run(installed, tmp_path, *arguments)
        assert code == 2
        assert "workbench init" in told["error"]["hint"]
