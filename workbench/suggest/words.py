"""Words in, concepts out: what a name, a path segment or a sentence is about.

The vocabulary is `lexicon.yaml`. Names come in every convention (`getOrder`, `order_items`,
`optionsets`, `Bestellstatus ändern`), so they are split, plural endings are folded away, and glued
words are taken apart with the vocabulary itself.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from workbench.description import load_text

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPLIT = re.compile(r"[^a-z0-9]+")
_UMLAUTS = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe"})
_KINDS = {
    "entities": "entity",
    "others": "other",
    "facets": "facet",
    "transitions": "transition",
    "verbs": "verb",
    "manners": "manner",
}
_WINDOW = 6  # words that one phrase may span
_GLUED = 7  # letters from which a word is worth taking apart


@dataclass(frozen=True)
class Concept:
    """What one phrase means; `kind`: entity, other, facet, transition, verb, manner, stop."""

    kind: str
    name: str


_STOP = Concept("stop", "stop")


@dataclass(frozen=True)
class Lexicon:
    """The vocabulary, ready to look up: folded phrases, whole words, and the two parties."""

    phrases: dict[tuple[str, ...], Concept]
    words: frozenset[str]
    parties: dict[tuple[str, ...], str]
    silent: frozenset[str]
    links: frozenset[str]
    bridges: frozenset[str]


def fold(word: str) -> str:
    """Strip endings of number and gender, so that `categories` and `categoría` meet."""
    while len(word) > 3 and word.endswith("s"):
        word = word[:-1]
    if len(word) > 5 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 6 and word[-1] in "ao":
        word = word[:-1]
    return f"{word[:-1]}i" if word.endswith("y") else word


def split(text: str) -> list[str]:
    """Split a name or sentence into plain lower-case words, taking glued ones apart."""
    bare = unicodedata.normalize("NFKD", _CAMEL.sub(" ", text).translate(_UMLAUTS))
    plain = "".join(char for char in bare if not unicodedata.combining(char)).lower()
    return [part for word in _SPLIT.split(plain) if word for part in _unglue(word)]


def concepts(text: str) -> tuple[Concept, ...]:
    """Return the concepts of a text in order; prepositions stand as `stop`, the rest is dropped."""
    return tuple(found for found in _read(text) if found is not None)


def trailing(text: str) -> Concept | None:
    """Return the concept of the last word of a name; None when that word is not known."""
    found = [item for item in _read(text) if item != _STOP]
    return found[-1] if found else None


def party(text: str) -> str | None:
    """Return `us` or `them` for the first party that a phrase names, or None."""
    folded = [fold(word) for word in split(text)]
    parties = lexicon().parties
    for start in range(len(folded)):
        for size in range(3, 0, -1):
            side = parties.get(tuple(folded[start : start + size]))
            if side:
                return side
    return None


@cache
def _read(text: str) -> tuple[Concept | None, ...]:
    """Concepts in order, with None for every word that means nothing to us."""
    words = split(text)
    found: list[Concept | None] = []
    position = 0
    while position < len(words):
        concept, taken = _match(words, position)
        if concept is None and words[position] in lexicon().silent:
            pass
        elif concept is not None or not words[position].isdigit():
            found.append(concept)
        position += taken
    return tuple(found)


def _match(words: list[str], start: int) -> tuple[Concept | None, int]:
    """The longest phrase that starts here; a bridge (`de la`) inside it does not count."""
    phrases = lexicon().phrases
    for size in range(min(_WINDOW, len(words) - start), 0, -1):
        window = words[start : start + size]
        whole = phrases.get(tuple(map(fold, window)))
        if whole is None and size > 2 and not lexicon().bridges.isdisjoint(window[1:-1]):
            links = lexicon().links
            bare = tuple(fold(word) for word in window[1:-1] if word not in links)
            whole = phrases.get((fold(window[0]), *bare, fold(window[-1])))
        if whole is not None:
            return whole, size
    return None, 1


@cache
def _unglue(word: str) -> tuple[str, ...]:
    """Take `optionsetitems` apart into the fewest known words; as it stands when that fails."""
    known = lexicon().words
    if len(word) < _GLUED or word in known:
        return (word,)
    best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for end in range(2, len(word) + 1):
        for start in range(max(0, end - 16), end - 1):
            before, piece = best[start], word[start:end]
            if before is None or piece not in known:
                continue
            here = best[end]
            if here is None or len(before) + 1 < len(here):
                best[end] = (*before, piece)
    whole = best[-1]
    return whole if whole and len(whole) <= 4 else (word,)


@cache
def entities() -> frozenset[str]:
    """The names of all things that a feature is about."""
    return frozenset(item.name for item in lexicon().phrases.values() if item.kind == "entity")


@cache
def lexicon() -> Lexicon:
    """Read the vocabulary that is shipped with the package."""
    text = files("workbench.suggest").joinpath("lexicon.yaml").read_text("utf-8")
    table = load_text(text, "lexicon.yaml")
    phrases: dict[tuple[str, ...], Concept] = {}
    for group, kind in _KINDS.items():
        for name, rows in table[group].items():
            for phrase in rows:
                phrases.setdefault(_folded(phrase), Concept(kind, name))
    for word in table["stopwords"]:
        phrases.setdefault(_folded(word), _STOP)
    parties = {_folded(phrase): side for side in ("us", "them") for phrase in table[side]}
    listed = [phrase for group in _KINDS for rows in table[group].values() for phrase in rows]
    raw = {word for phrase in listed for word in phrase.split()}
    glue = frozenset(table["glue"])
    long = {word for word in raw if len(word) >= 4}
    return Lexicon(
        phrases=phrases,
        words=frozenset(
            {form for word in long for form in (word, f"{word}s", f"{word}es", f"{word[:-1]}ies")}
            | glue
        ),
        parties=parties,
        silent=frozenset(table["articles"]) | glue,
        links=frozenset(table["links"]),
        bridges=frozenset(table["bridges"]),
    )


def _folded(phrase: str) -> tuple[str, ...]:
    return tuple(fold(word) for word in phrase.split())


def head(found: tuple[Concept, ...]) -> Concept | None:
    """Return the noun that a phrase is about.

    English compounds end with it (`menu section`); a preposition closes the compound (`details for
    a store`, `sección de menú`), so the first part that has a noun decides.
    """
    noun: Concept | None = None
    for concept, following in pairwise((*found, _STOP)):
        if concept.kind in {"entity", "other"}:
            noun = concept
        if following == _STOP and noun is not None:
            return noun
    return noun
