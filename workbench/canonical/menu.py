"""The menu family: menu and set menu, sections, products, variants, option categories, options.

A `Catalog` is flat, as most partners' are: sections name products, products and variants name
option categories by id, so that a category can be shared.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import AwareDatetime, Field

from workbench.canonical.availability import Schedule
from workbench.canonical.base import Currency, Entity, Ext, Ids, Money, OpenEnum, OrderType


class MenuKind(OpenEnum):
    """A menu leaves the choice free; a set menu has one price and a choice per section."""

    MENU = "menu"
    SET_MENU = "set-menu"


class PriceMethod(OpenEnum):
    """How the prices of several chosen options add up (half-and-half pizza: max or average)."""

    SUM = "sum"
    MAX = "max"
    AVERAGE = "average"


class Option(Entity):
    """A choice inside an option category; `price` is added to the product."""

    ids: Ids
    name: str
    price: Money
    description: str | None = None
    available: bool = True
    snoozed_until: AwareDatetime | None = None
    position: int | None = None
    default_quantity: int = Field(default=0, ge=0)
    tax_rate_bp: int | None = Field(default=None, ge=0)
    option_category_ids: tuple[str, ...] = ()


class OptionCategory(Entity):
    """A group of options. `max_select` and `max_same_option` None: unlimited.

    `kind`: choice, extra, removal, size.
    """

    ids: Ids
    name: str
    options: tuple[Option, ...] = ()
    min_select: int = Field(default=0, ge=0)
    max_select: int | None = Field(default=None, ge=0)
    max_same_option: int | None = Field(default=None, ge=1)
    price_method: PriceMethod = PriceMethod.SUM
    free_quantity: int = Field(default=0, ge=0)
    kind: str = "extra"
    position: int | None = None


class ProductVariant(Entity):
    """A sellable form of a product (a size), with its own price."""

    ids: Ids
    name: str
    price: Money
    available: bool = True
    position: int | None = None
    option_category_ids: tuple[str, ...] = ()


class Product(Entity):
    """Something that can be ordered; tax rates in basis points (10 % = 1000)."""

    ids: Ids
    name: str
    price: Money
    description: str | None = None
    images: tuple[str, ...] = ()
    tax_rate_bp: int | None = Field(default=None, ge=0)
    tax_rate_bp_by_order_type: dict[OrderType, int] = Field(default_factory=dict)
    price_by_order_type: dict[OrderType, Money] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()
    allergens: tuple[str, ...] = ()
    additives: tuple[str, ...] = ()
    nutrition: dict[str, Decimal] = Field(default_factory=dict)
    deposit: Money | None = None
    alcohol: bool = False
    age_restricted: bool = False
    available: bool = True
    visible: bool = True
    featured: bool = False
    snoozed_until: AwareDatetime | None = None
    stock: int | None = None
    preparation_min: int | None = None
    lead_min: int | None = None
    position: int | None = None
    variants: tuple[ProductVariant, ...] = ()
    option_category_ids: tuple[str, ...] = ()


class SectionItem(Entity):
    """A product's place in a section; `supplement` is added to the price of a set menu."""

    product_id: str
    supplement: Money | None = None


class MenuSection(Entity):
    """A heading of the menu with its products. `max_select` None: unlimited."""

    ids: Ids
    name: str
    items: tuple[SectionItem, ...] = ()
    description: str | None = None
    image: str | None = None
    position: int | None = None
    min_select: int = Field(default=0, ge=0)
    max_select: int | None = Field(default=None, ge=0)


class Menu(Entity):
    """A menu, or a set menu with a fixed price; `translations` of the name by language tag."""

    ids: Ids
    name: str
    kind: MenuKind = MenuKind.MENU
    translations: dict[str, str] = Field(default_factory=dict)
    description: str | None = None
    price: Money | None = None
    position: int | None = None
    order_types: tuple[OrderType, ...] = ()
    season_start: date | None = None
    season_end: date | None = None
    schedule: Schedule | None = None
    sections: tuple[MenuSection, ...] = ()


class Catalog(Ext):
    """Everything that a restaurant sells: what a whole-menu push carries."""

    restaurant_id: str
    currency: Currency
    menus: tuple[Menu, ...] = ()
    products: tuple[Product, ...] = ()
    option_categories: tuple[OptionCategory, ...] = ()
