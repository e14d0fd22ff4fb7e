"""Backends that nobody fitted to us: drafted, reviewed, and compared with the truth."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from harness import draft, review

from workbench.cli.commands import main
from workbench.model import Source, Status
from workbench.validation import Validation

pytestmark = pytest.mark.slow

_MOST_BY_HAND = 60
_SECONDS = 20.0
_INTEGRATED = {Status.CONFIRMED, Status.LIMITED}
# Defects of a stranger that are not told yet.
MISSED: dict[str, set[str]] = {
    "noodlebar": set(),
    "bistro": set(),
    "delirpc": set(),
    "campuseats": set(),
}


def test_a_draft_runs_without_a_touch(visit: Any) -> None:
    """From the address of the document alone: address, login and a run that reaches the partner."""
    made = draft(visit.stranger, visit.url, visit.settings)
    manifest = yaml.safe_load(made.manifest)
    assert manifest["environments"]["sandbox"]["base_url"].startswith(visit.url)
    assert manifest["auth"]["scheme"] != "none"
    assert "timezone" not in manifest
    with Validation.open(visit.stranger.name, settings=visit.settings, seconds=5) as run:
        run.gather(Source.DOCUMENTS)
        run.gather(Source.BEHAVIOUR)
    troubles = [e.summary for e in run.evidence if "Credential" in e.summary]
    assert troubles == []
    assert {v.status for v in run.verdicts().values()} & {Status.OPEN}
    assert not {v.status for v in run.verdicts().values()} & {Status.FAILED}


def test_verdicts_agree_with_the_truth(visit: Any) -> None:
    """Nothing broken is called integrated, nothing that works failed; what is missed is listed."""
    made = draft(visit.stranger, visit.url, visit.settings)
    by_hand = review(visit.stranger, visit.url, made)
    options = {"allow_writes": True, "seconds": _SECONDS}
    with Validation.open(visit.stranger.name, settings=visit.settings, **options) as run:
        for source in (Source.DOCUMENTS, Source.SAMPLES, Source.BEHAVIOUR):
            run.gather(source)
    verdicts = run.verdicts()
    truth = visit.stranger.truth
    for feature, stands in truth["features"].items():
        told = verdicts[feature].status
        assert stands == "works" or told not in _INTEGRATED, f"false integrated: {feature}"
        assert stands != "works" or told is not Status.FAILED, f"false failed: {feature}"
    failed = {name for name, item in verdicts.items() if item.status is Status.FAILED}
    found = {item.slug for line in run.evidence for item in line.findings}
    missed = {item["id"] for item in truth["defects"] if not found & set(item["kinds"])}
    assert missed == MISSED[visit.stranger.name]
    assert failed <= {name for name, stands in truth["features"].items() if stands == "broken"}
    assert by_hand <= _MOST_BY_HAND


def test_the_first_report_says_that_it_is_a_draft(visit: Any, tmp_path: Path) -> None:
    """The guide's own commands, as a person types them, end in a report that says DRAFT."""
    if visit.stranger.name != "delirpc":
        pytest.skip("the commands are tried on one of them; the sources on all")
    runner = CliRunner(env={"WORKBENCH_ROOT": str(visit.settings.root)})
    notebooks = visit.settings.root / "notebooks"
    notebooks.symlink_to(visit.settings.notebooks)
    address = f"{visit.url}{visit.stranger.document}"
    guide = (Path(__file__).parents[2] / "contracts" / "README.md").read_text("utf-8")
    block = guide.partition("```sh\n")[2].partition("```")[0]
    commands = [shlex.split(line)[1:] for line in block.splitlines()]
    assert [words[0] for words in commands] == ["new", "lint", "validate"]
    told = []
    for words in commands:
        typed = [address if word.startswith("http") else word for word in words]
        done = runner.invoke(main, typed)
        assert done.exit_code in ({0, 3} if words[0] == "validate" else {0}), done.output
        told.append(done.output)
    assert "DRAFT" in told[-1]
    assert list((visit.settings.root / "reports" / "delirpc").glob("*/report.html"))
