"""Bodies of prose documents while they are put together from examples, tables and words."""

from __future__ import annotations

from typing import Any

from workbench.description.draft_operations import DraftBody
from workbench.description.prose import section_words as words

_SUCCESS = "2XX"
_MOST_EXAMPLES = 20


def status_of(about: str) -> str:
    """The status that words name, or the class of success: which one of it, nobody said."""
    found = words.STATUS.search(about)
    return found[1] if found else _SUCCESS


def settle_status(answers: dict[str, DraftBody]) -> None:
    """Give an answer of no stated status the one status of success that is stated elsewhere."""
    stated = next((status for status in answers if status[0] == "2" and status != _SUCCESS), "")
    if stated and _SUCCESS in answers:
        answers[stated].add(answers.pop(_SUCCESS))


def shown_in(known: DraftBody | None, shown: DraftBody) -> DraftBody:
    """A body with one more example; JSON is kept where both are shown, a described one as it is."""
    if known is None or (known.media_type != shown.media_type and "xml" in known.media_type):
        return shown
    if known.media_type != shown.media_type and (known.examples or known.schema is None):
        return known
    known.media_type, known.shapes = shown.media_type, [*known.shapes, *shown.shapes]
    if shown.examples[0] not in known.examples[:_MOST_EXAMPLES]:
        known.examples.append(shown.examples[0])
    return known


def joined(one: dict[str, Any] | None, other: dict[str, Any]) -> dict[str, Any]:
    """One object schema with the fields of both; those of the first are kept."""
    if one is None:
        return other
    one.setdefault("properties", {})
    for name, schema in other.get("properties", {}).items():
        one["properties"].setdefault(name, schema)
    if "required" in one or "required" in other:
        required = [*one.get("required", []), *other.get("required", [])]
        one["required"] = list(dict.fromkeys(required))
    return one
