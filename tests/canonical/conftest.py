"""Good entities, and a way to damage them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workbench.canonical import (
    Availability,
    Catalog,
    DeliveryLocation,
    Entity,
    Order,
    Reservation,
)

Damage = Callable[[Entity, dict[str, Any]], Any]
ABSENT = object()


def eur(amount: int) -> dict[str, Any]:
    """Minor units as a Money."""
    return {"amount_minor": amount, "currency": "EUR"}


def tax(base: int, amount: int) -> dict[str, Any]:
    """10 % that the price includes."""
    return {"rate_bp": 1000, "base": eur(base), "amount": eur(amount)}


def ids(name: str) -> dict[str, str]:
    """An identity with only the partner's id."""
    return {"partner_id": name}


def option(name: str, price: int, **more: Any) -> dict[str, Any]:
    """A catalogue option."""
    return {"ids": ids(name), "name": name, "price": eur(price), **more}


def set_at(document: Any, pointer: str, value: Any) -> None:
    """Write one value into plain data; `-` appends, ABSENT deletes."""
    *parents, last = pointer.strip("/").split("/")
    for step in parents:
        document = document[int(step)] if isinstance(document, list) else document[step]
    if isinstance(document, list):
        if last == "-":
            document.append(value)
        else:
            document[int(last)] = value
    elif value is ABSENT:
        del document[last]
    else:
        document[last] = value


PIZZA: dict[str, Any] = {
    "name": "Pizza",
    "quantity": 2,
    "unit_price": eur(1000),
    "line_total": eur(2300),
    "ref": {"product_id": "pizza", "variant_id": "large"},
    "tax": [tax(2091, 209)],
    "children": [
        {
            "name": name,
            "kind": "option",
            "quantity": 1,
            "unit_price": eur(price),
            "ref": {"option_id": name},
        }
        for name, price in (("thin", 0), ("cheese", 150))
    ],
}
WATER: dict[str, Any] = {
    "name": "Water",
    "quantity": 1,
    "unit_price": eur(200),
    "line_total": eur(200),
    "ref": {"product_id": "water"},
    "tax": [tax(182, 18)],
}
ORDER: dict[str, Any] = {
    "ids": ids("o-1"),
    "order_type": "delivery",
    "status": "accepted",
    "placed_at": "2026-03-20T19:00:00+01:00",
    "currency": "EUR",
    "timing": {
        "due_at": "2026-03-20T20:00:00+01:00",
        "prepare_at": "2026-03-20T19:30:00+01:00",
        "accept_by": "2026-03-20T19:05:00+01:00",
        "window_start": "2026-03-20T20:00:00+01:00",
        "window_end": "2026-03-20T20:15:00+01:00",
    },
    "status_history": [
        {"status": "placed", "at": "2026-03-20T19:00:00+01:00"},
        {"status": "accepted", "at": "2026-03-20T19:02:00+01:00"},
    ],
    "fulfilled_by": "restaurant",
    "customer": {"phone": "+34600000000"},
    "delivery": {"address": {"lines": ["Calle Falsa 1"]}},
    "lines": [PIZZA, WATER],
    "fees": [{"kind": "delivery", "amount": eur(300), "tax": tax(273, 27)}],
    "tips": [{"amount": eur(100)}],
    "discounts": [
        {
            "amount": eur(200),
            "shares": [
                {"sponsor": "restaurant", "amount": eur(150)},
                {"sponsor": "market", "amount": eur(50)},
            ],
        }
    ],
    "payments": [{"amount": eur(2700), "method": "online"}],
    "totals": {
        "items": eur(2500),
        "fees": eur(300),
        "tips": eur(100),
        "discounts": eur(200),
        "base": eur(2546),
        "total": eur(2700),
    },
}
PRODUCTS: list[dict[str, Any]] = [
    {"ids": ids(name), "name": name, "price": eur(1000)}
    for name in ("pizza", "water", "soup", "steak")
]
PRODUCTS[0] |= {
    "tax_rate_bp": 1000,
    "option_category_ids": ["extras"],
    "description": "Tomato and mozzarella",
    "images": ["one.jpg"],
    "variants": [
        {"ids": ids("small"), "name": "Small", "price": eur(800)},
        {
            "ids": ids("large"),
            "name": "Large",
            "price": eur(1000),
            "option_category_ids": ["crust"],
        },
    ],
}
PRODUCTS[0]["ids"] = {"partner_id": "pizza", "external_code": "PLU1"}
PRODUCTS[1]["ids"] = {"partner_id": "water", "external_code": "PLU2"}
CATEGORIES = [
    {
        "ids": ids("extras"),
        "name": "Extras",
        "max_select": 3,
        "max_same_option": 2,
        "options": [
            option("cheese", 150, option_category_ids=["melt"], default_quantity=1),
            option("ham", 200, tax_rate_bp=1000),
        ],
    },
    {
        "ids": ids("crust"),
        "name": "Crust",
        "min_select": 1,
        "max_select": 1,
        "options": [option("thin", 0), option("thick", 50)],
    },
    {"ids": ids("melt"), "name": "Melt", "max_select": 1, "options": [option("molten", 0)]},
]
CARD = {
    "ids": ids("card"),
    "name": "Card",
    "sections": [
        {
            "ids": ids("mains"),
            "name": "Mains",
            "items": [{"product_id": "pizza"}, {"product_id": "water"}],
        }
    ],
}
LUNCH = {
    "ids": ids("lunch"),
    "name": "Lunch",
    "kind": "set-menu",
    "price": eur(1200),
    "sections": [
        {
            "ids": ids(section),
            "name": section,
            "min_select": 1,
            "max_select": 1,
            "items": [{"product_id": name, "supplement": supplement}],
        }
        for section, name, supplement in (
            ("first", "soup", None),
            ("second", "steak", eur(250)),
        )
    ],
}
AVAILABILITY: dict[str, Any] = {
    "restaurant_id": "tavern",
    "timezone": "Europe/Madrid",
    "schedules": [
        {
            "ranges": [
                {"day": "friday", "start": "13:00", "end": "16:00"},
                {"day": "friday", "start": "19:00", "end": "01:00"},
                {"day": "saturday", "start": "19:00", "end": "01:00"},
                {"day": "sunday", "start": "19:00", "end": "00:00"},
            ]
        },
        {
            "order_types": ["collection"],
            "ranges": [{"day": "friday", "start": "12:00", "end": "23:00"}],
        },
    ],
    "exceptions": [
        {"kind": "closed", "first_date": "2026-04-03", "last_date": "2026-04-04"},
        {
            "kind": "special-hours",
            "first_date": "2026-03-29",
            "ranges": [{"start": "12:00", "end": "15:00"}],
        },
        {
            "kind": "closed",
            "starts_at": "2026-05-01T00:00:00+02:00",
            "ends_at": "2026-05-08T00:00:00+02:00",
        },
    ],
    "shifts": [
        {
            "name": "dinner",
            "schedule": {"ranges": [{"day": "friday", "start": "20:00", "end": "23:00"}]},
        }
    ],
}


@pytest.fixture(scope="session")
def damage() -> Damage:
    """A copy of an entity with other values at some JSON Pointers."""

    def apply(entity: Entity, changes: dict[str, Any]) -> Entity:
        document = entity.model_dump(mode="json", exclude_unset=True)
        for pointer, value in changes.items():
            set_at(document, pointer, value)
        return type(entity).model_validate(document)

    return apply


@pytest.fixture(scope="session")
def order() -> Order:
    """A delivery order that keeps every law: 23.00 + 2.00 + 3.00 fee + 1.00 tip - 2.00."""
    return Order.model_validate(ORDER)


@pytest.fixture(scope="session")
def set_menu_order() -> Order:
    """A collected set menu: 12.00, with a supplement of 2.50 for the steak."""
    return Order.model_validate(
        {
            "ids": ids("o-2"),
            "order_type": "collection",
            "status": "placed",
            "placed_at": "2026-03-20T13:00:00+01:00",
            "currency": "EUR",
            "totals": {"total": eur(1450)},
            "lines": [
                {
                    "name": "Lunch",
                    "kind": "set-menu",
                    "quantity": 1,
                    "unit_price": eur(1200),
                    "ref": {"product_id": "lunch"},
                    "children": [
                        {
                            "name": name,
                            "quantity": 1,
                            "unit_price": eur(price),
                            "ref": {"product_id": name},
                        }
                        for name, price in (("soup", 0), ("steak", 250))
                    ],
                }
            ],
        }
    )


@pytest.fixture(scope="session")
def reservation() -> Reservation:
    """A confirmed booking for three."""
    return Reservation.model_validate(
        {
            "ids": ids("r-1"),
            "status": "confirmed",
            "starts_at": "2026-03-21T21:00:00+01:00",
            "party": {"adults": 2, "children": 1},
            "status_history": [
                {"status": "requested", "at": "2026-03-20T10:00:00+01:00"},
                {"status": "confirmed", "at": "2026-03-20T10:05:00+01:00"},
            ],
        }
    )


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """A menu with a pizza and a water, and a lunch menu with soup and steak."""
    return Catalog.model_validate(
        {
            "restaurant_id": "tavern",
            "currency": "EUR",
            "menus": [CARD, LUNCH],
            "products": PRODUCTS,
            "option_categories": CATEGORIES,
        }
    )


@pytest.fixture(scope="session")
def availability() -> Availability:
    """Friday and Saturday evenings past midnight, a closed and a special day."""
    return Availability.model_validate(AVAILABILITY)


@pytest.fixture(scope="session")
def location() -> DeliveryLocation:
    """A driver in Madrid."""
    return DeliveryLocation.model_validate(
        {
            "order_id": "o-1",
            "latitude": 40.4,
            "longitude": -3.7,
            "recorded_at": "2026-03-20T19:45:00+01:00",
        }
    )
