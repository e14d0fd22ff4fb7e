import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.description import Action, apply_actions, describe, load_overlay
from workbench.description.overlay import path_to, read_overlay
from workbench.errors import OverlayError

DOCUMENT: dict[str, Any] = {
    "info": {"title": "Bistro"},
    "paths": {
        "/a": {"get": {"tags": ["x"], "parameters": [{"name": "q"}, {"name": "r"}]}},
        "/b": {"get": {"tags": ["y"]}},
    },
}


def changed(*actions: Action) -> Any:
    """Apply actions to a copy of the document."""
    return apply_actions(copy.deepcopy(DOCUMENT), actions)[0]


def test_update_merges_objects_and_appends_to_lists() -> None:
    """Objects are merged, lists grow, scalars are replaced; the rest stays."""
    result = changed(
        Action("$.paths.*.get", update=({"tags": ["new"], "summary": "s"},)),
        Action("$.paths['/a'].get.parameters", update=({"name": "t"},)),
        Action("$.info.title", update=("Mesa",)),
    )
    assert result["paths"]["/a"]["get"]["tags"] == ["x", "new"]
    assert result["paths"]["/b"]["get"] == {"tags": ["y", "new"], "summary": "s"}
    assert [item["name"] for item in result["paths"]["/a"]["get"]["parameters"]] == ["q", "r", "t"]
    assert result["info"]["title"] == "Mesa"


def test_remove_takes_several_places_at_once() -> None:
    """All matches go, list items too, though their indices move."""
    result = changed(Action("$..parameters[*]", remove=True), Action("$.paths['/b']", remove=True))
    assert result["paths"] == {"/a": {"get": {"tags": ["x"], "parameters": []}}}


def test_copy_merges_one_place_into_another() -> None:
    """Overlay 1.1 `copy` works as an update with what it selects."""
    result = changed(Action("$.paths['/b'].get", copy="$.paths['/a'].get"))
    assert result["paths"]["/b"]["get"]["tags"] == ["y", "x"]
    assert len(result["paths"]["/b"]["get"]["parameters"]) == 2


def test_actions_without_match_are_told() -> None:
    """Only the indices of actions that found something come back."""
    _, matched = apply_actions(
        copy.deepcopy(DOCUMENT), [Action("$.nothing", remove=True), Action("$.info", update=({},))]
    )
    assert matched == {1}


@pytest.mark.parametrize(
    "action",
    [
        Action("$", remove=True),
        Action("$.info", update=("text",)),
        Action("$.info.title", update=({"a": 1},)),
        Action("$.info", copy="$.paths.*"),
        Action("$.info", copy="$.nothing"),
        Action("$.paths['/a'].get", update=({"tags": "text"},)),
    ],
)
def test_actions_that_do_not_fit_are_errors(action: Action) -> None:
    """An update of another type, an ambiguous copy and removing everything are refused."""
    with pytest.raises(OverlayError, match="overlay is wrong"):
        changed(action)


INVALID: list[Any] = [
    None,
    [],
    {},
    {"overlay": "2.0.0", "info": {"title": "t", "version": "1"}, "actions": [{"target": "$"}]},
    {"overlay": "1.0.0", "actions": []},
    {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": []},
    {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": [{"target": 5}]},
    {"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": [{"target": "$"}]},
    {
        "overlay": "1.0.0",
        "info": {"title": "t", "version": "1"},
        "actions": [{"target": "$.[", "remove": True}],
    },
    {
        "overlay": "1.0.0",
        "info": {"title": "t", "version": "1"},
        "actions": [{"target": "$.a", "remove": "yes"}],
    },
]


@pytest.mark.parametrize("data", INVALID)
def test_invalid_overlays_are_located_errors(data: Any) -> None:
    """What is no overlay is an OverlayError with a pointer."""
    with pytest.raises(OverlayError) as error:
        read_overlay(data, "o.yaml")
    assert str(error.value.location).startswith("o.yaml#/")


def test_unreadable_overlay_file_is_an_overlay_error(tmp_path: Path) -> None:
    """A missing or broken file is the overlay's fault, not the document's."""
    broken = tmp_path / "o.yaml"
    broken.write_text("a: [", encoding="utf-8")
    for path in (broken, tmp_path / "missing.yaml"):
        with pytest.raises(OverlayError):
            load_overlay(path)


def test_describe_applies_the_overlay_and_reports_idle_actions(
    write: Callable[[str, Any], Path], openapi: Callable[..., dict[str, Any]]
) -> None:
    """The corrected document is read; an action that matches nothing is a warning."""
    path = write("api.json", openapi({"/a": {"get": {"responses": {}}}}))
    overlay = write(
        "fix.overlay.yaml",
        "overlay: 1.1.0\ninfo: {title: Fix, version: '1'}\nextends: ./api.json\nactions:\n"
        "- {target: '$.paths', update: {/b: {get: {responses: {}}}}}\n"
        "- {target: '$.paths[''/zzz'']', remove: true}\n",
    )
    description = describe([path], overlay=overlay)
    assert [item.id for item in description.operations] == ["GET /a", "GET /b"]
    assert [item.pointer for item in description.warnings if item.slug == "overlay-unmatched"] == [
        "/actions/1"
    ]


def test_overlay_can_take_out_what_the_guard_refuses(
    write: Callable[[str, Any], Path], openapi: Callable[..., dict[str, Any]]
) -> None:
    """A reference that reaches out can be removed by hand, beside the document."""
    path = write("api.json", openapi({"/a": {"$ref": "https://example.com/a.yaml"}}))
    overlay = write(
        "fix.yaml",
        "overlay: 1.0.0\ninfo: {title: Fix, version: '1'}\n"
        "actions: [{target: '$.paths[''/a'']', remove: true}]",
    )
    assert describe([path], overlay=overlay).operations == ()


KEYS = st.sampled_from(["a", "b", "it's", "x\\y", "/p/{id}", ""])
TREES = st.recursive(
    st.integers(0, 3) | st.text(max_size=3),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, TREES, max_size=3)


@settings(max_examples=100)
@given(OBJECTS, OBJECTS)
def test_applying_an_overlay_twice_changes_nothing_more(
    document: dict[str, Any], update: dict[str, Any]
) -> None:
    """Updates without lists, and removals, are idempotent."""
    actions = [Action("$", update=(update,)), Action("$..a", remove=True)]
    try:
        once, _ = apply_actions(copy.deepcopy(document), actions)
        twice, _ = apply_actions(copy.deepcopy(once), actions)
    except OverlayError:
        return
    assert twice == once


@settings(max_examples=60)
@given(OBJECTS)
def test_normalised_paths_select_their_place(document: dict[str, Any]) -> None:
    """The path that is made for a place finds exactly that place."""
    for key in document:
        result, matched = apply_actions(
            copy.deepcopy(document), [Action(path_to((key,)), remove=True)]
        )
        assert matched == {0}
        assert result == {other: value for other, value in document.items() if other != key}
