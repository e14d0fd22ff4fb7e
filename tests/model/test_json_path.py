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
@settings(max_examples=300)
def test_it_finds_what_the_library_finds(value: Any, path: str) -> None:
    """The same nodes at the same normalised locations, for every value."""
    # In a list, since the library reads a text as JSON where it is the whole value.
    matches = compile_path(path.replace("$", "$[0]", 1)).finditer([value])
    expected = [(str(match.path).replace("$[0]", "$", 1), match.value) for match in matches]
    assert find_nodes(path, value) == expected


@pytest.mark.parametrize("text", ["[", "{", "0", '{"a": 1}', "[1]"])
@pytest.mark.parametrize("path", ["$..a", "$['a','b']", "$[*]", "$.a[?@.b=='x']", "$.a"])
def test_below_a_text_is_nothing(path: str, text: str) -> None:
    """A payload that is a text is no JSON document again, and never an error."""
    assert find_nodes(path, text) == []
    assert find_nodes("$", text) == [("$", text)]


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
