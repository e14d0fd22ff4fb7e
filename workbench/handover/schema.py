"""Our entities as JSON Schema 2020-12, with the meaning of each field in a language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from workbench.canonical import ENTITIES
from workbench.description import load_text
from workbench.errors import InputError
from workbench.handover.examples import find_examples
from workbench.handover.phrases import load_words
from workbench.reporting import DEFAULT, Language

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LAWS = "laws.yaml"
# What travels by itself; the others are parts of these.
WHOLES = (
    "Order", "OrderStatusUpdate", "DeliveryLocation", "Reservation", "ReservationStatusUpdate",
    "Catalog", "Availability", "Restaurant",
)  # fmt: skip
# The last word of a field's name that tells its unit.
_UNITS = {
    "amount_minor": "minor", "min": "minutes", "minutes": "minutes", "bp": "basis",
    "m": "metres", "deg": "degrees", "mps": "speed", "latitude": "degrees", "longitude": "degrees",
}  # fmt: skip
_FORMATS = {"date-time": "instant", "date": "date", "time": "time"}


def find_entity(name: str) -> str:
    """The entity of that name, however its letters are written: `order-line`, `OrderLine`.

    Raises:
        InputError: We have no such entity.
    """
    wanted = re.sub(r"[^a-z]", "", name.lower())
    for known in ENTITIES:
        if known.lower() == wanted:
            return known
    raise InputError(
        f"We have no entity {name!r}",
        hint=f"Those that travel: {', '.join(WHOLES)}. Their parts: "
        f"{', '.join(item for item in ENTITIES if item not in WHOLES)}.",
    )


def list_parts(names: tuple[str, ...] = WHOLES) -> tuple[str, ...]:
    """These entities and all that stand in them, in the order in which they are met."""
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            text = str(_plain(name)["properties"])
            waiting += [item for item in re.findall(r"#/\$defs/(\w+)", text) if item in ENTITIES]
    return tuple(found)


def entity_schema(name: str, code: str = DEFAULT) -> dict[str, Any]:
    """The schema of one entity with its examples; what it refers to stands under `$defs`."""
    made = _describe(name, code)
    others = {part: _describe(part, code) for part in list_parts((name,)) if part != name}
    whole = {
        "$schema": DIALECT,
        "$id": f"urn:workbench:model:{name}",
        **made,
        "$defs": dict(sorted(others.items())),
    }
    # What holds itself, such as a line with options, refers to the whole schema.
    text = json.dumps(whole).replace(f'"#/$defs/{name}"', '"#"')
    return {**json.loads(text), "examples": [item.value for item in find_examples(name)]}


def model_schema(code: str = DEFAULT) -> dict[str, Any]:
    """One schema of everything: what travels is one of its `oneOf`."""
    return {
        "$schema": DIALECT,
        "$id": "urn:workbench:model",
        "title": load_words(code).say("model.title"),
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in WHOLES],
        "$defs": {
            name: _describe(name, code) | {"examples": [e.value for e in find_examples(name)]}
            for name in list_parts()
        },
    }


def find_unit(field: str, schema: Mapping[str, Any]) -> str:
    """Key of the unit in which a field is written, by its name or its format; or empty."""
    last = field if field in _UNITS else field.rsplit("_", 1)[-1]
    for part in (schema, *schema.get("anyOf", ())):
        if part.get("type") in {"integer", "number"} and last in _UNITS:
            return _UNITS[last]
        if part.get("format") in _FORMATS:
            return _FORMATS[part["format"]]
    return ""


def meaning(entity: str, field: str, words: Language) -> str:
    """What a field means: in this entity, or wherever a field has that name."""
    own = f"fields.{entity}.{field}"
    return words.say(own if own in words.messages else f"fields.{field}")


@cache
def load_laws() -> dict[str, tuple[str, ...]]:
    """Law → the fields that it binds, as `Entity.field`."""
    text = files("workbench.handover").joinpath(LAWS).read_text("utf-8")
    rows: dict[str, list[str]] = load_text(text, LAWS)
    return {code: tuple(names) for code, names in rows.items()}


def laws_of(entity: str, field: str) -> tuple[str, ...]:
    """Codes of the laws that bind a field."""
    return tuple(code for code, names in load_laws().items() if f"{entity}.{field}" in names)


@cache
def _plain(name: str) -> dict[str, Any]:
    """As pydantic tells it, with the open enumerations opened."""
    schema = ENTITIES[name].model_json_schema(mode="validation")
    parts: dict[str, Any] = schema.pop("$defs", {})
    # What holds itself is told as a reference to one of its own parts.
    schema = parts[name] if "$ref" in schema else schema
    lists = {key: part for key, part in parts.items() if "enum" in part}
    properties = {key: _open(value, lists) for key, value in schema["properties"].items()}
    kept = {key: value for key, value in schema.items() if key not in {"title", "description"}}
    return {**kept, "properties": properties}


def _open(value: Any, lists: Mapping[str, Any]) -> Any:
    """The same schema, in which a list of words takes other words as well, as our reader does."""
    if isinstance(value, list):
        return [_open(item, lists) for item in value]
    if not isinstance(value, dict):
        return value
    name = str(value.get("$ref", "")).rsplit("/", 1)[-1]
    if name in lists:
        rest = {key: item for key, item in value.items() if key != "$ref"}
        return {"type": "string", "minLength": 1, "examples": lists[name]["enum"], **rest}
    return {
        key: _open(item, lists)
        for key, item in value.items()
        if key != "propertyNames" and (key != "title" or not isinstance(item, str))
    }


def _describe(name: str, code: str) -> dict[str, Any]:
    words = load_words(code)
    schema = _plain(name)
    properties = {
        field: {**value, "description": _sentence(name, field, value, words)}
        for field, value in schema["properties"].items()
    }
    return {
        "title": words.say(f"entities.{name}.title"),
        "description": words.say(f"entities.{name}.text"),
        **schema,
        "properties": properties,
    }


def _sentence(entity: str, field: str, schema: Mapping[str, Any], words: Language) -> str:
    unit = find_unit(field, schema)
    parts = [words.say(f"model.unit.{unit}")] if unit else []
    parts += laws_of(entity, field)
    told = meaning(entity, field, words)
    told = f"{told} ({', '.join(parts)})" if parts else told
    return told if told.endswith("…") else f"{told}."
