"""An existing folder is compared with what would be drafted today, and stays as it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from workbench.drafting import draft_partner, review_folder
from workbench.settings import Settings


@pytest.fixture
def drafted(tmp_path: Path, root: Path) -> Settings:
    """A checkout with one drafted folder."""
    (tmp_path / "contracts").mkdir()
    settings = Settings(root=tmp_path)
    draft_partner("newcomer", [root / "contracts" / "bocado" / "swagger.json"], settings)
    return settings


def test_a_fresh_draft_has_nothing_to_look_at(drafted: Settings) -> None:
    """The same documents give the same draft."""
    assert review_folder("newcomer", settings=drafted) == []


def test_what_is_open_other_or_gone_is_told(drafted: Settings, tmp_path: Path) -> None:
    """Features that something serves now, calls that are gone, parameters that nothing fills."""
    path = drafted.contracts / "newcomer" / "partner.yaml"
    manifest = yaml.safe_load(path.read_text("utf-8"))
    bound = [name for name, item in manifest["features"].items() if "operations" in item]
    first, second = bound[:2]
    manifest["features"][first] = {"status": "open"}
    manifest["features"][second]["operations"] = manifest["features"][bound[2]]["operations"]
    parameter = next(iter(manifest["parameters"]))
    del manifest["parameters"][parameter]
    path.write_text(yaml.safe_dump(manifest), "utf-8")
    before = path.read_bytes()
    told = {(item.kind, item.place) for item in review_folder("newcomer", settings=drafted)}
    assert ("found", f"/features/{first}") in told
    assert ("other", f"/features/{second}") in told
    assert ("parameter", f"/parameters/{parameter}") in told
    assert path.read_bytes() == before

    smaller = tmp_path / "swagger.json"
    shutil.copy(drafted.contracts / "newcomer" / "documents" / "swagger.json", smaller)
    document = yaml.safe_load(smaller.read_text("utf-8"))
    document["paths"] = dict(list(document["paths"].items())[-1:])
    smaller.write_text(yaml.safe_dump(document), "utf-8")
    kinds = {item.kind for item in review_folder("newcomer", [smaller], drafted)}
    assert "gone" in kinds
