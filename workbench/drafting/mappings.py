"""The draft of `mapping.yaml`, and the payloads that documents show as samples for it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.canonical import ENTITIES, Entity
from workbench.drafting.review import ReviewSheet
from workbench.errors import MappingError
from workbench.mapping import load_mappings
from workbench.model import Feature, Operation
from workbench.partners import NO_CURRENCY, NO_ZONE
from workbench.suggest import draft_mapping

_MOST = 5  # samples of one feature


def find_payloads(sheet: ReviewSheet) -> dict[str, list[Any]]:
    """Feature → example payloads of what the partner sends, as documented or recorded.

    Only reads and events: a sample of what we send needs our own entity beside it.
    """
    found: dict[str, list[Any]] = {}
    for feature in sheet.features():
        if not feature.is_event and not feature.is_read:
            continue
        kept: list[Any] = []
        for reference in sheet.bound(feature.slug):
            item = sheet.item(reference)
            examples = body_examples(item) if feature.is_event else answer_examples(item)
            kept += [value for value in examples if isinstance(value, dict | list) and value]
        unique = [value for index, value in enumerate(kept) if value not in kept[:index]]
        if unique:
            found[feature.slug] = unique[:_MOST]
    return found


def body_examples(item: Any) -> list[Any]:
    """Example bodies of a request or event."""
    return [value for body in item.bodies for value in body.examples]


def answer_examples(item: Any) -> list[Any]:
    """Example bodies of the successful answers of an operation; a payload of an event."""
    if not isinstance(item, Operation):
        return body_examples(item)
    return [
        value
        for response in item.responses
        if response.is_success
        for body in response.bodies
        for value in body.examples
    ]


_HEADER = "# Drafted from the documents; every line is a proposal. Numbers are confidence.\n"


@dataclass
class DraftedMappings:
    """Mapping texts by name, the mapping of each feature, and what could not be drafted."""

    texts: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The whole file."""
        return _HEADER + "mappings:\n" + "\n".join(self.texts.values())


def draft_mappings(sheet: ReviewSheet) -> DraftedMappings:
    """Draft a mapping for every bound feature; equal ones are shared, unusable ones left out."""
    drafted = DraftedMappings()
    for feature in sheet.features():
        entity = ENTITIES.get(feature.canonical or "")
        references = sheet.bound(feature.slug)
        if references and isinstance(entity, type) and issubclass(entity, Entity):
            _add(drafted, sheet, feature, entity)
    return drafted


def _add(
    drafted: DraftedMappings, sheet: ReviewSheet, feature: Feature, entity: type[Entity]
) -> None:
    item = sheet.item(sheet.bound(feature.slug)[0])
    samples = answer_examples(item) if feature.is_read else body_examples(item)
    name = _dashed(entity.__name__)
    text = _drop_head(draft_mapping(sheet.description, item, entity, samples, name=name))
    if name in drafted.texts and _rules(drafted.texts[name]) != _rules(text):
        name = feature.slug
        text = _drop_head(draft_mapping(sheet.description, item, entity, samples, name=name))
    fault = _fault(text, sheet)
    if fault is None:
        drafted.texts.setdefault(name, f"  # {feature.slug}: {_one_line(item.id)}\n{text}")
        drafted.names[feature.slug] = name
    else:
        drafted.failures[feature.slug] = fault


def _fault(text: str, sheet: ReviewSheet) -> str | None:
    """Why a mapping does not load, or None."""
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        path = Path(folder) / "mapping.yaml"
        path.write_text(f"mappings:\n{text}", "utf-8")
        try:
            zone = sheet.place.timezone or NO_ZONE
            load_mappings(path, timezone=zone, currency=sheet.place.currency or NO_CURRENCY)
        except MappingError as error:
            return error.message
    return None


def _drop_head(text: str) -> str:
    """The mapping alone, without the file around it."""
    return text[text.index("mappings:\n") + len("mappings:\n") :]


def _rules(text: str) -> str:
    """What a mapping says, without its comments and its name."""
    lines = [line.partition("  #")[0].rstrip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))


def _dashed(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]


def _one_line(text: str) -> str:
    return " ".join(text.split())
