"""No phrase of the vocabulary is one partner's: what a single author says is no word of the field.

A phrase is two words or more. Patterns, as `<option> group`, count once any of their shorter
expansions is said.
"""

import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from workbench.text import strip_accents
from workbench.vocabulary import fold
from workbench.vocabulary.lexicon import _fits, lexicon, listed, spell_out, tables

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Said by one partner here, and a term of a published standard all the same.
STANDARD = {
    "purchase order": "UBL 2.1, OASIS: a buyer's order to a supplier",
    "special day": "`specialOpeningHoursSpecification` of schema.org: hours of one date",
}
_NO_PARTNERS = frozenset({"labels", "broken", "large", "webhooks-3.1"})


@pytest.fixture(scope="module")
def said(partner_docs: Path) -> dict[str, list[str]]:
    """Partner → the folded words of all its documents, in order."""
    folders = [item for item in partner_docs.iterdir() if item.is_dir()]
    return {item.name: _words(item) for item in folders if item.name not in _NO_PARTNERS}


def test_phrase_is_said_by_two_partners_or_by_none(said: dict[str, list[str]]) -> None:
    """The vocabulary holds what the field says, not what one development document says."""
    small = lexicon().articles
    bare = {name: [word for word in words if word not in small] for name, words in said.items()}
    texts = {name: f" {' '.join(words)} {' '.join(bare[name])} " for name, words in said.items()}
    whole = [phrase for phrase, _ in listed(tables()) if " " in phrase and "<" not in phrase]
    one = defaultdict(list)
    for phrase in whole:
        folded = f" {' '.join(map(fold, phrase.split()))} "
        by = [name for name, text in texts.items() if folded in text]
        if len(by) == 1 and phrase not in STANDARD:
            one[by[0]].append(phrase)
    assert len(whole) > 100
    assert dict(one) == {}


def test_pattern_is_said_by_two_partners_or_by_none(said: dict[str, list[str]]) -> None:
    """A pattern is a turn of the field, too."""
    pairs = {name: set(pairwise(words)) for name, words in said.items()}
    rows = list(listed(tables()))
    named = {concept.name: concept for _, concept in rows}
    short = [phrase for phrase, _ in rows if "<" in phrase and len(phrase.split()) == 2]
    one = {}
    for phrase in short:
        by = {
            name
            for parts in spell_out(phrase, named)
            for name, known in pairs.items()
            if any(_fits(parts, pair) for pair in known if not set(parts).isdisjoint(pair))
        }
        if len(by) == 1:
            one[phrase] = by
    assert len(short) > 10
    assert one == {}


def _words(folder: Path) -> list[str]:
    """The folded words of all documents of a partner, in order."""
    texts = (
        path.read_text("utf-8", "replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in {".pdf", ".zip", ".xlsx", ".docx"}
    )
    bare = strip_accents(_CAMEL.sub(" ", "\n".join(texts))).lower()
    return [fold(word) for word in re.findall(r"[a-z0-9]+", bare)]
