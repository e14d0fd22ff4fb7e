"""Our entities for the partner's developers: one page, or Markdown, in a language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.canonical import ENTITIES
from workbench.handover.examples import Example, find_examples
from workbench.handover.phrases import load_words, text_environment, write_page
from workbench.handover.schema import (
    WHOLES,
    entity_schema,
    find_unit,
    laws_of,
    list_parts,
    load_laws,
    meaning,
)
from workbench.handover.versions import Step, latest_version, list_steps
from workbench.reporting import DEFAULT, Language, Machine, list_machines

_LONGEST_LIST = 12


@dataclass(frozen=True)
class FieldRow:
    """One line of a table of fields.

    Attributes:
        kind: Its type in words.
        target: Entity that the type names; empty when it is none.
        unit: How values are written; empty when that is plain.
        values: Words that are known for it.
        laws: Codes of the laws that bind it.
    """

    name: str
    kind: str
    target: str
    is_required: bool
    unit: str
    meaning: str
    values: tuple[str, ...]
    laws: tuple[str, ...]


@dataclass(frozen=True)
class EntityPart:
    """One entity of the page."""

    name: str
    title: str
    text: str
    is_whole: bool
    fields: tuple[FieldRow, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Guide:
    """What a page shows: everything, or one entity with its parts."""

    code: str
    entity: str = ""

    @property
    def words(self) -> Language:
        """The language."""
        return load_words(self.code)

    @property
    def version(self) -> str:
        """Of our model."""
        return latest_version()

    @cached_property
    def entities(self) -> tuple[EntityPart, ...]:
        """In the order of reading: what travels, then its parts."""
        names = list_parts((self.entity,) if self.entity else WHOLES)
        return tuple(_read_entity(name, self.words) for name in names)

    @property
    def machines(self) -> tuple[Machine, ...]:
        """The status machines of the entities that are shown."""
        text = str([ENTITIES[item.name].model_fields for item in self.entities])
        return tuple(item for item in list_machines() if item.name in text)

    @property
    def laws(self) -> tuple[tuple[str, str], ...]:
        """Code and sentence of every law, or of those that bind what is shown."""
        shown = {code for item in self.entities for row in item.fields for code in row.laws}
        codes = [code for code in load_laws() if not self.entity or code in shown]
        return tuple((code, self.words.say(f"laws.{code}")) for code in codes)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What changed between the versions."""
        return list_steps()

    def show(self, example: Example) -> str:
        """An example as JSON text."""
        return json.dumps(example.value, ensure_ascii=False, indent=2)

    def caption(self, example: Example) -> str:
        """What an example shows, and where it was taken from."""
        name = self.words.say(f"examples.{example.slug}")
        return self.words.say("model.part_of", name=name) if example.pointer else name


def write_guide(code: str = DEFAULT, entity: str = "") -> str:
    """The page as HTML: everything on it is open, so that a browser's own search finds it."""
    return write_page("model", code, guide=Guide(code, entity))


def write_guide_markdown(code: str = DEFAULT, entity: str = "") -> str:
    """The same as Markdown, with the status machines as Mermaid diagrams."""
    template = text_environment(code).get_template("model.md.j2")
    return template.render(guide=Guide(code, entity))


def _read_entity(name: str, words: Language) -> EntityPart:
    schema = entity_schema(name, words.code)
    required = schema.get("required", ())
    rows = tuple(
        FieldRow(
            name=field,
            kind=_spell(value, words, name),
            target=_target(value, name),
            is_required=field in required,
            unit=words.say(f"model.unit.{unit}") if (unit := find_unit(field, value)) else "",
            meaning=meaning(name, field, words),
            values=tuple(_values(value)[:_LONGEST_LIST]),
            laws=laws_of(name, field),
        )
        for field, value in schema["properties"].items()
    )
    return EntityPart(
        name=name,
        title=schema["title"],
        text=schema["description"],
        is_whole=name in WHOLES,
        fields=rows,
        examples=find_examples(name),
    )


def _plain(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema without the alternative that it may be null, or text for a number."""
    parts = [part for part in schema.get("anyOf", ()) if part.get("type") != "null"]
    return parts[0] if parts else schema


def _values(schema: Mapping[str, Any]) -> list[str]:
    schema = _plain(schema)
    schema = _plain(schema.get("items", schema))
    return [item for item in schema.get("examples", ()) if isinstance(item, str)]


def _target(schema: Mapping[str, Any], own: str) -> str:
    schema = _plain(schema)
    for part in (schema, schema.get("items"), schema.get("additionalProperties")):
        if isinstance(part, dict) and "$ref" in part:
            return _named(part, own)
    return ""


def _named(schema: Mapping[str, Any], own: str) -> str:
    """The entity that a reference names; `#` is the one in which it stands."""
    return str(schema["$ref"]).removeprefix("#/$defs/").replace("#", own)


def _spell(schema: Mapping[str, Any], words: Language, own: str) -> str:
    """A type in words of the language; an entity by its title."""
    schema = _plain(schema)
    if "$ref" in schema:
        return words.say(f"entities.{_named(schema, own)}.title")
    if "items" in schema:
        return words.say("model.types.list", item=_spell(schema["items"], words, own))
    if isinstance(values := schema.get("additionalProperties"), dict):
        word = words.say("model.types.string")
        return words.say("model.types.map", value=_spell(values, words, own), word=word)
    if schema.get("examples"):
        return words.say("model.types.open")
    return words.say(f"model.types.{schema.get('type', 'object')}")
