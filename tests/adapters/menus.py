"""Menus that the tests of plans send."""

from __future__ import annotations

from typing import Any

from workbench.canonical.base import Ids, Money, OrderType
from workbench.canonical.menu import (
    Catalog,
    Menu,
    MenuKind,
    MenuSection,
    Option,
    OptionCategory,
    Product,
    SectionItem,
)


def make_money(minor: int) -> Money:
    """Euros, in cents."""
    return Money(amount_minor=minor, currency="EUR")


def make_product(name: str, price: int = 900, **more: Any) -> Product:
    """A product, named after its id."""
    return Product(ids=Ids(partner_id=name), name=name.title(), price=make_money(price), **more)


def make_section(name: str, *products: str, **more: Any) -> MenuSection:
    """A section with these products."""
    items = tuple(SectionItem(product_id=product) for product in products)
    return MenuSection(ids=Ids(partner_id=name), name=name.title(), items=items, **more)


SAUCES = OptionCategory(
    ids=Ids(partner_id="sauces"),
    name="Sauces",
    options=tuple(
        Option(ids=Ids(partner_id=name), name=name, price=make_money(80))
        for name in ("brava", "aioli")
    ),
    max_select=2,
)
CARD = Menu(
    ids=Ids(partner_id="card"),
    name="Card",
    sections=(make_section("mains", "soup", "fish", "cake"),),
)


def make_catalog(restaurant: str, **more: Any) -> Catalog:
    """One section, three products, one option category; fields may be replaced."""
    given = {
        "restaurant_id": restaurant,
        "currency": "EUR",
        "menus": (CARD,),
        "products": (
            make_product("soup", option_category_ids=("sauces",)),
            make_product("fish"),
            make_product("cake"),
        ),
        "option_categories": (SAUCES,),
    }
    return Catalog(**{**given, **more})


def with_product(catalog: Catalog, name: str, /, **changed: Any) -> Catalog:
    """The catalogue, with other fields of one product."""
    products = tuple(
        item.model_copy(update=changed) if item.ids.partner_id == name else item
        for item in catalog.products
    )
    return catalog.model_copy(update={"products": products})


DAILY = Menu(
    ids=Ids(partner_id="daily"),
    name="Menú del día",
    kind=MenuKind.SET_MENU,
    price=make_money(1450),
    order_types=(OrderType.INSIDE,),
    sections=(
        make_section("starter", "soup"),
        MenuSection(
            ids=Ids(partner_id="main"),
            name="Main",
            items=(
                SectionItem(product_id="fish", supplement=make_money(300)),
                SectionItem(product_id="steak"),
            ),
        ),
    ),
)
