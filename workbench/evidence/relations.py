"""Which operations belong together: the list, the making, the reading and the removal of a thing.

Told from paths alone: `GET /orders/{id}` and `POST /v2/orders` are about `orders`.
"""

from __future__ import annotations

import re

from workbench.model import Catalogue, Operation
from workbench.partners import Partner


def stem(path: str) -> str:
    """The last fixed word of a path: what it is about."""
    fixed = [part for part in path.strip("/").split("/") if part and not part.startswith("{")]
    return fixed[-1].lower() if fixed else ""


def is_collection(path: str) -> bool:
    """Whether a path ends with a fixed word."""
    return not path.rstrip("/").endswith("}")


def last_parameter(path: str) -> str | None:
    """The name in the last braces, when the path ends with it."""
    last = path.rstrip("/").rpartition("/")[2]
    return last[1:-1] if last.startswith("{") and last.endswith("}") else None


def path_pattern(operation: Operation) -> re.Pattern[str]:
    """What the paths of calls of an operation look like, below the base address."""
    parts = re.split(r"(\{[^{}]+\})", operation.path)
    return re.compile("".join("[^/]+" if p.startswith("{") else re.escape(p) for p in parts))


def collections(partner: Partner, item: Operation, method: str) -> list[Operation]:
    """Operations of a method on the collection that an item's path is in, nearest path first."""
    wanted = stem(item.path)
    near = item.path.rpartition("/")[0]
    found = [
        operation
        for operation in partner.callable_operations
        if operation.method == method
        and is_collection(operation.path)
        and stem(operation.path) == wanted
        and last_parameter(item.path)
    ]
    return sorted(found, key=lambda operation: operation.path != near)


def at(partner: Partner, path: str, method: str) -> Operation | None:
    """The operation with this very path and method."""
    for operation in partner.callable_operations:
        if operation.path == path and operation.method == method:
            return operation
    return None


def owner(partner: Partner, catalogue: Catalogue, operation: Operation) -> str | None:
    """The feature that an operation belongs to: bound to it, else about the same thing."""
    bound = [
        (feature.slug, item)
        for feature in catalogue.features
        for _, item in partner.operations(feature.slug)
        if item.document == operation.document
    ]
    for fits in (_is_same, _has_same_path, _has_same_stem):
        for slug, item in bound:
            if fits(item, operation):
                return slug
    return None


def _is_same(one: Operation, other: Operation) -> bool:
    return one.id == other.id


def _has_same_path(one: Operation, other: Operation) -> bool:
    return one.path == other.path


def _has_same_stem(one: Operation, other: Operation) -> bool:
    return stem(one.path) == stem(other.path)
