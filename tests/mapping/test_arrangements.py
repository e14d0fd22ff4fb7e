"""Places of values that partners choose and we do not: filters, nested menus, joined instants."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.canonical import Money
from workbench.canonical.invariants import check
from workbench.canonical.menu import Catalog
from workbench.canonical.order import Order
from workbench.errors import MappingError, TranslationError
from workbench.mapping import Translator, try_payload

Compile = Callable[[str], dict[str, Translator]]

CHARGES = """
mappings:
  order:
    into: Order
    exponent: $.digits
    fields:
      ids.partner_id: $.id
      order_type: {value: collection}
      status: {value: placed}
      placed_at: {join: [$.day, $.clock], as: local-datetime}
      currency: $.money
      totals.total: {from: "$.charges[?@.type=='sum'].value", as: minor}
      totals.tax: {from: "$.charges[?@.type=='tax' && @.scope.level==1].value", as: minor}
      fees.0.kind: {value: delivery}
      fees.0.amount: {from: $.ride, as: minor}
      fees.1.kind: {value: bag}
      fees.1.amount: {from: $.bag, as: minor}
"""
CHARGED = {
    "id": "7",
    "day": "2026-05-01",
    "clock": "19:30",
    "money": "EUR",
    "digits": 2,
    "charges": [
        {"type": "tax", "scope": {"level": 1}, "value": 90},
        {"type": "sum", "value": 1090},
    ],
    "bag": 30,
}
MENU = """
mappings:
  menu:
    into: Catalog
    fields:
      restaurant_id: $.site
      currency: {value: EUR}
      menus.0.ids.partner_id: {value: all}
      menus.0.name: {value: Carta}
      menus.0.sections:
        each: $.groups
        fields:
          ids.partner_id: $.key
          name: $.title
          items: {each: $.dishes, fields: {product_id: $.code}}
      products:
        each: $.groups
        inner: $.dishes
        fields:
          ids.partner_id: $.code
          name: $.title
          price: {from: $.cents, as: minor}
          option_category_ids: {each: "$.choices[*].ref", as: string}
      option_categories:
        each: $.groups
        inner: [$.dishes, $.choices]
        fields: {ids.partner_id: $.ref, name: $.title}
"""
SIZE = {"ref": "size", "title": "Size"}
SOUP = {"code": "1", "title": "Soup", "cents": 500, "choices": [SIZE]}
BREAD = {"code": "2", "title": "Bread", "cents": 200, "choices": []}
CARTE = {
    "site": "r",
    "groups": [
        {"key": "a", "title": "Starters", "dishes": [SOUP, BREAD]},
        {"key": "b", "title": "Mains", "dishes": [BREAD]},
        {"key": "c", "title": "Sweets", "dishes": []},
    ],
}


def test_the_item_with_a_code_is_found_and_written(compile_text: Compile) -> None:
    """A filter names one item of a list, wherever it stands; outward the item is made."""
    order = compile_text(CHARGES)["order"]
    result = order.translate(CHARGED)
    assert isinstance(result.value, Order)
    assert result.value.totals.total.amount_minor == 1090
    assert result.value.totals.tax is not None
    assert result.value.totals.tax.amount_minor == 90
    assert result.coverage.unread == ()
    written = order.untranslate(result.value).payload
    assert sorted(written.pop("charges"), key=str) == sorted(CHARGED["charges"], key=str)
    assert written == {name: value for name, value in CHARGED.items() if name != "charges"}


def test_two_items_with_one_code_are_refused(compile_text: Compile) -> None:
    """Where the filter means several items, none is taken for the right one."""
    twice = {**CHARGED, "charges": [*CHARGED["charges"], {"type": "sum", "value": 1}]}
    with pytest.raises(TranslationError, match="several items") as caught:
        compile_text(CHARGES)["order"].translate(twice)
    assert caught.value.field == "totals.total"


def test_an_unread_item_is_told(compile_text: Compile) -> None:
    """Items that no filter names stay in the coverage."""
    more = {**CHARGED, "charges": [*CHARGED["charges"], {"type": "tip", "value": 5}]}
    unread = compile_text(CHARGES)["order"].translate(more).coverage.unread
    assert unread == ("/charges/*/type", "/charges/*/value")


def test_a_fee_keeps_its_kind(compile_text: Compile) -> None:
    """The bag's fee alone goes back as the bag's, and a fee of no such kind is told as lost."""
    order = compile_text(CHARGES)["order"]
    value = order.translate(CHARGED).value
    assert isinstance(value, Order)
    assert [fee.kind for fee in value.fees] == ["bag"]
    other = value.fees[0].model_copy(update={"kind": "service"})
    result = order.untranslate(value.model_copy(update={"fees": (other,)}))
    assert not {"ride", "bag"} & result.payload.keys()
    assert "/fees/*/amount/amount_minor" in result.coverage.unread


@pytest.mark.parametrize(("digits", "minor"), [(2, 1090), (3, 109), (0, 109000)])
def test_the_payload_says_its_exponent(compile_text: Compile, digits: int, minor: int) -> None:
    """Minor units are counted in the digits that the payload states."""
    payload = copy.deepcopy(CHARGED) | {"digits": digits, "bag": 1000}
    order = compile_text(CHARGES)["order"]
    if digits == 3:
        payload["charges"][0]["value"] = 100
    value = order.translate(payload).value
    assert isinstance(value, Order)
    assert value.totals.total.amount_minor == minor
    assert order.untranslate(value).payload["digits"] == 2


def test_an_exponent_that_is_always_the_same_is_kept_when_written(compile_text: Compile) -> None:
    """A constant where the payload says its digits is written, and amounts are counted in it."""
    text = CHARGES.replace("exponent: $.digits", "exponent: $.digits\n    constants: {$.digits: 4}")
    order = compile_text(text)["order"]
    payload = order.untranslate(order.translate(CHARGED).value).payload
    assert (payload["digits"], payload["bag"]) == (4, 3000)
    again = order.translate(payload).value
    assert isinstance(again, Order)
    assert again.totals.total.amount_minor == 1090


@pytest.mark.parametrize(
    ("stated", "money", "assumed"),
    [
        ("", "JPY", ("JPY",)),
        ("", "KWD", ("KWD",)),
        ("", "EUR", ()),
        ("exponent: 0", "JPY", ()),
        ("exponent: 2", "JPY", ()),
        ("exponent: $.digits", "JPY", ()),
    ],
)
def test_a_unit_that_nobody_stated_is_told(
    compile_text: Compile, stated: str, money: str, assumed: tuple[str, ...]
) -> None:
    """Whole numbers of yen are yen, or hundredths: unstated, it is no silent guess."""
    text = CHARGES.replace("exponent: $.digits", f"currency: $.money\n    {stated}")
    order = compile_text(text)["order"]
    payload = copy.deepcopy(CHARGED) | {"money": money, "bag": 3000}
    payload["charges"][0]["value"] = 9000
    payload["charges"][1]["value"] = 109000
    assert try_payload(order, payload).assumed_units == assumed


@pytest.mark.parametrize("rule", ["$.money", "{value: JPY}"])
def test_amounts_are_in_the_currency_of_the_order(compile_text: Compile, rule: str) -> None:
    """What the order is in holds for its amounts, though nothing says it a second time."""
    text = CHARGES.replace("exponent: $.digits", "exponent: 2").replace("$.money", rule)
    order = compile_text(text)["order"]
    payload = copy.deepcopy(CHARGED) | {"money": "JPY", "bag": 3000}
    payload["charges"][0]["value"] = 9000
    payload["charges"][1]["value"] = 109000
    value = order.translate(payload).value
    assert isinstance(value, Order)
    assert value.totals.total == Money(amount_minor=1090, currency="JPY")
    written = order.untranslate(value).payload
    assert (written["bag"], written.get("money", "JPY")) == (3000, "JPY")


def test_an_object_of_defaults_is_there_without_one_of_theirs(compile_text: Compile) -> None:
    """Where every rule of an object says what holds without it, it is assumed, and told."""
    more = "      customer.name: {from: $.guest.name, default: Guest}\n"
    partly = f"{more}      customer.phone: $.guest.phone\n"
    for rules, name in ((more, "Guest"), (partly, None)):
        result = compile_text(CHARGES + rules)["order"].translate(CHARGED)
        assert isinstance(result.value, Order)
        assert result.value.customer.name == name
        assert "customer.name" in result.coverage.assumed


def test_exponent_that_is_none_is_refused(compile_text: Compile) -> None:
    """Text where the digits should be is an error at its place."""
    with pytest.raises(TranslationError, match="small whole number") as caught:
        compile_text(CHARGES)["order"].translate({**CHARGED, "digits": "two"})
    assert caught.value.path == "/digits"


def test_a_day_without_a_clock_is_no_midnight(compile_text: Compile) -> None:
    """Half of a joined instant is refused."""
    half = {name: value for name, value in CHARGED.items() if name != "clock"}
    with pytest.raises(TranslationError, match="without a time of day"):
        compile_text(CHARGES)["order"].translate(half)


def test_a_nested_menu_comes_back_as_it_was(compile_text: Compile) -> None:
    """Dishes inside sections and choices inside dishes are flat with us and nested again."""
    menu = compile_text(MENU)["menu"]
    result = menu.translate(CARTE)
    assert isinstance(result.value, Catalog)
    assert [product.name for product in result.value.products] == ["Soup", "Bread"]
    assert [group.name for group in result.value.option_categories] == ["Size"]
    assert result.coverage.unread == ()
    assert menu.untranslate(result.value).payload == CARTE


def test_a_dish_of_no_section_is_not_lost_silently(compile_text: Compile) -> None:
    """What has no place in their nesting is refused, not dropped."""
    menu = compile_text(MENU)["menu"]
    value = menu.translate(CARTE).value
    assert isinstance(value, Catalog)
    (kept,) = value.menus
    shorter = kept.model_copy(update={"sections": kept.sections[1:]})
    with pytest.raises(TranslationError, match="none of these"):
        menu.untranslate(value.model_copy(update={"menus": (shorter,)}))


def test_one_dish_told_in_two_ways_is_refused(compile_text: Compile) -> None:
    """The same id with two prices is no one dish."""
    odd = json.loads(json.dumps(CARTE))
    odd["groups"][1]["dishes"][0]["cents"] = 999
    with pytest.raises(TranslationError, match="differ in what it is"):
        compile_text(MENU)["menu"].translate(odd)


def test_nesting_needs_a_shared_member(compile_text: Compile) -> None:
    """Without an id that both rules write, nothing would say which dish is which."""
    with pytest.raises(MappingError, match="which is which"):
        compile_text(
            MENU.replace(
                "items: {each: $.dishes, fields: {product_id: $.code}}",
                "items: {each: $.dishes, fields: {product_id: $.number}}",
            )
        )


ZONED = """
mappings:
  reservation:
    into: Reservation
    fields:
      ids.partner_id: $.id
      status: {value: confirmed}
      party.adults: $.guests
      starts_at: {join: [$.date, $.time, $.zone], as: zoned-datetime}
"""


def test_the_payload_says_its_zone(compile_text: Compile) -> None:
    """Date, clock and zone are one instant; it goes back in the restaurant's own zone."""
    booking = compile_text(ZONED)["reservation"]
    payload: dict[str, Any] = {
        "id": "1",
        "guests": 2,
        "date": "2026-05-01",
        "time": "19:00",
        "zone": "Europe/London",
    }
    value = booking.translate(payload).value
    assert value.model_dump(mode="json")["starts_at"] == "2026-05-01T19:00:00+01:00"
    back = booking.untranslate(value).payload
    assert (back["date"], back["time"], back["zone"]) == ("2026-05-01", "20:00", "Europe/Madrid")
    assert (
        booking.translate(back).value.model_dump()["starts_at"] == value.model_dump()["starts_at"]
    )


def test_date_and_clock_may_stand_together(compile_text: Compile) -> None:
    """Of two parts the first is the time as ISO 8601 writes it; it comes back so."""
    booking = compile_text(ZONED.replace("[$.date, $.time, $.zone]", "[$.when, $.zone]"))
    payload = {"id": "1", "guests": 2, "when": "2026-05-01T19:00", "zone": "Europe/Madrid"}
    value = booking["reservation"].translate(payload).value
    assert booking["reservation"].untranslate(value).payload == payload


def test_a_list_that_is_null_has_no_items(compile_text: Compile) -> None:
    """A section whose dishes are null is as one that has none."""
    menu = compile_text(MENU)["menu"]
    sections = [{**CARTE["groups"][0]}, {"key": "z", "title": "Later", "dishes": None}]
    value = menu.translate({**CARTE, "groups": sections}).value
    assert [item["ids"]["partner_id"] for item in value.model_dump()["products"]] == ["1", "2"]


DISH = """
mappings:
  order:
    into: Order
    fields:
      ids.partner_id: $.id
      order_type: {from: $.way, enum: {D: delivery, P: collection}, default: collection}
      status: {value: placed}
      placed_at: {from: $.at, as: instant}
      currency: {value: EUR}
      totals.total: {from: $.total, as: decimal}
      lines:
        each: $.items
        fields:
          name: $.name
          quantity: $.qty
          unit_price:
            from: $.price
            as: decimal
            less: {each: $.extras, price: $.price, quantity: $.count}
          children:
            each: $.extras
            fields: {name: $.name, quantity: $.count, unit_price: {from: $.price, as: decimal}}
"""


def test_a_price_with_its_extras_is_taken_apart(compile_text: Compile) -> None:
    """Their dish costs what it contains, ours does not; the sum is written back."""
    order = compile_text(DISH)["order"]
    extras = [{"name": "cheese", "count": 2, "price": 0.5}, {"name": "ham", "count": 1, "price": 1}]
    dish = {"name": "pizza", "qty": 2, "price": 10.3, "extras": extras}
    payload = {"id": "1", "at": "2026-05-01T10:00:00Z", "total": 20.6, "items": [dish]}
    result = order.translate(payload)
    assert isinstance(result.value, Order)
    assert result.value.lines[0].unit_price.amount_minor == 830
    assert [item.code for item in check(result.value)] == []
    assert result.coverage.assumed == ("order_type",)
    assert order.untranslate(result.value).payload == {**payload, "way": "P"}


SUMS = """
mappings:
  order:
    into: Order
    currency: $.money
    exponent: 3
    fields:
      ids.partner_id: $.id
      order_type: {value: collection}
      status: {value: placed}
      placed_at: {from: $.at, as: instant}
      currency: $.money
      totals.total: {from: $.total, as: minor, less: {each: $.charges, price: $.v}}
      totals.tax: {from: $.tax, as: money-object}
      fees: {each: $.charges, fields: {kind: $.k, amount: {from: $.v, as: minor}}}
      discounts.0.kind: {value: voucher}
      discounts.0.name: {value: app}
      discounts.0.amount: {from: $.app, as: minor}
      discounts.1.kind: {value: voucher}
      discounts.1.name: {value: shop}
      discounts.1.amount: {from: $.shop, as: minor}
"""


def test_sums_kinds_and_exponents_come_back(compile_text: Compile) -> None:
    """A total less its charges, two vouchers told apart by name, and thousandths everywhere."""
    payload = {
        "id": "1",
        "at": "2026-05-01T10:00:00Z",
        "money": "EUR",
        "total": 10000,
        "tax": {"amount": 900, "currency": "EUR"},
        "charges": [{"k": "bag", "v": 300}],
        "shop": 990,
    }
    order = compile_text(SUMS)["order"]
    value = order.translate(payload).value
    assert isinstance(value, Order)
    assert value.totals.total.amount_minor == 970
    assert value.totals.tax is not None
    assert value.totals.tax.amount_minor == 90
    assert order.untranslate(value).payload == payload


def test_an_index_may_be_what_a_filter_means(compile_text: Compile) -> None:
    """One list read by place and by code at once would write two items as one."""
    text = CHARGES.replace(
        "      fees.0.kind",
        "      totals.due: {from: '$.charges[0].value', as: minor}\n      fees.0.kind",
    )
    with pytest.raises(MappingError, match="another rule writes"):
        compile_text(text)


WEEK = """
mappings:
  hours:
    into: Schedule
    fields:
      ranges:
        each: $.days
        overnight: split
        fields: {day: $.day, start: {from: $.from, as: time}, end: {from: $.to, as: time}}
"""


def test_a_whole_day_from_evening_to_evening_stays_two_openings(compile_text: Compile) -> None:
    """Exactly 24 hours are not joined: an opening that ends when it starts has no length."""
    hours = compile_text(WEEK)["hours"]
    days = [
        {"day": "monday", "from": "22:00", "to": "00:00"},
        {"day": "tuesday", "from": "00:00", "to": "22:00"},
    ]
    value = hours.translate({"days": days}).value
    assert len(value.model_dump()["ranges"]) == 2
    assert hours.untranslate(value).payload == {"days": days}


def test_only_from_midnight_to_midnight_is_a_whole_day(compile_text: Compile) -> None:
    """Any other opening that ends when it starts is refused: nobody knows what it means."""
    hours = compile_text(WEEK)["hours"]
    whole = {"days": [{"day": "monday", "from": "00:00", "to": "00:00"}]}
    assert hours.untranslate(hours.translate(whole).value).payload == whole
    with pytest.raises(TranslationError, match="no length"):
        hours.translate({"days": [{"day": "monday", "from": "10:00", "to": "10:00"}]})


POSITION = """
mappings:
  runner:
    into: DeliveryLocation
    fields:
      order_id: $.order
      .: {from: $.position, as: coordinates, form: list}
      recorded_at: {from: $.at, as: epoch-s}
"""


@pytest.mark.parametrize(
    ("broken", "field", "path"),
    [
        ({"order": "7", "position": [41.4, 2.2]}, "recorded_at", "/at"),
        ({"order": "7", "at": 1780000000}, "latitude", "/position"),
        ({"order": "7", "at": 1780000000, "position": [95, 2.2]}, "latitude", "/position"),
    ],
)
def test_a_value_on_the_entity_itself_is_blamed_for_its_own_parts_only(
    compile_text: Compile, broken: dict[str, Any], field: str, path: str
) -> None:
    """A missing field is reported where its own rule reads, beside a rule that fills several."""
    with pytest.raises(TranslationError) as caught:
        compile_text(POSITION)["runner"].translate(broken)
    assert (caught.value.field, caught.value.path) == (field, path)
