"""Words that are nearly the same."""

import pytest

from workbench.vocabulary import concepts
from workbench.vocabulary.nearness import NearWords, nearness


def test_nearness_is_the_share_of_common_trigrams() -> None:
    """The same word is 1, a foreign one 0, and the measure has no direction."""
    assert nearness("order", "order") == 1
    assert nearness("order", "menu") == 0
    assert nearness("reservation", "reservering") == nearness("reservering", "reservation")


def test_the_nearest_word_must_be_near_enough() -> None:
    """What is not near enough is not taken for anything."""
    known = NearWords(["restaurant", "reservation"])
    assert known.nearest("resturant", 0.7) == "restaurant"
    assert known.nearest("carburettor", 0.7) is None


@pytest.mark.parametrize(("word", "name"), [("confirmattion", "confirm"), ("catagory", None)])
def test_a_misspelt_word_is_still_read(word: str, name: str | None) -> None:
    """Long words are read by their letters, where these leave little doubt."""
    assert [item.name for item in concepts(word)] == ([name] if name else [])
