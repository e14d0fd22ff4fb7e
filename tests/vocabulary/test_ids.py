"""What an id names, asked from every room."""

import pytest

from workbench.drafting.names import entity_named
from workbench.evidence.known import _guess
from workbench.vocabulary import concepts, entity_of_id, head


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("dishRef", "product"),
        ("toppingUuid", "option"),
        ("outlet_id", "restaurant"),
        ("location_id", "restaurant"),
        ("pedidoId", "order"),
        ("bestellungId", "order"),
        ("category_ids", "menu-section"),
        ("customAttributeId", None),
        ("purchaseOrderId", None),
        ("shiftDriverId", "courier"),
        ("artikelNr", "product"),
        ("commandeNumero", "order"),
        ("sku", "product-variant"),
        ("skuCode", "product-variant"),
    ],
)
def test_rooms_agree_on_what_an_id_names(name: str, entity: str | None) -> None:
    """Drafts, evidence and suggestions read one vocabulary."""
    noun = head(concepts(name))
    read = noun.name if noun is not None and noun.kind == "entity" else None
    assert (entity_named(name, "/x/{" + name + "}"), _guess(name), read) == (entity,) * 3


@pytest.mark.parametrize(
    ("path", "entity"),
    [
        ("/bookings/{id}", "reservation"),
        ("/stores/{id}/special-hours", "restaurant"),
        ("/special-days/{id}", "exception"),
        ("/things/{id}", None),
    ],
)
def test_a_mere_id_means_what_stands_before_it(path: str, entity: str | None) -> None:
    """The segment before a parameter named `id` says what it identifies."""
    assert entity_of_id("id", path) == entity
