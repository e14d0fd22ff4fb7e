"""JSONPath without exceptions: the short way for plain paths finds what the library finds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.model import compile_path, find_nodes, find_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.dictionaries(st.sampled_from(["a", "b", "c d", "'"]), inner)
        | st.lists(inner, max_size=3)
    ),
    max_leaves=12,
)
PATHS = [
    "$",
    "$.a",
    "$.a.b",
    "$['a']['c d']",
    '$["\'"].a',
    "$.a[0]",
    "$.a[*].b",
    "$..a",
    "$['a','b']",
]


@given(JSON, st.sampled_from(PATHS))
@settings(max_examples=300, deadline=None)
def test_it_finds_what_the_library_finds(value: Any, path: str) -> None:
    """The same nodes at the same normalised locations, for every value."""
    expected = [(str(match.path), match.value) for match in compile_path(path).finditer(value)]
    assert find_nodes(path, value) == expected


def test_two_spellings_are_one_location() -> None:
    """So that an item belongs to one rule only, however the rules spell its place."""
    assert find_nodes("$.a.b", {"a": {"b": 1}}) == find_nodes("$['a']['b']", {"a": {"b": 1}})


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "x"), (7, "7"), (True, "true"), (None, None), ([1], None), ({"a": 1}, None)],
)
def test_scalars_are_text(value: Any, text: str | None) -> None:
    """Ids may be numbers; null, lists and objects are no ids."""
    assert find_text("$.a", {"a": value}) == text


def test_a_wrong_path_is_an_input_error() -> None:
    """With the text that is wrong, and how to write it."""
    with pytest.raises(InputError, match="is not a JSONPath") as caught:
        compile_path("$[")
    assert caught.value.hint
