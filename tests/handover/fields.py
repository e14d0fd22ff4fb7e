"""What a version of our entities records: write it to `handover/versions` when they change."""

from __future__ import annotations

from typing import Any

from workbench.canonical import ENTITIES
from workbench.handover.versions import Listing


def list_fields() -> Listing:
    """Every field of every entity as the code has it now; this is what a version records."""
    found: Listing = {}
    for name, entity in sorted(ENTITIES.items()):
        schema: dict[str, Any] = entity.model_json_schema(mode="validation")
        lists = {
            part: item["enum"] for part, item in schema.get("$defs", {}).items() if "enum" in item
        }
        schema = schema["$defs"][name] if "$ref" in schema else schema
        required = schema.get("required", ())
        found[name] = {
            field: _spell(value, lists) + ("" if field in required else "?")
            for field, value in sorted(schema["properties"].items())
        }
    return found


def _spell(schema: dict[str, Any], lists: dict[str, list[str]]) -> str:
    """A type in few words, the same for the same type."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return " | ".join(lists[name]) if name in lists else name
    if "anyOf" in schema:
        parts = [part for part in schema["anyOf"] if part.get("type") != "null"]
        return " or ".join(dict.fromkeys(_spell(part, lists) for part in parts))
    if "items" in schema:
        return f"list of {_spell(schema['items'], lists)}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map of {_spell(schema['additionalProperties'], lists)}"
    return str(schema.get("format", schema.get("type", "any")))
