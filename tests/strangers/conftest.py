"""Each stranger, running, with a checkout of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from workbench.settings import Settings, variable_name

sys.path.insert(0, str(Path(__file__).parent))
from harness import STRANGERS, Stranger


@dataclass(frozen=True)
class Visit:
    """A running stranger, and an empty checkout that has its credentials."""

    stranger: Stranger
    url: str
    settings: Settings


@pytest.fixture(scope="module", params=STRANGERS, ids=lambda one: one.name)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stranger, str]]:
    """One stranger after the other, each started once."""
    stranger: Stranger = request.param
    with stranger.run(tmp_path_factory.mktemp(stranger.name)) as url:
        yield stranger, url


@pytest.fixture
def visit(
    running: tuple[Stranger, str], tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> Visit:
    """What a person has who was just told where the documents are, and how to log in."""
    stranger, url = running
    (tmp_path / "contracts").mkdir()
    for name, value in stranger.credentials.items():
        monkeypatch.setenv(variable_name(stranger.name, "sandbox", name), value)
    settings = Settings(root=tmp_path, notebooks=root / "notebooks")
    return Visit(stranger, url, settings)
