"""What the documents promise of deliveries: our acknowledgement, the time for it, and repeats.

Only sentences that speak of webhooks, or that stand at an event, are read; every reading becomes
a question to the partner.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from workbench.drafting.signatures import read_paragraphs
from workbench.model import ApiDescription, Event, Operation
from workbench.vocabulary import ABOUT_WEBHOOKS, ANSWERS, NEVER, NUMBERS, REPEATS, TIMES, WITHIN

_SENTENCE = re.compile(r"(?<=[a-z0-9)`][.!?])\s+|\n\s*\n|\n\s*[-*]\s+")
_CODE = re.compile(r"\b(?:http )?(?:status )?(?:code )?`?(20[0-9])\b", re.IGNORECASE)
_LONGEST = 240

Promises = tuple[dict[str, Any], list[str]]


def guess_promises(events: Sequence[Event | Operation], description: ApiDescription) -> Promises:
    """The `ack`, `timeout_seconds`, `retry` and `repeats` of webhooks, and what to ask.

    Args:
        events: The bound events; the answers that they document go first.
        description: Its text is searched for what is promised.
    """
    found: dict[str, Any] = {}
    code = _documented_answer(events)
    if code is not None:
        found["ack"] = code
    for sentence, is_about in _sentences(events, description):
        for name, value in read_promise(sentence, is_about=is_about).items():
            found.setdefault(name, value)
    if found.get("ack") == 200:
        del found["ack"]  # what is answered anyway
    if "retry" in found:
        return found, [f"Is this how often a webhook is sent again: {found['retry']}"]
    return found, ["How often is a webhook sent again when we do not answer it?"]


def read_promise(sentence: str, *, is_about: bool = False) -> dict[str, Any]:
    """What one sentence promises.

    Args:
        sentence: Plain text or Markdown.
        is_about: Whether it stands where only webhooks are spoken of.
    """
    if not (is_about or ABOUT_WEBHOOKS.search(sentence)):
        return {}
    found: dict[str, Any] = {}
    again = REPEATS.search(sentence)
    if again:
        found["retry"] = _shorten(sentence)
        repeats = _repeats(sentence, again)
        if repeats is not None:
            found["repeats"] = repeats
    if ANSWERS.search(sentence):
        within = WITHIN.search(sentence)
        if within:
            seconds = float(within[1]) / (1000 if within[2].lower().startswith("m") else 1)
            found["timeout_seconds"] = seconds
        code = _CODE.search(sentence)
        if code:
            found["ack"] = int(code[1])
    return found


def _repeats(sentence: str, again: re.Match[str]) -> int | None:
    if NEVER.search(sentence[: again.start()]):
        return 0
    counted = TIMES.search(sentence)
    if counted is None:
        return None
    said = (counted[1] or counted[2]).lower()
    return NUMBERS[said] if said in NUMBERS else int(said)


def _documented_answer(events: Iterable[Event | Operation]) -> int | None:
    """The one code of success that all events document; None where they differ or tell none."""
    codes = {
        min(
            int(answer.status)
            for answer in event.responses
            if re.fullmatch(r"2\d\d", answer.status)
        )
        for event in events
        if any(re.fullmatch(r"2\d\d", answer.status) for answer in event.responses)
    }
    return codes.pop() if len(codes) == 1 else None


def _sentences(
    events: Sequence[Event | Operation], description: ApiDescription
) -> Iterator[tuple[str, bool]]:
    for event in events:
        yield from ((part, True) for part in _SENTENCE.split(event.description) if part)
    for text in read_paragraphs(description):
        is_about = bool(ABOUT_WEBHOOKS.search(text))
        yield from ((part, is_about) for part in _SENTENCE.split(text) if part)


def _shorten(text: str) -> str:
    plain = " ".join(re.sub(r"[*_`#>|]+|<[^>]*>", " ", text).split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
