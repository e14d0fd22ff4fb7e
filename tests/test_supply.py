"""What CI runs is pinned, may do little, and hands on only what is published."""

from __future__ import annotations

import re
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
