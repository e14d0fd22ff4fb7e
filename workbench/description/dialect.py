"""What differs between the versions of OpenAPI, as tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from workbench.errors import DescriptionError
from workbench.model import mapping_of, text_of

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Dialect:
    """One version of OpenAPI.

    Attributes:
        version: `2.0`, `3.0`, `3.1` or `3.2`.
        schemas: Where named schemas lie.
        security: Where security schemes lie.
        methods: Keys of a path item that are operations.
        webhooks: Whether `webhooks` is a keyword; `x-webhooks` is read everywhere.
        inline_bodies: Whether bodies are parameters (2.0).
        siblings: Whether keys beside `$ref` count.
        type_lists: Whether `type` may be a list, and `nullable` is unknown.
    """

    version: str
    schemas: tuple[str, ...] = ("components", "schemas")
    security: tuple[str, ...] = ("components", "securitySchemes")
    methods: tuple[str, ...] = _METHODS
    webhooks: bool = True
    inline_bodies: bool = False
    siblings: bool = True
    type_lists: bool = True


DIALECTS = {
    dialect.version: dialect
    for dialect in (
        Dialect(
            "2.0",
            schemas=("definitions",),
            security=("securityDefinitions",),
            methods=_METHODS[:-1],
            webhooks=False,
            inline_bodies=True,
            siblings=False,
            type_lists=False,
        ),
        Dialect("3.0", webhooks=False, siblings=False, type_lists=False),
        Dialect("3.1"),
        Dialect("3.2", methods=(*_METHODS, "query")),
    )
}


def recognise_dialect(document: dict[str, Any], name: str) -> tuple[Dialect, str]:
    """Return the dialect of an OpenAPI document, and the version exactly as written.

    An unknown version 3.x is read as the newest one.

    Raises:
        DescriptionError: The version is neither 2.0 nor 3.x.
    """
    key = "openapi" if "openapi" in document else "swagger"
    written = text_of(document.get(key))
    major_minor = re.match(r"(\d+)(?:\.(\d+))?", written)
    if major_minor:
        number = f"{major_minor[1]}.{major_minor[2] or 0}"
        if number in DIALECTS:
            return DIALECTS[number], written
        if major_minor[1] == "3":
            return DIALECTS["3.2"], written
    raise DescriptionError(
        f"the OpenAPI version {written[:40]!r} is not known",
        location=f"{name}#/{key}",
        hint="Expected `swagger: '2.0'` or `openapi: 3.0`, `3.1` or `3.2`.",
    )


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
