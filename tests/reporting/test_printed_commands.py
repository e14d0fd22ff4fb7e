"""What a report prints to be pasted into a shell does what it is printed for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from workbench.cli.commands import main
from workbench.reporting.markdown_report import write_markdown
from workbench.reporting.report import Report
from workbench.sandbox.server import Sandbox

MINIATURES = Path(__file__).parents[1] / "evidence" / "miniatures"
sys.path.insert(0, str(MINIATURES))
from miniature import build_simulator  # noqa: E402
from opening import write_folder  # noqa: E402

pytestmark = pytest.mark.slow

_FENCED = re.compile(r"^```[a-z]*\n((?:curl|workbench) .*?)\n```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:curl|workbench) [^`\n]+)`")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that this process, and every shell that it starts, works in."""
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    return tmp_path


def _run(slug: str, *sources: str) -> int:
    words = ["check", slug, "--run", "r", "--seconds", "30"]
    for source in sources:
        words += ["--source", source]
    done = CliRunner().invoke(main, words)
    assert isinstance(done.exception, SystemExit | None), done.output
    return done.exit_code


def _read(root: Path, slug: str) -> tuple[Report, list[str]]:
    """The report of the run, and what it prints to be pasted."""
    report = Report.read(root / "reports" / slug / "r")
    text = write_markdown(report)
    return report, list(dict.fromkeys(_FENCED.findall(text) + _INLINE.findall(text)))


def _paste(command: str, root: Path) -> subprocess.CompletedProcess[str]:
    shell = ["bash", "-euo", "pipefail", "-c", command]
    return subprocess.run(shell, cwd=root, capture_output=True, text=True, timeout=300, check=False)


def _keep(root: Path, *features: str, reviewed: bool = True) -> None:
    """The miniature's folder with some of its features, as reviewed or as drafted."""
    write_folder(root)
    manifest = root / "contracts" / "miniature" / "partner.yaml"
    data = yaml.safe_load(manifest.read_text("utf-8"))
    data["features"] = {name: data["features"][name] for name in features}
    for name in features:
        data["features"][name] |= {} if reviewed else {"reviewed": False}
    manifest.write_text(yaml.safe_dump(data), "utf-8")


def test_what_shows_a_finding_shows_it_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pasted request gets what the report shows, and a pasted check finds the same defects."""
    _keep(root, "order-read")
    defects = frozenset({"total-not-sum", "unknown-answered", "open-to-nobody"})
    with Sandbox([build_simulator(defects)]) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        code = _run("miniature", "behaviour")
        report, printed = _read(root, "miniature")
        shown = {item.finding.reproduction: item.finding for item in report.defects}
        for command in printed:
            pasted = _paste(command, root)
            if command.startswith("curl "):
                assert f" {shown[command].exchange.status} " in pasted.stdout.splitlines()[0]
            else:
                assert pasted.returncode == code
                assert all(item.finding.summary in pasted.stdout for item in report.defects)
    assert code == 1
    assert len(shown) >= 3
    assert sum(command.startswith("curl ") for command in printed) >= 3
    assert sum(command.startswith("workbench check ") for command in printed) == 1


def test_a_draft_without_credentials_is_repeated_as_it_was(root: Path) -> None:
    """The command of a run that could test nothing asks the same once more, and ends alike."""
    _keep(root, "order-read", reviewed=False)
    code = _run("miniature", "documents", "behaviour")
    _, printed = _read(root, "miniature")
    assert code == 3
    assert [_paste(command, root).returncode for command in printed] == [code] * len(printed)
    assert "workbench check miniature --source documents --source behaviour" in printed[-1]
