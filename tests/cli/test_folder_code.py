"""The code of a partner folder runs only where its user asks for work with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from workbench.cli import main
from workbench.errors import HookError
from workbench.evidence import samples
from workbench.model.evidence import Outcome
from workbench.partners import load_catalogue, load_partner
from workbench.settings import Settings

ROOT = Path(__file__).parents[2]
HOOKS = """
from pathlib import Path
Path(__file__).with_name("ran").touch()

def read_{mapping}(payload):
    raise RuntimeError("no")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A partner folder whose code leaves a trace when it runs, and fails when it is needed."""
    made = tmp_path / "contracts" / "bocado"
    shutil.copytree(ROOT / "contracts" / "bocado", made)
    mapping = _mapping(load_partner("bocado", Settings(root=tmp_path)))
    (made / "hooks.py").write_text(HOOKS.format(mapping=mapping.replace("-", "_")))
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    return made


def _mapping(partner: Any) -> str:
    return str(partner.feature("order-read").mapping)


def run(*words: str) -> tuple[int, Any]:
    """Exit code and JSON document of a command."""
    done = CliRunner().invoke(main, [*words, "--json"])
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.parametrize("command", ["describe", "suggest", "lint"])
def test_looking_runs_no_code(folder: Path, command: str) -> None:
    """These commands look at a folder that may be a stranger's; --hooks says that it is trusted."""
    run(command, "bocado")
    assert not (folder / "ran").exists()
    run(command, "bocado", "--hooks")
    assert (folder / "ran").exists()


def test_lint_says_that_a_folder_has_code(folder: Path) -> None:
    """It is told, and is no fault."""
    _, told = run("lint", "bocado")
    [found] = [item for item in told["findings"] if item["slug"] == "folder-has-code"]
    assert found["severity"] == "info"
    assert "your rights" in found["summary"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[parameters]\nx = "${WORKBENCH_TAVOLA__SANDBOX__CLIENT_SECRET}"', "variable"),
        ('base-url = "https://evil.example"', "base-url"),
        ('hooks = "x"', "hooks"),
        ("[", "not TOML"),
    ],
)
def test_lint_reads_overrides(folder: Path, text: str, words: str) -> None:
    """What a contract run would refuse is told offline."""
    (folder / "schemathesis.toml").write_text(text)
    code, told = run("lint", "bocado")
    [found] = [item for item in told["findings"] if item["slug"] == "overrides-refused"]
    assert code == 1
    assert words in found["summary"]
    (folder / "schemathesis.toml").write_text("max-failures = 3")
    assert "overrides-refused" not in str(run("lint", "bocado"))


def test_lint_misses_a_hook_that_logs_in(folder: Path) -> None:
    """A folder that needs code and has none is told."""
    (folder / "hooks.py").unlink()
    manifest = folder / "partner.yaml"
    text = manifest.read_text()
    start = text.index("\nauth:")
    end = text.index("\n\n", start) if "\n\n" in text[start:] else len(text)
    manifest.write_text(
        text[:start] + "\nauth: {scheme: hook, credentials: [api_key]}" + text[end:]
    )
    code, told = run("lint", "bocado")
    assert code == 1
    assert "hook-missing" in [item["slug"] for item in told["findings"]]


def test_raising_hook_spoils_its_feature_alone(folder: Path) -> None:
    """What the failed hook would read cannot be told; everything else is as without it."""
    settings = Settings(root=folder.parent.parent)
    partner, catalogue = load_partner("bocado", settings), load_catalogue()
    spoilt = {item.subject: item for item in samples.gather(partner, catalogue)}
    (folder / "hooks.py").unlink()
    whole = {
        item.subject: item for item in samples.gather(load_partner("bocado", settings), catalogue)
    }
    changed = {name for name in whole if whole[name].outcome is not spoilt[name].outcome}

    assert changed
    for name in changed:
        assert spoilt[name].outcome is Outcome.CANT_TELL
        assert "raised RuntimeError: no" in spoilt[name].summary
        assert partner.feature(spoilt[name].feature).mapping == _mapping(partner)


def test_hook_that_is_not_run_says_so(folder: Path) -> None:
    """A translation without the code that it needs is an error that names the way out."""
    settings = Settings(root=folder.parent.parent)
    partner = load_partner("bocado", settings, run_hooks=False)
    with pytest.raises(HookError, match="was not run") as caught:
        partner.mapping(_mapping(partner)).translate({})
    assert "--hooks" in (caught.value.hint or "")
    assert not (folder / "ran").exists()
