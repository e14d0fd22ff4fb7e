"""Whether the partner's document decides that they are wrong, where our folder could be as well.

A mapping, a sample, a currency or a unit is our statement. What contradicts it is the partner's
fault only where their document, or the rest of what they answer, says the same as we do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.description import find_violations
from workbench.model import ApiDescription, Finding, Matter, Outcome, SchemaNode, SchemaReader
from workbench.text import read_pointer


def weigh(findings: Iterable[Finding]) -> Outcome:
    """Failed where something grave is theirs; what may be our own fault settles nothing."""
    broken = [item for item in findings if item.severity.breaks]
    if any(item.matter.is_theirs for item in broken):
        return Outcome.FAILED
    return Outcome.CANT_TELL if broken else Outcome.PASSED


def whose_form(
    description: ApiDescription,
    document: str,
    schema: dict[str, Any] | None,
    payload: Any,
    pointer: str,
) -> Matter:
    """Whose matter it is that a value does not fit our mapping: theirs where it breaks the schema.

    Args:
        description: With the document.
        document: Its name.
        schema: What it says of the payload; None where it says nothing.
        payload: What came.
        pointer: JSON Pointer of the value in it, or in one item of it.
    """
    if schema is None:
        return Matter.FOLDER
    found = find_violations(description, document, schema, payload)
    is_theirs = any(_touches(item.pointer, item.message, pointer) for item in found)
    return Matter.PLATFORM if is_theirs else Matter.FOLDER


def _touches(broken: str, message: str, pointer: str) -> bool:
    """Whether a violation is about a value, what is in it, or an object that lacks it."""
    if broken == pointer or broken.startswith(f"{pointer}/"):
        return True
    if pointer and broken.endswith(pointer):
        return True  # of one item in a list
    inner = pointer.removeprefix(f"{broken}/") if pointer.startswith(f"{broken}/") else ""
    return bool(inner) and f'"{read_pointer(f"/{inner}")[0]}"' in message


def is_accepted_form(
    description: ApiDescription, document: str, schema: dict[str, Any] | None, payload: Any
) -> bool:
    """Whether the document says enough of a request to call this one valid: named fields, kept."""
    if schema is None:
        return False
    top = SchemaNode.of(SchemaReader.of(description, document), schema)
    node = top.items() if "array" in top.types else top
    if not node.names:
        return False
    return not find_violations(description, document, schema, payload)
