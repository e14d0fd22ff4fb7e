"""A verdict never says more than was proved: conditions and the words that are right in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench.partners import load_catalogue

from .conftest import ROWS, Said, name_of, rows_of, run_of

pytestmark = pytest.mark.slow

INTEGRATED = {"confirmed", "limited"}
BINDABLE = {feature.slug for feature in load_catalogue().bindable()}
CRITERIA = yaml.safe_load((Path(__file__).parent / "criteria.yaml").read_text("utf-8"))
LIVE = {"behaviour", "receipts"}


def _marked() -> list[Any]:
    """All rows; what a condition does to a second partner is tried at night."""
    seen: set[str] = set()
    rows = []
    for row in ROWS:
        again = row["condition"] in seen and not row.get("clean")
        rows.append(pytest.param(row, marks=pytest.mark.nightly) if again else row)
        seen.add(row["condition"])
    return rows


@pytest.mark.parametrize("row", _marked(), ids=name_of)
def test_truth(row: dict[str, Any], said: Callable[[str], Said]) -> None:
    """In every condition the verdicts, the figures and the exit code are those of the table."""
    told = said(run_of(row))
    for seen in (told, told["again"]) if row.get("twice") else (told,):
        assert not seen["trouble"]
        _compare(row, seen)


def _compare(row: dict[str, Any], told: Said) -> None:
    verdicts = {slug: status for slug, status in told["verdicts"].items() if slug in BINDABLE}
    failed = {slug for slug, status in told["verdicts"].items() if status == "failed"}
    integrated = {slug for slug, status in verdicts.items() if status in INTEGRATED}
    if "beside" in row:
        failed = _attribute(row, told, failed)
    if "failed" in row:
        assert failed == set(row["failed"])
    if "within" in row:
        assert failed
        assert failed <= set(row["within"])
    if "integrated" in row:
        assert len(integrated) == row["integrated"]
    assert integrated.isdisjoint(row.get("not", ()))
    assert set(told["verdicts"].values()).isdisjoint(row.get("never", ()))
    for figure in ("score", "depth"):
        if figure in row:
            assert told["figures"][figure] == pytest.approx(row[figure], abs=0.005)
    if "tested" in row:
        assert told["tested"] is row["tested"]
    if row.get("tested") is False:
        # What was sent into the void has reached nobody.
        reached = [line for line in told["evidence"] if line["source"] == "contract"]
        assert "passed" not in {line["outcome"] for line in reached}
    if "exit" in row:
        assert told["code"] == row["exit"]


def _attribute(row: dict[str, Any], told: Said, failed: set[str]) -> set[str]:
    """Of what failed in a shared run all that no other row breaks, seen where this one breaks."""
    others = {
        slug
        for other in rows_of(row)
        if other is not row
        for slug in (*other.get("failed", ()), *other.get("within", ()))
    }
    ours = failed - others
    ((verb, _, path),) = (item.partition(" ") for item in row["gateway"]["broken"])
    at = {
        operation
        for line in told["evidence"]
        if line["feature"] in ours and line["outcome"] == "failed"
        for operation in line["broken"]
    }
    assert at
    assert {name.partition(" ")[0] for name in at} == {verb}
    # An id of the document stands in braces.
    assert all(re.search(path, name) for name in at)
    return ours


def test_every_criterion_has_a_check_or_a_reason() -> None:
    """Each of the catalogue's criteria stands in one table: checked, or otherwise with a reason."""
    known = {criterion.slug for criterion in load_catalogue().criteria()}
    checked, otherwise = set(CRITERIA["checked"]), set(CRITERIA["otherwise"])
    assert len(known) == 149
    assert checked | otherwise == known
    assert checked & otherwise == set()
    assert all(len(item["why"]) > 20 for item in CRITERIA["otherwise"].values())


def test_each_check_proves_its_criterion(clean_runs: dict[str, Said]) -> None:
    """The check that the table names passes live in the partner that it names."""
    proved = {
        (slug, line["check"], criterion)
        for slug, told in clean_runs.items()
        for line in told["evidence"]
        if line["outcome"] == "passed" and line["source"] in LIVE
        for criterion in line["criteria"]
    }
    wanted = {
        (item["partner"], item["check"], criterion)
        for criterion, item in CRITERIA["checked"].items()
    }
    assert wanted - proved == set()


def test_nothing_of_tavola_is_untested_for_want_of_a_check(clean_runs: dict[str, Said]) -> None:
    """What the full-featured partner does not state absent is proved, or has its reason above."""
    told = clean_runs["tavola"]
    proved = {
        criterion
        for line in told["evidence"]
        if line["outcome"] == "passed"
        for criterion in line["criteria"]
    }
    folder = Path(__file__).resolve().parents[2] / "contracts" / "tavola" / "partner.yaml"
    stated = yaml.safe_load(folder.read_text("utf-8"))["features"]
    open_ = set()
    for feature in load_catalogue().features:
        words = stated.get(feature.slug, {"given": "ours"} if feature.given else None)
        if words is None or "status" in words:
            continue
        absent = set(words.get("criteria", {}))
        open_ |= {item.slug for item in feature.criteria} - absent - proved
    assert open_ <= set(CRITERIA["otherwise"])
