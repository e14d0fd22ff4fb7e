"""Makes an Overlay from a document and an edited copy: the way back from editing to correcting.

The law: the overlay applied to the original gives the edited copy. Objects are compared key by
key, lists of objects item by item; a list that grew at its end gets the new items. Any other
changed list, and a value that became of another kind, is removed and set again, because an overlay
cannot replace either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.description.overlay import path_to, read_overlay
from workbench.errors import OverlayError
from workbench.model import is_same_json

_VERSION = "1.0.0"
Place = tuple[str | int, ...]


def make_overlay(
    original: Any, edited: Any, *, title: str, extends: str | None = None
) -> dict[str, Any]:
    """Return the OpenAPI Overlay 1.0 that turns one document into the other, as plain data.

    Args:
        original: The partner's document, as `load_text` reads it.
        edited: The same document with corrections.
        title: What the corrections are, for `info.title`.
        extends: Name of the document that it is meant for.

    Raises:
        OverlayError: The two are the same, one of them is not an object, or a key that has to be
            named holds a control character, which no JSONPath can say.
    """
    if not isinstance(original, dict) or not isinstance(edited, dict):
        raise OverlayError(
            "only documents that are objects can be corrected",
            hint="Give the original document and an edited copy of it.",
        )
    actions = list(_actions(original, edited, ()))
    if not actions:
        raise OverlayError(
            "the edited copy says the same as the original", hint="Edit the copy first."
        )
    head: dict[str, Any] = {"overlay": _VERSION, "info": {"title": title, "version": "1"}}
    if extends is not None:
        head["extends"] = extends
    overlay = {**head, "actions": actions}
    read_overlay(overlay, extends or "overlay")
    return overlay


def _actions(old: dict[str, Any], new: dict[str, Any], place: Place) -> Iterator[dict[str, Any]]:
    """Actions that turn one object into another: removals first, then one update, then below."""
    update: dict[str, Any] = {}
    below: list[dict[str, Any]] = []
    yield from (_remove((*place, key)) for key in sorted(old.keys() - new.keys()))
    for key, value in new.items():
        here = (*place, key)
        current = old.get(key)
        if key not in old:
            update[key] = value
        elif is_same_json(current, value):
            continue
        elif _are_objects(current, value):
            below += _actions(old[key], value, here)
        elif _is_kept(current, value):
            below += _item_actions(old[key], value, here)
            if len(value) > len(old[key]):
                update[key] = value[len(old[key]) :]
        else:
            if isinstance(current, dict | list) or isinstance(value, dict | list):
                yield _remove(here)
            update[key] = value
    if update:
        yield {"target": path_to(place), "update": update}
    yield from below


def _item_actions(old: list[Any], new: list[Any], place: Place) -> Iterator[dict[str, Any]]:
    for index, (current, value) in enumerate(zip(old, new, strict=False)):
        if not is_same_json(current, value):
            yield from _actions(current, value, (*place, index))


def _are_objects(old: Any, new: Any) -> bool:
    return isinstance(old, dict) and isinstance(new, dict)


def _is_kept(old: Any, new: Any) -> bool:
    """Whether both are lists and every old item is still there, the same or as an object."""
    return (
        isinstance(old, list)
        and isinstance(new, list)
        and len(old) <= len(new)
        and all(
            is_same_json(current, value) or _are_objects(current, value)
            for current, value in zip(old, new, strict=False)
        )
    )


def _remove(place: Place) -> dict[str, Any]:
    return {"target": path_to(place), "remove": True}
