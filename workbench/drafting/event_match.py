"""What tells events apart that arrive at one address: a value that only one of them holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from workbench.model import ApiDescription, Event, SchemaReader, list_of, mapping_of

_PLAIN = re.compile(r"[A-Za-z_]\w*")
_MARKS = ("type", "event", "topic", "action", "kind", "name")  # words of fields that tell a kind
_LEVELS = 2

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
