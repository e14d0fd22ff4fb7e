"""The language is no larger than what the embedded partners and the strangers need of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from workbench.mapping.converters import CONVERTERS
from workbench.mapping.grammar import Branch, Ignored, Mapping, PriceParts, Rule, Unfilled

ROOT = Path(__file__).parents[2]


def words(node: Any) -> Iterator[tuple[str, Any]]:
    """Every key of a mapping file, with what stands under it."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield str(key), value
            yield from words(value)
    elif isinstance(node, list):
        for item in node:
            yield from words(item)


USED = [
    pair
    for place in ("contracts/*/mapping.yaml", "tests/strangers/*/folder/mapping.yaml")
    for path in sorted(ROOT.glob(place))
    for pair in words(yaml.safe_load(path.read_text("utf-8")))
]


def test_every_word_of_the_language_is_used() -> None:
    """A partner or a stranger uses each key of the grammar, so that none is there for nobody."""
    grammar = {
        field.alias or name
        for part in (Rule, Branch, PriceParts, Mapping, Ignored, Unfilled)
        for name, field in part.model_fields.items()
    }
    assert sorted(grammar - {key for key, _ in USED}) == []


def test_every_converter_is_used() -> None:
    """A partner or a stranger uses each converter."""
    assert sorted(set(CONVERTERS) - {value for key, value in USED if key == "as"}) == []
