"""What plain words say of who sends a request: signals for `senders`, which alone judges.

Many partners have no place for webhooks in their format and list them among their paths. These
readings are conservative: only what is said plainly counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.model import Direction
from workbench.text import strip_accents
from workbench.vocabulary import (
    ARROW,
    MANAGED_PATH,
    MANAGES,
    OUR_SIDE,
    OUR_URL,
    SAYS_INBOUND,
    SENT_BY_US,
    SENT_PATH,
    SENT_TO_US,
    THEIR_SIDE,
    WEBHOOK_NOUN,
)

_SENDING = frozenset({"POST", "PUT", "PATCH"})
_LEAD = 700  # characters of a description that are about the operation itself


def manages_webhooks(path: str, summary: str) -> bool:
    """Whether a call registers, lists or removes webhooks rather than being one."""
    name = _plain(_split_words(summary))
    is_about = bool(WEBHOOK_NOUN.search(name)) or "subscri" in name or "suscri" in name
    return bool(MANAGED_PATH.search(path.lower())) or (is_about and bool(MANAGES.search(name)))


def said_direction(text: str) -> Direction | None:
    """Who sends, where words say it plainly; None where they do not.

    Args:
        text: A heading with the sentences below it.
    """
    said = _plain(text[:_LEAD])
    arrow = ARROW.search(said)
    drawn = _points(*arrow.groups()) if arrow else None
    if drawn is not None:
        return drawn
    from_us = SENT_BY_US.search(said)
    to_us = SENT_TO_US.search(said) or SAYS_INBOUND.search(said)
    if from_us and (not to_us or from_us.start() < to_us.start()):
        return Direction.OUTBOUND
    return Direction.INBOUND if to_us else None


def _points(start: str, end: str) -> Direction | None:
    """Which way an arrow points; None where both sides may be anybody."""
    for ours, theirs in ((OUR_SIDE, THEIR_SIDE), (THEIR_SIDE, OUR_SIDE)):
        sides = [bool(ours.search(side)) and not theirs.search(side) for side in (start, end)]
        if sides[0] != sides[1]:
            return Direction.INBOUND if sides[1] is (ours is OUR_SIDE) else Direction.OUTBOUND
    return None


def reads_like_webhook(
    method: str,
    path: str,
    *,
    tags: Sequence[str] = (),
    summary: str = "",
    description: str = "",
    operation_id: str = "",
) -> bool:
    """Whether plain words make a request one that comes to us.

    Args:
        method: HTTP method, in capitals.
        path: Path template as documented.
        tags: Its tags.
        summary: Its one-line summary.
        description: Its description; only the beginning counts.
        operation_id: Its operationId, whose words are read too.
    """
    name = f"{_plain(summary)} . {_plain(_split_words(operation_id))}"
    where = path.lower()
    if OUR_URL.search(where):
        return True
    manages = bool(MANAGES.search(name)) or bool(MANAGED_PATH.search(where))
    if SAYS_INBOUND.search(f"{_plain(summary)}. {_plain(description[:_LEAD])}"):
        return not manages
    if manages or method not in _SENDING:
        return False
    named = WEBHOOK_NOUN.search(name) or any(
        WEBHOOK_NOUN.search(_plain(_split_words(tag))) for tag in tags
    )
    return bool(named or SENT_PATH.search(where))


def _split_words(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.sub(r"[^\w']+|_", " ", spaced)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", strip_accents(text).replace("’", "'")).lower()  # noqa: RUF001 - typographic quote
