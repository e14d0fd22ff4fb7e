"""AsyncAPI 2.x and 3.0: channels become events with their payload schemas and examples.

The whole document moves under `x-asyncapi` of a generated OpenAPI 3.1 document, so that its
references stay good, and each channel becomes an entry of `webhooks`.
"""

from __future__ import annotations

from typing import Any

from workbench.description.dialect import DIALECTS
from workbench.description.draft_operations import rename_event
from workbench.description.gathering import FILES
from workbench.description.openapi import Contents, read_openapi, read_scheme
from workbench.model.description import DocumentWarning, follow
from workbench.model.untrusted import list_of, mapping_of, text_of, token

HOME = "x-asyncapi"


def is_asyncapi(data: Any) -> bool:
    """Whether this is an AsyncAPI document of version 2 or 3."""
    return text_of(mapping_of(data).get("asyncapi")).startswith(("2.", "3.")) or text_of(
        mapping_of(data).get("asyncapi")
    ) in {"2", "3"}


def read_asyncapi(data: dict[str, Any], name: str) -> tuple[dict[str, Any], Contents]:
    """Generate the OpenAPI document of a bundled AsyncAPI document and read it; return both."""
    document = _generate(data)
    contents = read_openapi(document, DIALECTS["3.1"], name)
    contents.events = [rename_event(event, "asyncapi") for event in contents.events]
    contents.security = [
        read_scheme(key, node, name, f"/{HOME}/components/securitySchemes{token(key)}")
        for key, node in _schemes(document).items()
        if isinstance(node, dict)
    ]
    if not contents.events:
        contents.warnings.append(
            DocumentWarning(
                slug="empty",
                document=name,
                severity="medium",
                summary="The document describes no channel with a message.",
            )
        )
    contents.servers = _servers(data)
    return document, contents


def _generate(data: dict[str, Any]) -> dict[str, Any]:
    files = data.pop(FILES, None)
    info = mapping_of(data.get("info"))
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": text_of(info.get("title")) or "Events",
            "version": text_of(info.get("version")) or "1",
        },
        "paths": {},
        "webhooks": {},
        HOME: data,
    }
    if files is not None:
        document[FILES] = files
    is_three = text_of(data.get("asyncapi")).startswith("3")
    for key, entry in mapping_of(data.get("channels")).items():
        channel = _follow(document, entry)
        messages = (
            _messages_of_three(document, data, key, channel)
            if is_three
            else _messages_of_two(document, channel)
        )
        if messages:
            address = text_of(channel.get("address")) if is_three else ""
            document["webhooks"][address or key] = _webhook(document, channel, messages)
    return document


def _follow(document: dict[str, Any], node: Any) -> dict[str, Any]:
    seen = set()
    while isinstance(node, dict) and isinstance(node.get("$ref"), str):
        if node["$ref"] in seen:
            return {}
        seen.add(node["$ref"])
        node = follow(document, node["$ref"])
    return mapping_of(node)


Message = tuple[dict[str, Any], dict[str, Any]]  # the operation around it, the message


def _messages_of_two(document: dict[str, Any], channel: dict[str, Any]) -> list[Message]:
    found: list[Message] = []
    for action in ("publish", "subscribe"):
        operation = mapping_of(channel.get(action))
        message = _follow(document, operation.get("message"))
        options = list_of(message.get("oneOf"))
        found += [
            (operation, option)
            for option in (_follow(document, item) for item in options or [message])
            if option
        ]
    return found


def _messages_of_three(
    document: dict[str, Any], data: dict[str, Any], key: str, channel: dict[str, Any]
) -> list[Message]:
    operation: dict[str, Any] = {}
    for entry in mapping_of(data.get("operations")).values():
        node = _follow(document, entry)
        reference = text_of(mapping_of(node.get("channel")).get("$ref"))
        if reference.endswith(f"/channels{token(key)}"):
            operation = node
            break
    return [
        (operation, _follow(document, entry))
        for entry in mapping_of(channel.get("messages")).values()
    ]


def _webhook(
    document: dict[str, Any], channel: dict[str, Any], messages: list[Message]
) -> dict[str, Any]:
    operation, first = messages[0]
    schemas = [schema for _, message in messages if (schema := _payload(document, message))]
    media: dict[str, Any] = {}
    if schemas:
        media["schema"] = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    examples = [example for _, message in messages for example in _examples(message)]
    if examples:
        media["examples"] = {
            f"example-{number}": {"value": value} for number, value in enumerate(examples, start=1)
        }
    tags = [
        text_of(mapping_of(tag).get("name"))
        for _, message in messages[:1]
        for tag in (*list_of(operation.get("tags")), *list_of(message.get("tags")))
    ]
    parts = (operation.get("description"), channel.get("description"), first.get("description"))
    node = {
        "operationId": text_of(operation.get("operationId")),
        "summary": text_of(operation.get("summary"))
        or text_of(first.get("title"))
        or text_of(first.get("summary"))
        or text_of(channel.get("title")),
        "description": "\n\n".join(dict.fromkeys(text for text in map(text_of, parts) if text)),
        "tags": [tag for tag in tags if tag],
    }
    return {
        "post": {
            **{key: value for key, value in node.items() if value},
            "requestBody": {
                "content": {text_of(first.get("contentType")) or "application/json": media}
            },
            "responses": {"2XX": {"description": "Received."}},
        }
    }


def _payload(document: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    payload = mapping_of(message.get("payload"))
    # AsyncAPI 3 wraps a schema of another format together with the name of that format.
    inner = payload.get("schema")
    if "schemaFormat" in payload and isinstance(inner, dict):
        return inner
    if not payload:
        for trait in list_of(message.get("traits")):
            payload = payload or mapping_of(_follow(document, trait).get("payload"))
    return payload


def _examples(message: dict[str, Any]) -> list[Any]:
    return [
        node["payload"]
        for node in map(mapping_of, list_of(message.get("examples")))
        if "payload" in node
    ]


def _schemes(document: dict[str, Any]) -> dict[str, Any]:
    return mapping_of(follow(document, f"#/{HOME}/components/securitySchemes"))


def _servers(data: dict[str, Any]) -> tuple[str, ...]:
    urls = []
    for server in map(mapping_of, mapping_of(data.get("servers")).values()):
        host = text_of(server.get("host"))
        if text_of(server.get("url")):
            urls.append(text_of(server.get("url")))
        elif host:
            scheme = text_of(server.get("protocol")) or "https"
            urls.append(f"{scheme}://{host}{text_of(server.get('pathname'))}")
    return tuple(urls)
