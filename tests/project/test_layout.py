"""A project of one's own: laid out from what we bring, never over what is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from workbench.errors import InputError
from workbench.execution import read_parameters
from workbench.partners import list_partners, load_partner
from workbench.project import lay_out
from workbench.settings import Settings, find_shipped, load_settings


def test_a_project_has_all_that_a_first_day_needs(tmp_path: Path) -> None:
    """Contracts, notebooks, names of credentials, and what git ignores; examples on request."""
    laid = lay_out(tmp_path / "mine")
    assert laid.partners == ()
    assert {".env.example", ".gitignore", "README.md", "contracts/README.md"} <= set(laid.made)
    assert (laid.path / "notebooks" / "validation.ipynb").is_file()
    assert list_partners(Settings(root=laid.path)) == []


def test_examples_are_whole_partners(tmp_path: Path) -> None:
    """Each loads from there, and its credentials are named, without values, in `.env.example`."""
    laid = lay_out(tmp_path, examples=True)
    assert set(laid.partners) == {"tavola", "bocado", "mesa", "feria"}
    settings = Settings(root=tmp_path)
    for slug in laid.partners:
        assert load_partner(slug, settings, run_hooks=False).samples("order-read") is not None
    names = (tmp_path / ".env.example").read_text("utf-8").splitlines()
    assert "WORKBENCH_TAVOLA__SANDBOX__CLIENT_SECRET=" in names
    assert all(line.startswith("#") or line.endswith("=") for line in names if line)


def test_what_is_there_stays(tmp_path: Path) -> None:
    """A second run adds what is missing and changes nothing."""
    lay_out(tmp_path)
    (tmp_path / "README.md").write_text("ours", "utf-8")
    (tmp_path / ".gitignore").unlink()
    again = lay_out(tmp_path, examples=True)
    assert (tmp_path / "README.md").read_text("utf-8") == "ours"
    assert set(again.made) >= {".gitignore", "contracts/tavola"}
    assert "README.md" in again.kept


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The error names the place and how to mend it."""
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(InputError) as caught:
        lay_out(tmp_path / "closed" / "mine")
    assert "closed" in (caught.value.location or "")


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    """A project cannot be a file."""
    (tmp_path / "mine").write_text("", "utf-8")
    with pytest.raises(InputError) as caught:
        lay_out(tmp_path / "mine")
    assert "may write" in (caught.value.hint or "")


def test_the_env_file_of_a_project_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` gives credentials and sandbox addresses; the shell goes before it."""
    lay_out(tmp_path)
    (tmp_path / ".env").write_text(
        "WORKBENCH_SHOP__SANDBOX__API_KEY='from # file'\n"
        "WORKBENCH_SHOP__SANDBOX__BASE_URL=http://127.0.0.1:9\n",
        "utf-8",
    )
    (tmp_path / "notebooks").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "notebooks")
    settings = load_settings()
    assert settings.credential("shop", "sandbox", "api_key").get_secret_value() == "from # file"
    assert settings.url("shop", "sandbox", "base_url") == "http://127.0.0.1:9"
    monkeypatch.setenv("WORKBENCH_SHOP__SANDBOX__API_KEY", "from the shell")
    assert settings.credential("shop", "sandbox", "api_key").get_secret_value() == "from the shell"


def test_ones_own_notebook_goes_before_ours(tmp_path: Path) -> None:
    """A notebook that the project lacks is the one that we bring."""
    lay_out(tmp_path)
    settings = Settings(root=tmp_path)
    assert settings.notebook("validation") == tmp_path / "notebooks" / "validation.ipynb"
    settings.notebook("validation").unlink()
    ours = settings.notebook("validation")
    assert ours == find_shipped() / "notebooks" / "validation.ipynb"
    assert "partner" in read_parameters(ours)


def test_outside_a_project_the_way_in_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands that need partners say how to make a project; finished runs need none."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        load_settings()
    assert "workbench init" in (caught.value.hint or "")
    (tmp_path / "reports").mkdir()
    assert list_partners(load_settings()) == []


def test_ci_templates_hold_the_rules_of_the_house(tmp_path: Path) -> None:
    """Actions are pinned by hash; who has credentials may write nothing."""
    lay_out(tmp_path)
    workflow = (tmp_path / ".github/workflows/partners.yml").read_text("utf-8")
    action = (tmp_path / ".github/actions/validate/action.yml").read_text("utf-8")
    used = re.findall(r"uses: (\S+)(?: # (\S+))?", workflow + action)
    assert {name for name, _ in used if name.startswith("./")} == {"./.github/actions/validate"}
    foreign = [item for item in used if not item[0].startswith("./")]
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name) and tag for name, tag in foreign)
    jobs = yaml.safe_load(workflow)["jobs"]
    assert jobs["validate"]["permissions"] == {"contents": "read"}
    assert "secrets." not in str(jobs["tell"])
    assert yaml.safe_load(action)["runs"]["using"] == "composite"
    spec, job = yaml.safe_load_all((tmp_path / "templates/validate.yml").read_text("utf-8"))
    assert "partners" in spec["spec"]["inputs"]
    assert "validate-partners" in job


def test_the_ci_step_fails_where_nothing_was_tested(tmp_path: Path) -> None:
    """Run as a runner runs it, without credentials: 3, and nothing is called changed."""
    lay_out(tmp_path, examples=True)
    tool = tmp_path / "bin" / "workbench"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} -m workbench "$@"\n', "utf-8")
    tool.chmod(0o755)
    done = subprocess.run(
        ["bash", ".github/actions/validate/run.sh"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{tool.parent}:{os.environ['PATH']}",
            "PARTNERS": "mesa",
            "RUN": "ci-1",
            "GITHUB_OUTPUT": str(tmp_path / "output"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert (tmp_path / "output").read_text("utf-8") == "changed=false\n"
    kept = {path.name for path in (tmp_path / "public").rglob("*") if path.is_file()}
    assert "evidence.jsonl" not in kept
    assert "exchange.har" not in kept
