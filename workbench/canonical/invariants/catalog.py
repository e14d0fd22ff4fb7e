"""INV-C: the catalogue is one sound graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from workbench.canonical.base import Entity, Ids
from workbench.canonical.invariants.violation import Violation, violation, walk
from workbench.canonical.menu import (
    Catalog,
    Menu,
    MenuKind,
    Option,
    OptionCategory,
    Product,
    ProductVariant,
    SectionItem,
)

Item = TypeVar("Item")


def check_graph(catalog: Catalog) -> tuple[Violation, ...]:
    """Every INV-C that needs no more than the catalogue."""
    return (
        *check_unique_ids(catalog),
        *check_references(catalog),
        *check_nesting(catalog),
        *check_orphans(catalog),
        *(item for at, menu in _listed(catalog.menus, "/menus") for item in check_price(menu, at)),
        *(
            item
            for at, product in _listed(catalog.products, "/products")
            for item in check_variant_names(product, at)
        ),
        *check_codes(catalog),
    )


def check_unique_ids(catalog: Catalog) -> tuple[Violation, ...]:
    """INV-C1: no two of a kind share an id.

    Sections are told apart inside their menu and options inside their category, as partners let
    several categories offer the same option.
    """
    groups: list[list[tuple[str, Ids]]] = [
        [(at, item.ids) for at, item in _listed(catalog.menus, "/menus")],
        [(at, item.ids) for at, item in _listed(catalog.products, "/products")],
        [(at, item.ids) for at, item in _listed(catalog.option_categories, "/option_categories")],
        [
            (at, item.ids)
            for path, product in _listed(catalog.products, "/products")
            for at, item in _listed(product.variants, f"{path}/variants")
        ],
    ]
    for path, menu in _listed(catalog.menus, "/menus"):
        groups.append([(at, item.ids) for at, item in _listed(menu.sections, f"{path}/sections")])
    for path, group in _listed(catalog.option_categories, "/option_categories"):
        groups.append([(at, item.ids) for at, item in _listed(group.options, f"{path}/options")])
    return tuple(item for pairs in groups for item in _repeated(pairs))


def check_references(catalog: Catalog) -> tuple[Violation, ...]:
    """INV-C2: every reference names something in the catalogue."""
    products = _names(catalog.products)
    categories = _names(catalog.option_categories)
    found: tuple[Violation, ...] = ()
    for path, item in walk(catalog):
        for at, reference in _references(path, item):
            if reference not in (products if at.endswith("/product_id") else categories):
                found += violation("INV-C2", at, f"nothing here has the id {reference}")
    return found


def check_nesting(catalog: Catalog) -> tuple[Violation, ...]:
    """INV-C3: options nest without a cycle; how deep, the partner's own document says."""
    path = "/option_categories"
    names = _names(catalog.option_categories)
    graph = {
        category.ids.partner_id: {
            names.get(name, name)
            for option in category.options
            for name in option.option_category_ids
        }
        for category in catalog.option_categories
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return violation("INV-C3", path, f"option categories nest in a cycle: {error.args[1]}")
    return ()


def check_orphans(catalog: Catalog) -> tuple[Violation, ...]:
    """INV-C4: no product without a section (where there are menus), no category without a user."""
    used = {name for path, item in walk(catalog) for _, name in _references(path, item)}
    places: list[tuple[str, Ids]] = [
        (at, item.ids) for at, item in _listed(catalog.option_categories, "/option_categories")
    ]
    if catalog.menus:
        places += [(at, item.ids) for at, item in _listed(catalog.products, "/products")]
    return tuple(
        item
        for at, ids in places
        if ids.partner_id not in used and ids.canonical_id not in used
        for item in violation("INV-C4", at, "nothing refers to it", severity="warning")
    )


def check_price(menu: Menu, path: str = "") -> tuple[Violation, ...]:
    """INV-C5: a set menu has a price, a menu has none."""
    if menu.kind == MenuKind.SET_MENU and menu.price is None:
        return violation("INV-C5", f"{path}/price", "a set menu needs a price")
    if menu.kind == MenuKind.MENU and menu.price is not None:
        return violation("INV-C5", f"{path}/price", "only a set menu has a price of its own")
    return ()


def check_variant_names(product: Product, path: str = "") -> tuple[Violation, ...]:
    """INV-C6: the variants of a product have different names."""
    seen: set[str] = set()
    found: tuple[Violation, ...] = ()
    for at, variant in _listed(product.variants, f"{path}/variants"):
        if variant.name in seen:
            found += violation("INV-C6", f"{at}/name", "two variants have the same name")
        seen.add(variant.name)
    return found


def check_codes(catalog: Catalog) -> tuple[Violation, ...]:
    """INV-C7: what has the same external code has the same price."""
    prices: dict[str, int] = {}
    found: tuple[Violation, ...] = ()
    for path, item in walk(catalog):
        if isinstance(item, Product | ProductVariant | Option) and item.ids.external_code:
            code, price = item.ids.external_code, item.price.amount_minor
            if prices.setdefault(code, price) != price:
                summary = f"{code} costs {price} here and {prices[code]} elsewhere"
                found += violation("INV-C7", f"{path}/price", summary, severity="warning")
    return found


def _listed(items: Iterable[Item], path: str) -> Iterator[tuple[str, Item]]:
    for position, item in enumerate(items):
        yield f"{path}/{position}", item


def _repeated(pairs: Iterable[tuple[str, Ids]]) -> Iterator[Violation]:
    seen: dict[str, str] = {}
    for path, ids in pairs:
        if ids.partner_id in seen:
            summary = f"the id {ids.partner_id} is also that of {seen[ids.partner_id]}"
            yield from violation("INV-C1", f"{path}/ids/partner_id", summary)
        seen.setdefault(ids.partner_id, path)


def _names(items: Iterable[Product | OptionCategory]) -> dict[str, str]:
    """What may be written in a reference, to the partner's id."""
    return {
        name: item.ids.partner_id
        for item in items
        for name in (item.ids.partner_id, item.ids.canonical_id)
        if name is not None
    }


def _references(path: str, item: Entity) -> Iterator[tuple[str, str]]:
    if isinstance(item, SectionItem):
        yield f"{path}/product_id", item.product_id
    elif isinstance(item, Product | ProductVariant | Option):
        for position, name in enumerate(item.option_category_ids):
            yield f"{path}/option_category_ids/{position}", name
