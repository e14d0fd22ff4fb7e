"""What tells events apart that arrive at one address: a value that only one of them holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from workbench.model import (
    ITEMS,
    ApiDescription,
    Event,
    Operation,
    SchemaReader,
    list_of,
    mapping_of,
)
from workbench.vocabulary import concepts, entities, split_words

_PLAIN = re.compile(r"[A-Za-z_]\w*")
_MARKS = ("type", "event", "topic", "action", "kind", "name")  # words of fields that tell a kind
_LEVELS = 2
_KINDS = frozenset({"type", "event", "topic", "action", "kind", "trigger", "evento", "tipo"})
_FEW = 4  # fields of an envelope around a list of events
_EVENTS = frozenset({"event", "topic", "trigger", "evento", "notification"})
_HAPPENS = frozenset({"verb", "transition", "facet"})
_BATCHES = frozenset(
    ["events", "data", "notifications", "messages", "records", "eventos", "orders"]
)

Mark = tuple[str, str]  # a JSONPath, or `header:NAME`, and the value there


def shares_address(event: Event, description: ApiDescription) -> bool:
    """Whether another event arrives at the address of this one."""
    return bool(event.address) and any(
        other.id != event.id and (other.document, other.address) == (event.document, event.address)
        for other in description.events
    )


def find_mark(event: Event, description: ApiDescription) -> dict[str, Any]:
    """The condition that tells an event from its neighbours; empty when there is none."""
    others = [
        other
        for other in description.events
        if other.id != event.id
        and (other.document, other.address) == (event.document, event.address)
    ]
    taken = {mark for other in others for mark in _marks(other, description)}
    own = [mark for mark in _marks(event, description) if mark not in taken]
    if not own:
        return {}
    place, value = min(own, key=_rank)
    kind, _, name = place.partition(":")
    where = {"header": name} if kind == "header" else {"json": place}
    return {**where, "values": [value]}


def _rank(mark: Mark) -> tuple[int, int]:
    name = mark[0].lower()
    told = next((index for index, word in enumerate(_MARKS) if word in name), len(_MARKS))
    return told, len(name)


def _marks(event: Event, description: ApiDescription) -> Iterator[Mark]:
    reader = SchemaReader.of(description, event.document)
    for parameter in event.parameters:
        if parameter.place == "header":
            for value in _only_value(reader.resolve(parameter.schema_), parameter.examples):
                yield f"header:{parameter.name}", value
    schema = event.request_schema
    if schema:
        yield from _schema_marks(reader, schema, "$", _LEVELS)
    examples = [example for body in event.bodies for example in body.examples]
    yield from _example_marks(examples, "$", _LEVELS)


def _schema_marks(reader: SchemaReader, schema: Any, path: str, levels: int) -> Iterator[Mark]:
    for name, child in reader.properties(schema).items():
        here = f"{path}.{name}" if _PLAIN.fullmatch(name) else f"{path}[{name!r}]"
        for value in _only_value(reader.resolve(child), ()):
            yield here, value
        if levels > 1:
            yield from _schema_marks(reader, child, here, levels - 1)


def _only_value(schema: dict[str, Any], examples: tuple[Any, ...]) -> list[str]:
    values = [schema["const"]] if "const" in schema else list_of(schema.get("enum"))
    if len(values) != 1:
        values = list(dict.fromkeys(item for item in examples if isinstance(item, str)))
    return values if len(values) == 1 and isinstance(values[0], str) else []


def _example_marks(examples: list[Any], path: str, levels: int) -> Iterator[Mark]:
    """Texts that every example holds at one place."""
    objects = [mapping_of(example) for example in examples]
    for name in objects[0] if objects else ():
        here = f"{path}.{name}" if _PLAIN.fullmatch(name) else f"{path}[{name!r}]"
        values = [item.get(name) for item in objects]
        if isinstance(values[0], str) and all(value == values[0] for value in values):
            yield here, values[0]
        elif levels > 1 and all(isinstance(value, dict) for value in values):
            yield from _example_marks(values, here, levels - 1)


def find_event_field(
    event: Event | Operation, description: ApiDescription, noun: str
) -> dict[str, Any]:
    """The field whose values are the kinds of events that arrive at one address; else nothing.

    Args:
        event: What comes to us.
        description: What holds it.
        noun: `order` or `reservation`: values that name another thing are left out.
    """
    reader = SchemaReader.of(description, event.document)
    _, schema = find_batch(event, description)
    found = []
    for path, node in reader.walk(schema, _LEVELS):
        values = [value for value in list_of(node.get("enum")) if isinstance(value, str)]
        says_so = not _EVENTS.isdisjoint(split_words(" ".join(path)))
        told = [value for value in values if _is_event(value, noun, is_said=says_so)]
        is_kind = ITEMS not in path and not _KINDS.isdisjoint(split_words("".join(path[-1:])))
        if is_kind and len(path) <= _LEVELS and len(values) > 1 and told:
            found.append((len(path), "$" + "".join(map(_step, path)), told))
    if not found:
        return {}
    _, place, told = min(found)
    return {"json": place, "values": told}


def find_batch(event: Event | Operation, description: ApiDescription) -> tuple[str, Any]:
    """JSONPath and schema of the items, where one body brings several events.

    Where it brings one: an empty path, and the schema of the body.
    """
    schema = event.request_schema or {}
    reader = SchemaReader.of(description, event.document)
    top = reader.resolve(schema)
    if top.get("type") == "array" or "items" in top:
        return "$[*]", top.get("items") or {}
    fields = reader.properties(schema)
    nodes = {name: reader.resolve(child) for name, child in fields.items()}
    lists = [
        name
        for name, node in nodes.items()
        if node.get("type") == "array" and reader.properties(node.get("items") or {})
    ]
    if len(lists) == 1 and lists[0].lower() in _BATCHES and len(fields) <= _FEW:
        return f"$.{lists[0]}[*]", nodes[lists[0]]["items"]
    return "", schema


def _step(part: str) -> str:
    return f".{part}" if _PLAIN.fullmatch(part) else f"[{part!r}]"


def _is_event(value: str, noun: str, *, is_said: bool) -> bool:
    """Whether a value tells that something became of the thing; `pickup` is a kind of order.

    `is_said`: the field says that it holds events, so that a value need not name the thing.
    """
    said = concepts(value)
    named = {item.name for item in said if item.kind == "entity"} & entities()
    happens = any(item.kind in _HAPPENS for item in said)
    return happens and (noun in named or (is_said and not named))
