"""How a parameter is written into a request: the words of every version brought into one."""

from __future__ import annotations

from typing import Any

from workbench.model import mapping_of, text_of

_USUAL = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
# Style and explode of what OpenAPI 2.0 calls the format of a collection.
_COLLECTIONS = {
    "csv": (None, False),
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}


def read_form(node: dict[str, Any], place: str, *, is_old: bool) -> dict[str, Any]:
    """Style, explode, reserved signs and media type of a parameter, with what holds by default.

    Args:
        node: The parameter object.
        place: path, query, header or cookie.
        is_old: It is one of OpenAPI 2.0.
    """
    usual = _USUAL.get(place, "")
    if is_old:
        style, explode = _COLLECTIONS.get(
            text_of(node.get("collectionFormat")) or "csv", (None, False)
        )
        return {"style": style or usual, "explode": explode}
    style = text_of(node.get("style")) or usual
    stated = node.get("explode")
    return {
        "style": style,
        "explode": stated if isinstance(stated, bool) else style in {"form", "cookie"},
        "allow_reserved": node.get("allowReserved") is True,
        "media_type": next(iter(mapping_of(node.get("content"))), ""),
    }
