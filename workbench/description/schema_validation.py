"""Validates payloads against the schemas of a description, whatever its OpenAPI version.

OpenAPI 2.0 and 3.0 schemas are an own dialect; here they become JSON Schema 2020-12, which 3.1 uses
as it is. Validation runs in `jsonschema-rs`, whose regular expressions cannot be made to hang.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

import jsonschema_rs

from workbench.model import ApiDescription
from workbench.text import write_pointer

_DROPPED = frozenset({"example", "examples", "discriminator", "xml", "externalDocs", "x-nullable"})
# Where the references of a bundle lead: its own schemas, the files that were bundled into it.
_ROOMS = ("components", "definitions", "x-files", "x-asyncapi", "paths")
_NAMED = frozenset({"components", "definitions"})
_SCHEMA_MAPS = frozenset({"properties", "patternProperties", "definitions", "$defs", "schemas"})


class SchemaViolation(NamedTuple):
    """Where a payload breaks its schema, and how.

    Attributes:
        pointer: JSON Pointer into the payload.
        message: How it breaks it.
        documented: JSON Pointer of the broken schema in the document, where it stands under a name
            and may serve several operations; else empty.
    """

    pointer: str
    message: str
    documented: str = ""


class SchemaValidator:
    """Finds what breaks one schema of a document; made once for many payloads.

    Args:
        description: What the document belongs to.
        document: Its name.
        schema: The schema, with references into the bundle of the document.
        formats: Whether `date`, `date-time`, `uuid`, … bind too, and are not only a hint.
    """

    def __init__(
        self,
        description: ApiDescription,
        document: str,
        schema: dict[str, Any],
        *,
        formats: bool = False,
    ) -> None:
        whole = as_json_schema(schema, description.bundles.get(document, {}))
        self._validator: jsonschema_rs.Draft202012Validator | None = None
        # A schema that is not valid itself, or refers to nothing, is a defect of the document.
        with suppress(ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
            self._validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=formats)

    def find_violations(self, payload: Any) -> list[SchemaViolation]:
        """Every way in which a JSON payload breaks the schema; none where that is unusable."""
        if self._validator is None:
            return []
        return [
            SchemaViolation(
                pointer="".join(f"/{part}" for part in error.instance_path),
                message=error.message,
                documented=_locate(error),
            )
            for error in self._validator.iter_errors(payload)
        ]


def find_violations(
    description: ApiDescription, document: str, schema: dict[str, Any], payload: Any
) -> list[SchemaViolation]:
    """Every way in which a JSON payload breaks a schema of one document.

    A schema that is itself not valid, or that refers to nothing, gives no violation: that defect is
    one of the document, and is reported as such.
    """
    return SchemaValidator(description, document, schema).find_violations(payload)


def _locate(error: jsonschema_rs.ValidationError) -> str:
    """The named schema that was broken; where a field is missing, that of the field."""
    path: list[str | int] = [*error.schema_path]
    if not path or path[0] not in _NAMED:
        return ""
    lacking = getattr(error.kind, "property", None)
    return write_pointer([*path[:-1], *(("properties", lacking) if lacking else ())])


def as_json_schema(schema: dict[str, Any], bundle: dict[str, Any]) -> dict[str, Any]:
    """A self-contained JSON Schema 2020-12 for a schema of a bundle (only `#/…` references)."""
    own_dialect = not str(bundle.get("openapi", "")).startswith(("3.1", "3.2"))
    translated = _translate(schema) if own_dialect else schema
    whole: dict[str, Any] = dict(translated)
    for room in _ROOMS:
        if room in bundle and room not in whole:
            whole[room] = _translate_room(bundle[room]) if own_dialect else bundle[room]
    return whole


def _translate_room(room: dict[str, Any]) -> dict[str, Any]:
    return (
        {
            name: _translate_map(part) if isinstance(part, dict) else part
            for name, part in room.items()
        }
        if "schemas" in room
        else _translate_map(room)
    )


def _translate_map(schemas: dict[str, Any]) -> dict[str, Any]:
    return {name: _translate(schema) for name, schema in schemas.items()}


def _translate(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_translate(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    translated: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _DROPPED:
            continue
        if key in _SCHEMA_MAPS and isinstance(value, dict):
            translated[key] = _translate_map(value)
        elif key in {"enum", "const", "default", "required"}:
            translated[key] = value
        else:
            translated[key] = _translate(value)
    _translate_bounds(translated)
    if translated.pop("nullable", False) is True or schema.get("x-nullable") is True:
        return {"anyOf": [translated, {"type": "null"}]}
    return translated


def _translate_bounds(schema: dict[str, Any]) -> None:
    """OpenAPI 3.0 says `exclusiveMinimum: true` beside `minimum`; 2020-12 gives the number."""
    for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.get(flag) is True and bound in schema:
            schema[flag] = schema.pop(bound)
        elif isinstance(schema.get(flag), bool):
            del schema[flag]
    if schema.get("type") == "file":
        del schema["type"]
