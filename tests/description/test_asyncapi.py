from collections.abc import Callable
from typing import Any

from openapi_spec_validator import validate

from workbench.model.description import ApiDescription, Direction
from workbench.model.schema import SchemaReader

INFO = {"title": "Events", "version": "1"}
COMPONENTS = {
    "schemas": {"Order": {"type": "object", "properties": {"id": {"type": "string"}}}},
    "messages": {
        "Created": {
            "title": "Order created",
            "payload": {"$ref": "#/components/schemas/Order"},
            "examples": [{"payload": {"id": "1"}}],
        },
        "Gone": {"payload": {"type": "object"}},
    },
    "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
}


def test_channels_of_version_2(read: Callable[..., ApiDescription]) -> None:
    """Each channel is an event with its payload schema and examples; `oneOf` joins messages."""
    created = {"$ref": "#/components/messages/Created"}
    gone = {"$ref": "#/components/messages/Gone"}
    document = {
        "asyncapi": "2.6.0",
        "info": INFO,
        "components": COMPONENTS,
        "servers": {"ours": {"url": "{webhook_url}", "protocol": "https"}},
        "channels": {
            "/orders": {
                "description": "Sent on every order.",
                "publish": {"operationId": "onOrder", "message": created},
            },
            "/all": {"subscribe": {"message": {"oneOf": [created, gone]}}},
            "/none": {},
        },
    }
    description = read(document)
    assert [item.id for item in description.events] == ["asyncapi:/orders", "asyncapi:/all"]
    first = description.events[0]
    assert first.source == "asyncapi"
    assert first.direction is Direction.INBOUND
    assert first.summary == "Order created"
    assert first.bodies[0].examples == ({"id": "1"},)
    schema = SchemaReader.of(description, "api.json").resolve(first.request_schema)
    assert list(schema["properties"]) == ["id"]
    assert len(description.events[1].bodies[0].schema_["anyOf"]) == 2
    assert [(item.id, item.scheme) for item in description.security] == [("basic", "basic")]
    assert description.documents[0].format == "asyncapi"
    validate(description.bundles["api.json"])


def test_channels_of_version_3(read: Callable[..., ApiDescription]) -> None:
    """Messages of a channel, operations that point at it, and wrapped schemas are read."""
    document = {
        "asyncapi": "3.0.0",
        "info": INFO,
        "components": COMPONENTS,
        "channels": {
            "orderCreated": {
                "address": "orders/created",
                "messages": {"created": {"$ref": "#/components/messages/Created"}},
            },
            "wrapped": {
                "messages": {
                    "m": {
                        "payload": {
                            "schemaFormat": "application/schema+json",
                            "schema": {"type": "array"},
                        }
                    }
                }
            },
        },
        "operations": {
            "send": {
                "action": "send",
                "summary": "New order",
                "channel": {"$ref": "#/channels/orderCreated"},
            }
        },
    }
    description = read(document)
    assert [item.id for item in description.events] == [
        "asyncapi:orders/created",
        "asyncapi:wrapped",
    ]
    assert description.events[0].summary == "New order"
    assert description.events[1].request_schema == {"type": "array"}
    validate(description.bundles["api.json"])


def test_a_document_without_messages_warns(read: Callable[..., ApiDescription]) -> None:
    """Nothing to receive is a finding, not a failure."""
    description = read({"asyncapi": "2.0.0", "info": INFO, "channels": {}})
    assert [item.slug for item in description.warnings] == ["empty"]


def test_wrong_shapes_do_not_crash(read: Callable[..., Any]) -> None:
    """Channels, messages and operations of the wrong type are passed over."""
    for channels in (1, {"a": 1}, {"a": {"publish": [], "messages": 3}}):
        for version in ("2.0.0", "3.0.0"):
            assert read({"asyncapi": version, "channels": channels, "operations": 1}).events == ()
