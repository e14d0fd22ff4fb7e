"""References: where a `$ref` is one, one while it is bundled, and what stands beside it.

Every place of a document has a role, which follows from the keys on the way to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from workbench.description.dialect import Dialect
from workbench.description.neighbours import TEXTS
from workbench.model import DocumentWarning
from workbench.text import write_pointer


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


Trail = tuple[Any, ...]  # nested pairs: (trail of the parent, key of this node)


@dataclass
class Reference:
    """`node[key]`, met in `file` (empty for the document itself).

    Attributes:
        node: The object that holds it.
        key: The keyword, or the name of a kind in a discriminator.
        file: Where it was met, relative to the document.
        trail: The way to `node`.
        owner: The list that holds `node`, if one does.
        role: The role of `node`.
        target: Pointer into the bundle, once it is found.
        is_settled: Whether it was looked for.
        is_begun: Whether spreading out its table was begun.
        is_spread: Whether its table was spread out, so that it is no reference any more.
    """

    node: dict[str, Any]
    key: str
    file: str
    trail: Trail
    owner: list[Any] | None = None
    role: Role = Role.KEYWORDS
    target: str | None = None
    is_settled: bool = False
    is_begun: bool = False
    is_spread: bool = False

    @property
    def is_table(self) -> bool:
        """Whether it stands for a table of names as a whole."""
        is_components = self.step == "components" and self.role is Role.KEYWORDS
        return self.key == "$ref" and (self.role in {Role.NAMES, Role.EXAMPLES} or is_components)

    @property
    def is_text(self) -> bool:
        """Whether it stands for the words of a text file."""
        if self.key != "$ref" or self.is_settled:
            return False
        file = str(self.node.get("$ref")).partition("#")[0]
        return Path(file).suffix.lower() in TEXTS

    @property
    def step(self) -> str | int | None:
        """The key under which `node` stands; an index in a list."""
        return self.trail[1] if self.trail else None

    @property
    def holder(self) -> str | None:
        """The key of what holds `node`, lists left out."""
        trail = self.trail[0] if self.trail else ()
        return str(trail[1]) if trail else None


def pointer_of(trail: Trail) -> str:
    """The JSON Pointer of a trail."""
    steps: list[str | int] = []
    while trail:
        trail, key = trail
        steps.append(key)
    return write_pointer(reversed(steps))


# Words explain; they change nothing, whichever side of the reference they are read from.
_WORDS = frozenset({"$ref", "summary", "description", "title"})
_PATHS = frozenset({"paths", "webhooks", "x-webhooks", "pathItems"})
_PLAIN_REFERENCES = frozenset(
    {"parameters", "responses", "requestBodies", "headers", "examples", "links", "callbacks"}
    | {"securitySchemes"}
)
_SHOWN = 20


def drop_siblings(
    items: Sequence[Reference], dialect: Dialect, name: str
) -> Iterator[DocumentWarning]:
    """Take out what a version ignores beside `$ref`, and tell of it.

    Up to OpenAPI 3.0 that is everything; from 3.1 on a schema may say more beside its reference,
    other objects only words. Path items may hold both in every version.

    Args:
        items: The references of the bundle.
        dialect: The version.
        name: Name of the document.
    """
    count = 0
    for item in items:
        if item.key != "$ref" or len(item.node) == 1 or not _ignores(item, dialect):
            continue
        ignored = [key for key in item.node if key not in _WORDS and not key.startswith("x-")]
        for key in ignored:
            del item.node[key]
        count += bool(ignored)
        if ignored and count <= _SHOWN:
            yield _warning(
                name,
                pointer_of(item.trail),
                f"Beside a `$ref`, OpenAPI {dialect.version} ignores "
                f"{', '.join(f'`{key[:40]}`' for key in ignored[:6])}; left out.",
            )
    if count > _SHOWN:
        yield _warning(name, "", f"{count - _SHOWN} more places have ignored keys beside a `$ref`.")


def _ignores(item: Reference, dialect: Dialect) -> bool:
    if item.holder in _PATHS:
        return False
    is_plain = item.step == "requestBody" or item.holder in _PLAIN_REFERENCES
    return is_plain or not dialect.siblings


def _warning(name: str, pointer: str, summary: str) -> DocumentWarning:
    return DocumentWarning(
        slug="ignored-siblings",
        document=name,
        pointer=pointer,
        summary=summary,
        hint="Put them into the part that is referred to, or wrap the reference in `allOf`.",
    )
