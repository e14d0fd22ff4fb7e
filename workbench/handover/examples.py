"""Examples of our entities: whole ones as they are written down, and parts of these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from workbench.canonical import ENTITIES, Entity, walk
from workbench.description import load_text
from workbench.text import read_pointer

FILE = "examples.yaml"
_MOST_PARTS = 2


@dataclass(frozen=True)
class Example:
    """One value of an entity.

    Attributes:
        slug: Name of the example; for a part, that of the example in which it stands.
        entity: Name of the entity.
        value: JSON, as it is written: what is left out has its default.
        pointer: JSON Pointer into the whole example; empty for a whole one.
    """

    slug: str
    entity: str
    value: Any
    pointer: str = ""

    def build(self) -> Entity:
        """The entity that the JSON stands for."""
        return ENTITIES[self.entity].model_validate(self.value)


@cache
def load_examples() -> tuple[Example, ...]:
    """Every whole example, in the order of the file."""
    text = files("workbench.handover").joinpath(FILE).read_text("utf-8")
    rows: dict[str, dict[str, Any]] = load_text(text, FILE)
    return tuple(Example(slug, row["entity"], row["value"]) for slug, row in rows.items())


def find_examples(entity: str) -> tuple[Example, ...]:
    """The examples of an entity; of one that never travels alone, the richest parts of others."""
    whole = tuple(item for item in load_examples() if item.entity == entity)
    if whole:
        return whole
    parts = sorted(_parts(entity), key=lambda item: -len(str(item.value)))
    distinct = {str(item.value): item for item in parts}
    return tuple(distinct.values())[:_MOST_PARTS]


def _parts(entity: str) -> Iterator[Example]:
    for example in load_examples():
        for pointer, part in walk(example.build()):
            if type(part).__name__ != entity:
                continue
            value = _resolve(example.value, pointer)
            if value is not None:
                yield Example(example.slug, entity, value, pointer)


def _resolve(value: Any, pointer: str) -> Any:
    """What stands at a pointer; None where the whole value was left to its default."""
    for step in read_pointer(pointer):
        if isinstance(value, list):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return None
    return value
