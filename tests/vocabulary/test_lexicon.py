"""Words in, concepts out."""

import pytest

from workbench.vocabulary import concepts, fold, head, split_words, trailing_concept


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("getOrderById", ["get", "order", "by", "id"]),
        ("optionsetitems", ["option", "set", "items"]),
        ("businesshoursoverrides", ["business", "hours", "overrides"]),
        ("Öffnungszeiten ändern", ["offnungszeiten", "andern"]),
        ("ORDER_CREATED", ["order", "created"]),
    ],
)
def test_names_of_every_convention_are_split(text: str, words: list[str]) -> None:
    """Camel case, capitals, accents and glued words come apart."""
    assert split_words(text) == words


def test_unknown_glued_words_stay_whole() -> None:
    """A word that cannot be made of known words is left as it is."""
    assert split_words("xylophonequartz") == ["xylophonequartz"]


@pytest.mark.parametrize(("one", "other"), [("categories", "categoría"), ("pedidos", "pedido")])
def test_number_and_gender_fold_away(one: str, other: str) -> None:
    """Singular and plural are the same word, and related languages meet."""
    assert fold(split_words(one)[0]) == fold(split_words(other)[0])


@pytest.mark.parametrize(
    ("text", "noun"),
    [
        ("Update menu section item", "product"),
        ("Get menu details for a store", "menu"),
        ("Crear sección de menú", "menu-section"),
        ("grupo de opciones", "option-category"),
        ("Estado del pedido", "order"),
        ("Bestellung annehmen", "order"),
        ("Modifier la catégorie", "menu-section"),
    ],
)
def test_head_noun_of_a_phrase(text: str, noun: str) -> None:
    """Compounds end with what they are about, prepositions close them."""
    found = head(concepts(text))
    assert found is not None
    assert found.name == noun


def test_modifier_is_a_verb_only_before_an_article() -> None:
    """French `modifier le` changes something; an English modifier is an option."""
    assert [item.name for item in concepts("Modifier le statut")] == ["update", "status"]
    assert [item.name for item in concepts("Update modifier")] == ["update", "option"]


def test_last_word_that_is_not_known_has_no_concept() -> None:
    """`order-flags` is not about orders, and that can be seen."""
    assert trailing_concept("order-flags") is None
