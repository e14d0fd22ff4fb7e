"""Keys, signing and verification from the command line: results and exit codes that differ."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from workbench.cli import main

EXAMPLE = Path(__file__).parents[2] / "reports" / "example" / "bocado"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a published run, and a user without keys."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.delenv("WORKBENCH_SIGNING_KEY", raising=False)
    return Path(shutil.copytree(EXAMPLE, tmp_path / "bocado"))


def run(*words: object) -> tuple[int, Any]:
    """Exit code and JSON document of a command."""
    done = CliRunner().invoke(main, [*map(str, words), "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_signed_consistent_altered(folder: Path, tmp_path: Path) -> None:
    """One report on its way: unsigned, signed, seen with and without the key, then edited."""
    assert run("verify", folder)[0] == 3
    assert run("verify", folder)[1]["result"] == "consistent"

    code, keys = run("keys")
    assert (code, keys["made"]) == (0, True)
    code, signed = run("sign", folder)
    assert (code, signed["public_key"]) == (0, keys["public_key"])
    public = tmp_path / "config" / "workbench" / "signing-key.pub"
    for known in (keys["public_key"], public):
        code, told = run("verify", folder, "--public-key", known)
        assert (code, told["result"]) == (0, "signed")
    assert run("verify", folder)[0] == 3

    page = folder / "report.html"
    page.write_text(page.read_text("utf-8").replace("<h1", "<h1 hidden", 1), "utf-8")
    for options in ([], ["--public-key", str(public)]):
        code, told = run("verify", folder, *options)
        assert (code, told["result"]) == (1, "altered")
    assert run("sign", folder)[0] == 2


def test_words_claim_no_more_than_is_known(folder: Path) -> None:
    """Without a known key the text says that anyone could have made it."""
    done = CliRunner().invoke(main, ["verify", str(folder)])
    assert "anyone could have made it" in " ".join(done.stdout.split())
    assert "genuine" not in done.stdout


def test_nothing_to_sign_with_or_to_verify(folder: Path, tmp_path: Path) -> None:
    """Errors say what to do; no private key is printed."""
    code, told = run("sign", folder)
    assert code == 2
    assert "workbench keys" in told["error"]["hint"]
    assert run("verify", tmp_path)[0] == 2
    assert run("verify", folder, "--public-key", "no key")[0] == 2
    made = CliRunner().invoke(main, ["keys"])
    private = (tmp_path / "config" / "workbench" / "signing-key").read_text().strip()
    assert private not in made.stdout + made.stderr
    assert (tmp_path / "config" / "workbench" / "signing-key").stat().st_mode & 0o777 == 0o600
