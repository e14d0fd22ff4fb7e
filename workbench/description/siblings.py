"""What stands beside `$ref` and means nothing in the version of the document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.description.dialect import Dialect
from workbench.description.reference import Reference, pointer_of
from workbench.model import DocumentWarning

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
