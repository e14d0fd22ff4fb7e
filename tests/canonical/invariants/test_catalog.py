"""Catalogue laws at their edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.canonical import Catalog, Entity, Ids, Option, OptionCategory
from workbench.canonical.invariants import check, check_nesting

Damage = Callable[[Entity, dict[str, Any]], Any]


def test_a_very_long_chain_of_options_is_followed(catalog: Catalog) -> None:
    """INV-C3: a cycle is found at the end of three thousand steps, and none where there is none."""
    categories = tuple(
        OptionCategory(
            ids=Ids(partner_id=str(number)),
            name="x",
            options=(
                Option(
                    ids=Ids(partner_id="o"),
                    name="o",
                    price=catalog.products[0].price,
                    option_category_ids=(str(number + 1),),
                ),
            ),
        )
        for number in range(3000)
    )
    deep = catalog.model_copy(update={"option_categories": categories})
    assert check_nesting(deep) == ()
    back = categories[0].options[0].model_copy(update={"option_category_ids": ("0",)})
    last = categories[-1].model_copy(update={"options": (back,)})
    (found,) = check_nesting(
        catalog.model_copy(update={"option_categories": (*categories[:-1], last)})
    )
    assert found.code == "INV-C3"


def test_cycles_are_found_through_our_own_ids(catalog: Catalog, damage: Damage) -> None:
    """A reference may use the canonical id; the cycle is the same."""
    looped = damage(
        catalog,
        {
            "/option_categories/0/ids/canonical_id": "ours",
            "/option_categories/2/options/0/option_category_ids": ["ours"],
        },
    )
    assert {item.code for item in check(looped)} == {"INV-C3"}


def test_options_may_be_shared_between_categories(catalog: Catalog, damage: Damage) -> None:
    """INV-C1: the same option in two categories is no repetition."""
    shared = damage(catalog, {"/option_categories/1/options/0/ids/partner_id": "ham"})
    assert check(shared) == ()
