"""Laws of changes between catalogues: carried out in order, they lead from one to the other."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from workbench.adapters.menu_change import ChangeKind, MenuChange, MenuSupport, compare
from workbench.adapters.set_menu import emulate_set_menus, has_set_menus
from workbench.canonical.base import Ids, Money
from workbench.canonical.invariants import check
from workbench.canonical.menu import (
    Catalog,
    Menu,
    MenuKind,
    MenuSection,
    Option,
    OptionCategory,
    Product,
    ProductVariant,
    SectionItem,
)

APART = MenuSupport(is_apart=lambda _: True, is_carried=lambda _: True)
CHILDREN = {
    "option-write": ("option_categories", "option-category", "options"),
    "product-variant-write": ("products", "product", "variants"),
    "menu-section-write": ("menus", "menu", "sections"),
}
PARENTS = {
    "option-category-write": "option_categories",
    "product-write": "products",
    "menu-write": "menus",
}
names = some.sampled_from(["One", "Two"])
money = some.builds(Money, amount_minor=some.integers(0, 3), currency=some.just("EUR"))


def _ids(name: str) -> Ids:
    return Ids(partner_id=name)


def _some_of(pool: list[str]) -> some.SearchStrategy[list[str]]:
    return some.lists(some.sampled_from(pool), unique=True) if pool else some.just([])


@some.composite
def catalogs(draw: some.DrawFn) -> Catalog:
    """Small sound catalogues, whose ids overlap, so that two of them differ in every way."""
    categories = draw(_some_of(["g1", "g2", "g3"]))
    groups = [
        OptionCategory(
            ids=_ids(name),
            name=draw(names),
            options=tuple(
                Option(ids=_ids(option), name=draw(names), price=draw(money))
                for option in draw(_some_of(["o1", "o2"]))
            ),
        )
        for name in categories
    ]
    products = [
        Product(
            ids=_ids(name),
            name=draw(names),
            price=draw(money),
            available=draw(some.booleans()),
            option_category_ids=tuple(draw(_some_of(categories))),
            variants=tuple(
                ProductVariant(ids=_ids(size), name=size, price=draw(money))
                for size in draw(_some_of(["v1", "v2"]))
            ),
        )
        for name in draw(_some_of(["p1", "p2", "p3"]))
    ]
    sold = [item.ids.partner_id for item in products]
    menus = [
        Menu(
            ids=_ids(name),
            name=draw(names),
            sections=tuple(
                MenuSection(
                    ids=_ids(part),
                    name=draw(names),
                    items=tuple(SectionItem(product_id=item) for item in draw(_some_of(sold))),
                )
                for part in draw(_some_of(["s1", "s2"]))
            ),
        )
        for name in draw(_some_of(["m1", "m2"]))
    ]
    return Catalog(
        restaurant_id="r",
        currency="EUR",
        menus=tuple(menus),
        products=tuple(products),
        option_categories=tuple(groups),
    )


class Shop:
    """A partner that takes parts one by one, and refuses what names something unknown."""

    def __init__(self, catalog: Catalog) -> None:
        self.menu: dict[str, Any] = catalog.model_dump()

    def take(self, change: MenuChange) -> None:
        """Carry out one change."""
        shelf = self._shelf(change)
        name = change.part.ids.partner_id
        place = next((n for n, it in enumerate(shelf) if it["ids"]["partner_id"] == name), None)
        written = change.part.model_dump()
        if change.kind is ChangeKind.ADD:
            assert place is None
            shelf.append(written)
        elif change.kind is ChangeKind.CHANGE:
            assert place is not None
            shelf[place] |= {field: written[field] for field in change.fields}
        else:
            assert place is not None
            del shelf[place]
        self._check()

    def _shelf(self, change: MenuChange) -> list[Any]:
        if change.feature in PARENTS:
            return self._listed(self.menu, PARENTS[change.feature])
        above, noun, below = CHILDREN[change.feature]
        owner = next(
            item for item in self.menu[above] if item["ids"]["partner_id"] == change.parents[noun]
        )
        return self._listed(owner, below)

    @staticmethod
    def _listed(owner: dict[str, Any], name: str) -> list[Any]:
        owner[name] = list(owner[name])
        found: list[Any] = owner[name]
        return found

    def _check(self) -> None:
        groups = {item["ids"]["partner_id"] for item in self.menu["option_categories"]}
        products = {item["ids"]["partner_id"] for item in self.menu["products"]}
        for product in self.menu["products"]:
            assert set(product["option_category_ids"]) <= groups
        for menu in self.menu["menus"]:
            for section in menu["sections"]:
                assert {item["product_id"] for item in section["items"]} <= products


def _sorted(value: Any) -> Any:
    """The same without the order of things that have ids."""
    if isinstance(value, dict):
        return {name: _sorted(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        items = [_sorted(item) for item in value]
        has_ids = all(isinstance(item, dict) and "ids" in item for item in items)
        return sorted(items, key=lambda item: str(item["ids"])) if has_ids else items
    return value


@given(before=catalogs(), after=catalogs())
@settings(max_examples=150, deadline=None)
def test_changes_lead_from_one_catalogue_to_the_other(before: Catalog, after: Catalog) -> None:
    """At no step is anything named that is not there, and at the end everything is as wanted."""
    shop = Shop(before)
    for change in compare(before, after, APART):
        shop.take(change)

    assert _sorted(shop.menu) == _sorted(after.model_dump())


@given(catalog=catalogs())
@settings(max_examples=30, deadline=None)
def test_no_change_is_no_request(catalog: Catalog) -> None:
    """A catalogue differs in nothing from itself."""
    assert compare(catalog, catalog, APART) == []


@given(catalog=catalogs(), price=money)
@settings(max_examples=80, deadline=None)
def test_emulated_set_menus_are_sound(catalog: Catalog, price: Money) -> None:
    """Whatever set menus there are, what is sent in their place breaks no law that held before."""
    menus = tuple(
        menu.model_copy(update={"kind": MenuKind.SET_MENU, "price": price})
        for menu in catalog.menus[:1]
    )
    given_ = catalog.model_copy(update={"menus": (*menus, *catalog.menus[1:])})
    made, _ = emulate_set_menus(given_)

    assert not has_set_menus(made)
    errors = {item.code for item in check(given_) if item.severity == "error"}
    assert {item.code for item in check(made) if item.severity == "error"} <= errors
