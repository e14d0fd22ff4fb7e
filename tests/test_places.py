"""Names and paths that somebody types stay inside the folders that they are for."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from workbench.errors import InputError
from workbench.partners import load_partner
from workbench.settings import Settings, load_settings
from workbench.store import RunFolder, find_run


@pytest.mark.parametrize("run", ["../x", "..", ".", "a/b", "a/../../x"])
def test_a_run_stays_in_its_reports(tmp_path: Path, run: str) -> None:
    """Neither a new run nor an old one is looked for elsewhere, and nothing is made."""
    reports = tmp_path / "reports"
    with pytest.raises(InputError, match="no name of a run"):
        RunFolder.create(reports, "tavola", run)
    with pytest.raises(InputError, match="no name of a run"):
        find_run(reports, "tavola", run)
    assert not list(tmp_path.iterdir())


def test_a_run_is_no_link(tmp_path: Path) -> None:
    """A link out of the reports is not followed."""
    (tmp_path / "tavola").mkdir()
    (tmp_path / "tavola" / "one").symlink_to(tmp_path)
    with pytest.raises(InputError, match="no name of a run"):
        RunFolder.create(tmp_path, "tavola", "one")


@pytest.fixture
def copied(tmp_path: Path) -> Settings:
    """A checkout with one partner folder that may be spoilt."""
    shutil.copytree(load_settings().contracts / "tavola", tmp_path / "contracts" / "tavola")
    return Settings(root=tmp_path, contracts=tmp_path / "contracts")


@pytest.mark.parametrize("slug", ["../contracts/tavola", "x/../tavola", "."])
def test_a_slug_is_a_name(copied: Settings, slug: str) -> None:
    """A path is no partner, even where it leads to one."""
    with pytest.raises(InputError) as caught:
        load_partner(slug, copied)
    assert caught.value.hint


def test_an_overlay_stays_in_the_folder(copied: Settings, tmp_path: Path) -> None:
    """An overlay elsewhere is refused with the place of the statement."""
    manifest = copied.contracts / "tavola" / "partner.yaml"
    lines = [
        line for line in manifest.read_text("utf-8").splitlines() if not line.startswith("overlay:")
    ]
    manifest.write_text("\n".join([*lines, "overlay: ../../other.yaml"]) + "\n", "utf-8")
    (tmp_path / "other.yaml").write_text("overlay: 1.0.0\n", "utf-8")
    with pytest.raises(InputError, match="not in the partner's folder") as caught:
        load_partner("tavola", copied)
    assert re.fullmatch(r"tavola/partner\.yaml:\d+:1#/overlay", caught.value.location or "")


def test_a_sample_is_no_link_out(copied: Settings, tmp_path: Path) -> None:
    """A sample that is a link to a file elsewhere is refused."""
    (tmp_path / "secret.json").write_text("{}", "utf-8")
    home = copied.contracts / "tavola" / "samples" / "order-read"
    home.mkdir(parents=True, exist_ok=True)
    (home / "linked.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(InputError, match="is not in the partner"):
        load_partner("tavola", copied).samples("order-read")
