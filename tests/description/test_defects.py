from collections.abc import Callable
from typing import Any

import pytest

from workbench.model.description import ApiDescription, follow_reference

ANSWER = {"200": {"description": "d"}}
GET = {"get": {"responses": ANSWER}}


def with_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Root keys with one named schema."""
    return {"components": {"schemas": {"S": schema}}}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "duplicate-operation-id": (
        {
            "/a": {
                "get": {"operationId": "x", "responses": ANSWER},
                "put": {"operationId": "x", "responses": ANSWER},
            }
        },
        {},
    ),
    "ambiguous-path": ({"/a/{x}": GET, "/a/{y}": GET}, {}),
    "bad-path": ({"a": GET}, {}),
    "no-responses": ({"/a": {"get": {}}}, {}),
    "no-success": ({"/a": {"get": {"responses": {"404": {"description": "d"}}}}}, {}),
    "no-success-schema": ({"/a": GET}, {}),
    "body-without-content": ({"/a": {"post": {"requestBody": {}, "responses": ANSWER}}}, {}),
    "unused-path-parameter": (
        {
            "/a": {
                "get": {
                    "responses": ANSWER,
                    "parameters": [{"name": "x", "in": "path", "required": True, "schema": {}}],
                }
            }
        },
        {},
    ),
    "optional-path-parameter": (
        {
            "/a/{x}": {
                "get": {
                    "responses": ANSWER,
                    "parameters": [{"name": "x", "in": "path", "schema": {}}],
                }
            }
        },
        {},
    ),
    "duplicate-parameter": (
        {
            "/a": {
                "get": {
                    "responses": ANSWER,
                    "parameters": [
                        {"name": "q", "in": "query", "schema": {}},
                        {"name": "q", "in": "query", "schema": {}},
                    ],
                }
            }
        },
        {},
    ),
    "bad-parameter": (
        {
            "/a": {
                "get": {
                    "responses": ANSWER,
                    "parameters": [{"name": "q", "in": "somewhere", "schema": {}}],
                }
            }
        },
        {},
    ),
    "malformed": ({"/a": "text"}, {}),
    "unknown-security": ({"/a": GET}, {"security": [{"nobody": []}]}),
    "unused-security": ({"/a": GET}, {"components": {"securitySchemes": {"k": {"type": "http"}}}}),
    "bad-security": ({"/a": GET}, {"components": {"securitySchemes": {"k": {"type": "magic"}}}}),
    "no-security": ({"/a": GET}, {}),
    "no-server": ({"/a": GET}, {}),
    "relative-server": ({"/a": GET}, {"servers": [{"url": "/v1"}]}),
    "placeholder-server": ({"/a": GET}, {"servers": [{"url": "https://api-server/v1"}]}),
    "bad-server": ({"/a": GET}, {"servers": [{"url": "ftp://example.com"}]}),
    "empty": ({}, {}),
    "bad-type": ({"/a": GET}, with_schema({"type": "money"})),
    "bad-pattern": ({"/a": GET}, with_schema({"properties": {"p": {"pattern": "("}}})),
    "required-unknown": ({"/a": GET}, with_schema({"properties": {"a": {}}, "required": ["b"]})),
    "nullable": ({"/a": GET}, with_schema({"items": {"nullable": True}})),
}


@pytest.mark.parametrize(("slug", "case"), CASES.items(), ids=CASES.keys())
def test_each_defect_is_a_located_warning(
    slug: str,
    case: tuple[dict[str, Any], dict[str, Any]],
    read: Callable[..., ApiDescription],
    openapi: Callable[..., dict[str, Any]],
) -> None:
    """A defect gives a warning of its kind, in words, at a place that exists (or its parent)."""
    paths, root = case
    description = read(openapi(paths, **root))
    found = [item for item in description.warnings if item.slug == slug]
    assert found
    for warning in found:
        assert warning.summary
        assert warning.severity in {"info", "low", "medium"}
        assert warning.document == "api.json"
        parent = warning.pointer.rpartition("/")[0]
        assert follow_reference(description.bundles["api.json"], f"#{parent}") is not None


def test_the_same_defect_many_times_is_counted(
    read: Callable[..., ApiDescription], openapi: Callable[..., dict[str, Any]]
) -> None:
    """Hundreds of equal schema defects are summed up after the first ones."""
    schemas = {f"S{number}": {"type": "money"} for number in range(300)}
    description = read(openapi({"/a": GET}, components={"schemas": schemas}))
    found = [item for item in description.warnings if item.slug == "bad-type"]
    assert len(found) == 21
    assert "280 more" in found[-1].summary


def test_hostile_patterns_do_not_hang(
    read: Callable[..., ApiDescription], openapi: Callable[..., dict[str, Any]]
) -> None:
    """Patterns that blow up other engines are judged at once."""
    schema = {"properties": {"p": {"pattern": "^(a+)+$"}, "q": {"pattern": "(" * 5000}}}
    description = read(openapi({"/a": GET}, components={"schemas": {"S": schema}}))
    assert [item.slug for item in description.warnings].count("bad-pattern") == 1
