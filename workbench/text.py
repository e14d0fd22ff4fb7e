"""What is done to any text, once: accents, hidden signs, plurals, near names, JSON Pointers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

# Control characters (terminal escapes among them), marks that turn the direction of text, breaks
# that editors do not show, halves of characters, and what is no character. Joiners are none of
# them: whole scripts and emoji need them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff]"
)
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
MARK = "\ufffd"
# The word that goes with a number, in the plural forms of CLDR.
BY_NUMBER = re.compile(r"\[(\w+)\|([a-z]+=[^]|]*(?:\|[a-z]+=[^]|]*)+)\]")
_SHOWN = 12  # names that a hint lists


def sanitize(text: str, by: str | Callable[[str], str] = MARK) -> str:
    """The text without what would move a cursor, turn what follows, or end a line unseen.

    A partner's words may hold terminal escapes and marks that reverse the reading direction. Tabs
    and line feeds stay.

    Args:
        text: Somebody else's words.
        by: What each hidden character becomes: a text, or a function of the character.
    """
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(by if isinstance(by, str) else lambda sign: by(sign[0]), text)


def escape_sign(sign: str) -> str:
    """A character as JSON spells it by its number, for `sanitize`."""
    return f"\\u{ord(sign):04x}"


def strip_invisible(text: str) -> str:
    """The text without the signs that have no width and only say where a line may break."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def strip_accents(text: str) -> str:
    """The text with plain letters in place of accented ones: `menú` becomes `menu`."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def inflect(text: str, facts: Mapping[str, object], form: Callable[[float], str]) -> str:
    """The text with the words that go with its numbers: `[n|one=order|other=orders]`.

    Args:
        text: A sentence; of a form of CLDR that it does not give, it says the last one.
        facts: Name → number, or a text of digits; what is no number takes the last form.
        form: The form of CLDR that a language has for a number.
    """
    if "|" not in text:
        return text

    def choose(found: re.Match[str]) -> str:
        words = dict(pair.split("=", 1) for pair in found[2].split("|"))
        digits = re.sub(r"[.,\s]", "", str(facts.get(found[1], "")))
        return words.get(form(int(digits)) if digits.isdecimal() else "", [*words.values()][-1])

    return BY_NUMBER.sub(choose, text)


def english_form(number: float) -> str:
    """The plural form that English has for a whole number, by CLDR."""
    return "one" if number == 1 else "other"


def suggest_name(name: str, known: Iterable[str]) -> str:
    """A hint for a name that is not there: the nearest ones, else those that there are.

    Args:
        name: As somebody wrote it.
        known: Names that would have been right.
    """
    names = sorted(map(str, known))
    near = get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(map(repr, near))}?"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"Known: {', '.join(names[:_SHOWN]) or 'none'}{more}."


def write_token(step: object) -> str:
    """One step of a JSON Pointer (RFC 6901), with its slash."""
    return "/" + str(step).replace("~", "~0").replace("/", "~1")


def write_pointer(steps: Iterable[object]) -> str:
    """The JSON Pointer of some steps; empty for none."""
    return "".join(map(write_token, steps))


def read_token(token: str) -> str:
    """The key that one step of a JSON Pointer names, given without its slash."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def read_pointer(pointer: str) -> tuple[str, ...]:
    """The steps of a JSON Pointer; those into lists are digits."""
    return tuple(map(read_token, pointer.split("/")[1:]))
