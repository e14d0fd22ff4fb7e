import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.description.overlay import apply_actions, read_overlay
from workbench.description.overlay_diff import make_overlay
from workbench.errors import OverlayError

KEY = st.text(st.characters(min_codepoint=32) | st.sampled_from("\t\n\b"), max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-1, 1) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=12,
)
DOCUMENT = st.dictionaries(KEY, JSON, max_size=5)


@st.composite
def edits(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A document, and a copy of it with some values replaced, added and taken away."""
    original = draw(DOCUMENT)
    edited = copy.deepcopy(original)
    for _ in range(draw(st.integers(0, 4))):
        node: Any = edited
        while isinstance(node, dict | list) and node and draw(st.booleans()):
            node = draw(st.sampled_from(list(node.values()) if isinstance(node, dict) else node))
        if isinstance(node, dict):
            node[draw(KEY)] = draw(JSON)
            if node and draw(st.booleans()):
                del node[draw(st.sampled_from(sorted(node)))]
        elif isinstance(node, list):
            node.insert(draw(st.integers(0, len(node))), draw(JSON))
    return original, edited


def applied(original: dict[str, Any], overlay: dict[str, Any]) -> Any:
    """The original after the overlay, read and applied as `describe` does."""
    read = read_overlay(overlay, "made.yaml")
    return apply_actions(copy.deepcopy(original), read.actions)[0]


def strict(value: Any) -> str:
    """A text that differs where values differ, `1` and `true` included."""
    if isinstance(value, dict):
        return f"{{{','.join(f'{key!r}:{strict(value[key])}' for key in sorted(value))}}}"
    if isinstance(value, list):
        return f"[{','.join(map(strict, value))}]"
    return f"{type(value).__name__} {value!r}"


@settings(max_examples=200, deadline=None)
@given(edits() | st.tuples(DOCUMENT, DOCUMENT))
def test_overlay_applied_to_the_original_gives_the_edited_copy(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    """The law holds for any two documents; only equal ones give no overlay."""
    original, edited = pair
    try:
        overlay = make_overlay(original, edited, title="Corrections")
    except OverlayError:
        assert strict(original) == strict(edited)
        return
    assert strict(applied(original, overlay)) == strict(edited)


def test_actions_are_small_and_precise() -> None:
    """One changed word gives one short action at its place."""
    original = {
        "servers": [{"url": "{host}"}],
        "paths": {"/a/{id}": {"get": {"tags": ["x"], "summary": "A", "parameters": [{"in": "p"}]}}},
    }
    edited = copy.deepcopy(original)
    edited["servers"][0]["url"] = "https://api.example"
    edited["paths"]["/a/{id}"]["get"]["tags"].append("y")
    del edited["paths"]["/a/{id}"]["get"]["summary"]
    overlay = make_overlay(original, edited, title="Host", extends="api.json")
    assert overlay == {
        "overlay": "1.0.0",
        "info": {"title": "Host", "version": "1"},
        "extends": "api.json",
        "actions": [
            {"target": "$['servers'][0]", "update": {"url": "https://api.example"}},
            {"target": "$['paths']['/a/{id}']['get']['summary']", "remove": True},
            {"target": "$['paths']['/a/{id}']['get']", "update": {"tags": ["y"]}},
        ],
    }
    assert applied(original, overlay) == edited


@pytest.mark.parametrize("pair", [({}, {}), ([], {}), ({"a": 1}, None), ({"\0": 1}, {})])
def test_nothing_to_correct_is_an_error(pair: tuple[Any, Any]) -> None:
    """Equal documents, no objects, and keys that no path can name are refused with a hint."""
    with pytest.raises(OverlayError) as caught:
        make_overlay(*pair, title="Nothing")
    assert caught.value.hint
