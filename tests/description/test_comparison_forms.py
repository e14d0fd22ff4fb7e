"""Ways of writing that the standards hold equal, and ways of sending that are not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.description import describe
from workbench.description.comparison import compare_descriptions
from workbench.description.document_change import ChangeSeverity

Write = Callable[[str, Any], Path]
STRING = {"type": "string"}
MANY = {"type": "array", "items": STRING}


def document(version: str, operation: dict[str, Any]) -> dict[str, Any]:
    """A document with one operation."""
    head = {"swagger": version} if version == "2.0" else {"openapi": version}
    paths = {"/a": {"post": {"responses": {"200": {"description": "ok"}}, **operation}}}
    return {**head, "info": {"title": "a", "version": "1"}, "paths": paths}


def changes(write: Write, old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    """Severity and kind of every difference."""
    descriptions = [
        describe([write(name, made)]) for name, made in (("o.json", old), ("n.json", new))
    ]
    return [(item.severity.value, item.slug) for item in compare_descriptions(*descriptions)]


def body(media_type: str, schema: Any) -> dict[str, Any]:
    """A request body of one media type."""
    return {"requestBody": {"content": {media_type: {"schema": schema}}}}


def answers(**statuses: Any) -> dict[str, Any]:
    """Answers by status, `s200` for 200."""
    made = {
        key.removeprefix("s"): {
            "description": "ok",
            "content": {"application/json": {"schema": node}},
        }
        for key, node in statuses.items()
    }
    return {"responses": made}


def headed(schema: Any) -> dict[str, Any]:
    """An answer with one header."""
    headers = {"X-N": {"schema": schema}}
    return {"responses": {"200": {"description": "ok", "headers": headers}}}


def query(**more: Any) -> dict[str, Any]:
    """One parameter of the query."""
    return {"parameters": [{"name": "q", "in": "query", **more}]}


FILE = {"type": "object", "properties": {"f": {"type": "string", "format": "binary"}}}
NEW_FILE = {
    "type": "object",
    "properties": {"f": {"type": "string", "contentMediaType": "application/octet-stream"}},
}
EQUAL = {
    "a file in a form": (body("multipart/form-data", FILE), body("multipart/form-data", NEW_FILE)),
    "base64": (
        body("application/json", {"type": "string", "format": "byte"}),
        body("application/json", {"type": "string", "contentEncoding": "base64"}),
    ),
    "bytes": (
        body("image/png", {"type": "string", "format": "binary"}),
        body("image/png", {}),
    ),
    "character set": (
        body("application/json", MANY),
        body("application/json; charset=utf-8", MANY),
    ),
    "a class of answers": (answers(s200=MANY), answers(s2XX=MANY)),
    "a class beside its member": (answers(s200=MANY, s2XX=MANY), answers(s2XX=MANY)),
    "exclusive bounds": (
        query(schema={"type": "integer", "minimum": 1, "exclusiveMinimum": True}),
        query(schema={"type": "integer", "exclusiveMinimum": 1}),
    ),
    "nullable": (
        body("application/json", {"type": "string", "nullable": True}),
        body("application/json", {"type": ["string", "null"]}),
    ),
    "nullable beside a part": (
        body("application/json", {"nullable": True, "allOf": [STRING]}),
        body("application/json", {"oneOf": [STRING, {"type": "null"}]}),
    ),
    "a file without a schema": (
        body("multipart/form-data", FILE),
        body("multipart/form-data", {"type": "object", "properties": {"f": {}}}),
    ),
    "bounds that bound nothing": (
        body("application/json", {"type": "string", "minLength": 0}),
        body("application/json", STRING),
    ),
    "spellings of a number": (
        query(schema={"type": "integer", "maximum": 1000}),
        query(schema={"type": "integer", "maximum": 1e3}),
    ),
    "the type of listed values": (
        body("application/json", {"type": "string", "enum": ["a", "b"]}),
        body("application/json", {"enum": ["b", "a"]}),
    ),
    "whole numbers among numbers": (
        answers(s200={"type": "number"}),
        answers(s200={"type": ["integer", "number"]}),
    ),
    "what holds by default": (query(schema=MANY), query(schema=MANY, style="form", explode=True)),
    "the form of a single value": (query(schema=STRING), query(schema=STRING, explode=False)),
}


@pytest.mark.parametrize("kind", EQUAL)
def test_equal_ways_of_writing_are_no_change(kind: str, write: Write) -> None:
    """What 3.0 and 3.1 write differently and mean alike breaks nobody, in neither direction."""
    old, new = (document(v, made) for v, made in zip(("3.0.3", "3.1.0"), EQUAL[kind], strict=True))
    assert changes(write, old, new) == []
    assert changes(write, new, old) == []


def test_a_list_of_version_2_keeps_its_form(write: Write) -> None:
    """`multi` is what 3.x does by default, `pipes` has a style of its own."""
    for written, style in (("multi", "form"), ("pipes", "pipeDelimited")):
        old = document("2.0", query(type="array", items=STRING, collectionFormat=written))
        new = document("3.0.3", query(schema=MANY, style=style, explode=written == "multi"))
        assert changes(write, old, new) == []


def test_a_base_path_may_move_into_the_paths(write: Write) -> None:
    """What is called stays the same; another base path of the same paths is another address."""

    def served(path: str, url: str) -> dict[str, Any]:
        made = document("3.0.3", {})
        return {**made, "paths": {path: made["paths"]["/a"]}, "servers": [{"url": url}]}

    old, new = served("/a", "https://h.example/v1/"), served("/v1/a", "https://h.example")
    assert changes(write, old, new) == changes(write, new, old) == []
    assert changes(write, old, served("/a", "https://h.example/v1")) == []
    moved = changes(write, old, served("/a", "https://h.example/v2"))
    assert ("breaking", "server-removed") in moved


DIFFERENT = {
    "signs of a single value": (
        query(schema=STRING, allowReserved=True),
        query(schema=STRING),
        "parameter-reserved-changed",
    ),
    "explode": (query(schema=MANY), query(schema=MANY, explode=False), "parameter-explode-changed"),
    "style": (
        query(schema=MANY, explode=False),
        query(schema=MANY, style="pipeDelimited", explode=False),
        "parameter-style-changed",
    ),
    "JSON in a parameter": (
        query(schema=MANY),
        query(content={"application/json": {"schema": MANY}}),
        "parameter-media-type-changed",
    ),
    "unique items": (
        query(schema=MANY),
        query(schema={**MANY, "uniqueItems": True}),
        "uniqueitems-tightened",
    ),
    "another class": (answers(s200=MANY), answers(s3XX=MANY), "response-removed"),
    "the type of a header": (
        {
            "responses": {
                "200": {"description": "", "headers": {"X-N": {"schema": {"type": "integer"}}}}
            }
        },
        {"responses": {"200": {"description": "", "headers": {"X-N": {"schema": STRING}}}}},
        "type-changed",
    ),
    "a body inside a class": (
        answers(s200={"type": "object", "properties": {"id": STRING}}),
        answers(s2XX={"type": "object", "properties": {}}),
        "property-removed",
    ),
}


@pytest.mark.parametrize("kind", DIFFERENT)
def test_other_ways_of_sending_break(kind: str, write: Write) -> None:
    """Another form on the wire is a break, and says which."""
    old, new, slug = DIFFERENT[kind]
    found = changes(write, document("3.1.0", old), document("3.1.0", new))
    assert (ChangeSeverity.BREAKING.value, slug) in found


def test_reserved_signs_may_be_allowed_later(write: Write) -> None:
    """What takes more signs than before breaks nobody."""
    old, new = query(schema=MANY), query(schema=MANY, allowReserved=True)
    found = changes(write, document("3.1.0", old), document("3.1.0", new))
    assert found == [("non-breaking", "parameter-reserved-changed")]
