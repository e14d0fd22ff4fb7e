"""A verdict never says more than was proved: conditions and the words that are right in them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench.partners import load_catalogue

from .conftest import Open

ROOT = Path(__file__).resolve().parents[2]
TABLE = yaml.safe_load((Path(__file__).parent / "table.yaml").read_text("utf-8"))
INTEGRATED = {"confirmed", "limited"}
BINDABLE = {feature.slug for feature in load_catalogue().bindable()}


def check(slug: str, reports: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """`workbench check` as a program; exit code and what it says."""
    command = [sys.executable, "-m", "workbench", "check", slug, "--json", *options]
    for source in ("documents", "samples", "behaviour"):
        command += ["--source", source]
    done = subprocess.run(command, cwd=reports, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with our partner folders and reports of its own."""
    (tmp_path / "contracts").symlink_to(ROOT / "contracts")
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['partner']}, {row['condition']}")
def test_truth(row: dict[str, Any], checkout: Path, open_gateway: Open) -> None:
    """In every condition the verdicts, the figures and the exit code are those of the table."""
    options = ["--seconds", str(row.get("seconds", 120))]
    options += ["--allow-writes"] if row.get("writes", True) else []
    credentials = row.get("credentials", True)
    with open_gateway(row["partner"], credentials=credentials, **row["gateway"]):
        code, said = check(row["partner"], checkout, *options)
    verdicts = {slug: status for slug, status in said["verdicts"].items() if slug in BINDABLE}
    failed = {slug for slug, status in said["verdicts"].items() if status == "failed"}
    integrated = {slug for slug, status in verdicts.items() if status in INTEGRATED}
    if "failed" in row:
        assert failed == set(row["failed"])
    if "within" in row:
        assert failed
        assert failed <= set(row["within"])
    if "integrated" in row:
        assert len(integrated) == row["integrated"]
    assert integrated.isdisjoint(row.get("not", ()))
    if "tested" in row:
        assert said["tested"] is row["tested"]
    if "exit" in row:
        assert code == row["exit"]
