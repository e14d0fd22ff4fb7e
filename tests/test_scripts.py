"""What scripts of users import stays where it was."""

from __future__ import annotations

import importlib

import pytest


@pytest.mark.parametrize(
    "name",
    [
        "canonical.invariants.check",
        "drafting.names.entity_named",
        "evidence.contract.report.read_report",
        "evidence.known._guess",
        "mapping.loading.compile_mappings",
        "receiver.process.Party",
        "receiver.signature.Verification",
        "suggest.words.concepts",
        "suggest.words.head",
    ],
)
def test_a_name_is_where_scripts_import_it(name: str) -> None:
    """Each of these is imported by a script that we were given, and means what it meant."""
    module, _, attribute = f"workbench.{name}".rpartition(".")
    assert callable(getattr(importlib.import_module(module), attribute))
