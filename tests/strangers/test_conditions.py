"""Strangers in bad conditions: in none of them does a verdict say more than was proved."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from workbench.cli.commands import main
from workbench.settings import Settings, variable_name

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "truth"))
from gateway import NOBODY, Gateway, guarded  # noqa: E402
from harness import STRANGERS, Stranger, base_path, draft, review  # noqa: E402

pytestmark = pytest.mark.slow

ROWS: list[dict[str, Any]] = yaml.safe_load((HERE / "conditions.yaml").read_text("utf-8"))
_INTEGRATED = {"confirmed", "limited"}


@dataclass(frozen=True)
class Guest:
    """A stranger that runs, with its folder as drafted and as reviewed."""

    stranger: Stranger
    url: str
    drafted: Path
    reviewed: Path


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Guest]]:
    """Gives a stranger by its name; each is started, drafted and reviewed once."""
    named = {item.name: item for item in STRANGERS}
    known: dict[str, Guest] = {}
    with ExitStack() as stack:

        def find(name: str) -> Guest:
            if name not in known:
                stranger = named[name]
                root = tmp_path_factory.mktemp(name)
                url = stack.enter_context(stranger.run(root))
                known[name] = _prepare(stranger, url, root)
            return known[name]

        yield find


def _prepare(stranger: Stranger, url: str, root: Path) -> Guest:
    (root / "contracts").mkdir()
    made = draft(stranger, url, Settings(root=root))
    assert made.path is not None
    shutil.copytree(made.path, root / "drafted")
    review(stranger, url, made)
    # Spare orders are spent once; the server stays for all rows, so none may be spent here.
    manifest = made.path / "partner.yaml"
    lines = manifest.read_text("utf-8").splitlines(keepends=True)
    manifest.write_text("".join(item for item in lines if " spare:" not in item), "utf-8")
    return Guest(stranger, url, root / "drafted", made.path)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['stranger']}, {row['condition']}")
def test_conditions(
    row: dict[str, Any],
    guest: Callable[[str], Guest],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Verdicts and exit code are those of the table, and never exceed the stranger's truth."""
    visited = guest(row["stranger"])
    folder = visited.drafted if row.get("draft") else visited.reviewed
    shutil.copytree(folder, tmp_path / "contracts" / visited.stranger.name)
    _set_credentials(visited.stranger, row, monkeypatch)
    monkeypatch.setenv("WORKBENCH_ROOT", str(tmp_path))
    with guarded(Gateway(visited.url, **_tuples(row.get("gateway", {})))) as address:
        # Where nobody listens, its path does not matter.
        whole = address if address == NOBODY else address + base_path(visited.stranger)
        monkeypatch.setenv(variable_name(visited.stranger.name, "sandbox", "base_url"), whole)
        for _ in range(2 if row.get("twice") else 1):
            done = CliRunner().invoke(main, _command(row))
    assert isinstance(done.exception, SystemExit | None), done.exception
    _compare(row, visited.stranger.truth["features"], json.loads(done.stdout), done.exit_code)


def _tuples(given: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


def _set_credentials(
    stranger: Stranger, row: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = row.get("credentials", True)
    for name, value in stranger.credentials.items() if credentials else ():
        word = f"not-{value}" if credentials == "wrong" else value
        monkeypatch.setenv(variable_name(stranger.name, "sandbox", name), word)


def _command(row: dict[str, Any]) -> list[str]:
    words = ["check", row["stranger"], "--json", "--seconds", str(row.get("seconds", 60))]
    words += ["--source", "documents", "--source", "behaviour"]
    return words + (["--allow-writes"] if row.get("writes", True) else [])


def _compare(row: dict[str, Any], truth: dict[str, str], told: dict[str, Any], code: int) -> None:
    verdicts: dict[str, str] = told["verdicts"]
    failed = {slug for slug, status in verdicts.items() if status == "failed"}
    integrated = {slug for slug in truth if verdicts[slug] in _INTEGRATED}
    assert integrated <= {slug for slug, stands in truth.items() if stands == "works"}
    broken = {slug for slug, stands in truth.items() if stands == "broken"}
    assert failed <= broken | set(row.get("breaks", ()))
    assert set(verdicts.values()).isdisjoint(row.get("never", ()))
    if "failed" in row or row.get("tested") is False:
        assert failed == set(row.get("failed", ()))
    if "integrated" in row or row.get("tested") is False:
        assert integrated == set(row.get("integrated", ()))
    if row.get("tested") is False:
        assert (told["figures"]["score"], told["figures"]["depth"]) == (0, 0)
    if "tested" in row:
        assert told["tested"] is row["tested"]
    if "exit" in row:
        assert code == row["exit"]
