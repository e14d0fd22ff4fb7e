"""The caps of the intake guard, what passes it, and the words of its refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.errors import DescriptionError
from workbench.model import DocumentWarning

MOST_WARNINGS = 100  # of one text; a text with more has made its point


@dataclass(frozen=True)
class IntakeLimits:
    """Caps of the guard.

    Attributes:
        size: Bytes of one file.
        depth: Levels of nesting, aliases followed.
        aliases: Alias uses in one file.
        growth: How many times its own size a text may reach when aliases are written out; one
            MiB more is always free.
        files: Files of the same folder that one document may pull in.
    """

    size: int = 8 * 2**20
    depth: int = 128
    aliases: int = 20_000
    growth: int = 4
    files: int = 500


DEFAULT_LIMITS = IntakeLimits()


@dataclass(frozen=True)
class Reading:
    """A text that passed the guard: JSON values only, with what was odd about it."""

    data: Any
    warnings: tuple[DocumentWarning, ...] = ()


def refusal(
    what: str, name: str, line: int, hint: str | None = None, column: int | None = None
) -> DescriptionError:
    """The error for a text that the guard refuses at a line, and a column where that tells more."""
    return DescriptionError(
        f"the document is refused: {what}",
        location=f"{name}:{line}" + (f":{column}" if column else ""),
        hint=hint or "Correct the document, or ask the partner for a sound one.",
    )


def too_large(name: str, size: int, limits: IntakeLimits) -> DescriptionError:
    """The error for a text beyond the size cap."""
    return refusal(
        f"{size:,} bytes are more than the limit of {limits.size:,}",
        name,
        1,
        "Ask the partner for the document in parts.",
    )


def too_deep(name: str, line: int, limits: IntakeLimits) -> DescriptionError:
    """The error for a text beyond the depth cap."""
    return refusal(f"it is nested deeper than {limits.depth} levels", name, line)


def duplicate(name: str, key: str, pointer: str, line: int | None = None) -> DocumentWarning:
    """The warning for a repeated mapping key."""
    where = f" on line {line}" if line else ""
    return DocumentWarning(
        slug="duplicate-key",
        document=name,
        pointer=pointer,
        severity="medium",
        summary=f"The key {key[:80]!r} is repeated{where}; the last one counts.",
        hint="Keep one of the two.",
    )
