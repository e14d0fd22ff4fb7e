"""Who hands a report over: our organisation, as the header of the run names it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from markupsafe import Markup

_PICTURE = re.compile(r"data:image/(png|jpeg|svg\+xml);base64,([A-Za-z0-9+/]+=*)")


@dataclass(frozen=True)
class Publisher:
    """Our side of a report; what is not set is empty.

    Attributes:
        contact: Where the partner answers.
        logo: A data URL that a page may show.
    """

    organisation: str = ""
    contact: str = ""
    logo: str = ""

    @classmethod
    def read(cls, context: Mapping[str, Any]) -> Self:
        """From the context of a header, which may have been written by others."""
        stated = context.get("publisher") or {}
        texts = {name: str(stated.get(name, "")) for name in ("organisation", "contact", "logo")}
        if not _PICTURE.fullmatch(texts["logo"]):
            texts["logo"] = ""
        return cls(**texts)

    @property
    def source(self) -> Markup:
        """The logo for an attribute: base64 alone, so there is nothing to escape."""
        return Markup(self.logo)  # noqa: S704 - matched by a pattern when it was read

    @property
    def picture(self) -> tuple[str, bytes]:
        """Kind and bytes of the logo; both empty when there is none."""
        found = _PICTURE.fullmatch(self.logo)
        return (found[1], base64.b64decode(found[2])) if found else ("", b"")
