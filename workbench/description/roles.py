"""Where a `$ref` is a reference, and where it is data, a name, or an extension's own matter.

Every place of a document has a role, which follows from the keys on the way to it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class Role(IntEnum):
    """What the keys of an object are."""

    KEYWORDS = 0  # keywords of the format: `$ref` is a reference
    NAMES = 1  # names that the author chose; a text under `$ref` pulls in a whole table of them
    EXAMPLES = 2  # names of examples
    NAMED = 3  # keywords of something whose own key is a name
    DATA = 4  # literal values: nothing in them is a reference


_DATA = frozenset({"example", "default", "const", "enum", "value", "dataValue"})
_SCHEMA_TABLES = frozenset(
    {"properties", "patternProperties", "definitions", "schemas", "$defs", "dependentSchemas"}
)
_TABLES = _SCHEMA_TABLES | {"responses", "parameters", "requestBodies", "securitySchemes"}
OPENAPI_TABLES = _TABLES | {
    "paths",
    "webhooks",
    "pathItems",
    "headers",
    "links",
    "callbacks",
    "content",
    "encoding",
    "mediaTypes",
    "variables",
    "securityDefinitions",
    "additionalOperations",
}
ASYNCAPI_TABLES = _TABLES | {
    "channels",
    "operations",
    "messages",
    "servers",
    "variables",
    "serverVariables",
    "replies",
    "replyAddresses",
    "correlationIds",
    "operationTraits",
    "messageTraits",
    "serverBindings",
    "channelBindings",
    "operationBindings",
    "messageBindings",
}
# Extensions that are read like the format itself.
_READ = {"x-webhooks": Role.NAMES, "x-files": Role.NAMES, "x-asyncapi": Role.KEYWORDS}
_EXAMPLE_KEYS = frozenset({"value", "externalValue", "dataValue", "serializedValue"})
_REFERENCE_KEYS = frozenset({"$ref", "summary", "description"})


def role_below(
    role: Role, key: str, child: dict[str, Any] | list[Any], tables: frozenset[str]
) -> Role:
    """The role of an object or list under a key.

    Args:
        role: The role of the object that holds it.
        key: Its key there.
        child: The object or list.
        tables: Keywords whose keys are names, of the format at hand.
    """
    if role is Role.DATA:
        return Role.DATA
    if role is Role.NAMES:
        return Role.NAMED
    if role is Role.EXAMPLES:
        return Role.NAMED if _is_example(key, child) else Role.DATA
    if key in _DATA:
        return Role.DATA
    if key in tables:
        return Role.NAMES if isinstance(child, dict) else Role.KEYWORDS
    if key == "examples":
        return Role.EXAMPLES if isinstance(child, dict) else Role.DATA
    if key.startswith("x-"):
        return _READ.get(key, Role.DATA)
    return Role.KEYWORDS


def _is_example(key: str, child: dict[str, Any] | list[Any]) -> bool:
    """Whether an entry of `examples` is an Example Object or a reference to one.

    OpenAPI 2.0 lists literal values by media type under the same keyword.
    """
    if "/" in key or not isinstance(child, dict):
        return False
    return not _EXAMPLE_KEYS.isdisjoint(child) or (
        isinstance(child.get("$ref"), str) and child.keys() <= _REFERENCE_KEYS
    )
