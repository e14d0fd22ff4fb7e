from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workbench.canonical.availability import Availability, Weekday
from workbench.canonical.menu import Catalog
from workbench.canonical.order import Order
from workbench.canonical.status import ReservationStatus
from workbench.errors import TranslationError
from workbench.mapping import Translator

Compile = Callable[..., dict[str, Translator]]

MADRID = ZoneInfo("Europe/Madrid")
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
IDS = st.text("abc019-", min_size=1, max_size=8)
INSTANTS = st.integers(2**30, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
MINOR = st.integers(-(10**9), 10**9)

MODERATE = settings(max_examples=60, deadline=None)

ORDERS = """
mappings:
  snake:
    into: Order
    currency: $.currency
    fields:
      ids.partner_id: $.id
      order_type: {from: $.type, enum: {D: delivery, P: collection}}
      status: {from: $.status, enum: {NEW: placed, OK: accepted}}
      placed_at: {from: $.created_at, as: instant}
      currency: $.currency
      totals.total: {from: $.total, as: minor}
      customer.name: $.who.name
      lines: {each: $.items, use: line}
  line:
    into: OrderLine
    fields:
      name: $.name
      quantity: $.qty
      unit_price: {from: $.price, as: minor}
      note: $.note
      children: {each: $.modifiers, use: line}
  pascal:
    into: Order
    fields:
      ids.partner_id: {from: $.Pedido.Numero, as: integer}
      order_type: {from: $.Entrega, enum: {1: delivery, 2: collection}}
      status: {from: $.Estado, enum: {NUEVO: placed, ACEPTADO: accepted}}
      placed_at: {from: $.Pedido.Fecha, as: local-datetime, format: "%d/%m/%Y %H:%M:%S"}
      currency: {value: EUR}
      totals.total: {from: $.Total, as: decimal, separator: ","}
      customer.name: $.Cliente.Nombre
      lines:
        each: $.Lineas
        fields:
          name: $.Nombre
          quantity: {from: $.Cantidad, as: string}
          unit_price: {from: $.Precio, as: decimal, separator: ","}
          note: $.Nota
"""


def make_lines(currency: str, depth: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Canonical lines, nested to a depth."""
    line: dict[str, Any] = {
        "name": WORDS,
        "quantity": st.decimals("0.001", 99, places=3),
        "unit_price": MINOR.map(lambda minor: {"amount_minor": minor, "currency": currency}),
    }
    if depth:
        line["children"] = make_lines(currency, depth - 1)
    return st.lists(st.fixed_dictionaries(line, optional={"note": WORDS}), max_size=3)


@st.composite
def orders(draw: st.DrawFn, currency: str | None = None, depth: int = 2) -> Order:
    """Orders with just the fields that the mappings cover."""
    currency = currency or draw(CURRENCIES)
    data: dict[str, Any] = {
        "ids": {"partner_id": str(draw(st.integers(0, 10**9)))},
        "order_type": draw(st.sampled_from(["delivery", "collection"])),
        "status": draw(st.sampled_from(["placed", "accepted", "their own"])),
        "placed_at": draw(INSTANTS),
        "currency": currency,
        "totals": {"total": {"amount_minor": draw(MINOR), "currency": currency}},
        "lines": draw(make_lines(currency, depth)),
    }
    if draw(st.booleans()):
        data["customer"] = {"name": draw(WORDS)}
    return Order.model_validate(data)


def dump(entity: Any) -> dict[str, Any]:
    """What was given in an entity."""
    result: dict[str, Any] = entity.model_dump(exclude_unset=True)
    return result


@MODERATE
@given(order=orders())
def test_reading_what_was_written_snake(compile_text: Compile, order: Order) -> None:
    """An order written in minor units is read back as it was, given fields included."""
    mapping = compile_text(ORDERS)["snake"]
    written = mapping.untranslate(order).payload
    again = mapping.translate(written).value
    assert dump(again) == dump(order)
    assert mapping.untranslate(again).payload == written


@MODERATE
@given(order=orders("EUR", 0))
def test_reading_what_was_written_pascal(compile_text: Compile, order: Order) -> None:
    """An order written with decimal commas and local times is read back as it was."""
    assume(order.placed_at.astimezone(MADRID).fold == 0)
    mapping = compile_text(ORDERS)["pascal"]
    written = mapping.untranslate(order).payload
    again = mapping.translate(written).value
    assert dump(again) == dump(order)
    assert mapping.untranslate(again).payload == written


PAYLOADS = st.fixed_dictionaries(
    {
        "Pedido": st.fixed_dictionaries(
            {
                "Numero": st.integers(0, 10**9),
                "Fecha": st.sampled_from(["23/11/2026 13:05:00", "29/03/2026 03:00:00"]),
            }
        ),
        "Entrega": st.sampled_from([1, 2, 7]),
        "Estado": st.sampled_from(["NUEVO", "ACEPTADO", "OTRO"]),
        "Total": st.sampled_from(["0,00", "12,50", "-3,05"]),
        "Lineas": st.lists(
            st.fixed_dictionaries(
                {
                    "Nombre": WORDS,
                    "Cantidad": st.sampled_from(["1", "0.5", "1.250"]),
                    "Precio": st.sampled_from(["1,00", "0,99"]),
                },
                optional={"Nota": WORDS},
            ),
            max_size=3,
        ),
    },
    optional={"Cliente": st.fixed_dictionaries({"Nombre": WORDS})},
)


@MODERATE
@given(payload=PAYLOADS)
def test_writing_what_was_read(compile_text: Compile, payload: dict[str, Any]) -> None:
    """A payload that the mapping covers whole is written back exactly."""
    mapping = compile_text(ORDERS)["pascal"]
    result = mapping.translate(payload)
    assert result.coverage.unread == ()
    assert mapping.untranslate(result.value).payload == payload


OTHERS = """
mappings:
  reservation:
    into: Reservation
    fields:
      ids.partner_id: $.id
      status: {from: $.state, enum: {pending: requested, booked: confirmed, gone: no-show}}
      starts_at: {from: $.startsAt, as: epoch-s}
      party.adults: $.guests.adults
      party.children: $.guests.children
      duration_min: {from: $.minutes, as: minutes}
      tables: {from: $.tables, as: list}
      deposit: {from: $.deposit, fields: {amount: {from: $.amount, as: amount-currency}}}
  update:
    into: ReservationStatusUpdate
    fields:
      reservation_id: $.id
      status: {from: $.data.state, enum: {pending: requested, booked: confirmed}, unknown: error}
      reason: $.data.why
  menu:
    into: Catalog
    currency: $.currency
    fields:
      restaurant_id: $.store
      currency: $.currency
      products:
        each: $.items
        fields:
          ids.partner_id: $.id
          name: $.name
          price: {from: $.price, as: money-object, unit: major}
          tax_rate_bp: {from: $.tax, as: fraction}
          available: $.available
          price_by_order_type.delivery: {from: $.prices.delivery, as: decimal}
          images: $.images
          option_category_ids: {each: $.groups, as: integer}
  hours:
    into: Availability
    fields:
      restaurant_id: $.store
      timezone: $.zone
      schedules:
        each: $.weeks
        fields:
          order_types: {each: $.services, enum: {DEL: delivery, IN: inside}}
          ranges:
            each: $.days
            fields:
              day: {from: $.d, as: weekday, first: sunday-0}
              start: {from: $.from, as: time}
              end: {from: $.to, as: time, format: "%H%M"}
"""


@MODERATE
@given(
    data=st.fixed_dictionaries(
        {
            "ids": st.fixed_dictionaries({"partner_id": IDS}),
            "status": st.sampled_from(["requested", "confirmed", "no-show"]),
            "starts_at": INSTANTS,
            "party": st.fixed_dictionaries({"adults": st.integers(0, 9)}),
        },
        optional={
            "duration_min": st.integers(1, 300),
            "tables": st.lists(IDS, max_size=3).map(tuple),
            "deposit": MINOR.map(lambda n: {"amount": {"amount_minor": n, "currency": "JPY"}}),
        },
    )
)
def test_reservation_both_ways(compile_text: Compile, data: dict[str, Any]) -> None:
    """A reservation comes back as it was."""
    mapping = compile_text(OTHERS)["reservation"]
    value = mapping.entity_type.model_validate(data)
    assert dump(mapping.translate(mapping.untranslate(value).payload).value) == dump(value)


@MODERATE
@given(reason=st.one_of(st.none(), WORDS))
def test_status_update_both_ways(compile_text: Compile, reason: str | None) -> None:
    """A status update comes back as it was; a reason that is None is written as null."""
    mapping = compile_text(OTHERS)["update"]
    value = mapping.entity_type.model_validate(
        {"reservation_id": "r", "status": ReservationStatus.CONFIRMED, "reason": reason}
    )
    payload = mapping.untranslate(value).payload
    assert payload == {"id": "r", "data": {"state": "booked", "why": reason}}
    assert mapping.translate(payload).value == value


@MODERATE
@given(
    prices=st.lists(MINOR, max_size=4),
    currency=CURRENCIES,
    rate=st.integers(0, 3000),
    groups=st.lists(st.integers(0, 99).map(str), max_size=3),
)
def test_menu_both_ways(
    compile_text: Compile, prices: list[int], currency: str, rate: int, groups: list[str]
) -> None:
    """A catalogue comes back as it was, in any currency."""
    mapping = compile_text(OTHERS)["menu"]
    products = [
        {
            "ids": {"partner_id": str(number)},
            "name": f"dish {number}",
            "price": {"amount_minor": price, "currency": currency},
            "tax_rate_bp": rate,
            "available": bool(number % 2),
            "price_by_order_type": {"delivery": {"amount_minor": price, "currency": currency}},
            "images": ["a.png"],
            "option_category_ids": groups,
        }
        for number, price in enumerate(prices)
    ]
    value = Catalog.model_validate(
        {"restaurant_id": "r", "currency": currency, "products": products}
    )
    assert dump(mapping.translate(mapping.untranslate(value).payload).value) == dump(value)


CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@MODERATE
@given(
    ranges=st.lists(
        st.fixed_dictionaries(
            {"day": st.sampled_from(list(Weekday)), "start": CLOCKS, "end": CLOCKS}
        ),
        max_size=4,
    ),
    types=st.lists(st.sampled_from(["delivery", "inside"]), max_size=2),
)
def test_weekly_schedule_both_ways(
    compile_text: Compile, ranges: list[dict[str, Any]], types: list[str]
) -> None:
    """A weekly schedule comes back as it was, ranges past midnight included."""
    mapping = compile_text(OTHERS)["hours"]
    value = Availability.model_validate(
        {
            "restaurant_id": "r",
            "timezone": "Europe/Madrid",
            "schedules": [{"ranges": ranges, "order_types": types}],
        }
    )
    assert dump(mapping.translate(mapping.untranslate(value).payload).value) == dump(value)


@MODERATE
@given(
    junk=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS),
        lambda inner: st.one_of(st.lists(inner), st.dictionaries(WORDS, inner)),
        max_leaves=5,
    ),
    key=st.sampled_from(["id", "type", "status", "created_at", "currency", "total", "items"]),
)
def test_any_junk_is_a_translation_error(compile_text: Compile, junk: Any, key: str) -> None:
    """Whatever stands in a field, the answer is an entity or a located TranslationError."""
    mapping = compile_text(ORDERS)["snake"]
    payload = {
        "id": "1",
        "type": "D",
        "status": "NEW",
        "created_at": "2026-11-23T12:00:00Z",
        "currency": "EUR",
        "total": 1,
        "items": [],
        key: junk,
    }
    try:
        value = mapping.translate(payload).value
    except TranslationError as error:
        outcome: Any = (error.path[:1], bool(error.field))
    else:
        outcome = type(value)
    assert outcome in {("/", True), Order}


def test_quantities_stay_decimal(compile_text: Compile) -> None:
    """A third of a kilogram is read as the decimal that was sent, not as a binary fraction."""
    line = compile_text(ORDERS)["line"].translate({"name": "Rice", "qty": 0.333, "price": 1}).value
    assert line.model_dump()["quantity"] == Decimal("0.333")
