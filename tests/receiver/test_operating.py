"""The operating page is true: its commands, settings, figures and files exist."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli import main
from workbench.receiver.inbox import Health
from workbench.receiver.monitoring import Metrics
from workbench.settings import Settings

PAGE = files("workbench.receiver").joinpath("README.md").read_text("utf-8")


def block(kind: str) -> str:
    """The first code block of a kind."""
    match = re.search(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    assert match is not None
    return match[1]


def commands() -> list[list[str]]:
    """Every `workbench …` of the page, as words."""
    unit = configparser.ConfigParser(interpolation=None)
    unit.read_string(block("ini"))
    start = shlex.split(unit["Service"]["ExecStart"])
    assert Path(start[0]).name == "workbench"
    lines = [start[1:], shlex.split(block(""))[1:]]
    lines += [shlex.split(text) for text in re.findall(r"`workbench ([a-z][^`]*)`", PAGE)]
    return lines


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_of_the_page_is_one(words: list[str]) -> None:
    """The command is known, and so is each of its options."""
    depth = 2 if words[0] == "inbox" else 1
    told = CliRunner().invoke(main, [*words[:depth], "--help"])
    assert told.exit_code == 0
    assert {word for word in words if word.startswith("--")} <= set(
        re.findall(r"--[a-z-]+", told.output)
    )


def test_every_setting_of_the_page_is_one() -> None:
    """`WORKBENCH_…` names a field of the settings, or a credential."""
    named = set(re.findall(r"WORKBENCH_[A-Z_]+", PAGE))
    known = {f"WORKBENCH_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in named if "__" not in name} <= known


def test_every_figure_of_the_page_is_told() -> None:
    """An alert asks for a figure that `/metrics` has."""
    metrics = Metrics(lambda: Health(is_writing=True, queue=0, free_bytes=1))
    metrics.count("tavola", 401, "mismatch", 0.1)
    told = set(re.findall(r"^(workbench_\w+)", metrics.write().decode(), re.MULTILINE))
    named = set(re.findall(r"workbench_(?:inbox|webhook)_\w+", PAGE))
    assert named
    assert named <= told


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    """`systemd-analyze verify` finds no unknown word in it."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd is not installed")
    text = block("ini").replace("/srv/integrations/.venv/bin/workbench", shutil.which("true") or "")
    unit = tmp_path / "workbench-listen.service"
    unit.write_text(text.replace("User=workbench\n", ""), "utf-8")
    done = subprocess.run([tool, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert "Unknown" not in done.stderr
    assert "lvalue" not in done.stderr
