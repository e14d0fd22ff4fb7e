"""What partners call our fields, lists and values: `fields.yaml`, ready to compare with."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from importlib.resources import files

from workbench.description import load_text
from workbench.vocabulary import concepts, fold, split_words, stem

_SILENT = frozenset(["the", "of", "de", "del", "do", "da", "la", "el", "di", "du", "in", "is", "a"])
# Step in the vocabulary → the statuses of ours that it leads to, the usual one first.
_STEPS = {
    "accept": ("accepted",),
    "confirm": ("confirmed", "accepted"),
    "reject": ("rejected", "refused"),
    "prepare": ("preparing",),
    "ready": ("ready",),
    "dispatch": ("in-delivery", "arrived"),
    "deliver": ("completed", "delivered"),
    "seat": ("seated", "no-show", "arrived"),
}
_SHARED = 0.75  # the best that words in common can give without being the same


@cache
def tokens(text: str) -> tuple[str, ...]:
    """The folded words of a name."""
    return tuple(fold(word) for word in split_words(text) if word not in _SILENT)


@cache
def phrases(kind: str, name: str) -> tuple[tuple[str, ...], ...]:
    """The words for one of our names; a dotted name falls back on its tails, then on itself.

    Args:
        kind: `fields`, `parents`, `lists` or `values`.
        name: Our name, as in `totals.tax` or `in-delivery`.
    """
    table = _tables()[kind]
    parts = name.split(".")
    listed = next(
        (table[tail] for start in range(len(parts)) if (tail := ".".join(parts[start:])) in table),
        (),
    )
    return tuple(dict.fromkeys([tokens(parts[-1]), *map(tokens, listed)]))


@cache
def alike(name: tuple[str, ...], listed: tuple[tuple[str, ...], ...]) -> float:
    """How like a name is to the best of several phrases: 1 the same words, 0 none in common."""
    words, best = set(name), 0.0
    for rank, phrase in enumerate(listed):
        common = words & set(phrase)
        if words == set(phrase):
            return 1.0 - min(rank, 10) * 0.008
        if common:
            best = max(best, _SHARED * 2 * len(common) / (len(words) + len(phrase)))
    return best


def match_value(value: str, ours: Iterable[str]) -> str | None:
    """Our value that a value of theirs means, or None."""
    scored = [(alike(tokens(value), phrases("values", own)), own) for own in ours]
    score, own = max(scored, key=lambda pair: pair[0], default=(0.0, ""))
    return own if score >= 0.6 else None


def status_meant(text: str, ours: Collection[str]) -> str | None:
    """The status to which words move an order or reservation: `markReady` → `ready`.

    A cancellation is also asked for and accepted, and is still one; who refuses it leaves the
    status as it was, which is None.

    Args:
        text: The name of an operation, or the end of its path.
        ours: Statuses that the thing can have.
    """
    steps = {item.name for item in concepts(text) if item.kind == "transition"}
    if "cancel" in steps:
        return None if "reject" in steps else "cancelled"
    led = [own for step in _STEPS if step in steps for own in _STEPS[step] if own in ours]
    said = _stems(tokens(text))

    def shared(own: str) -> int:
        return len(said & {part for phrase in phrases("values", own) for part in _stems(phrase)})

    return max(led, key=shared, default=None) or match_value(text, ours)


def _stems(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(stem(word, language) for word in words for language in ("english", "spanish"))


def parents() -> frozenset[str]:
    """Our objects that other fields stand in."""
    return frozenset(_tables()["parents"])


@cache
def _tables() -> dict[str, dict[str, tuple[str, ...]]]:
    text = files("workbench.suggest").joinpath("fields.yaml").read_text("utf-8")
    loaded = load_text(text, "fields.yaml")
    return {
        kind: {name: tuple(words) for name, words in table.items()}
        for kind, table in loaded.items()
    }
