"""Catalogues of events in YAML or JSON that follow no standard: lists of names with payloads.

Such a file is known by what it holds: somewhere a list or mapping called `events` (or `webhooks`,
`topics`, `callbacks`) whose entries have names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from workbench.description.draft_operations import DraftBody, DraftDocument, DraftOperation
from workbench.model import list_of, mapping_of, text_of

_LISTS = frozenset(
    {
        "events",
        "webhooks",
        "topics",
        "callbacks",
        "notifications",
        "event_types",
        "eventTypes",
        "eventos",
    }
)
_NAMES = ("name", "event", "type", "topic", "id", "code", "event_type", "eventType", "key", "slug")
_WORDS = ("description", "summary", "title", "when", "trigger", "note", "descripcion", "descricao")
_PAYLOADS = ("payload", "schema", "body", "data", "fields", "payload_fields", "properties")
_EXAMPLES = (
    "example",
    "sample",
    "payload_example",
    "example_payload",
    "sample_payload",
    "examples",
)
_FIELDS = ("payload_fields", "fields", "payload", "attributes", "common_fields", "envelope")
_NAME = re.compile(r"[A-Za-z][\w.:/ -]{0,80}")
_FIELD = re.compile(r"[A-Za-z_$][\w$.\[\]-]{0,80}")
_MOST = 2_000
_DEEPEST = 12


def is_event_catalogue(data: Any) -> bool:
    """Whether the data lists events, and is of no known format."""
    return next(iter(_events(mapping_of(data), None, "", 0)), None) is not None


def read_event_catalogue(data: dict[str, Any], name: str) -> DraftDocument:
    """Read a catalogue into a drafted document; every event comes to us."""
    drafts: dict[str, DraftOperation] = {}
    for number, (title, shared, group) in enumerate(_events(data, None, "", 0)):
        key, node = title
        if number >= _MOST:
            break
        body = _body(node, shared)
        draft = DraftOperation(
            method="POST",
            path=key,
            summary=next((text_of(node.get(word)) for word in _WORDS if node.get(word)), "")[:200],
            description=text_of(node.get("description")),
            tags=[group] if group else [],
            request=body,
            source="webhook",
        )
        drafts.setdefault(key, draft)
    info = mapping_of(data.get("info"))
    return DraftDocument(
        title=text_of(data.get("title"))
        or text_of(info.get("title"))
        or text_of(data.get("name"))
        or name,
        version=text_of(data.get("version")) or text_of(info.get("version")) or "1",
        drafts=list(drafts.values()),
        description=text_of(data.get("description")),
    )


Found = tuple[tuple[str, dict[str, Any]], dict[str, Any] | None, str]


def _events(
    node: dict[str, Any], shared: dict[str, Any] | None, group: str, depth: int
) -> Iterator[Found]:
    """Each event with the fields that its surroundings give to all, and their name."""
    if depth > _DEEPEST:
        return
    own = next((fields for key in _FIELDS if (fields := _schema(node.get(key)))), None) or shared
    name = text_of(node.get("name")) or text_of(node.get("title")) or group
    for key, value in node.items():
        if key in _LISTS:
            yield from ((event, own, name if depth else "") for event in _named(value))
        if isinstance(value, dict) and key not in _PAYLOADS and key not in _EXAMPLES:
            yield from _events(value, own, name if depth else "", depth + 1)
        for child in list_of(value) if key not in _LISTS else ():
            if isinstance(child, dict):
                yield from _events(child, own, name if depth else "", depth + 1)


def _named(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        for key, node in value.items():
            if _NAME.fullmatch(key) and isinstance(node, dict | str):
                yield key, node if isinstance(node, dict) else {"description": node}
    for item in list_of(value):
        if isinstance(item, str) and re.fullmatch(r"[A-Za-z][\w.:/-]{1,80}", item):
            yield item, {}
        node = mapping_of(item)
        stated = next((text_of(node[key]) for key in _NAMES if text_of(node.get(key))), "")
        if _NAME.fullmatch(stated):
            yield stated, node


def _body(node: dict[str, Any], shared: dict[str, Any] | None) -> DraftBody | None:
    examples = [node[key] for key in _EXAMPLES if isinstance(node.get(key), dict | list)]
    schema = next((found for key in _PAYLOADS if (found := _schema(node.get(key)))), None) or shared
    if not examples and schema is None:
        return None
    return DraftBody(examples=examples, schema=schema)


def _schema(stated: Any) -> dict[str, Any] | None:
    """Fields as a JSON Schema: a list of dotted names, entries with names, or a schema."""
    if isinstance(stated, dict):
        if "properties" in stated:
            return None if _refers(stated) else stated
        pairs = [(key, value) for key, value in stated.items() if _FIELD.fullmatch(key)]
    else:
        pairs = []
        for item in list_of(stated):
            node = mapping_of(item)
            key = text_of(node.get("name") or node.get("field") or node.get("key")) or text_of(item)
            if _FIELD.fullmatch(key):
                pairs.append((key, node))
    root: dict[str, Any] = {"type": "object", "properties": {}}
    for key, value in pairs:
        place = root
        *above, last = [part for part in key.split(".") if part] or [key]
        for part in above[:_DEEPEST]:
            child = place["properties"].setdefault(part, {"type": "object"})
            child.setdefault("properties", {})
            place = child
        place["properties"].setdefault(last, _field(value))
    return root if root["properties"] else None


def _refers(node: Any) -> bool:
    level = [node]
    while level:
        if any(isinstance(item, dict) and "$ref" in item for item in level):
            return True
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
    return False


def _field(value: Any) -> dict[str, Any]:
    word = value if isinstance(value, str) else text_of(mapping_of(value).get("type"))
    kinds = {"string", "integer", "number", "boolean", "object", "array"}
    return {"type": word} if word in kinds else {}
