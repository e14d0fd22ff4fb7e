"""A JSON Schema read off examples, for documents that show payloads but describe none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_PLACEHOLDER = re.compile(
    r"<(any|string|integer|number|boolean|long|float|double|date-?time|date|uuid)>"
)
_PLACEHOLDER_TYPES: dict[str, dict[str, Any]] = {
    "any": {},
    "long": {"type": "integer"},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "dateTime": {"type": "string", "format": "date-time"},
    "date-time": {"type": "string", "format": "date-time"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "uuid": {"type": "string", "format": "uuid"},
}
_FORMATS = (
    ("date-time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")),
    ("date", re.compile(r"\d{4}-\d\d-\d\d")),
    ("uuid", re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    ("uri", re.compile(r"https?://\S+")),
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}")),
)
_DEEPEST = 40


def infer_schema(values: Sequence[Any]) -> dict[str, Any]:
    """Return a schema that every value fits; `{}` for no values.

    A key is required when every object at that place has it. Placeholders such as `<integer>`,
    which converters leave, give their type.
    """
    return _infer(list(values), 0)


def _infer(values: list[Any], depth: int) -> dict[str, Any]:
    if not values or depth > _DEEPEST:
        return {}
    schemas: list[dict[str, Any]] = []
    objects = [value for value in values if isinstance(value, dict)]
    if objects:
        schemas.append(_infer_object(objects, depth))
    lists = [value for value in values if isinstance(value, list)]
    if lists:
        items = _infer([item for value in lists for item in value], depth + 1)
        schemas.append({"type": "array", **({"items": items} if items else {})})
    for value in values:
        if not isinstance(value, dict | list):
            schema = _infer_scalar(value)
            if schema not in schemas:
                schemas.append(schema)
    return _combine(schemas)


def _infer_object(objects: list[dict[str, Any]], depth: int) -> dict[str, Any]:
    keys = list(dict.fromkeys(key for value in objects for key in value))
    required = [key for key in keys if all(key in value for value in objects)]
    properties = {
        key: _infer([value[key] for value in objects if key in value], depth + 1) for key in keys
    }
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return schema | ({"required": required} if required else {})


def _infer_scalar(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {"type": "null"}
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
    text = str(value)
    placeholder = _PLACEHOLDER.fullmatch(text)
    if placeholder:
        return dict(_PLACEHOLDER_TYPES.get(placeholder[1], {"type": placeholder[1]}))
    for name, pattern in _FORMATS:
        if pattern.fullmatch(text):
            return {"type": "string", "format": name}
    return {"type": "string"}


def _combine(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    schemas = [schema for schema in schemas if schema]  # of the others nothing is known
    if not schemas:
        return {}
    kinds = list(dict.fromkeys(schema["type"] for schema in schemas))
    if "integer" in kinds and "number" in kinds:
        kinds.remove("integer")
    merged: dict[str, Any] = {}
    for schema in schemas:
        merged |= schema
    formats = {schema.get("format") for schema in schemas if schema["type"] == "string"}
    if len(formats) > 1:
        merged.pop("format", None)
    merged["type"] = kinds[0] if len(kinds) == 1 else kinds
    return merged
