"""What Tavola starts with: one restaurant in Madrid with its menu, orders and bookings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

RESTAURANT_ID = "rest_77"
CURRENCY = "EUR"
TIMEZONE = "Europe/Madrid"

Json = dict[str, Any]


def instant(minutes: float = 0) -> str:
    """The UTC instant that many minutes from now, in whole seconds."""
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def restaurant() -> Json:
    """The restaurant test account."""
    return {
        "id": RESTAURANT_ID,
        "name": "Trattoria Aurora",
        "timezone": TIMEZONE,
        "currency": CURRENCY,
        "order_types": ["delivery", "pickup", "dine_in", "preorder"],
        "prices_include_vat": True,
        "address": {
            "lines": ["Calle de la Aurora Nueva 12"],
            "city": "Madrid",
            "province": "Madrid",
            "postcode": "28099",
            "country": "ES",
            "lat": 40.4181,
            "lng": -3.7062,
        },
    }


def modifier(group: str, name: str, price: int, label: str, quantity: int = 1) -> Json:
    """A chosen modifier; `quantity` counts per one unit of its line."""
    return {
        "modifier_id": name,
        "modifier_group_id": group,
        "name": label,
        "quantity": quantity,
        "unit_price": price,
    }


def line(number: int, product: str, name: str, price: int, quantity: int = 1, **more: Any) -> Json:
    """An order line with its total and its VAT of 10 %, both computed."""
    chosen = more.get("modifiers", [])
    unit = price + sum(item["unit_price"] * item["quantity"] for item in chosen)
    total = quantity * unit - more.get("discount", 0)
    return {
        "id": f"line_{number}",
        "product_id": product,
        "name": name,
        "quantity": quantity,
        "unit_price": price,
        "modifiers": chosen,
        "line_total": total,
        "taxes": [_tax(total)],
        **{key: value for key, value in more.items() if key != "modifiers"},
    }


def fee(kind: str, name: str, amount: int) -> Json:
    """A fee that the restaurant receives, with VAT of 10 %."""
    return {"kind": kind, "name": name, "amount": amount, "tax": _tax(amount)}


def _tax(total: int) -> Json:
    base = round(total / 1.1)
    return {"rate_percent": 10, "base": base, "amount": total - base}


def order(
    number: int, kind: str, lines: Iterable[Mapping[str, Any]], method: str = "card", **more: Any
) -> Json:
    """A new order of a type; its totals are computed, and it is paid in full by one payment."""
    lines = [dict(item) for item in lines]
    parts = {name: list(more.pop(name, ())) for name in ("fees", "tips", "discounts")}
    sums = {name: sum(item["amount"] for item in items) for name, items in parts.items()}
    items = sum(item["line_total"] for item in lines)
    total = items + sums["fees"] + sums["tips"] - sums["discounts"]
    taxes = [tax for item in lines for tax in item["taxes"]]
    taxes += [item["tax"] for item in parts["fees"]]
    prepaid = method != "cash"
    placed = more.pop("placed", -6)
    return {
        "id": f"ord_{number}",
        "code": f"AUR-{number % 1000:03d}",
        "restaurant_id": RESTAURANT_ID,
        "type": kind,
        "status": "new",
        "placed_at": instant(placed),
        "currency": CURRENCY,
        "timing": {"asap": True, "due_at": instant(placed + 45), "accept_by": instant(placed + 10)},
        "customer": _customer(number),
        "lines": lines,
        **parts,
        "payments": [_payment(method, total, prepaid=prepaid)],
        "totals": {
            "items": items,
            **sums,
            "tax": sum(tax["amount"] for tax in taxes),
            "total": total,
            "due": 0 if prepaid else total,
        },
        "status_history": [{"status": "new", "at": instant(placed), "by": "customer"}],
        "notes": [],
        "test": True,
        **more,
    }


def _payment(method: str, amount: int, *, prepaid: bool) -> Json:
    return {
        "method": method,
        "timing": "prepaid" if prepaid else "on_fulfilment",
        "amount": amount,
        "collected_by": "market" if prepaid else "restaurant",
    }


def _customer(number: int) -> Json:
    first = ("Lucía", "Mateo", "Inés", "Hugo", "Carla", "Bruno")[number % 6]
    return {
        "id": f"cus_{number}",
        "name": f"{first} Prueba",
        "phone": "+34600000000",
        "phone_masked": True,
        "phone_code": f"{number % 1000:03d}",
    }


def _address() -> Json:
    return {
        "lines": ["Calle del Ensayo 4", "2º B"],
        "city": "Madrid",
        "province": "Madrid",
        "postcode": "28099",
        "country": "ES",
        "lat": 40.4247,
        "lng": -3.7015,
        "details": "Timbre roto, llamar al llegar",
    }


def _delivery(number: int, status: str) -> Json:
    return {
        "id": f"dlv_{number}",
        "provider": "restaurant",
        "status": status,
        "address": _address(),
        "eta": instant(35),
        "tracking_url": f"https://track.tavola.example/dlv_{number}",
    }


def _margherita(number: int, quantity: int = 1) -> Json:
    chosen = [
        modifier("grp_dough", "mod_wholemeal", 100, "Masa integral"),
        modifier("grp_extras", "mod_burrata", 250, "Burrata", 2),
    ]
    return line(
        number, "prod_margherita", "Pizza Margherita", 1150, quantity,
        variant_id="var_margherita_l", modifiers=chosen, note="Bien hecha, por favor",
    )  # fmt: skip


def _lasagne(number: int, quantity: int = 1) -> Json:
    return line(number, "prod_lasagne", "Lasaña de la casa", 1290, quantity)


def _water(number: int, quantity: int = 1) -> Json:
    return line(number, "prod_water", "Agua mineral 50 cl", 190, quantity)


def delivery_order(number: int, status: str = "requested") -> Json:
    """A delivery with modifiers, two fees, a tip and a discount that two sponsors share."""
    return order(
        number,
        "delivery",
        [_margherita(1, 2), _water(2, 2)],
        fees=[fee("delivery", "Envío", 250), fee("bag", "Bolsa", 10)],
        tips=[{"receiver": "courier", "amount": 150}],
        discounts=[
            {
                "kind": "promotion",
                "name": "Martes italiano",
                "code": "MARTES5",
                "amount": 500,
                "target": "order",
                "funded_by": [
                    {"sponsor": "market", "amount": 300},
                    {"sponsor": "restaurant", "amount": 200},
                ],
            }
        ],
        delivery=_delivery(number, status),
        notes=[{"kind": "allergy", "text": "Alergia a los frutos secos"}],
    )


def pickup_order(number: int) -> Json:
    """A scheduled collection, paid in cash at the counter, with a discounted line."""
    lines = [line(1, "prod_lasagne", "Lasaña de la casa", 1290, 2, discount=258), _water(2)]
    timing = {
        "asap": False,
        "due_at": instant(120),
        "window_start": instant(115),
        "window_end": instant(130),
        "prepare_at": instant(95),
        "accept_by": instant(20),
    }
    return order(number, "pickup", lines, "cash", timing=timing)


def table_order(number: int) -> Json:
    """An order from a table, with a bottle and a tip for the house."""
    return order(
        number,
        "dine_in",
        [_margherita(1), _lasagne(2), _water(3, 2)],
        party_size=2,
        table={"zone": "Terraza", "number": "T4", "tab": "tab_31"},
        group_id="grp_t4_31",
        tips=[{"receiver": "restaurant", "amount": 300}],
    )


def pre_order(number: int, reservation: str) -> Json:
    """A booking with its food ordered ahead."""
    return order(
        number,
        "preorder",
        [_margherita(1), _lasagne(2, 2), _water(3, 3)],
        party_size=3,
        reservation_id=reservation,
        timing={"asap": False, "due_at": instant(1440), "accept_by": instant(60)},
        notes=[{"kind": "occasion", "text": "Cumpleaños"}],
    )


def orders() -> dict[str, Json]:
    """Orders of every type, in different statuses."""
    made = [
        (delivery_order(1001), ()),
        (pickup_order(1002), ("accepted",)),
        (table_order(1003), ("accepted", "in_kitchen")),
        (pre_order(1004, "rsv_502"), ("accepted",)),
        (delivery_order(1005, "to_dropoff"), ("accepted", "ready", "out_for_delivery")),
        (pickup_order(1006), ("accepted", "ready", "handed_over", "closed")),
        (delivery_order(1007, "cancelled"), ("accepted", "cancelled")),
        (pickup_order(1008), ("declined",)),
    ]
    for item, statuses in made:
        for status in statuses:
            by = "customer" if status == "cancelled" else "restaurant"
            item["status"] = status
            item["status_history"].append({"status": status, "at": instant(), "by": by})
            if status in {"declined", "cancelled"}:
                item["cancellation"] = {"by": by, "code": "other", "text": "Prueba"}
    return {item["id"]: item for item, _ in made}


def reservation(number: int, status: str = "requested", starts_in: float = 1500) -> Json:
    """A booking for two adults and a child."""
    return {
        "id": f"rsv_{number}",
        "code": f"AUR-R{number}",
        "restaurant_id": RESTAURANT_ID,
        "status": status,
        "starts_at": instant(starts_in),
        "duration_minutes": 105,
        "party": {"adults": 2, "children": 1},
        "currency": CURRENCY,
        "area": "Terraza",
        "tables": [],
        "guest": {**_customer(number), "email": f"guest{number}@example.com"},
        "notes": [{"kind": "allergy", "text": "Celíaco"}],
        "deposit": {"amount": 1500, "state": "paid"},
        "created_at": instant(-90),
        "updated_at": instant(-90),
        "status_changed_at": instant(-90),
    }


def reservations() -> dict[str, Json]:
    """Bookings in different statuses."""
    made = [
        reservation(501),
        reservation(502, "accepted", 1440) | {"preorder_id": "ord_1004"},
        reservation(503, "seated", -30) | {"tables": ["T7"]},
        reservation(504, "no_show", -1440),
        reservation(505, "cancelled") | {"reason_code": "other", "reason_note": "Prueba"},
    ]
    return {item["id"]: item for item in made}


def menu() -> Json:
    """The menu: two sections, four products, one with variants, two modifier groups."""
    pizza_groups = ["grp_dough", "grp_extras"]
    sizes = [
        {"id": "var_margherita_m", "name": "Mediana", "price": 950, "position": 1},
        {"id": "var_margherita_l", "name": "Grande", "price": 1150, "position": 2},
    ]
    return {
        "restaurant_id": RESTAURANT_ID,
        "currency": CURRENCY,
        "menus": [_card()],
        "products": [
            {"id": "prod_margherita", "name": "Pizza Margherita", "price": 950,
             "description": "Tomate, mozzarella y albahaca", "allergens": ["gluten", "milk"],
             "variants": sizes, "modifier_group_ids": pizza_groups, "position": 1},
            {"id": "prod_lasagne", "name": "Lasaña de la casa", "price": 1290,
             "allergens": ["gluten", "milk", "eggs"], "position": 2, "featured": True},
            {"id": "prod_water", "name": "Agua mineral 50 cl", "price": 190, "position": 3},
            {"id": "prod_chianti", "name": "Chianti, botella", "price": 1850, "vat_percent": 21,
             "alcohol": True, "position": 4},
        ],
        "modifier_groups": [
            {"id": "grp_dough", "name": "Elige la masa", "kind": "choice",
             "min_select": 1, "max_select": 1, "max_same": 1, "modifiers": [
                 {"id": "mod_classic", "name": "Masa clásica", "price": 0, "default_quantity": 1},
                 {"id": "mod_wholemeal", "name": "Masa integral", "price": 100}]},
            {"id": "grp_extras", "name": "Añade extras", "max_select": 6, "max_same": 2,
             "modifiers": [
                 {"id": "mod_burrata", "name": "Burrata", "price": 250},
                 {"id": "mod_olives", "name": "Aceitunas", "price": 120}]},
        ],
    }  # fmt: skip


def imports() -> dict[str, Json]:
    """The upload by which the menu came."""
    names = ("menus", "sections", "products", "variants", "modifier_groups", "modifiers")
    job = {
        "id": "imp_1",
        "status": "completed",
        "created_at": instant(-1440),
        "finished_at": instant(-1440),
        "counts": dict(zip(names, (1, 2, 4, 2, 2, 4), strict=True)),
        "errors": [],
    }
    return {"imp_1": job}


def _card() -> Json:
    def entries(*names: str) -> list[Json]:
        return [{"product_id": name} for name in names]

    kitchen = entries("prod_margherita", "prod_lasagne")
    cellar = entries("prod_water", "prod_chianti")
    return {
        "id": "menu_card",
        "name": "Carta",
        "position": 1,
        "sections": [
            {"id": "sec_mains", "name": "Platos", "position": 1, "entries": kitchen},
            {"id": "sec_drinks", "name": "Bebidas", "position": 2, "entries": cellar},
        ],
    }


def availability() -> Json:
    """Lunch and dinner every day but Monday; Fridays and Saturdays past midnight."""
    days = ("tue", "wed", "thu", "fri", "sat", "sun")
    lunch = [{"day": day, "opens": "13:00", "closes": "16:00"} for day in days]
    dinner = [
        {"day": day, "opens": "20:00", "closes": "01:00" if day in {"fri", "sat"} else "23:30"}
        for day in days
    ]
    return {
        "restaurant_id": RESTAURANT_ID,
        "timezone": TIMEZONE,
        "weekly_hours": [{"order_types": [], "openings": lunch + dinner}],
        "shifts": [
            {"name": "Comida", "order_types": [], "openings": lunch, "capacity": 40,
             "slot_minutes": 15, "last_order_minutes": 30},
            {"name": "Cena", "order_types": [], "openings": dinner, "capacity": 48,
             "slot_minutes": 15, "last_order_minutes": 45},
        ],
        "exceptions": [
            {"id": "exc_1", "kind": "closed", "first_date": "2026-12-25",
             "last_date": "2026-12-26", "order_types": [], "reason": "Navidad"},
            {"id": "exc_2", "kind": "special_hours", "first_date": "2026-12-31",
             "last_date": "2026-12-31", "order_types": [], "reason": "Nochevieja",
             "openings": [{"opens": "19:00", "closes": "02:00"}]},
        ],
        "state": {"accepting": True, "until": None, "reason": None, "order_types": []},
    }  # fmt: skip
