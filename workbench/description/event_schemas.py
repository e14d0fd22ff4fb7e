"""Events that exist only as a named schema, such as `OrderCreatedEvent` among the components.

Some documents publish the payloads of their webhooks only so, with the webhook itself in prose
elsewhere. A name counts when it says that something happened, or that it is a webhook's payload.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from workbench.description.dialect import Dialect
from workbench.model import Body, Event, Interaction, follow_reference, list_of, mapping_of, text_of
from workbench.text import write_pointer, write_token

_EVENT_NAME = re.compile(
    r"[a-z0-9](?:(?:ed|Sent|Paid|Lost|Made|Begun|New|Changed)(?:Webhook)?Event|"
    r"Webhook(?:Event|Payload|Notification)|EventPayload)$"
)


def event_schemas(
    document: dict[str, Any], dialect: Dialect, name: str, exchanges: Sequence[Interaction]
) -> tuple[Event, ...]:
    """Return the events among the named schemas of a document.

    Args:
        document: The bundle.
        dialect: Its version.
        name: Its name.
        exchanges: Operations and events already read; a schema that is the very body of one of
            them is that body, and no event of its own.
    """
    base = write_pointer(dialect.schemas)
    schemas = mapping_of(follow_reference(document, f"#{base}"))
    named = [key for key in schemas if _EVENT_NAME.search(key)]
    if not named:
        return ()
    used = {reference for item in exchanges for reference in _bodies_of(item)}
    return tuple(
        _event(key, schemas[key], base, name)
        for key in named
        if f"#{base}{write_token(key)}" not in used
    )


def _event(key: str, schema: Any, base: str, name: str) -> Event:
    node = mapping_of(schema)
    pointer = base + write_token(key)
    examples = [node["example"]] if "example" in node else list_of(node.get("examples"))
    body = Body(
        pointer=pointer,
        media_type="application/json",
        schema_={"$ref": f"#{pointer}"},
        examples=tuple(examples),
    )
    return Event(
        id=f"schema:{key}",
        name=key,
        source="schema",
        document=name,
        pointer=pointer,
        summary=text_of(node.get("title")),
        description=text_of(node.get("description")),
        bodies=(body,),
    )


def _bodies_of(exchange: Interaction) -> Iterator[str]:
    answers = [body for response in exchange.responses for body in response.bodies]
    for body in (*exchange.bodies, *answers):
        schema = body.schema_
        for node in (
            schema,
            schema.get("items"),
            *list_of(schema.get("allOf")),
            *list_of(schema.get("oneOf")),
            *list_of(schema.get("anyOf")),
        ):
            yield text_of(mapping_of(node).get("$ref"))
