"""Set menus for partners that have none: one priced product, and a required choice per section."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from zlib import crc32

from workbench.canonical import (
    Catalog,
    Entity,
    Ids,
    Menu,
    MenuKind,
    MenuSection,
    Money,
    Option,
    OptionCategory,
    Product,
    SectionItem,
)

Whole = TypeVar("Whole", Catalog, Menu)

# Said anew for what a dish or a menu becomes, or of no concern to the partner.
_OF_ITSELF = frozenset({"ids", "name", "price", "position", "origin", "ext"})
# As long as the shortest limit that partners set for ids of ours.
_ID_MAX = 40


def has_set_menus(catalog: Catalog) -> bool:
    """Whether any menu is a set menu."""
    return any(menu.kind == MenuKind.SET_MENU for menu in catalog.menus)


def emulate_set_menus(catalog: Catalog) -> tuple[Catalog, tuple[str, ...]]:
    """Say every set menu as a product with choices.

    The menu stays, as a menu with that product in it, so that its hours and order types stay too.
    Dishes that were sold inside set menus only are no products any more.

    Returns:
        The catalogue, and in sentences what gets lost.
    """
    dishes = {item.ids.partner_id: item for item in catalog.products}
    plain = [menu for menu in catalog.menus if menu.kind != MenuKind.SET_MENU]
    sold = {item.product_id for menu in plain for part in menu.sections for item in part.items}
    inside = {
        item.product_id
        for menu in catalog.menus
        if menu.kind == MenuKind.SET_MENU
        for part in menu.sections
        for item in part.items
    }
    menus: list[Menu] = []
    products = [item for item in catalog.products if item.ids.partner_id not in inside - sold]
    categories = list(catalog.option_categories)
    lost: list[str] = []
    for menu in catalog.menus:
        if menu.kind != MenuKind.SET_MENU:
            menus.append(menu)
            continue
        # A section without dishes would be a choice that nobody can make.
        parts = [part for part in menu.sections if part.items]
        choices = [_offer(menu, part, dishes, catalog.currency) for part in parts]
        product = _sell(menu, choices, catalog.currency)
        menus.append(_list_alone(menu, product))
        products.append(product)
        categories += choices
        lost += _tell(menu, (dishes[name] for name in _chosen(menu) if name in dishes))
    changed = {"menus": menus, "products": products, "option_categories": categories}
    return _replace(catalog, changed), tuple(lost)


def _offer(
    menu: Menu, section: MenuSection, dishes: dict[str, Product], currency: str
) -> OptionCategory:
    name = _join(menu.ids.partner_id, section.ids.partner_id)
    least = section.min_select or 1
    return OptionCategory(
        ids=Ids(partner_id=name),
        name=section.name,
        kind="choice",
        min_select=least,
        max_select=least if section.max_select is None else section.max_select,
        options=tuple(
            _choose(name, item, dishes.get(item.product_id), currency, place)
            for place, item in enumerate({item.product_id: item for item in section.items}.values())
        ),
    )


def _choose(
    category: str, item: SectionItem, dish: Product | None, currency: str, place: int
) -> Option:
    given = dish.model_fields_set & shared_fields(Product, Option) if dish else ()
    return Option(
        ids=Ids(partner_id=_join(category, item.product_id)),
        name=dish.name if dish else item.product_id,
        price=item.supplement or Money(amount_minor=0, currency=currency),
        position=place,
        **{name: getattr(dish, name) for name in given},
    )


def _sell(menu: Menu, choices: list[OptionCategory], currency: str) -> Product:
    given = menu.model_fields_set & (shared_fields(Menu, Product) | {"position"})
    return Product(
        ids=Ids(partner_id=_join(menu.ids.partner_id, "menu")),
        name=menu.name,
        price=menu.price or Money(amount_minor=0, currency=currency),
        option_category_ids=tuple(item.ids.partner_id for item in choices),
        **{name: getattr(menu, name) for name in given},
    )


def _list_alone(menu: Menu, product: Product) -> Menu:
    section = MenuSection(
        ids=Ids(partner_id=_join(menu.ids.partner_id, "section")),
        name=menu.name,
        items=(SectionItem(product_id=product.ids.partner_id),),
    )
    return _replace(menu, {"kind": MenuKind.MENU, "price": None, "sections": (section,)})


def _replace(whole: Whole, changed: dict[str, object]) -> Whole:
    """A copy in which None means absent, not null."""
    kept = {name: getattr(whole, name) for name in whole.model_fields_set}
    given = {name: value for name, value in (kept | changed).items() if value is not None}
    return type(whole).model_validate(given)


def _tell(menu: Menu, dishes: Iterable[Product]) -> list[str]:
    told = [f"The set menu {menu.name!r} becomes a product with a required choice per section"]
    said = shared_fields(Product, Option) | _OF_ITSELF
    for dish in dishes:
        for name, value in dish:
            # What is as it always is says nothing, so nothing of it is lost.
            if name not in said and value != type(dish).model_fields[name].get_default(
                call_default_factory=True
            ):
                words = name.replace("_", " ")
                told.append(f"The {words} of {dish.name!r} are not said inside {menu.name!r}")
    return told


def shared_fields(one: type[Entity], other: type[Entity]) -> frozenset[str]:
    """What both entities say in the same way; not what makes each of them itself."""
    return frozenset(
        name
        for name, field in one.model_fields.items()
        if name not in _OF_ITSELF
        and name in other.model_fields
        and field.annotation == other.model_fields[name].annotation
    )


def _chosen(menu: Menu) -> dict[str, None]:
    return dict.fromkeys(item.product_id for part in menu.sections for item in part.items)


def _join(first: str, second: str) -> str:
    """An id for a part of something: readable, and short enough for every partner we know."""
    name = f"{first}-{second}"
    return name if len(name) <= _ID_MAX else f"{name[: _ID_MAX - 9]}-{crc32(name.encode()):08x}"
