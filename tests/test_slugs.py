"""Slugs of features and criteria in the package: asked from the catalogue, and never misspelt."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.evidence.check_table import check_kinds
from workbench.model import CriterionSlug
from workbench.partners import load_catalogue

PACKAGE = Path(__file__).resolve().parent.parent / "workbench"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "sandbox" not in path.parts)
CATALOGUE = load_catalogue()
# What a check yields instead of criteria; its row in the table says which these are.
FACTS = {word for kind in check_kinds().values() for word in (*kind.facts, *kind.roles)}
BOUND = [item for item in CATALOGUE.features if item.noun]
NOUNS = "|".join({str(f.noun) for f in BOUND} | {f.slug.rpartition("-")[0] for f in BOUND})


def feature_words(tree: ast.AST) -> Iterator[str]:
    """Every literal that is spelt as the slug of a service or event."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.fullmatch(rf"({NOUNS})(-[a-z]+)*-(read|write|event)", node.value)
        ):
            yield node.value


def criterion_words(tree: ast.AST) -> Iterator[str]:
    """Every literal that is given as a criterion."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in {"criteria", "criterion"}:
            # What a function makes of words is its own matter.
            plain = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            yield from (
                item.value
                for item in plain
                if isinstance(item, ast.Constant) and isinstance(item.value, str)
            )


def parsed_words(tree: ast.AST) -> Iterator[str]:
    """Every part of a feature's slug that is looked for in a text, or put together with others."""
    for node in ast.walk(tree):
        texts: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in {"startswith", "endswith", "removesuffix", "removeprefix"}:
                texts = node.args
        elif isinstance(node, ast.JoinedStr):
            texts = node.values
        for text in texts:
            if isinstance(text, ast.Constant) and re.fullmatch(
                r"-?(status-|created-)?(read|write|event)|-status", str(text.value)
            ):
                yield text.value


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_slug_is_misspelt_or_parsed(path: Path) -> None:
    """Slugs in the code are in the catalogue; what a feature is, is asked and not read off them."""
    tree = ast.parse(path.read_text("utf-8"))
    features = {item.slug for item in CATALOGUE.features}
    criteria = {item.slug for item in CATALOGUE.criteria()}

    assert {*feature_words(tree)} <= features | criteria
    assert {*criterion_words(tree)} <= criteria | FACTS
    assert not [*parsed_words(tree)]


def test_slugs_are_written_once() -> None:
    """Every slug that code names stands in one module, and the catalogue has it."""
    slugs = {item.slug for item in CATALOGUE.features}
    criteria = {item.slug for item in CATALOGUE.criteria()}
    named = {value for name, value in vars(CriterionSlug).items() if name.isupper()}
    assert named <= criteria
    written = {
        (path.name, node.value)
        for path in MODULES
        if path.name != "slugs.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in slugs | criteria
    }
    assert {slug for _, slug in written if "-" in slug} == set()
