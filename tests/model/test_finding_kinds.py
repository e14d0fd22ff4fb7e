"""Findings as data: one table says what each kind is, in every language of our reports."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from workbench.model import Matter, Severity, finding_kinds, make_finding

PACKAGE = Path(__file__).resolve().parents[2] / "workbench"
FACT = re.compile(r"\{(\w+)\}")


@cache
def makers() -> Mapping[Path, ast.Module]:
    """The modules that make findings."""
    texts = ((path, path.read_text("utf-8")) for path in PACKAGE.rglob("*.py"))
    return {
        path: ast.parse(text)
        for path, text in texts
        if re.search(r"\b(make_finding|finding|Finding)\(|\bDeviation\b", text)
    }


def literals() -> set[str]:
    """Every text that stands in the modules which make findings."""
    nodes = (node for tree in makers().values() for node in ast.walk(tree))
    texts = (node.value for node in nodes if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str)}


def test_every_kind_is_made_somewhere() -> None:
    """No row is asleep; those of what a draft leaves open are named by their field."""
    open_fields = {"timezone-open", "currency-open"}
    assert finding_kinds().keys() - literals() - open_fields == set()


def test_no_finding_is_made_beside_the_table() -> None:
    """Contract, mappings and all other checks yield the id of a kind and its facts."""
    calls = {
        "/".join(path.parts[-2:])
        for path, tree in makers().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Finding"
    }
    assert calls == {"model/findings.py"}


@pytest.mark.parametrize("kind", sorted(finding_kinds()))
def test_each_language_tells_the_same_facts(kind: str) -> None:
    """Spanish names no fact that English does not, and none is missing."""
    row = finding_kinds()[kind]
    assert row.title["en"]
    assert row.title["es"]
    for words in filter(None, (row.says, row.expected, row.hint)):
        assert set(FACT.findall(words["en"])) == set(FACT.findall(words["es"]))


def test_a_finding_is_filled_from_its_row() -> None:
    """Severity, matter and hint come from the table; the facts stand in the sentence."""
    made = make_finding("feature-unstated", feature="order-read")
    assert made.summary == "The folder says nothing about order-read."
    assert (made.severity, made.matter) == (Severity.HIGH, Matter.FOLDER)
    assert made.hint is not None
    graver = make_finding("feature-unstated", feature="x", severity=Severity.LOW, slug="own")
    assert (graver.slug, graver.severity) == ("own", Severity.LOW)


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("no-such-kind", {}),
        ("feature-unstated", {}),
        ("feature-unstated", {"feature": "x", "spare": "y"}),
    ],
)
def test_what_the_table_does_not_know_raises(kind: str, facts: dict[str, str]) -> None:
    """An unknown kind, a fact that is missing, and one that no sentence wants."""
    with pytest.raises(LookupError):
        make_finding(kind, **facts)
