"""Who does what in a sentence: `Bringg notifies the partner` → the author sends to the reader.

A sentence becomes one letter per word that matters, and a few patterns of letters are counted.
The letters: `U` our side, `T` theirs, `O` a party that is neither, `S` sends or calls, `H` hosts or
implements, `R` receives, `p` a form of *to be*, `b` by, `t` to, `f` from, `E` an address, `W` a
webhook, `x` any other word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache

from workbench.vocabulary.lexicon import concepts, fold, plain_words, stem, tables

KINDS = ("restaurant", "courier", "channel")
_BY = frozenset({"by", "por", "pelo", "pela", "par", "von", "vom", "durch", "da"})
_TO = frozenset({"to", "on", "at", "against", "into", "al", "a", "ao", "an", "zu", "zum", "aux"})
_FROM = frozenset({"from", "desde", "aus", "depuis"})
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+|<br\s*/?>")
_NOISE = re.compile(r"`{3,}|<[^>]*>|https?://\S+")
_LONGEST = 60  # words of a sentence that are read
_PHRASE = 3  # words that name a party
# Pattern of letters → what it says, for the side in the first group.
_PATTERNS = (
    ("sends", re.compile(r"([UT])[xEWO]{0,3}S")),
    ("gets", re.compile(r"([UT])[xEW]{0,2}p+x{0,2}S")),
    ("sends", re.compile(r"S[xEWpO]{0,6}bx{0,2}([UT])")),
    ("gets", re.compile(r"S[xEWO]{0,10}tx{0,2}([UT])")),
    ("gets", re.compile(r"Sx?([UT])")),
    ("is-the-receiver", re.compile(r"^(?:t|R[xEW]{0,1}b?)x?([UT])")),
    ("is-the-sender", re.compile(r"^(?:f|S[xEW]?)x?([UT])x?$|^fx?([UT])|^S[xEW]?bx{0,2}([UT])")),
    ("is-the-host", re.compile(r"^Hb?x?([UT])")),
    ("hosts", re.compile(r"H[xEWp]{0,4}[bt]x{0,2}([UT])")),
    ("hosts", re.compile(r"([UT])[xpEW]{0,4}H")),
    ("hosts", re.compile(r"[EW][xp]{0,3}bx{0,2}([UT])")),
    ("hosts", re.compile(r"[EW]tx?([UT])")),
    ("hosts-all", re.compile(r"^x{0,2}E[xp]{0,3}Hbx{0,2}([UT])")),
    ("receives", re.compile(r"([UT])[xEWt]{0,4}R")),
    ("receives", re.compile(r"R[xEWp]{0,3}bx{0,2}([UT])")),
    ("sends", re.compile(r"fx{0,2}([UT])")),
    ("addressed", re.compile(r"([UT])x{0,2}[EW]")),
)
_HOOKS = (
    ("hook-is-sent", re.compile(r"W[xO]{0,2}p+x{0,2}S")),
    ("hook-sends", re.compile(r"W[xO]?S")),
    ("is-a-hook", re.compile(r"^x{0,2}p+x{0,3}W")),
)
Brands = frozenset[tuple[str, ...]]


def count_roles(text: str, ours: frozenset[str], brands: Brands) -> Counter[str]:
    """Count what a text says of the two sides: `us-sends`, `them-hosts` and the like.

    Args:
        text: Prose, Markdown or HTML.
        ours: Kinds of parties that are on our side: `reader` and one of `KINDS`.
        brands: Names of the partner, as folded words.
    """
    found: Counter[str] = Counter()
    for letters in _letters(text, ours, brands):
        for name, pattern in _HOOKS:
            found[name] += len(pattern.findall(letters))
        for name, pattern in _PATTERNS:
            for match in pattern.finditer(letters):
                side = "us" if "U" in match.groups() else "them"
                found[f"{side}-{name}"] += 1
    return +found


@cache
def party_words() -> frozenset[str]:
    """Single folded words that name a party by its trade, such as `courier` or `plugin`."""
    return frozenset(phrase[0] for phrase, kind in _known_parties().items() if len(phrase) == 1)


@cache
def managing_words() -> frozenset[str]:
    """Words for what one does with a subscription: register, list, test, and so on."""
    return frozenset(tables()["acts"]["managed"])


def count_counterparts(text: str, brands: Brands) -> Counter[str]:
    """Count which kinds of parties stand in one sentence with the author of a document."""
    found: Counter[str] = Counter()
    for sentence in _sentences(text):
        kinds = set(_parties(plain_words(sentence)[:_LONGEST], brands))
        if "author" in kinds:
            found.update(kinds & set(KINDS))
    return found


def acting_party(text: str) -> str:
    """The kind of party that acts in a title; empty where none is said to.

    It stands behind `by` (`refused by the kitchen`), or first and before what it does (`the guest
    cancels`). `customer` is a guest; the other kinds are those of the vocabulary.
    """
    words = plain_words(text)[:_LONGEST]
    kinds = [
        kind or ("customer" if _means(word, "other") == "customer" else "")
        for word, kind in zip(words, _parties(words, frozenset()), strict=True)
    ]
    for place, word in enumerate(words):
        behind = [kind for kind in kinds[place + 1 : place + 3] if kind]
        if word in _BY and behind:
            return behind[0]
    named = [place for place, word in enumerate(words) if word not in _forms("articles")][:1]
    if not named or not kinds[named[0]]:
        return ""
    after = named[0] + 1
    while after < len(words) and kinds[after] == "-":
        after += 1
    next_word = "".join(words[after : after + 1])
    does = _means(next_word, "verb") or _means(next_word, "transition")
    return kinds[named[0]] if does else ""


@cache
def silent_words() -> frozenset[str]:
    """Words that say nothing of what a text is about: articles, particles, forms of `to be`."""
    return frozenset(
        word for name in ("articles", "joiners", "passives", "glue") for word in tables()[name]
    )


def _means(word: str, kind: str) -> str:
    return next((item.name for item in concepts(word) if item.kind == kind), "")


def _sentences(text: str) -> Iterator[str]:
    for part in _SENTENCE.split(_NOISE.sub(" ", text)):
        if part and not part.isspace():
            yield part


def _letters(text: str, ours: frozenset[str], brands: Brands) -> Iterator[str]:
    for sentence in _sentences(text):
        words = plain_words(sentence)[:_LONGEST]
        kinds = _parties(words, brands)
        yield "".join(
            _letter(word, kind, ours)
            for word, kind in zip(words, kinds, strict=True)
            if kind != "-"
        )


def _letter(word: str, kind: str, ours: frozenset[str]) -> str:
    if kind:
        others = {"author", *(() if "channel" in ours else ("channel",))}
        if "restaurant" not in ours:
            others |= {"restaurant"}
        return "U" if kind in ours else "T" if kind in others else "O"
    return _plain_letter(word)


@cache
def _plain_letter(word: str) -> str:
    for letter, words in (("b", _BY), ("t", _TO), ("f", _FROM), ("p", _forms("passives"))):
        if word in words:
            return letter
    stems = {fold(word), *(stem(word, language) for language in ("english", "spanish", "german"))}
    for letter, name in (
        ("W", "hooks"),
        ("E", "places"),
        ("S", "send"),
        ("H", "host"),
        ("R", "receive"),
    ):
        if stems & _stems(name):
            return letter
    return "x"


def _parties(words: list[str], brands: Brands) -> list[str]:
    """The kind of party at each word, empty where there is none; `-` on a phrase's later words."""
    known, found, position = _known_parties(), [""] * len(words), 0
    folded = [fold(word) for word in words]
    while position < len(words):
        taken = 1
        for size in range(_PHRASE, 0, -1):
            phrase = tuple(folded[position : position + size])
            kind = "author" if phrase in brands else known.get(phrase, "")
            if kind:
                taken = len(phrase)
                found[position : position + taken] = [kind, *["-"] * (taken - 1)]
                break
        position += taken
    return found


@cache
def _known_parties() -> dict[tuple[str, ...], str]:
    return {
        tuple(map(fold, phrase.split())): kind
        for kind, phrases in tables()["parties"].items()
        for phrase in phrases
    }


@cache
def _forms(name: str) -> frozenset[str]:
    return frozenset(tables()[name])


@cache
def _stems(name: str) -> frozenset[str]:
    rows: Iterable[str] = tables()["acts"].get(name) or tables()[name]
    return frozenset(
        form
        for word in rows
        for form in (fold(word), *(stem(word, lang) for lang in ("english", "spanish", "german")))
    )
