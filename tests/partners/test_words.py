"""The words of a partner folder: `contracts/README.md` names those that the package takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from workbench.partners import login, webhooks

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("row", "known"),
    [
        ("| `auth` | ", get_args(login.Scheme)),
        ("| `webhooks` | signature scheme (", get_args(webhooks.Scheme)),
    ],
)
def test_the_guide_names_every_scheme(row: str, known: tuple[str, ...]) -> None:
    """Ways to log in and to sign stand in one place each, and the guide names all of them first."""
    text = (ROOT / "contracts" / "README.md").read_text("utf-8")
    listed = text.partition(row)[2].partition(";" if "auth" in row else ")")[0]
    assert sorted(re.findall(r"`([a-z0-9-]+)`", listed)) == sorted(known)


def test_every_extra_that_is_named_exists() -> None:
    """What an error or a page tells to install is an extra of the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = set(project["project"]["optional-dependencies"])
    pages = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("workbench/**/*.py")]
    texts = "\n".join(page.read_text("utf-8") for page in pages)
    named = set(re.findall(r"install_hint\([\"'](\w+)[\"']\)", texts))
    named |= set(re.findall(r"extra=[\"'](\w+)[\"'], what=", texts))
    named |= set(re.findall(r"partner-integration-workbench\[(\w+)\]", texts))
    named |= set(re.findall(r"--extra (\w+)", texts))
    assert "pdf" in named
    assert named <= extras
