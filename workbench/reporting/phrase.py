"""Sentences of our sources in another language: found by their shape, words in braces kept.

Sources write English, once, into the log; a report in another language looks the sentence up. What
is not found is shown as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from workbench.evidence import check_kinds, list_sentences
from workbench.model import Catalogue, Finding, finding_kinds
from workbench.reporting.language import DEFAULT, load_language, read_part, read_words
from workbench.text import BY_NUMBER, inflect

_WORD = re.compile(r"\{(\w+)\}")
_DEEPEST = 6
# An operation, an event or a file, and what is wrong there.
_PLACED = re.compile(r"((?:[A-Z]+ )?\S*[/:.]\S*?): (.+)", re.DOTALL)


@lru_cache(maxsize=20_000)
def translate_phrase(text: str, code: str, depth: int = 0) -> str:
    """The sentence in the language, or as it is; a full stop at its end stays.

    Args:
        text: A sentence, or a few words.
        code: Of the language.
        depth: How deep inside another sentence it stands.
    """
    plain = text.removesuffix(".")
    for shape, ours in _read(code):
        found = shape.fullmatch(plain)
        if found:
            words = {
                name: translate_phrase(word, code, depth + 1) if depth < _DEEPEST else word
                for name, word in found.groupdict().items()
            }
            form = load_language(code).locale.plural_form
            return fill(inflect(ours, words, form), words) + text[len(plain) :]
    if depth < _DEEPEST and (placed := _PLACED.fullmatch(text)):
        return f"{placed[1]}: {translate_phrase(placed[2], code, depth + 1)}"
    return text


def name_check(check: str, code: str = DEFAULT) -> str:
    """Title of a check in a language; its id where the table lacks it, as in an older log."""
    row = check_kinds().get(check)
    return _title(row.title, code, "checks", check) if row else check


def name_change(key: str, catalogue: Catalogue, code: str = DEFAULT) -> str:
    """What a check that ended otherwise is about: its feature, and its title.

    Args:
        key: `feature/source/check`, as in a `Drift`.
        catalogue: In the language of the reader.
        code: Of that language.
    """
    feature, _, check = (*key.split("/", 2), "", "")[:3]
    found = catalogue.feature(feature)
    return ", ".join(filter(None, (found.title if found else feature, name_check(check, code))))


def name_finding(finding: Finding, code: str = DEFAULT) -> str:
    """Title of a finding's kind in a language; empty where the table lacks it."""
    kind = finding.kind or finding.slug
    row = finding_kinds().get(kind)
    return _title(row.title, code, "findings", kind) if row else ""


def _title(words: Mapping[str, str], code: str, part: str, name: str) -> str:
    return words.get(code) or read_part(code, part).get(f"{name}.title") or words["en"]


def fill(text: str, words: Mapping[str, str]) -> str:
    """The sentence with its words in place of the braces; a brace without a word stays."""
    return _WORD.sub(lambda word: words.get(word[1], word[0]), text)


@cache
def _read(code: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Shape of an English sentence → ours; those that say most by themselves come first."""
    known = {**dict(_of_tables(code)), **read_words(code).get("phrases", {})}
    other = ((theirs, ours) for theirs, ours in known.items() if theirs != ours)
    ranked = sorted(other, key=lambda pair: (-len(_bare(pair[0])), pair[0]))
    return tuple((make_shape(theirs), ours) for theirs, ours in ranked)


def _of_tables(code: str) -> Iterator[tuple[str, str]]:
    """Sentences of checks and of findings, from their tables; both without the full stop."""
    told = read_part(code, "checks") | read_part(code, "findings")
    said = [(words, told.get(name)) for name, words in list_sentences().items()]
    said += [
        (words, told.get(f"{kind.id}.{name}"))
        for kind in finding_kinds().values()
        for name in ("says", "expected", "hint")
        if (words := getattr(kind, name))
    ]
    for words, other in said:
        ours = words.get(code) or other
        if ours and _bare(words["en"]).strip(" .:"):
            yield words["en"].removesuffix("."), ours.removesuffix(".")


def _bare(text: str) -> str:
    """What a sentence says by itself, without its facts and what goes with them."""
    return _WORD.sub("", BY_NUMBER.sub("", text))


def make_shape(text: str) -> re.Pattern[str]:
    """What a sentence looks like, whatever stands in its braces."""
    parts = _WORD.split(text)
    made: list[str] = []
    for n, part in enumerate(parts):
        again = part in parts[1:n:2]
        # A count is a number; else a person's own sentence would be taken for one of ours.
        some = r"\d[\d.,]*" if part == "n" else ".+?"
        found = f"(?P={part})" if again else f"(?P<{part}>{some})"
        made.append(_plain(part) if n % 2 == 0 else found)
    return re.compile("".join(made), re.DOTALL)


def _plain(text: str) -> str:
    """Words as they are, in any of the forms that go with a number."""
    parts = BY_NUMBER.split(text)
    made = [re.escape(parts[0])]
    for forms, after in zip(parts[2::3], parts[3::3], strict=True):
        words = [re.escape(pair.partition("=")[2]) for pair in forms.split("|")]
        made.append(f"(?:{'|'.join(words)}){re.escape(after)}")
    return "".join(made)
