"""What an order chose, against what the catalogue lets it choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workbench.canonical import Catalog, Entity, OptionCategory, Order
from workbench.canonical.invariants import check, check_reach, check_required, check_selection

Damage = Callable[[Entity, dict[str, Any]], Any]


def chosen(name: str | None, quantity: int = 1, **more: Any) -> dict[str, Any]:
    """An option line."""
    return {
        "name": "x",
        "kind": "option",
        "quantity": quantity,
        "unit_price": {"amount_minor": 0, "currency": "EUR"},
        "ref": {"option_id": name} if name else {},
        **more,
    }


CRUST = chosen("thin")


def test_good_orders_keep_the_limits(order: Order, set_menu_order: Order, catalog: Catalog) -> None:
    """Both sample orders are within their limits."""
    assert check_selection(order, catalog) == ()
    assert check_selection(set_menu_order, catalog) == ()


@pytest.mark.parametrize(
    ("children", "path"),
    [
        ([], "/lines/0/children"),  # a crust is required
        ([CRUST, chosen("thick")], "/lines/0/children"),
        ([CRUST, chosen("cheese", 3)], "/lines/0/children"),  # two of the same at most
        ([CRUST, chosen("cheese", 2), chosen("ham", 2)], "/lines/0/children"),  # three at most
        ([CRUST, chosen("cheese"), chosen("cheese", 2)], "/lines/0/children"),
        ([CRUST, chosen("anchovy")], "/lines/0/children/1/ref"),
        (
            [CRUST, chosen("cheese", children=[chosen("molten", 2)])],
            "/lines/0/children/1/children",
        ),
    ],
)
def test_options_outside_their_limits(
    order: Order, catalog: Catalog, damage: Damage, children: list[Any], path: str
) -> None:
    """INV-S4: too few, too many, too many of the same, not offered, nested too many."""
    found = check_selection(damage(order, {"/lines/0/children": children}), catalog)
    assert {(item.code, item.severity, item.path) for item in found} == {("INV-S4", "error", path)}


@pytest.mark.parametrize(
    "children",
    [
        [CRUST, chosen("cheese", 2), chosen("ham")],
        [CRUST, chosen("cheese", children=[chosen("molten")])],
        [CRUST, chosen("anchovy", removed=True)],
        [chosen(None)],  # without a reference nothing can be counted
    ],
)
def test_options_within_their_limits(
    order: Order, catalog: Catalog, damage: Damage, children: list[Any]
) -> None:
    """INV-S4 passes at the limit, on left-out ingredients, and on what it cannot identify."""
    assert check_selection(damage(order, {"/lines/0/children": children}), catalog) == ()


def test_a_group_decides_between_equal_options(
    order: Order, catalog: Catalog, damage: Damage
) -> None:
    """An option of two categories counts for the one that the line names."""
    both = damage(catalog, {"/option_categories/0/options/1/ids/partner_id": "thin"})
    children = [chosen("thin", group_id="crust"), chosen("thin", group_id="extras")]
    assert check_selection(damage(order, {"/lines/0/children": children}), both) == ()
    unnamed = [chosen("thin"), chosen("cheese")]
    assert check_selection(damage(order, {"/lines/0/children": unnamed}), both)


def test_unknown_products_are_passed_over(order: Order, catalog: Catalog, damage: Damage) -> None:
    """A line that names nothing in the catalogue is not judged."""
    other = {"/lines/0/ref": {"product_id": "pasta"}, "/lines/0/children": []}
    assert check_selection(damage(order, other), catalog) == ()


def test_products_are_found_by_their_code(order: Order, catalog: Catalog, damage: Damage) -> None:
    """A line that only has the external code is judged by that."""
    coded = {
        "/lines/0/ref": {"external_code": "PLU1"},
        "/lines/0/children": [chosen("cheese", 3)],
    }
    assert [item.code for item in check_selection(damage(order, coded), catalog)] == ["INV-S4"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"/lines/0/children/0/quantity": 2}, "/lines/0/children"),
        ({"/lines/0/children/0/ref/product_id": "water"}, "/lines/0/children"),
        ({"/lines/0/children/0/group_id": "second"}, "/lines/0/children"),
        ({"/lines/0/unit_price/amount_minor": 1100}, "/lines/0/unit_price"),
        ({"/lines/0/children/1/unit_price/amount_minor": 0}, "/lines/0/unit_price"),
    ],
)
def test_set_menus_outside_their_limits(
    set_menu_order: Order, catalog: Catalog, damage: Damage, changes: dict[str, Any], path: str
) -> None:
    """INV-S5: a section too often, a strange product, the wrong section, another price."""
    found = check_selection(damage(set_menu_order, changes), catalog)
    assert {(item.code, item.path) for item in found} == {("INV-S5", path)}


def test_a_sold_out_category_is_a_warning_only(catalog: Catalog, damage: Damage) -> None:
    """INV-S6 takes over from S2, and only for products that are on sale."""
    sold_out = {
        "/products/0/option_category_ids": ["extras", "crust"],
        "/option_categories/1/options/0/available": False,
        "/option_categories/1/options/1/available": False,
    }
    assert [item.code for item in check(damage(catalog, sold_out))] == ["INV-S6"]
    off_sale = damage(catalog, {**sold_out, "/products/0/available": False})
    assert check_required(off_sale) == ()


@pytest.mark.parametrize(
    ("least", "same", "holds"), [(2, 1, True), (3, 1, False), (4, 2, True), (9, None, True)]
)
def test_reach_of_a_category(
    catalog: Catalog, damage: Damage, least: int, same: int | None, holds: bool
) -> None:
    """INV-S2: two options reach twice the number that each may be chosen."""
    category = catalog.option_categories[1]
    changed: OptionCategory = damage(
        category, {"/min_select": least, "/max_select": None, "/max_same_option": same}
    )
    assert (check_reach(changed) == ()) is holds
