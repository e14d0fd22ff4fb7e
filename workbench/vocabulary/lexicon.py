"""Words in, concepts out: what a name, a path segment or a sentence is about.

The vocabulary is `lexicon.yaml`. Names come in every convention (`getOrder`, `order_items`,
`optionsets`, `Bestellstatus ändern`), so they are split, glued words are taken apart with the
vocabulary itself, and endings are folded away: those of number and gender first, then whatever
the stemmer of one of the languages takes off.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise, product
from typing import Any

import snowballstemmer
import yaml

from workbench.text import strip_accents
from workbench.vocabulary.nearness import NearWords

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
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WINDOW = 6  # words that one phrase may span
_GLUED = 7  # letters from which a word is worth taking apart
_LONG = 7  # letters from which a word may stand for one that is spelt nearly so
_NEAR = 0.76  # and how near it must be
_SHORTEST = 4  # letters of a stem that still says something
_LANGUAGES = ("english", "spanish", "portuguese", "german", "french", "italian", "dutch")


@dataclass(frozen=True)
class Concept:
    """What one phrase means; `kind`: entity, other, facet, transition, verb, manner, stop."""

    kind: str
    name: str


STOP = Concept("stop", "stop")


@dataclass(frozen=True)
class Pattern:
    """A phrase with concepts in it, as `<option> group`: its parts, and what the whole means."""

    parts: tuple[str | Concept, ...]
    concept: Concept


@dataclass(frozen=True)
class Lexicon:
    """The vocabulary, ready to look up: phrases by folded words, words by stem or letters.

    Patterns are found by any one word that they have.
    """

    phrases: dict[tuple[str, ...], Concept]
    patterns: dict[str, list[Pattern]]
    stems: dict[tuple[str, str], Concept]
    near: NearWords
    words: frozenset[str]
    silent: frozenset[str]
    articles: frozenset[str]
    links: frozenset[str]
    bridges: frozenset[str]


@cache
def fold(word: str) -> str:
    """Strip endings of number and gender, so that `categories` and `categoría` meet."""
    while len(word) > 3 and word.endswith("s"):
        word = word[:-1]
    if len(word) > 5 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 6 and word[-1] in "ao":
        word = word[:-1]
    return f"{word[:-1]}i" if word.endswith("y") else word


@cache
def stem(word: str, language: str) -> str:
    """The stem of a plain lower-case word in one language."""
    made: str = _stemmer(language).stemWord(word)
    return made


@cache
def _stemmer(language: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(language)


def split_words(text: str) -> list[str]:
    """Split a name or sentence into plain lower-case words, taking glued ones apart."""
    return [part for word in plain_words(text) for part in _unglue(word)]


def plain_words(text: str) -> list[str]:
    """Split a name or sentence into lower-case words without accents."""
    bare = _CAMEL.sub(" ", text)
    if not bare.isascii():
        bare = strip_accents(bare.translate(_UMLAUTS))
    return [word for word in _SPLIT.split(bare.lower()) if word]


def concepts(text: str) -> tuple[Concept, ...]:
    """Return the concepts of a text in order; prepositions stand as `stop`, the rest is dropped."""
    return tuple(found for found in _read(text) if found is not None)


def trailing_concept(text: str) -> Concept | None:
    """Return the concept of the last word of a name; None when that word is not known."""
    found = [item for item in _read(text) if item != STOP]
    return found[-1] if found else None


@cache
def is_part_of_unknown(text: str) -> bool:
    """Whether the noun of a name only qualifies a word that is not known: `reservation flag`.

    Only the compound that has the noun counts; what follows a preposition does not.
    """
    had_noun = was_unknown = False
    for concept in _read(text):
        if concept == STOP and had_noun:
            break
        if concept is not None and concept.kind in {"entity", "other"}:
            had_noun, was_unknown = True, False
        elif concept is None and had_noun:
            was_unknown = True
    return was_unknown


@cache
def _read(text: str) -> tuple[Concept | None, ...]:
    """Concepts in order, with None for every word that means nothing to us."""
    words = split_words(text)
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
    """The longest phrase that starts here."""
    for size in range(min(_WINDOW, len(words) - start), 0, -1):
        window = tuple(words[start : start + size])
        whole = _look_up(window)
        if whole is None and size > 1:
            whole = _look_up_bare(window)
        if whole is not None:
            return whole, size
    return None, 1


def _look_up_bare(words: tuple[str, ...]) -> Concept | None:
    """What words mean that are a phrase but for a bridge (`de la`), an article or a space."""
    known = lexicon()
    if len(words) == 2:
        return known.phrases.get((fold("".join(words)),))
    if words[:2] in known.phrases:  # French `modifier la` is a verb
        return None
    inner = words[1:-1]
    for small in (known.links if not known.bridges.isdisjoint(inner) else (), known.articles):
        bare = tuple(word for word in inner if word not in small)
        if len(bare) < len(inner) and (found := _look_up((words[0], *bare, words[-1]))):
            return found
    return None


@cache
def _look_up(words: tuple[str, ...]) -> Concept | None:
    """What a phrase means, by folded words; a single word also by its stem or its letters."""
    known = lexicon()
    folded = tuple(map(fold, words))
    whole = known.phrases.get(folded)
    if whole is None and len(words) > 1:
        patterns = (item for word in set(folded) for item in known.patterns.get(word, ()))
        return next((item.concept for item in patterns if _fits(item.parts, words)), None)
    if whole is not None or words[0] in known.silent:
        return whole
    found = next((known.stems[key] for key in _stemmed(words[0]) if key in known.stems), None)
    if found is not None or len(words[0]) < _LONG:
        return found
    near = known.near.nearest(words[0], _NEAR)
    return known.phrases[(fold(near),)] if near is not None else None


def _fits(parts: tuple[str | Concept, ...], words: tuple[str, ...]) -> bool:
    """Whether words are what a pattern says: each part a word, or any phrase of a concept."""
    if not parts or not words:
        return not parts and not words
    part, rest = parts[0], parts[1:]
    if isinstance(part, str):
        return fold(words[0]) == part and _fits(rest, words[1:])
    sizes = range(1, len(words) - len(rest) + 1)
    return any(_look_up(words[:size]) == part and _fits(rest, words[size:]) for size in sizes)


def _stemmed(word: str) -> Iterable[tuple[str, str]]:
    """The stems of a word, one for each language; short ones say too little.

    What holds a digit is a name or a number, and a word of no language.
    """
    for language in _LANGUAGES if word.isalpha() else ():
        made = stem(word, language)
        if len(made) >= _SHORTEST:
            yield language, made


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
def tables() -> dict[str, Any]:
    """The vocabulary as it stands in the file."""
    text = files("workbench.vocabulary").joinpath("lexicon.yaml").read_text("utf-8")
    table: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, in C
    return table


@cache
def lexicon() -> Lexicon:
    """Read the vocabulary that is shipped with the package."""
    table = tables()
    phrases: dict[tuple[str, ...], Concept] = {}
    stems: dict[tuple[str, str], Concept] = {}
    every = list(listed(table))
    plain = [row for row in every if "<" not in row[0]]
    for phrase, concept in plain:
        phrases.setdefault(_folded(phrase), concept)
        for key in () if " " in phrase else _stemmed(phrase):
            stems.setdefault(key, concept)
    parts = {part for row, concept in every if concept != STOP for part in row.split()}
    raw = {word for part in parts if not part.startswith("<") for word in part.split("|")}
    glue = frozenset(table["glue"])
    long = {word for word in raw if len(word) >= 4}
    forms = {form for word in long for form in (word, f"{word}s", f"{word}es", f"{word[:-1]}ies")}
    return Lexicon(
        phrases=phrases,
        patterns=_patterns(every),
        stems=stems,
        near=NearWords(word for word in raw if len(word) >= _LONG and (fold(word),) in phrases),
        words=frozenset(forms | glue),
        silent=frozenset([*table["articles"], *table["joiners"]]) | glue,
        articles=frozenset(table["articles"]),
        links=frozenset(table["links"]),
        bridges=frozenset(table["bridges"]),
    )


def listed(table: dict[str, Any]) -> Iterable[tuple[str, Concept]]:
    """Every phrase of the file with what it means, in its order."""
    for group, kind in _KINDS.items():
        for name, rows in table[group].items():
            for phrase in rows:
                yield phrase, Concept(kind, name)
    for word in table["stopwords"]:
        yield word, STOP


def _patterns(rows: list[tuple[str, Concept]]) -> dict[str, list[Pattern]]:
    """The phrases that have concepts in them, by the first word that is none."""
    named = {concept.name: concept for _, concept in rows}
    found: dict[str, list[Pattern]] = defaultdict(list)
    for phrase, concept in rows:
        for parts in spell_out(phrase, named) if "<" in phrase else ():
            first = next(part for part in parts if isinstance(part, str))
            found[first].append(Pattern(parts, concept))
    return found


def spell_out(phrase: str, named: dict[str, Concept]) -> Iterable[tuple[str | Concept, ...]]:
    """Every pattern of `<option> group|set`: its parts, a folded word or a concept each.

    Args:
        phrase: As the file has it.
        named: Name of a concept → the concept.
    """
    parts: list[list[str | Concept]] = []
    for part in phrase.split():
        either = part.strip("<>").split("|")
        is_concept = part.startswith("<")
        parts.append([named[name] if is_concept else fold(name) for name in either])
    return product(*parts)


def _folded(phrase: str) -> tuple[str, ...]:
    return tuple(fold(word) for word in phrase.split())


def head(found: tuple[Concept, ...]) -> Concept | None:
    """Return the noun that a phrase is about.

    English compounds end with it (`menu section`); a preposition closes the compound (`details for
    a store`, `sección de menú`), so the first part that has a noun decides. `Delivery hours` are
    those of a restaurant.
    """
    noun: Concept | None = None
    for concept, following in pairwise((*found, STOP)):
        if concept.kind in {"entity", "other"} and not (
            concept.name == "delivery" and following.name == "hours"
        ):
            noun = concept
        if following == STOP and noun is not None:
            return noun
    return noun
