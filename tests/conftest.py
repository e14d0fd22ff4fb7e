"""Shared by all rooms: the checkout, its settings, a clean environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from workbench.settings import Settings

ROOT = Path(__file__).resolve().parent.parent

hypothesis_settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("suite")

# Where a contract run finds the tables of all characters; each would work them out anew, 2 s.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".hypothesis"))

# No test may ask the developer's keyring.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that at the end nobody waits for one of them alone."""
    slow = {
        item.path
        for item in items
        if item.get_closest_marker("slow") or item.get_closest_marker("browser")
    }
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("WORKBENCH_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The checkout's partners and notebooks; reports go to a folder of the test."""
    return Settings(root=ROOT, reports=tmp_path / "reports")


@pytest.fixture(scope="session")
def partner_docs(root: Path) -> Path:
    """Real documents beside the checkout; the test is skipped where they are absent."""
    folder = root.parent / "shared" / "partner-docs"
    if not folder.is_dir():
        pytest.skip("needs the real partner documents in ../shared/partner-docs")
    return folder
