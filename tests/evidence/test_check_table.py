"""The table of checks: what each can show, and that nothing else is ever claimed."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench.evidence import check_table
from workbench.evidence.behaviour.varying import _CHANGES
from workbench.evidence.check_table import check_kinds, criteria_of, make_evidence
from workbench.model import Outcome, make_finding
from workbench.partners import load_catalogue

ROOT = Path(__file__).resolve().parents[2]
TRUTH: dict[str, Any] = yaml.safe_load((ROOT / "tests/truth/criteria.yaml").read_text("utf-8"))
CRITERIA = {
    item.slug: feature for feature in load_catalogue().features for item in feature.criteria
}


def test_the_table_knows_what_partners_were_seen_to_prove() -> None:
    """Each criterion that a live run shows is one that its check may show by the table."""
    for criterion, row in TRUTH["checked"].items():
        kind = check_kinds()[row["check"]]
        assert criterion in kind.may_show(CRITERIA[criterion]), criterion


def test_no_check_names_a_criterion() -> None:
    """The sources of evidence yield facts: which criteria these are about stands in the table."""
    named = {
        (path.name, node.value)
        for path in (ROOT / "workbench/evidence").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in CRITERIA
    }
    assert named == set()


def test_an_unknown_criterion_raises_when_the_table_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A row that names what the catalogue lacks cannot be loaded."""
    (tmp_path / "checks.yaml").write_text("samples: {one: {facts: {seen: no-such-thing}}}")
    monkeypatch.setattr(check_table, "files", lambda _: tmp_path)
    with pytest.raises(LookupError, match="no-such-thing"):
        check_table.check_kinds.__wrapped__()


@pytest.mark.parametrize(
    ("check", "feature", "fact"),
    [
        ("no-such-check", "order-read", "by-id"),
        ("read-unknown", "no-such-feature", "not-found"),
        ("read-unknown", "order-read", "by-id"),
        ("read-unknown", "order-read", "order-by-id"),
        ("token-renewed", "order-read", "order-by-id"),
    ],
)
def test_what_a_check_cannot_show_raises(check: str, feature: str, fact: str) -> None:
    """A misspelt check, feature or fact is a fault of the program, and vanishes nowhere."""
    with pytest.raises(LookupError):
        criteria_of(check, feature, fact)


def test_a_line_and_its_findings_name_criteria_by_facts() -> None:
    """Facts of the line and of its findings become criteria of the feature; others have none."""
    trouble = make_finding("currency-differs", criterion="totals", observed="USD", expected="EUR")
    told = (Outcome.FAILED, "Seen.")
    line = make_evidence("currency", "order-read", *told, shows=["totals"], findings=[trouble])
    assert line.criteria == ("order-totals-reconcile",) == (line.findings[0].criterion,)
    assert line.source == "behaviour"
    assert criteria_of("read-after-write", "menu-write", "publish") == ("menu-publish-full",)
    assert criteria_of("read-after-write", "option-write", "publish") == ()
    accepted = criteria_of("credentials-accepted", "sandbox-credentials", "accepted")
    assert accepted == ("sandbox-credentials-work",)  # of those for production nothing is said


def test_every_field_of_a_criterion_can_be_given_another_value() -> None:
    """A field that a criterion is about is changed by the check of single fields, or not at all."""
    told = {name for item in load_catalogue().criteria() for name in item.fields}
    # A menu is published whole, and of a set menu the price is changed.
    assert told - {"menus", "kind"} <= set(_CHANGES)
