"""Manners of the command line: it helps with names, judges early, and says as much as is asked."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from workbench.cli import main
from workbench.project import lay_out


@pytest.fixture(autouse=True)
def _in_checkout(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setenv("WORKBENCH_REPORTS", str(tmp_path / "reports"))


def run(*arguments: str, columns: int = 80) -> Result:
    """Call `workbench` in process."""
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(main, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("valdate",), "validate"),
        (("lint", "tavolla"), "tavola"),
        (("validate", "tavola", "--environment", "sandbx"), "sandbox"),
        (("check", "mesa", "--environment", "sandbx"), "sandbox"),
        (("map", "tavola", "ordr", "x.json"), "order"),
        (("lint", "tavola", "--jsn"), "--json"),
    ],
)
def test_a_slip_is_led_to_what_was_meant(arguments: tuple[str, ...], meant: str) -> None:
    """Commands, partners, environments, mappings and options each name the nearest that exists."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Did you mean" in result.stderr
    assert meant in result.stderr


@pytest.mark.parametrize(
    "options",
    [("--environment", "prodution"), ("--environment", "production", "--allow-writes")],
)
def test_a_wrong_wish_costs_no_time(options: tuple[str, ...], tmp_path: Path) -> None:
    """Environment and writing are judged before a run folder or a kernel exists."""
    assert run("validate", "tavola", *options).exit_code == 2
    assert not (tmp_path / "reports").exists()


def test_findings_count_as_asked() -> None:
    """`--fail-on` sets from which severity on a command ends with 1; `never` means never."""
    assert run("lint", "tavola").exit_code == 1
    assert run("lint", "tavola", "--fail-on", "low").exit_code == 1
    assert run("lint", "tavola", "--fail-on", "medium").exit_code == 0
    assert run("lint", "tavola", "--fail-on", "never").exit_code == 0


def test_quiet_leaves_only_the_code() -> None:
    """`-q` prints nothing; errors are still told."""
    quiet = run("lint", "tavola", "-q")
    assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (1, "", "")
    assert "no partner" in run("lint", "nobody", "-q").stderr


def test_verbose_says_where_in_our_code() -> None:
    """`-v` adds the way through the code to an error, which nobody sees otherwise."""
    assert "Traceback" in run("lint", "nobody", "-v").stderr
    assert "Traceback" not in run("lint", "nobody").stderr


def test_verbose_says_what_a_source_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-v` adds each finding of an observation, with where it is; `--fail-on` counts them."""
    lay_out(tmp_path, examples=True)
    (tmp_path / "contracts/tavola/samples/order-read/odd.json").write_text("{}", "utf-8")
    monkeypatch.chdir(tmp_path)
    arguments = ("check", "tavola", "--source", "samples", "--run")
    brief, full = run(*arguments, "a"), run(*arguments, "b", "-v")
    assert "\n      pointer:" not in brief.stdout
    assert "\n      pointer:" in full.stdout
    assert run(*arguments, "c", "--fail-on", "high").exit_code == 1
    assert run(*arguments, "d", "--fail-on", "never").exit_code == 0


def test_who_stops_reading_is_no_failure(root: Path) -> None:
    """`workbench features | head` ends with 0 and without a complaint, in both forms."""
    for form in ("", "--json"):
        line = f"set -o pipefail; {sys.executable} -m workbench features {form} | head -n 1"
        done = subprocess.run(
            ["bash", "-c", line], cwd=root, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_a_narrow_screen_shows_lists() -> None:
    """On sixty columns each cell stands below its name, and no word is cut."""
    wide, narrow = run("lint", "tavola").stdout, run("lint", "tavola", columns=60).stdout
    assert "  kind: mapping-enum-undocumented\n" in narrow
    assert "kind: " not in wide


def test_on_a_terminal_lines_break_between_words(root: Path) -> None:
    """Sixty columns of a real terminal hold every line of the catalogue."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "features"], cwd=root, stdout=follower,
        env={**os.environ, "COLUMNS": "60", "TERM": "dumb", "LINES": "40"},
    )  # fmt: skip
    os.close(follower)
    said = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:
            break
        if not piece:
            break
        said += piece
    assert process.wait() == 0
    lines = said.decode().splitlines()
    assert max(len(line) for line in lines) <= 60
    assert any(line.startswith("      ") for line in lines)


def test_shells_complete_what_the_project_has() -> None:
    """Partners, and the environments of the partner on the line."""
    shell = ShellComplete(main, {}, "workbench", "_WORKBENCH_COMPLETE")

    def offered(words: list[str], begun: str) -> list[str]:
        return [item.value for item in shell.get_completions(words, begun)]

    assert offered(["lint"], "t") == ["tavola"]
    assert offered(["validate", "mesa"], "") == ["bocado", "feria", "mesa", "tavola"]
    assert offered(["validate", "tavola", "--environment"], "p") == ["production"]
    assert offered(["validate", "nobody", "--environment"], "p") == []
    assert "validate" in offered([], "val")


def test_the_catalogue_loads_as_little_as_the_help() -> None:
    """`features` imports no adapter, no reader of documents beyond YAML, no pandas, no settings."""
    code = (
        "import sys\nfrom workbench.cli import main\n"
        "try:\n    main(['features'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('httpx', 'pandas', 'pydantic_settings', 'workbench.adapters', 'sqlalchemy')\n"
        "sys.exit(','.join(name for name in heavy if name in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
