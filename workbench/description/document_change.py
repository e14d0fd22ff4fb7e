"""What differs between two versions of a partner's documents, as data."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

_SHOWN = 80


class ChangeSeverity(StrEnum):
    """What a change means for an integration that works today."""

    BREAKING = "breaking"
    NON_BREAKING = "non-breaking"
    COSMETIC = "cosmetic"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(ChangeSeverity).index(self)


class DocumentChange(BaseModel):
    """One difference between two versions.

    Attributes:
        severity: Whether it breaks us, whichever side sends.
        slug: What kind of change it is, such as `value-removed`.
        operation: Id of the operation or event; None for what concerns a whole document.
        document: Name of the document: the new one, or the old one when it is gone there.
        pointer: Place in the new bundle; in the old one for what is gone.
        summary: What happened: "in the request, `status` lost the value `ready`".
        before: What the old version says, None for nothing.
        after: What the new version says, None for nothing.
        features: Feature slugs that are bound to the operation or event.
    """

    model_config = ConfigDict(frozen=True)

    severity: ChangeSeverity
    slug: str
    operation: str | None = None
    document: str
    pointer: str = ""
    summary: str
    before: Any = None
    after: Any = None
    features: tuple[str, ...] = ()

    def __str__(self) -> str:
        subject = ", ".join(self.features) or self.operation or self.document
        return f"{subject}: {self.summary}"


def shown(value: Any) -> str:
    """A value as a message quotes it, shortened."""
    text = value if isinstance(value, str) else repr(value)
    return f"`{text}`" if len(text) <= _SHOWN else f"`{text[: _SHOWN - 1]}…`"
