"""Catalogue laws that need a partner's limits or a country's rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workbench.canonical import Catalog, Entity, Ids, Option, OptionCategory
from workbench.canonical.invariants import (
    CatalogLimits,
    check,
    check_graph,
    check_limits,
    check_nesting,
    check_tax_rates,
)

Damage = Callable[[Entity, dict[str, Any]], Any]
LIMITS = CatalogLimits(
    names={"Product": (2, 10), "OptionCategory": (3, 10)},
    description_max=30,
    images_max=1,
    option_depth=2,
)


def test_good_catalogue_is_within_its_limits(catalog: Catalog) -> None:
    """Nothing is too short, too long or too many."""
    assert check_graph(catalog, LIMITS) == ()


@pytest.mark.parametrize("name", ["W" * 2, "W" * 10])
def test_limits_include_both_ends(catalog: Catalog, damage: Damage, name: str) -> None:
    """INV-C8: the shortest and the longest name that the partner takes pass."""
    assert check_limits(damage(catalog, {"/products/1/name": name}), LIMITS) == ()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"/products/1/name": "W"}, "/products/1/name"),
        ({"/products/1/name": "W" * 11}, "/products/1/name"),
        ({"/option_categories/0/name": "Ex"}, "/option_categories/0/name"),
        ({"/products/0/description": "d" * 31}, "/products/0/description"),
        ({"/products/0/images": ["a", "b"]}, "/products/0/images"),
    ],
)
def test_texts_and_images_beyond_the_limits(
    catalog: Catalog, damage: Damage, changes: dict[str, Any], path: str
) -> None:
    """INV-C8 names each place; without limits nothing is said."""
    damaged = damage(catalog, changes)
    assert [(item.code, item.path) for item in check_limits(damaged, LIMITS)] == [("INV-C8", path)]
    assert check_limits(damaged, CatalogLimits()) == ()


@pytest.mark.parametrize(("depth", "holds"), [(None, True), (2, True), (1, False)])
def test_options_nest_as_deep_as_allowed(catalog: Catalog, depth: int | None, holds: bool) -> None:
    """INV-C3: extras hold cheese, and cheese holds melt: two deep."""
    assert (check_nesting(catalog, depth) == ()) is holds


def test_a_very_long_chain_of_options_is_measured(catalog: Catalog) -> None:
    """Depth is reckoned without recursion."""
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
    (found,) = check_nesting(deep, 5)
    assert "3001 deep" in found.summary


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


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"/products/0/tax_rate_bp": 1900}, "/products/0/tax_rate_bp"),
        (
            {"/products/0/tax_rate_bp_by_order_type": {"collection": 700}},
            "/products/0/tax_rate_bp_by_order_type/collection",
        ),
        (
            {"/option_categories/0/options/1/tax_rate_bp": 0},
            "/option_categories/0/options/1/tax_rate_bp",
        ),
    ],
)
def test_tax_rates_of_another_country(
    catalog: Catalog, damage: Damage, changes: dict[str, Any], path: str
) -> None:
    """INV-C9: only the country's rates are legal; the good catalogue has one of them."""
    spain = frozenset({400, 1000, 2100})
    assert check_tax_rates(catalog, spain) == ()
    found = check_tax_rates(damage(catalog, changes), spain)
    assert [(item.code, item.path) for item in found] == [("INV-C9", path)]
