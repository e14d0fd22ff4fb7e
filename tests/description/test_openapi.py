from collections.abc import Callable
from typing import Any

import pytest

from workbench.errors import DescriptionError
from workbench.model.description import ApiDescription, Direction, follow_reference
from workbench.model.schema import SchemaReader

ANSWER = {
    "200": {"description": "d", "content": {"application/json": {"schema": {"type": "object"}}}}
}


def only(description: ApiDescription) -> Any:
    """The one operation of a description."""
    (operation,) = description.operations
    return operation


ORDERS_3 = {
    "paths": {
        "/orders/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                {"name": "lang", "in": "query", "schema": {"type": "string"}},
            ],
            "put": {
                "operationId": "putOrder",
                "tags": ["orders"],
                "summary": "Replace",
                "deprecated": True,
                "parameters": [
                    {
                        "name": "lang",
                        "in": "query",
                        "required": True,
                        "example": "es",
                        "schema": {"type": "string", "enum": ["es"]},
                    },
                ],
                "requestBody": {"$ref": "#/components/requestBodies/Order"},
                "responses": {"200": {"$ref": "#/components/responses/Order"}, "default": {}},
                "security": [{"key": []}, {"oauth": ["x"]}],
            },
        }
    },
    "servers": [
        {"url": "https://{env}.example.com/v1", "variables": {"env": {"default": "sandbox"}}}
    ],
    "components": {
        "requestBodies": {
            "Order": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Order"},
                        "examples": {"one": {"$ref": "#/components/examples/One"}},
                    }
                },
            }
        },
        "responses": {
            "Order": {
                "description": "ok",
                "headers": {"ETag": {}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}},
            }
        },
        "schemas": {"Order": {"type": "object", "example": {"id": "s"}}},
        "examples": {"One": {"value": {"id": "1"}}},
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "oauth": {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "https://example.com/t", "scopes": {}}},
            },
        },
    },
}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
def test_operations_of_version_3(
    version: str, read: Callable[..., ApiDescription], openapi: Callable[..., dict[str, Any]]
) -> None:
    """Parameters, bodies, answers, examples, security and servers are read."""
    document = openapi(**ORDERS_3, version=version)
    description = read(document)
    operation = only(description)
    assert (operation.id, operation.operation_id) == ("PUT /orders/{id}", "putOrder")
    assert operation.deprecated
    assert operation.tags == ("orders",)
    assert operation.servers == ("https://sandbox.example.com/v1",)
    assert operation.security == ("key", "oauth")
    assert {(item.name, item.place, item.required) for item in operation.parameters} == {
        ("id", "path", True),
        ("lang", "query", True),
    }
    assert operation.bodies[0].examples == ({"id": "1"},)
    assert operation.bodies[0].required
    assert (
        SchemaReader.of(description, "api.json").resolve(operation.request_schema)["type"]
        == "object"
    )
    assert operation.responses[0].bodies[0].examples == ({"id": "s"},)
    assert operation.responses[0].headers == ("ETag",)
    assert description.security[1].flows == {"clientCredentials": "https://example.com/t"}
    for item in (operation, *operation.parameters, *operation.bodies, *operation.responses):
        assert follow_reference(description.bundles["api.json"], f"#{item.pointer}") is not None
    assert description.documents[0].version == version


ORDERS_2 = {
    "paths": {
        "/orders/{id}": {
            "post": {
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "type": "integer"},
                    {
                        "name": "body",
                        "in": "body",
                        "required": True,
                        "schema": {"$ref": "#/definitions/Order"},
                    },
                ],
                "responses": {
                    "200": {
                        "description": "d",
                        "schema": {"type": "object"},
                        "examples": {"application/json": {"ok": True}},
                    }
                },
            }
        },
        "/token": {
            "post": {
                "consumes": ["application/x-www-form-urlencoded"],
                "parameters": [
                    {"name": "user", "in": "formData", "required": True, "type": "string"},
                    {"name": "scope", "in": "formData", "type": "string"},
                ],
                "responses": {"204": {"description": "d"}},
            }
        },
    },
    "host": "api.example.com",
    "basePath": "/v2",
    "schemes": ["https"],
    "produces": ["application/json"],
    "definitions": {"Order": {"type": "object", "properties": {"id": {"type": "string"}}}},
    "securityDefinitions": {
        "basic": {"type": "basic"},
        "oauth": {"type": "oauth2", "flow": "application", "tokenUrl": "https://example.com/t"},
    },
    "security": [{"basic": []}],
}


def test_operations_of_version_2(
    read: Callable[..., ApiDescription], openapi: Callable[..., dict[str, Any]]
) -> None:
    """Body and form parameters, typed parameters, examples by media type and hosts of 2.0."""
    document = openapi(**ORDERS_2, version="2.0")
    description = read(document)
    order, token = description.operations
    assert order.servers == ("https://api.example.com/v2",)
    assert order.parameters[0].schema_ == {"type": "integer"}
    assert SchemaReader.of(description, "api.json").resolve(order.request_schema)["properties"]
    assert order.responses[0].bodies[0].examples == ({"ok": True},)
    assert order.security == ("basic",)
    assert token.bodies[0].media_type == "application/x-www-form-urlencoded"
    assert token.bodies[0].schema_["required"] == ["user"]
    assert [(item.kind, item.scheme) for item in description.security] == [
        ("http", "basic"),
        ("oauth2", None),
    ]


def test_webhooks_and_callbacks_become_events(
    read: Callable[..., ApiDescription], openapi: Callable[..., dict[str, Any]]
) -> None:
    """`webhooks`, `x-webhooks` and `callbacks` are events with ids of their own."""
    hook = {
        "post": {
            "summary": "New",
            "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": {"200": {"description": "d"}},
        }
    }
    document = openapi(
        {
            path: {
                "post": {
                    "callbacks": {"onEvent": {"{$request.body#/url}": hook}},
                    "responses": {"201": {"description": "d"}},
                }
            }
            for path in ("/subscriptions", "/others")
        },
        webhooks={
            "order.created": {"$ref": "#/components/pathItems/Created"},
            "both": {**hook, "put": hook["post"]},
        },
        components={"pathItems": {"Created": hook}},
        **{"x-webhooks": {"/v1/menu": hook}},
    )
    description = read(document)
    assert [item.id for item in description.events] == [
        "callback:onEvent",
        "callback:onEvent @ POST /others",
        "webhook:order.created",
        "webhook:both",
        "webhook:both @ POST",
        "webhook:/v1/menu",
    ]
    assert {item.direction for item in description.events} == {Direction.INBOUND}
    assert all(item.request_schema for item in description.events)
    assert len(description.operations) == 2


def test_version_3_2_methods(
    read: Callable[..., ApiDescription], openapi: Callable[..., dict[str, Any]]
) -> None:
    """`query` and additional operations are read from 3.2, and only from there."""
    paths = {
        "/a": {
            "query": {"responses": ANSWER},
            "additionalOperations": {"LINK": {"responses": ANSWER}},
        }
    }
    assert [item.id for item in read(openapi(paths, version="3.2.0")).operations] == [
        "QUERY /a",
        "LINK /a",
    ]


def test_webhook_payloads_that_are_only_schemas(
    read: Callable[..., ApiDescription], openapi: Callable[..., dict[str, Any]]
) -> None:
    """A schema named after something that happened is an event; other schemas are not."""
    names = ("OrderCreatedEvent", "Order", "EventList", "CalendarEvent", "OrderUpdatedEvent")
    document = openapi(
        {
            "/a": {
                "get": {
                    "responses": {
                        "200": {
                            "description": "d",
                            "content": {
                                "application/json": {
                                    "schema": {"$ref": "#/components/schemas/OrderUpdatedEvent"}
                                }
                            },
                        }
                    }
                }
            }
        },
        components={"schemas": {name: {"type": "object"} for name in names}},
    )
    description = read(document)
    assert [item.id for item in description.events] == ["schema:OrderCreatedEvent"]
    assert SchemaReader.of(description, "api.json").resolve(
        description.events[0].request_schema
    ) == {"type": "object"}


@pytest.mark.parametrize("version", ["1.2", "4.0.0", "", "latest"])
def test_unknown_versions(version: str, read: Callable[..., ApiDescription]) -> None:
    """A version that is neither 2.0 nor 3.x is refused with what was expected."""
    with pytest.raises(DescriptionError, match="version") as refusal:
        read({"openapi": version, "info": {}, "paths": {}})
    assert "3.1" in str(refusal.value.hint)


def test_future_minor_versions_are_read(read: Callable[..., ApiDescription]) -> None:
    """Version 3.9 is read as the newest known one, with a warning."""
    description = read(
        {
            "openapi": "3.9.0",
            "info": {"title": "t", "version": "1"},
            "paths": {"/a": {"get": {"responses": ANSWER}}},
        }
    )
    assert only(description).id == "GET /a"
    assert "unknown-version" in {item.slug for item in description.warnings}


def test_versions_written_as_numbers(read: Callable[..., ApiDescription]) -> None:
    """`swagger: 2.0` and `openapi: 3.0` without quotes are versions too."""
    for text in ("swagger: 2.0", "openapi: 3.0"):
        description = read(f"{text}\ninfo: {{title: t, version: 1.0}}\npaths: {{}}", "api.yaml")
        assert description.documents[0].version in {"2.0", "3.0"}
        assert description.documents[0].api_version == "1.0"
