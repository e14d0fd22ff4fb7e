"""The reference says every key that a folder may have, and nothing else."""

from __future__ import annotations

from pathlib import Path

from workbench.drafting.folder_reference import _RULE, EXAMPLES, write_reference
from workbench.mapping import CONVERTERS
from workbench.mapping.grammar import Rule
from workbench.partners.login import Auth


def test_the_file_is_what_the_models_say(root: Path) -> None:
    """Made anew by `poe reference` whenever a key comes or goes."""
    assert (root / "contracts" / "reference.md").read_text("utf-8") == write_reference()


def test_every_rule_key_and_converter_is_told() -> None:
    """No key of the mapping language is without a sentence, no converter without an example."""
    keys = {field.alias or name for name, field in Rule.model_fields.items()}
    assert set(_RULE) == keys
    assert set(EXAMPLES) == set(CONVERTERS)


def test_every_way_to_log_in_is_listed() -> None:
    """Each scheme of the manifest stands in the text."""
    text = write_reference()
    schemes = Auth.model_fields["scheme"].annotation
    assert all(f"`{name}`" in text for name in getattr(schemes, "__args__", ()))
