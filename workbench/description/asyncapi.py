"""AsyncAPI 2 and 3 → operations, events and servers.

The whole document moves under `x-asyncapi` of a generated OpenAPI 3.1 document, where its
references lead, and each message of each channel becomes an entry of `webhooks`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from workbench.description.asyncapi_messages import (
    HOME,
    ChannelMessage,
    Messages,
    pointer_to_message,
)
from workbench.description.dialect import DIALECTS
from workbench.description.gathering import FILES
from workbench.description.openapi import Contents, read_openapi, read_scheme
from workbench.model import DocumentWarning, Event, follow_reference, list_of, mapping_of, text_of
from workbench.text import write_token

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_YOURS = re.compile(r"\b(?:your|subscriber'?s?|consumer'?s?|receiver'?s?)\b", re.IGNORECASE)
_YOUR_HOST = re.compile(r"(?:^|[/.<{-])your[-_.a-z]", re.IGNORECASE)


def split_servers(data: dict[str, Any]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The addresses of the partner's servers, and name → address of those that are ours.

    A server is ours when its host is left for us to fill in (a variable without a value), or when
    its words or its host say "your".
    """
    theirs: list[str] = []
    ours: dict[str, str] = {}
    for name, entry in mapping_of(data.get("servers")).items():
        server = mapping_of(entry)
        address = _address(server)
        if not address:
            continue
        filled = _fill(address, mapping_of(server.get("variables")))
        if _is_ours(name, server, filled):
            ours[name] = filled
        else:
            theirs.append(filled)
    return tuple(theirs), ours


def _address(server: dict[str, Any]) -> str:
    if text_of(server.get("url")):
        return text_of(server["url"])
    host = text_of(server.get("host"))
    scheme = text_of(server.get("protocol")) or "https"
    return f"{scheme}://{host}{text_of(server.get('pathname'))}" if host else ""


def _fill(address: str, variables: dict[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        variable = mapping_of(variables.get(match[1]))
        values = [variable.get("default"), *list_of(variable.get("enum"))]
        return next((text for text in map(text_of, values) if text), match[0])

    return _VARIABLE.sub(value, address)


def _is_ours(name: str, server: dict[str, Any], address: str) -> bool:
    host = address.partition("://")[2].partition("/")[0] or address.partition("/")[0]
    words = " ".join(text_of(server.get(key)) for key in ("title", "summary", "description"))
    is_left_open = bool(_VARIABLE.fullmatch(host.partition(":")[0]))
    return is_left_open or bool(_YOUR_HOST.search(address) or _YOURS.search(f"{name} {words}"))


_JSON_SCHEMA = re.compile(r"schema\+(?:json|yaml)|json-schema|asyncapi|openapi", re.IGNORECASE)


def is_asyncapi(data: Any) -> bool:
    """Whether this is an AsyncAPI document of version 2 or 3."""
    return text_of(mapping_of(data).get("asyncapi")).startswith(("2.", "3.")) or text_of(
        mapping_of(data).get("asyncapi")
    ) in {"2", "3"}


def read_asyncapi(data: dict[str, Any], name: str) -> tuple[dict[str, Any], Contents]:
    """Generate the OpenAPI document of a bundled AsyncAPI document and read it; return both.

    Args:
        data: The bundle; its references lead below `x-asyncapi` already.
        name: Name of the document.
    """
    theirs, ours = split_servers(data)
    document = _frame(data)
    messages = _keyed([*Messages(document, frozenset(ours)).read()])
    warnings = _foreign_formats(messages, name)
    document["webhooks"] = {key: _webhook(message) for key, message in messages.items()}
    contents = read_openapi(document, DIALECTS["3.1"], name)
    contents.events = [_event(event, messages[event.name]) for event in contents.events]
    contents.security = [
        read_scheme(key, node, name, f"/{HOME}/components/securitySchemes{write_token(key)}")
        for key, node in _schemes(document).items()
        if isinstance(node, dict)
    ]
    contents.warnings += warnings
    if not contents.events:
        summary = "The document describes no channel with a message."
        contents.warnings.append(
            DocumentWarning(slug="empty", document=name, severity="medium", summary=summary)
        )
    contents.warnings += [
        DocumentWarning(
            slug="our-server",
            document=name,
            pointer=f"/{HOME}/servers{write_token(key)}",
            severity="info",
            summary=f"The server {key[:60]!r} ({address[:120]}) stands for our own address.",
        )
        for key, address in ours.items()
    ]
    contents.servers = theirs
    return document, contents


def _frame(data: dict[str, Any]) -> dict[str, Any]:
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
    return document if files is None else {**document, FILES: files}


def _keyed(messages: Sequence[ChannelMessage]) -> dict[str, ChannelMessage]:
    """Messages by the name of their event: the address, and the message where it has several."""
    per_address = Counter(message.address for message in messages)
    pairs = Counter((message.address, message.name) for message in messages)
    keyed: dict[str, ChannelMessage] = {}
    for message in messages:
        address = message.address
        if per_address[address] == 1:
            key = address
        elif pairs[address, message.name] == 1:
            key = f"{address}#{message.name}"
        else:
            key = f"{message.channel}#{message.name}"
        keyed.setdefault(key, message)
    return keyed


def _event(event: Event, message: ChannelMessage) -> Event:
    """An event with the id, the name and the direction of its message."""
    is_alone = event.name == message.address
    return event.model_copy(
        update={
            "id": f"asyncapi:{event.name}",
            "name": event.name if is_alone else message.name,
            "source": "asyncapi",
            "direction": message.direction,
            "is_sender_stated": message.is_sender_stated,
            "address": message.address,
        }
    )


def _webhook(message: ChannelMessage) -> dict[str, Any]:
    node, operation, channel = message.node, message.operation, message.around
    media: dict[str, Any] = {}
    schema = _payload(node)
    if schema:
        media["schema"] = schema
    examples = _examples(node)
    if examples:
        media["examples"] = {
            f"example-{number}": {"value": value} for number, value in enumerate(examples, start=1)
        }
    tags = [
        text_of(mapping_of(tag).get("name"))
        for tag in (*list_of(operation.get("tags")), *list_of(node.get("tags")))
    ]
    parts = (node.get("description"), operation.get("description"), channel.get("description"))
    sole = operation if len(mapping_of(channel.get("messages"))) < 2 else {}
    summaries = (sole, "summary"), (node, "title"), (node, "summary"), (operation, "summary")
    words = {
        "operationId": text_of(operation.get("operationId")),
        "summary": next(
            (text_of(item.get(key)) for item, key in summaries if text_of(item.get(key))), ""
        )
        or text_of(channel.get("title")),
        "description": "\n\n".join(dict.fromkeys(text for text in map(text_of, parts) if text)),
        "tags": [tag for tag in tags if tag],
        "parameters": _headers(node),
    }
    return {
        "post": {
            **{key: value for key, value in words.items() if value},
            "requestBody": {
                "content": {text_of(node.get("contentType")) or "application/json": media}
            },
            "responses": {"2XX": {"description": "Received."}},
        }
    }


def _headers(node: dict[str, Any]) -> list[dict[str, Any]]:
    headers = mapping_of(node.get("headers"))
    required = list_of(headers.get("required"))
    return [
        {
            "name": name,
            "in": "header",
            "schema": mapping_of(schema),
            **({"required": True} if name in required else {}),
        }
        for name, schema in mapping_of(headers.get("properties")).items()
    ]


def _format(node: dict[str, Any]) -> str:
    payload = mapping_of(node.get("payload"))
    return text_of(payload.get("schemaFormat") or node.get("schemaFormat"))


def _payload(node: dict[str, Any]) -> dict[str, Any]:
    payload = mapping_of(node.get("payload"))
    stated = _format(node)
    if stated and not _JSON_SCHEMA.search(stated):
        return {}
    # AsyncAPI 3 wraps a schema of another format together with the name of that format.
    inner = payload.get("schema")
    return inner if "schemaFormat" in payload and isinstance(inner, dict) else payload


def _foreign_formats(messages: dict[str, ChannelMessage], name: str) -> list[DocumentWarning]:
    return [
        DocumentWarning(
            slug="foreign-schema",
            document=name,
            pointer=pointer_to_message(message),
            severity="medium",
            summary=f"The payload of {key[:120]!r} is described in {_format(message.node)[:60]!r}, "
            "which is not read.",
            hint="Ask the partner for a JSON Schema, or for an example.",
        )
        for key, message in messages.items()
        if _format(message.node) and not _JSON_SCHEMA.search(_format(message.node))
    ]


def _examples(message: dict[str, Any]) -> list[Any]:
    return [
        node["payload"]
        for node in map(mapping_of, list_of(message.get("examples")))
        if "payload" in node
    ]


def _schemes(document: dict[str, Any]) -> dict[str, Any]:
    return mapping_of(follow_reference(document, f"#/{HOME}/components/securitySchemes"))
