"""The table of checks: what each can show, and that nothing else is ever claimed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.reporting.sentences import SENTENCE, fill, pass_over
from workbench.evidence import check_table
from workbench.evidence.behaviour import CHECKS
from workbench.evidence.behaviour.varying import _CHANGES
from workbench.evidence.check_table import (
    check_kinds,
    criteria_of,
    list_sentences,
    make_evidence,
    say,
)
from workbench.model import Outcome, make_finding
from workbench.partners import load_catalogue

ROOT = Path(__file__).resolve().parents[2]
TRUTH: dict[str, Any] = yaml.safe_load((ROOT / "tests/truth/criteria.yaml").read_text("utf-8"))
EVIDENCE = ROOT / "workbench/evidence"
# Names of tools, and what a partner's staff may read of what we send.
SENT = {"workbench behaviour", "workbench receiver", "workbench traces", "Test of the integration",
        "Test of the integration is over", "Integration test",
        "Made by a test of the integration"}  # fmt: skip
CRITERIA = {
    item.slug: feature for feature in load_catalogue().features for item in feature.criteria
}


def test_the_table_knows_what_partners_were_seen_to_prove() -> None:
    """Each criterion that a live run shows is one that its check may show by the table."""
    for criterion, row in TRUTH["checked"].items():
        kind = check_kinds()[row["check"]]
        assert criterion in kind.may_show(CRITERIA[criterion]), criterion


def test_every_check_that_is_made_has_its_row_and_every_row_is_made() -> None:
    """A check of behaviour without a row would fail in a run only; a row without one is asleep."""
    assert {item.slug for item in CHECKS} <= check_kinds().keys()
    made = {
        node.value
        for path in (ROOT / "workbench").rglob("*.py")
        for node in ast.walk(_read(path))
        if isinstance(node, ast.Constant)
    }
    assert check_kinds().keys() - made == set()
    assert all({"en", "es"} <= kind.title.keys() for kind in check_kinds().values())


def test_no_check_names_a_criterion() -> None:
    """The sources of evidence yield facts: which criteria these are about stands in the table."""
    named = {
        (path.name, node.value)
        for path in (ROOT / "workbench/evidence").rglob("*.py")
        for node in ast.walk(_read(path))
        if isinstance(node, ast.Constant) and node.value in CRITERIA
    }
    assert named == set()


def test_no_check_composes_a_sentence() -> None:
    """Two words in a row stand in the table: in code only errors about us, and what we send."""
    composed = set()
    for path in EVIDENCE.rglob("*.py"):
        tree = _read(path)
        passed = {id(part) for node in ast.walk(tree) for part in pass_over(node)}
        passed |= {id(part) for part in _raised(tree)}
        told = (node for node in ast.walk(tree) if id(node) not in passed)
        texts = {fill(node) for node in told} - SENT
        composed |= {(path.name, text) for text in texts if SENTENCE.search(text)}
    patterns = {text for _, text in composed if "(.*" in text or text.startswith("-mac HMAC")}
    programs = {"configuration.py", "delivery_record.py"}  # one for Schemathesis, one for a shell
    rest = {(name, text) for name, text in composed if text not in patterns}
    assert {item for item in rest if item[0] not in programs} == set()
    assert all(text.startswith(("import json", "openssl")) for name, text in rest)


def test_a_summary_comes_from_the_table() -> None:
    """No line of evidence is told with a text of its own, however short."""
    texts = (ast.JoinedStr, ast.BinOp)
    for path, call in _calls({"tell", "lack", "make_evidence", "tell_trait"}):
        place = {"lack": 2, "make_evidence": 3}.get(_name(call), 2)
        told = call.args[place:] if path.parent.name == "behaviour" else call.args[3:]
        assert not any(isinstance(item, texts) for item in told), (path.name, call.lineno)


def test_each_sentence_is_said_with_its_facts_and_none_is_asleep() -> None:
    """What is filled in stands in the braces, in every language, and nothing else does."""
    known, said = list_sentences(), set()
    for path, call in _calls({"say"}):
        names = [node for node in ast.walk(call.args[0]) if isinstance(node, ast.JoinedStr)]
        if names:
            start = str(names[0].values[0].value)  # type: ignore[attr-defined]
            said |= {name for name in known if name.startswith(start)}
        elif isinstance(call.args[0], ast.Constant) and all(item.arg for item in call.keywords):
            name = call.args[0].value
            assert {item.arg for item in call.keywords} == _facts(known[name]["en"]), path.name
    texts = {
        node.value
        for path in [*EVIDENCE.rglob("*.py"), ROOT / "workbench/handover/list_calls.py"]
        for node in ast.walk(_read(path))
        if isinstance(node, ast.Constant)
    }
    assert known.keys() - said - texts == set()
    for name, words in known.items():
        assert {"en", "es"} <= words.keys(), name
        assert {frozenset(_facts(text)) for text in words.values()} == {
            frozenset(_facts(words["en"]))
        }, name


@pytest.mark.parametrize(
    ("name", "facts"), [("no-such", {}), ("read-back", {}), ("another", {"n": 1})]
)
def test_a_sentence_that_the_table_does_not_know_raises(name: str, facts: dict[str, int]) -> None:
    """An unknown one, one without its facts, and one with a fact that it does not say."""
    with pytest.raises(LookupError):
        say(name, **facts)


@cache
def _read(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _calls(names: set[str]) -> Iterator[tuple[Path, ast.Call]]:
    for path in EVIDENCE.rglob("*.py"):
        for node in ast.walk(_read(path)):
            if isinstance(node, ast.Call) and _name(node) in names:
                yield path, node


def _raised(tree: ast.AST) -> Iterator[ast.AST]:
    """What stands in an error: of the program, or of a folder, with how to mend it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node).endswith("Error"):
            yield from ast.walk(node)
        if isinstance(node, ast.Assign) and fill(node.targets[0]) == "":
            names = [item.id for item in node.targets if isinstance(item, ast.Name)]
            yield from ast.walk(node.value) if names == ["message"] else ()


def _facts(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_an_unknown_criterion_raises_when_the_table_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A row that names what the catalogue lacks cannot be loaded."""
    rows = {"samples": {"one": {"title": {}, "facts": {"seen": "no-such-thing"}}}, "words": {}}
    monkeypatch.setattr(check_table, "_read_rows", lambda: rows)
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
