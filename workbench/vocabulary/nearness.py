"""Words that are spelt nearly alike, by the groups of three letters that they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache


@cache
def trigrams(word: str) -> frozenset[str]:
    """The groups of three letters of a word, its edges marked."""
    padded = f"^{word}$"
    return frozenset(padded[start : start + 3] for start in range(len(padded) - 2))


def nearness(one: str, other: str) -> float:
    """Dice's coefficient over trigrams: 1 for the same word, 0 where nothing is shared."""
    left, right = trigrams(one), trigrams(other)
    return 2 * len(left & right) / (len(left) + len(right)) if left and right else 0.0


class NearWords:
    """Finds the nearest of many words; a word shares at least one trigram with what is found."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_part: dict[str, list[str]] = defaultdict(list)
        for word in sorted(set(words)):
            for part in trigrams(word):
                self._by_part[part].append(word)

    def nearest(self, word: str, least: float) -> str | None:
        """The nearest word, or None where none is as near as `least`; ties go to the first."""
        shared: dict[str, int] = defaultdict(int)
        parts = trigrams(word)
        for part in parts:
            for known in self._by_part.get(part, ()):
                shared[known] += 1
        best = max(
            shared,
            key=lambda known: (2 * shared[known] / (len(parts) + len(trigrams(known))), known),
            default=None,
        )
        return best if best is not None and nearness(word, best) >= least else None
