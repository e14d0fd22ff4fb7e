from collections.abc import Callable
from typing import Any

from openapi_spec_validator import validate

from workbench.description import find_directions
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
    """Each message of a channel is an event with its payload schema and examples."""
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
    assert [item.id for item in description.events] == [
        "asyncapi:/orders",
        "asyncapi:/all#Created",
        "asyncapi:/all#Gone",
    ]
    assert [item.name for item in description.events] == ["/orders", "Created", "Gone"]
    first = description.events[0]
    assert first.source == "asyncapi"
    assert first.direction is Direction.INBOUND
    assert first.summary == "Order created"
    assert first.bodies[0].examples == ({"id": "1"},)
    schema = SchemaReader.of(description, "api.json").resolve(first.request_schema)
    assert list(schema["properties"]) == ["id"]
    assert description.documents[0].servers == ()
    assert description.events[1].request_schema == {"$ref": "#/x-asyncapi/components/schemas/Order"}
    assert description.events[2].request_schema == {"type": "object"}
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


def channels(version: str, **root: Any) -> dict[str, Any]:
    """An AsyncAPI document."""
    return {"asyncapi": version, "info": INFO, **root}


def message(kind: str, **more: Any) -> dict[str, Any]:
    """A message whose payload names its kind."""
    payload = {"type": "object", "properties": {"topic": {"const": kind}, "id": {"type": "string"}}}
    return {"title": f"Told of {kind}", "payload": payload, **more}


def test_two_channels_of_one_address_are_two_events(read: Callable[..., ApiDescription]) -> None:
    """Version 3 may give one address to several channels; each keeps its own event."""
    document = channels(
        "3.0.0",
        channels={
            "placed": {"address": "/in", "messages": {"body": message("placed")}},
            "dropped": {"address": "/in", "messages": {"body": message("dropped")}},
        },
    )
    events = read(document).events
    assert [item.id for item in events] == ["asyncapi:placed#body", "asyncapi:dropped#body"]
    assert {item.address for item in events} == {"/in"}
    assert [item.summary for item in events] == ["Told of placed", "Told of dropped"]


def test_operations_and_replies_say_who_sends(read: Callable[..., ApiDescription]) -> None:
    """They send what they `send`; what they `receive` is ours, and a reply goes the other way."""
    document = channels(
        "3.0.0",
        channels={
            "news": {"messages": {"new": message("new")}},
            "asked": {"messages": {"ask": message("ask")}},
            "answered": {"address": None, "messages": {"ok": message("ok"), "no": message("no")}},
        },
        operations={
            "tell": {"action": "send", "channel": {"$ref": "#/channels/news"}},
            "ask": {
                "action": "receive",
                "channel": {"$ref": "#/channels/asked"},
                "messages": [{"$ref": "#/channels/asked/messages/ask"}],
                "reply": {"channel": {"$ref": "#/channels/answered"}},
            },
        },
    )
    found = {item.id: item.direction.value for item in read(document).events}
    assert found == {
        "asyncapi:news": "inbound",
        "asyncapi:asked": "outbound",
        "asyncapi:answered#ok": "inbound",
        "asyncapi:answered#no": "inbound",
    }


def test_both_words_of_version_2_say_who_sends(read: Callable[..., ApiDescription]) -> None:
    """A document that uses `publish` and `subscribe` means them; one that uses one does not."""
    ours = {"publish": {"message": message("cmd")}}
    theirs = {"subscribe": {"message": message("event")}}
    both = read(channels("2.4.0", channels={"a": ours, "b": theirs})).events
    assert [item.direction.value for item in both] == ["outbound", "inbound"]
    (alone,) = read(channels("2.4.0", channels={"a": ours})).events
    assert alone.direction is Direction.INBOUND


def test_servers_of_theirs_and_of_ours_are_told_apart(read: Callable[..., ApiDescription]) -> None:
    """A host left for us to fill in, or said to be yours, is no server of the partner."""
    servers = {
        "theirs": {
            "host": "{region}.bistro.example",
            "protocol": "wss",
            "variables": {"region": {"enum": ["eu", "us"]}},
        },
        "hook": {"host": "{endpoint}", "protocol": "https"},
        "named": {"host": "shop.example", "protocol": "https", "description": "Your web server."},
        "partner": {"host": "partner-api.bistro.example", "protocol": "https"},
    }
    document = channels(
        "3.0.0",
        servers=servers,
        channels={
            "c": {"servers": [{"$ref": "#/servers/hook"}], "messages": {"m": message("m")}},
        },
        operations={"o": {"action": "receive", "channel": {"$ref": "#/channels/c"}}},
    )
    description = read(document)
    assert description.documents[0].servers == (
        "wss://eu.bistro.example",
        "https://partner-api.bistro.example",
    )
    ours = [item.pointer for item in description.warnings if item.slug == "our-server"]
    assert ours == ["/x-asyncapi/servers/hook", "/x-asyncapi/servers/named"]
    assert description.events[0].direction is Direction.INBOUND


def test_traits_headers_and_foreign_schemas(read: Callable[..., ApiDescription]) -> None:
    """Traits add what a message lacks, headers are parameters, and Avro is said to be unread."""
    headers = {"type": "object", "required": ["X-Kind"], "properties": {"X-Kind": {"const": "a"}}}
    document = channels(
        "2.6.0",
        channels={
            "t": {"subscribe": {"message": {"traits": [message("t", headers=headers)]}}},
            "f": {
                "subscribe": {
                    "message": {
                        "schemaFormat": "application/vnd.apache.avro;version=1.9.0",
                        "payload": {"type": "record", "name": "R", "fields": []},
                    }
                }
            },
        },
    )
    description = read(document)
    first, second = description.events
    assert [(item.name, item.required) for item in first.parameters] == [("X-Kind", True)]
    assert first.request_schema is not None
    assert second.request_schema is None
    assert "foreign-schema" in [item.slug for item in description.warnings]


def test_sender_that_a_document_states_is_the_one_shown(
    read: Callable[..., ApiDescription],
) -> None:
    """Actions and replies decide over all signals; what states nothing is judged by these."""
    description = read(
        channels(
            "3.0.0",
            channels={
                name: {"address": f"/{name}", "messages": {"m": message("m")}}
                for name in ("news", "receipts", "answers", "unsaid")
            },
            operations={
                "tell": {
                    "action": "send",
                    "channel": {"$ref": "#/channels/news"},
                    "reply": {"channel": {"$ref": "#/channels/answers"}},
                },
                "hear": {"action": "receive", "channel": {"$ref": "#/channels/receipts"}},
            },
        )
    )
    shown = {name: found.value for (_, name), found in find_directions(description).items()}
    assert shown == {
        "asyncapi:/news": "inbound",
        "asyncapi:/receipts": "outbound",
        "asyncapi:/answers": "outbound",
        "asyncapi:/unsaid": "inbound",
    }
    assert [item.is_sender_stated for item in description.events] == [True, True, True, False]
