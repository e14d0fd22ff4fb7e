"""INV-S: what can be chosen, and what an order did choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypeVar

from workbench.canonical.base import Entity, Ids
from workbench.canonical.invariants.violation import Violation, violation, walk
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
from workbench.canonical.order import LineKind, LineRef, Order, OrderLine

Item = TypeVar("Item", Menu, Product, ProductVariant, OptionCategory, Option)


def check_choices(entity: Entity) -> tuple[Violation, ...]:
    """INV-S1 to S3 of everything in a catalogue, a menu, a section or a category."""
    found: tuple[Violation, ...] = ()
    for path, item in walk(entity):
        if isinstance(item, OptionCategory):
            found += check_category(item, path)
        elif isinstance(item, MenuSection):
            found += check_bounds(item, path)
    return found


def check_category(category: OptionCategory, path: str = "") -> tuple[Violation, ...]:
    """INV-S1 to S3 of one option category."""
    return (
        *check_bounds(category, path),
        *check_reach(category, path),
        *check_defaults(category, path),
    )


def check_bounds(item: OptionCategory | MenuSection, path: str = "") -> tuple[Violation, ...]:
    """INV-S1: the least number of choices is not above the greatest."""
    if item.max_select is None or item.min_select <= item.max_select:
        return ()
    summary = f"at least {item.min_select}, but at most {item.max_select}"
    return violation("INV-S1", f"{path}/min_select", summary)


def check_reach(category: OptionCategory, path: str = "") -> tuple[Violation, ...]:
    """INV-S2: the available options suffice for the least number of choices.

    A category whose options are all sold out is INV-S6's: that passes.
    """
    available = sum(option.available for option in category.options)
    if category.options and not available:
        return ()
    same = category.max_same_option
    reach = available * (category.min_select if same is None else same)
    if category.min_select <= reach:
        return ()
    summary = f"at least {category.min_select}, but only {reach} can be chosen"
    return violation("INV-S2", f"{path}/min_select", summary)


def check_defaults(category: OptionCategory, path: str = "") -> tuple[Violation, ...]:
    """INV-S3: what is chosen beforehand is within the limits."""
    found: tuple[Violation, ...] = ()
    same, most = category.max_same_option, category.max_select
    for position, option in enumerate(category.options):
        if same is not None and option.default_quantity > same:
            summary = f"{option.default_quantity} beforehand, but at most {same} of one option"
            found += violation("INV-S3", f"{path}/options/{position}/default_quantity", summary)
    total = sum(option.default_quantity for option in category.options)
    if most is not None and total > most:
        summary = f"{total} beforehand, but at most {most}"
        found += violation("INV-S3", f"{path}/options", summary)
    return found


def check_required(catalog: Catalog) -> tuple[Violation, ...]:
    """INV-S6: a product is not on sale while a required category is sold out."""
    categories = _by_id(catalog.option_categories)
    found: tuple[Violation, ...] = ()
    for position, product in enumerate(catalog.products):
        for name in product.option_category_ids if product.available else ():
            category = categories.get(name)
            if category is None or not category.min_select or not category.options:
                continue
            if not any(option.available for option in category.options):
                summary = f"it cannot be ordered: every option of {name} is sold out"
                path = f"/products/{position}/available"
                found += violation("INV-S6", path, summary, severity="warning")
    return found


def check_selection(order: Order, catalog: Catalog) -> tuple[Violation, ...]:
    """INV-S4 and S5: the options and set-menu products of an order are within their limits.

    Lines that name no catalogue entity are passed over. Paths point into the order.
    """
    found: tuple[Violation, ...] = ()
    products, menus = _by_id(catalog.products), _by_id(catalog.menus)
    categories = _by_id(catalog.option_categories)
    for path, line in walk(order.lines, "/lines"):
        if not isinstance(line, OrderLine):
            continue
        if line.kind == LineKind.SET_MENU:
            menu = _find(menus, line.ref.product_id, line.ref.external_code)
            if menu is not None and menu.kind == MenuKind.SET_MENU:
                found += _check_set_menu(line, menu, path)
        elif line.kind == LineKind.PRODUCT:
            product = _find(products, line.ref.product_id, line.ref.external_code)
            if product is not None:
                found += _check_options(line, _offered(product, line.ref), categories, path)
    return found


def _offered(product: Product, ref: LineRef) -> tuple[str, ...]:
    """Ids of the option categories that come with a product and its chosen variant."""
    variant = _find(_by_id(product.variants), ref.variant_id)
    return product.option_category_ids + (variant.option_category_ids if variant else ())


def _check_options(
    line: OrderLine, names: Iterable[str], categories: dict[str, OptionCategory], path: str
) -> tuple[Violation, ...]:
    """INV-S4 of one line, and of the options nested in its options."""
    options = [
        (f"{path}/children/{position}", child)
        for position, child in enumerate(line.children)
        if child.kind == LineKind.OPTION and not child.removed
    ]
    if any(child.ref == LineRef() for _, child in options):
        return ()  # an option without any reference leaves the count open
    found: tuple[Violation, ...] = ()
    offered = {item.ids.partner_id: item for name in names if (item := categories.get(name))}
    chosen: dict[str, dict[str, Decimal]] = {name: {} for name in offered}
    for at, child in options:
        hit = _match(child, offered)
        if hit is None:
            found += violation("INV-S4", f"{at}/ref", "the product does not offer this option")
            continue
        name, option = hit
        tally = chosen[name]
        known = tally.get(option.ids.partner_id, Decimal(0))
        tally[option.ids.partner_id] = known + child.quantity
        found += _check_options(child, option.option_category_ids, categories, at)
    for name, category in offered.items():
        found += _check_tally(category, chosen[name], path)
    return found


def _match(line: OrderLine, offered: dict[str, OptionCategory]) -> tuple[str, Option] | None:
    """The category and option that a line chose; its group id decides between several."""
    hits = [
        (name, option)
        for name, category in offered.items()
        if (option := _find(_by_id(category.options), line.ref.option_id, line.ref.external_code))
    ]
    named = [hit for hit in hits if line.group_id in _keys(offered[hit[0]].ids)]
    return next(iter(named or hits), None)


def _check_tally(
    category: OptionCategory, tally: dict[str, Decimal], path: str
) -> tuple[Violation, ...]:
    found: tuple[Violation, ...] = ()
    name, same = category.ids.partner_id, category.max_same_option
    if not _is_within(total := sum(tally.values(), Decimal(0)), category):
        limits = f"{category.min_select} to {category.max_select or 'any number'}"
        summary = f"{total} chosen of {name}, which takes {limits}"
        found += violation("INV-S4", f"{path}/children", summary)
    for option, quantity in tally.items():
        if same is not None and quantity > same:
            summary = f"{quantity} of {option}, but {name} takes at most {same} of one option"
            found += violation("INV-S4", f"{path}/children", summary)
    return found


def _check_set_menu(line: OrderLine, menu: Menu, path: str) -> tuple[Violation, ...]:
    """INV-S5: each section is within its limits; the price is the menu's plus supplements."""
    found: tuple[Violation, ...] = ()
    rest = [child for child in line.children if child.kind == LineKind.PRODUCT]
    expected = menu.price.amount_minor if menu.price else 0
    paid = line.unit_price.amount_minor + sum(
        child.quantity * child.unit_price.amount_minor for child in rest
    )
    for section in menu.sections:
        items = {item.product_id: item for item in section.items}
        mine = [child for child in rest if _is_of(child, section, items)]
        rest = [child for child in rest if child not in mine]
        total = sum((child.quantity for child in mine), Decimal(0))
        if not _is_within(total, section):
            limits = f"{section.min_select} to {section.max_select or 'any number'}"
            summary = f"{total} chosen of {section.ids.partner_id}, which takes {limits}"
            found += violation("INV-S5", f"{path}/children", summary)
        for child in mine:
            supplement = items[child.ref.product_id or ""].supplement
            expected += int(child.quantity) * supplement.amount_minor if supplement else 0
    if rest:
        summary = f"{len(rest)} products are in no section of the set menu"
        found += violation("INV-S5", f"{path}/children", summary)
    if menu.price is not None and paid != expected:
        summary = f"price and supplements make {paid}, the set menu costs {expected}"
        found += violation("INV-S5", f"{path}/unit_price", summary)
    return found


def _is_of(line: OrderLine, section: MenuSection, items: dict[str, SectionItem]) -> bool:
    if line.ref.product_id not in items:
        return False
    return line.group_id is None or line.group_id in _keys(section.ids)


def _is_within(quantity: Decimal, item: OptionCategory | MenuSection) -> bool:
    most = item.max_select
    return quantity >= item.min_select and (most is None or quantity <= most)


def _keys(ids: Ids) -> tuple[str, ...]:
    every = (ids.partner_id, ids.canonical_id, ids.external_code)
    return tuple(key for key in every if key is not None)


def _by_id(items: Iterable[Item]) -> dict[str, Item]:
    return {key: item for item in items for key in reversed(_keys(item.ids))}


def _find(items: Mapping[str, Item], *keys: str | None) -> Item | None:
    return next((items[key] for key in keys if key is not None and key in items), None)
