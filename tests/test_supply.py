"""What CI runs is pinned, may do little, and hands on only what is published."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_hash(path: Path) -> None:
    """A tag can be moved; a hash cannot, and says beside it which version it is."""
    used = re.findall(
        r"uses: (.+)", re.sub(r"^#.*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
    )
    assert used
    assert [item for item in used if not PINNED.fullmatch(item.strip())] == []


def test_who_has_credentials_may_write_nothing() -> None:
    """The job that talks to partners reads only; those that write know no credential."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/validate.yml").read_text("utf-8"))["jobs"]
    for job in jobs.values():
        may_write = "write" in job["permissions"].values()
        assert not (may_write and "secrets." in str(job))
    assert jobs["validate"]["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("name", [".github/workflows/validate.yml", ".ci/gitlab-validate.yml"])
def test_only_published_files_are_uploaded(name: str) -> None:
    """No run folder is handed on whole: what others may read was published."""
    text = (ROOT / name).read_text("utf-8")
    assert "-perm -004" in text
    assert not re.search(r"^\s*(path:|-) *reports/.*RUN", text, re.MULTILINE)


def test_nobody_may_more_than_is_needed() -> None:
    """Rights are stated for the file, and none there is to write; what writes says so by job."""
    for path in WORKFLOWS:
        stated = yaml.safe_load(path.read_text("utf-8"))["permissions"]
        assert set(stated.values()) <= {"read"}, path.name


def test_what_we_rest_on_is_audited_and_listed() -> None:
    """CI asks for known weaknesses, and puts a CycloneDX list beside the wheel that it keeps."""
    tasks = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["poe"]["tasks"]
    audit = tasks["audit"]["sequence"][-1]["cmd"]
    assert "pip-audit" in audit
    assert "--strict" in audit  # else what nobody could look up counts as free of weaknesses
    built = [step["cmd"] for step in tasks["wheel"]["sequence"]]
    assert any("--wheel" in command for command in built)
    assert any("cyclonedx" in command and "dist/" in command for command in built)
    steps = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text("utf-8"))["jobs"][
        "supply"
    ]["steps"]
    commands = " ".join(step.get("run", "") for step in steps)
    assert "poe audit" in commands
    assert "poe wheel" in commands
    assert steps[-1]["with"]["path"] == "dist/"
