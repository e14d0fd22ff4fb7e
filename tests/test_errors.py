"""The tree of errors: as drawn, and saying what, where and how to mend."""

from __future__ import annotations

import inspect
import re

import pytest

from workbench import errors
from workbench.errors import PartnerError, TranslationError, WorkbenchError

CLASSES = {
    name: item
    for name, item in vars(errors).items()
    if inspect.isclass(item) and issubclass(item, WorkbenchError)
}


def test_the_drawn_tree_names_every_error() -> None:
    """The module docstring lists exactly the classes there are."""
    drawn = set(re.findall(r"[A-Z]\w+Error", errors.__doc__ or ""))
    assert drawn == set(CLASSES)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_error_is_documented(name: str) -> None:
    """Each class says when it is raised."""
    assert (CLASSES[name].__doc__ or "").strip()


def test_exit_codes_follow_who_must_act() -> None:
    """Partner trouble is 3, everything else 2."""
    for item in CLASSES.values():
        assert item.exit_code == (3 if issubclass(item, PartnerError) else 2)


def test_a_message_says_what_where_and_how_to_mend() -> None:
    """The text holds message, location and hint."""
    error = WorkbenchError("no such thing", location="a.yaml#/b", hint="add it")
    assert str(error) == "no such thing · a.yaml#/b · add it"


def test_a_translation_error_shortens_the_value() -> None:
    """A large payload does not flood the message."""
    error = TranslationError("too long", path="/a", field="name", value="x" * 500)
    assert len(str(error)) < 200
    assert "name ← /a" in str(error)
