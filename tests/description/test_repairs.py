from collections.abc import Callable
from typing import Any

import pytest
import schemathesis

from workbench.model.description import ApiDescription

ANSWER = {"200": {"description": "d"}}


def slugs(description: ApiDescription) -> set[str]:
    """The kinds of the warnings."""
    return {warning.slug for warning in description.warnings}


def loaded(description: ApiDescription) -> int:
    """How many operations schemathesis takes from the bundle; a refused one fails the test."""
    schema = schemathesis.openapi.from_dict(description.bundles["api.json"])
    return len([result.ok() for result in schema.get_all_operations()])


BROKEN: dict[str, dict[str, Any]] = {
    "unknown variable": {"servers": [{"url": "https://{tenant}.example.com"}]},
    "unbalanced braces": {"servers": [{"url": "https://{tenant.example.com/{v"}]},
    "variable without default": {
        "servers": [{"url": "https://{t}.example.com", "variables": {"t": {"enum": ["a"]}}}]
    },
    "variable that is no object": {
        "servers": [{"url": "https://{t}.example.com", "variables": {"t": "a"}}]
    },
    "variables that are a list": {
        "servers": [{"url": "https://{t}.example.com", "variables": ["t"]}]
    },
    "server without URL": {"servers": [{"description": "none"}]},
    "server that is text": {"servers": ["https://example.com"]},
    "servers that are text": {"servers": "https://example.com"},
}


@pytest.mark.parametrize("root", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("level", ["root", "path", "operation"])
def test_bad_servers_are_mended_and_shown(
    root: dict[str, Any],
    level: str,
    read: Callable[..., ApiDescription],
    openapi: Callable[..., dict[str, Any]],
) -> None:
    """A server that schemathesis refuses is repaired by an action that the warning shows."""
    node: dict[str, Any] = {"responses": ANSWER, **(root if level == "operation" else {})}
    item: dict[str, Any] = {"get": node, **(root if level == "path" else {})}
    description = read(openapi({"/a": item}, **(root if level == "root" else {})))
    assert loaded(description) == 1
    shown = [item for item in description.warnings if "Mended in the bundle" in item.summary]
    assert shown
    assert all(item.hint.startswith('Overlay action: {"target":"$') for item in shown)


def test_undeclared_path_parameters_are_declared(
    read: Callable[..., ApiDescription], openapi: Callable[..., dict[str, Any]]
) -> None:
    """A parameter of the path that nobody declares is taken for text."""
    description = read(
        openapi(
            {
                "/a/{id}/{x}": {
                    "parameters": [
                        {"name": "x", "in": "path", "required": True, "schema": {"type": "integer"}}
                    ],
                    "get": {"responses": ANSWER},
                    "put": {"responses": ANSWER, "parameters": []},
                }
            }
        )
    )
    assert loaded(description) == 2
    for operation in description.operations:
        assert {item.name for item in operation.parameters} == {"id", "x"}
    found = [item for item in description.warnings if item.slug == "undeclared-path-parameter"]
    assert [item.pointer for item in found] == [
        "/paths/~1a~1{id}~1{x}/get",
        "/paths/~1a~1{id}~1{x}/put",
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"openapi": "3.0.0"},
        {"swagger": "2.0"},
        {"openapi": "3.1.0", "info": None, "paths": None},
        {"openapi": "3.1.0", "info": {"title": None, "version": 1}, "paths": []},
        {"openapi": "3.0.0", "paths": {"/a": {"parameters": 1, "get": {"responses": None}}}},
        {"openapi": "3.0.0", "paths": {"/a/{id}": {"get": {"parameters": None, "responses": []}}}},
        {
            "openapi": "3.0.0",
            "paths": {
                "/a": {"get": {"parameters": [{"name": "q", "in": "query"}], "responses": ANSWER}}
            },
        },
    ],
)
def test_wrong_shapes_are_mended(
    document: dict[str, Any], read: Callable[..., ApiDescription]
) -> None:
    """Missing or mistyped `info`, `paths`, `parameters` and `responses` leave the rest usable."""
    description = read(document)
    assert loaded(description) == len(description.operations)
    assert slugs(description) & {"missing-info", "malformed", "untyped-parameter", "no-paths"}


def test_a_sound_document_is_not_touched(
    read: Callable[..., ApiDescription], openapi: Callable[..., dict[str, Any]]
) -> None:
    """The bundle of a document without defects is the document."""
    document = openapi(
        {
            "/a": {
                "get": {
                    "operationId": "a",
                    "responses": {
                        "200": {
                            "description": "d",
                            "content": {"application/json": {"schema": {"type": "string"}}},
                        }
                    },
                    "security": [{"key": []}],
                }
            }
        },
        servers=[{"url": "https://api.example.com"}],
        components={"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    )
    description = read(document)
    assert description.bundles["api.json"] == document
    assert description.warnings == ()
