"""Who does what in a sentence."""

import pytest

from workbench.vocabulary import count_counterparts, count_roles

RESTAURANT = frozenset({"reader", "restaurant"})
BRAND = frozenset({("zumbar",)})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Zumbar notifies the partner of each delivery.", {"them-sends", "us-gets"}),
        ("The merchant pushes its menu to Zumbar.", {"us-sends", "them-gets"}),
        ("All of it is pushed by Zumbar.", {"them-sends"}),
        ("Host: POS", {"us-is-the-host"}),
        ("from: Marketplace", {"them-is-the-sender", "them-sends"}),
        ("You implement it.", {"us-hosts"}),
        ("Operación implementada por el TPV.", {"us-hosts"}),
        ("Wir senden jede Bestellung.", {"them-sends"}),
        ("This webhook will be invoked for a new order.", {"hook-is-sent"}),
        ("Reads an order.", set()),
    ],
)
def test_sentences_tell_the_sides(text: str, said: set[str]) -> None:
    """Active, passive and labelled sentences are read in several languages."""
    assert said <= set(count_roles(text, RESTAURANT, BRAND))
    if not said:
        assert not count_roles(text, RESTAURANT, BRAND)


def test_who_we_are_turns_a_sentence_round() -> None:
    """What the fleet is sent comes to us only where we are the fleet."""
    text = "Zumbar notifies the fleet."
    assert "us-gets" in count_roles(text, frozenset({"reader", "courier"}), BRAND)
    assert "us-gets" not in count_roles(text, RESTAURANT, BRAND)


def test_the_other_party_of_the_author_is_counted() -> None:
    """A document that tells fleets what its author does addresses fleets."""
    text = "Zumbar calls the fleet. The fleet answers Zumbar. The restaurant cooks."
    assert count_counterparts(text, BRAND).most_common(1)[0] == ("courier", 2)
