"""Enum tables: their words for ours, with unknown values kept or refused, never guessed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from workbench.mapping.codec import Codec

WordType = Literal["string", "integer", "boolean"]

_NUMERAL = re.compile(r"0|-?[1-9]\d{0,17}", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


class TheirWords(dict[Any, Any]):
    """Their value → ours.

    A value of theirs that is spelt like one of ours is not kept: it would be taken for ours
    although nobody said that it means the same.
    """

    def __init__(self, table: Mapping[Any, Any], ours: frozenset[Any], *, keeps: bool) -> None:
        super().__init__(table)
        self._ours = ours
        self._keeps = keeps

    def __missing__(self, value: Any) -> str:
        is_word = type(value) in {str, int} and value != ""
        if self._keeps and is_word and str(value) not in self._ours:
            return str(value)
        known = ", ".join(dict.fromkeys(map(str, self)))
        raise ValueError(f"it is not in the table of the mapping ({known})")


class OurWords(dict[Any, Any]):
    """Our value → theirs; what was kept when reading is written as it came."""

    def __init__(
        self, table: Mapping[Any, Any], ours: frozenset[Any], *, keeps: bool, numeric: bool
    ) -> None:
        super().__init__(table)
        self._ours = ours
        self._keeps = keeps
        self._numeric = numeric

    def __missing__(self, value: Any) -> str | int:
        if not self._keeps or value in self._ours:
            raise ValueError("the mapping has no value of theirs for it")
        text = str(value)
        return int(text) if self._numeric and _NUMERAL.fullmatch(text) else text


def find_ambiguous(table: Mapping[str, Any], back: Iterable[Any]) -> list[Any]:
    """Values of ours with several values of theirs and no word in `back` on which to write."""
    settled = set(back)
    counts = Counter(table.values())
    return [ours for ours, count in counts.items() if count > 1 and ours not in settled]


def guess_type(words: Iterable[str]) -> WordType:
    """The JSON type of a partner's words, from their spelling in YAML keys, which are text."""
    texts = list(words)
    if all(_NUMERAL.fullmatch(text) for text in texts):
        return "integer"
    return "boolean" if set(texts) <= {"true", "false"} else "string"


def cast_word(word: str, type_: WordType) -> str | int | bool:
    """A word as the partner writes it.

    Raises:
        ValueError: It is no numeral, or neither true nor false.
    """
    if type_ == "string":
        return word
    if type_ == "integer" and _NUMERAL.fullmatch(word):
        return int(word)
    if type_ == "boolean" and word in _BOOLEANS:
        return _BOOLEANS[word]
    shown = {"integer": "a whole number", "boolean": "true or false"}[type_]
    raise ValueError(f"{word!r} is not {shown}, as `as: {type_}` says; write what they send")


def build_enum(
    table: Mapping[str, Any],
    back: Mapping[Any, Any],
    known: Iterable[Any],
    *,
    keeps: bool,
    type_: WordType,
) -> Codec:
    """The codec of a table.

    Args:
        table: Their value as text → ours, typed.
        back: Ours → theirs where the table does not say, or says more than one.
        known: All values of ours, also those that the table does not name.
        keeps: Whether unknown values pass in both directions.
        type_: JSON type of their values; numbers are also read when they come as text.

    Raises:
        ValueError: A value of theirs is not of that type.
    """
    cast = {word: cast_word(word, type_) for word in table}
    ours = frozenset(known) | frozenset(table.values())
    typed = {cast[word]: own for word, own in table.items()}
    reader = TheirWords({**table, **typed} if type_ == "integer" else typed, ours, keeps=keeps)
    inverse = {own: cast[word] for word, own in table.items()} | dict(back)
    writer = OurWords(inverse, ours, keeps=keeps, numeric=type_ == "integer")
    return Codec(reader.__getitem__, writer.__getitem__)
