"""Two JSON values compared: where they differ, and what counts as the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.model import (
    Difference,
    compare_json,
    is_same_json,
    keys_of_both,
    look_up,
    reads_same,
)
from workbench.text import read_pointer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.dictionaries(st.sampled_from(["a", "b/c", "d~"]), inner) | st.lists(inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_a_value_is_as_itself(value: Any) -> None:
    """Nothing differs, whatever it is."""
    assert list(compare_json(value, value)) == []
    assert is_same_json(value, value)


@given(JSON, JSON)
def test_each_difference_stands_where_it_says(one: Any, other: Any) -> None:
    """The pointer, read as RFC 6901 says, leads to the value that was sent."""
    for item in compare_json(one, other):
        steps = [int(step) if step.isdigit() else step for step in read_pointer(item.pointer)]
        assert look_up(one, tuple(steps))[0] == item.sent


@pytest.mark.parametrize(
    ("sent", "found", "differences"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": 1, "b": 2}, {"a": 1}, [("/b", 2, None)]),
        ({"a": [1, 2]}, {"a": [1]}, [("/a", [1, 2], [1])]),
        ([{"x/y": 1}], [{"x/y": 2}], [("/0/x~1y", 1, 2)]),
        ("12.60", 12.6, [("", "12.60", 12.6)]),
    ],
)
def test_what_was_sent_must_be_there(sent: Any, found: Any, differences: list[Any]) -> None:
    """More is fine; lists of other lengths are told whole."""
    assert list(compare_json(sent, found)) == [Difference(*item) for item in differences]


def test_the_rule_decides_what_is_compared() -> None:
    """Members that both have; texts as they read; items in another order."""
    assert list(compare_json({"a": 1, "b": 2}, {"b": 2}, keys=keys_of_both)) == []
    assert list(compare_json([7], ["7"], same=reads_same)) == []
    turned = list(compare_json([1, 2], [2, 1], align=lambda _, found: found[::-1]))
    assert turned == []


@pytest.mark.parametrize(("one", "other"), [(True, 1), (1, 1.0), ([], {}), ([0], [False])])
def test_json_tells_kinds_apart(one: Any, other: Any) -> None:
    """Unlike in Python, true is not 1."""
    assert not is_same_json(one, other)
