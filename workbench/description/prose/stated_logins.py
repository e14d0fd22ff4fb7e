"""What a prose document says of logging in: in its words, and by the headers of its samples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.description.prose import section_words as words
from workbench.description.prose.blocks import ProseSection

KEY_NAME = re.compile(
    r"(?:x-)?(?:[\w-]*api[-_]?key|[\w-]*token|[\w-]*secret|apikey)", re.IGNORECASE
)


def schemes_of(
    sections: Sequence[ProseSection], headers: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Security schemes that the words, and the headers of sample requests, tell of."""
    text = "\n".join(line for section in sections for line in section.lines())
    plain = words.plain(text)
    sent = {name.lower(): name for name in headers}
    schemes: dict[str, dict[str, Any]] = {}
    if words.BEARER.search(plain) or "bearer" in sent:
        schemes["bearer"] = {"type": "http", "scheme": "bearer"}
    if words.BASIC.search(plain):
        schemes["basic"] = {"type": "http", "scheme": "basic"}
    key = words.KEY_HEADER.search(text)
    named = [key[1]] if key else [name for low, name in sent.items() if KEY_NAME.fullmatch(low)]
    if not schemes and not named and "authorization" in sent:
        named = ["Authorization"]
    if named and not named[0].lower().endswith(("signature", "idempotency-key")):
        schemes["apiKey"] = {"type": "apiKey", "in": "header", "name": named[0]}
    asked = words.KEY_QUERY.search(text)
    if asked and not named:
        schemes["apiKey"] = {"type": "apiKey", "in": "query", "name": asked[1]}
    return schemes
