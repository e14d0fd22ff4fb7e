"""Defects of the schemas in an OpenAPI document: warnings with pointers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jsonschema_rs

from workbench.description.dialect import Dialect
from workbench.model import (
    COMPOSING,
    DocumentWarning,
    SchemaReader,
    follow_reference,
    list_of,
    mapping_of,
    text_of,
)
from workbench.text import write_pointer, write_token

_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object", "null", "file"})
_INNER = frozenset(
    {"properties", "patternProperties", "$defs", "items", "additionalProperties", "not"}
    | {"allOf", "anyOf", "oneOf", "prefixItems"}
)
_DATA = frozenset({"example", "examples", "default"})
_SHOWN = 20  # warnings of one kind for one document; the rest is counted


def find_schema_defects(
    document: dict[str, Any], dialect: Dialect, name: str
) -> tuple[DocumentWarning, ...]:
    """List unknown types, patterns that do not compile, and required names without property.

    Also what of a composed schema is not read, by any later room.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    reader = SchemaReader(document)
    for pointer, schema in _schemas(document, dialect):
        for slug, summary in _defects_of(schema, dialect):
            found.setdefault(slug, []).append((pointer, summary))
        if not COMPOSING.isdisjoint(schema):
            reader.survey(pointer)
    for item in reader.left_out:
        found.setdefault(f"schema-{item.kind}", []).append((item.pointer, item.summary))
    warnings = []
    for slug, places in found.items():
        warnings += [
            DocumentWarning(
                slug=slug,
                document=name,
                pointer=pointer,
                summary=summary,
                severity="info" if slug.startswith("schema-") else "low",
            )
            for pointer, summary in places[:_SHOWN]
        ]
        if len(places) > _SHOWN:
            more = f"{len(places) - _SHOWN} more places with the same defect are not listed."
            warnings.append(
                DocumentWarning(slug=slug, document=name, summary=more, severity="info")
            )
    return tuple(warnings)


def _schemas(document: dict[str, Any], dialect: Dialect) -> Iterator[tuple[str, dict[str, Any]]]:
    base = write_pointer(dialect.schemas)
    pending: list[tuple[str, Any]] = [
        (base + write_token(key), node)
        for key, node in mapping_of(follow_reference(document, f"#{base}")).items()
    ]
    pending += _inline_schemas(document)
    while pending:
        pointer, schema = pending.pop()
        if not isinstance(schema, dict):
            continue
        yield pointer, schema
        if _INNER.isdisjoint(schema):
            continue
        for key in ("properties", "patternProperties", "$defs"):
            pending += [
                (f"{pointer}/{key}{write_token(name)}", child)
                for name, child in mapping_of(schema.get(key)).items()
            ]
        for key in ("items", "additionalProperties", "not"):
            if key in schema:
                pending.append((f"{pointer}/{key}", schema[key]))
        for key in ("allOf", "anyOf", "oneOf", "prefixItems"):
            pending += [
                (f"{pointer}/{key}/{index}", child)
                for index, child in enumerate(list_of(schema.get(key)))
            ]


def _inline_schemas(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    pending: list[tuple[str, Any]] = [
        (write_token(key), document.get(key)) for key in ("paths", "webhooks", "x-webhooks")
    ]
    while pending:
        pointer, node = pending.pop()
        if isinstance(node, list):
            pending += [(f"{pointer}/{index}", child) for index, child in enumerate(node)]
        elif isinstance(node, dict):
            for key, child in node.items():
                if key == "schema":
                    yield f"{pointer}/schema", child
                elif key not in _DATA and isinstance(child, dict | list):
                    pending.append((pointer + write_token(key), child))


def _defects_of(schema: dict[str, Any], dialect: Dialect) -> Iterator[tuple[str, str]]:
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind] if kind is not None else []
    unknown = [item for item in kinds if not isinstance(item, str) or item not in _TYPES]
    if unknown or (isinstance(kind, list) and not dialect.type_lists):
        yield "bad-type", f"The schema type {str(kind)[:80]!r} does not exist here."
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and not _compiles(pattern):
        yield "bad-pattern", f"The pattern {pattern[:80]!r} is no regular expression."
    if dialect.type_lists and "nullable" in schema:
        yield "nullable", f"`nullable` means nothing in OpenAPI {dialect.version}."
    properties = schema.get("properties")
    composed = {"allOf", "anyOf", "oneOf", "$ref", "patternProperties"} & schema.keys()
    if isinstance(properties, dict) and not composed:
        missing = [
            text for text in map(text_of, list_of(schema.get("required"))) if text not in properties
        ]
        if missing:
            yield "required-unknown", f"Required but not described: {', '.join(missing)[:120]}."


@lru_cache(maxsize=4096)
def _compiles(pattern: str) -> bool:
    # The engine that validates payloads: it reads ECMA-262, and no pattern makes it hang.
    try:
        jsonschema_rs.validator_for({"pattern": pattern})
    except (ValueError, jsonschema_rs.ValidationError):
        return False
    return True
