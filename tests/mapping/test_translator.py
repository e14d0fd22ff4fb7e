from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from workbench.canonical.base import Money
from workbench.canonical.menu import Catalog, Product
from workbench.canonical.order import Order
from workbench.errors import InputError, MappingError, TranslationError
from workbench.mapping import Translator

Compile = Callable[..., dict[str, Translator]]
Payload = dict[str, Any]


def change(payload: Payload, path: str, value: Any = ...) -> Payload:
    """A copy with one value replaced or removed."""
    result = copy.deepcopy(payload)
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    target: Any = result
    for part in way:
        target = target[part]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return result


def test_reads_and_writes_a_nested_order(order: Translator, payload: Payload) -> None:
    """A full payload is read with nested modifiers and written back as it was."""
    value = order.translate(payload).value
    assert isinstance(value, Order)
    salad = value.lines[0].children[0]
    assert (salad.name, salad.unit_price, salad.id) == (
        "Salad",
        Money(amount_minor=250, currency="EUR"),
        "2",
    )
    assert value.lines[0].tax[0].rate_bp == 550
    assert (value.notes[0].kind, value.notes[0].text) == ("kitchen", "ring twice")
    assert value.raw_status == "NEW"
    assert order.untranslate(value).payload == payload


def test_missing_and_null_are_left_out(order: Translator, payload: Payload) -> None:
    """Optional values that are missing or null leave their field unset, with its group."""
    lean = change(change(change(payload, "comment", None), "drop"), "eater")
    value = order.translate(lean).value
    assert isinstance(value, Order)
    assert {"notes", "delivery", "customer"}.isdisjoint(value.model_fields_set)
    assert order.untranslate(value).payload.keys() == payload.keys() - {"comment", "drop", "eater"}


def test_default_fills_what_is_missing(order: Translator, payload: Payload) -> None:
    """A default stands in for a missing and for a null value."""
    for lean in (change(payload, "covers"), change(payload, "covers", None)):
        value = order.translate(lean).value
        assert isinstance(value, Order)
        assert value.party_size == 2


def test_unknown_status_is_kept(order: Translator, payload: Payload) -> None:
    """A status that the table does not know passes through both ways."""
    value = order.translate(change(payload, "state", "ON_HOLD")).value
    assert isinstance(value, Order)
    assert not value.status.is_known
    assert order.untranslate(value).payload["state"] == "ON_HOLD"


def test_many_to_one_is_written_as_back_says(order: Translator, payload: Payload) -> None:
    """Two words of theirs for one of ours are written as the one that `back` names."""
    late = order.translate(change(payload, "state", "OK_LATE")).value
    assert order.untranslate(late).payload["state"] == "OK"
    ready = late.model_copy(update={"status": "ready"})
    assert order.untranslate(ready).payload["state"] == "DONE"


@pytest.mark.parametrize(
    ("path", "value", "where", "field", "message"),
    [
        ("id", ..., "/id", "ids.partner_id", "is missing"),
        ("id", None, "/id", "ids.partner_id", "is null"),
        ("id", 5, "/id", "ids.partner_id", "takes text"),
        ("state", "ready", "/state", "status", "not in the table"),
        ("state", ["NEW"], "/state", "status", "a list does not fit"),
        ("payment", ..., "/payment/total", "totals.total", "is missing"),
        ("payment", "x", "/payment/total", "totals.total", "because /payment is a string"),
        ("payment/total", "27", "/payment/total", "totals.total", "minor units"),
        ("cart/items", {}, "/cart/items", "lines", "a list is expected, not an object"),
        ("cart/items/0/qty", 0, "/cart/items/0/qty", "lines.0.quantity", "more than 0"),
        (
            "cart/items/0/modifiers/0/modifiers/0/price",
            "1.5",
            "/cart/items/0/modifiers/0/modifiers/0/price",
            "lines.0.children.0.children.0.unit_price",
            "whole number",
        ),
        (
            "cart/items/0/modifiers/0",
            None,
            "/cart/items/0/modifiers/0/vat",
            "lines.0.children.0.tax.0.rate_bp",
            "because /cart/items/0/modifiers/0 is null",
        ),
        ("drop", [], "/drop/street", "delivery.address.lines.0", "because /drop is a list"),
        ("drop/at/lat", 91, "/drop/at/lat", "delivery.address.latitude", "at most 90"),
        ("created_at", "2026-11-23", "/created_at", "placed_at", "time of day"),
    ],
)
def test_bad_payload_is_located(
    order: Translator,
    payload: Payload,
    path: str,
    value: Any,
    where: str,
    field: str,
    message: str,
) -> None:
    """A value that does not fit is reported with its pointer, our field, and what is wrong."""
    with pytest.raises(TranslationError) as caught:
        order.translate(change(payload, path, value))
    assert (caught.value.path, caught.value.field) == (where, field)
    assert message in caught.value.message


@pytest.mark.parametrize("payload", [None, [], "text", 5, {}])
def test_payload_of_another_kind_is_refused(order: Translator, payload: Any) -> None:
    """Whatever is not an order at all is one TranslationError as well."""
    with pytest.raises(TranslationError, match="is missing"):
        order.translate(payload)


def test_endless_nesting_is_refused(order: Translator, payload: Payload) -> None:
    """Modifiers nested without end do not end the process."""
    line: Payload = {"title": "x", "qty": 1, "price": 1}
    for _ in range(5000):
        line = {"title": "x", "qty": 1, "price": 1, "modifiers": [line]}
    with pytest.raises(TranslationError, match="nested too deeply"):
        order.translate({**payload, "cart": {"items": [line]}})


def test_what_they_cannot_say_is_located(order: Translator, payload: Payload) -> None:
    """A status without a word of theirs, and money in another currency, are refused with path."""
    value = order.translate(payload).value
    with pytest.raises(TranslationError) as caught:
        order.untranslate(value.model_copy(update={"status": "completed"}))
    assert (caught.value.path, caught.value.field) == ("/state", "status")
    assert isinstance(value, Order)
    side = value.lines[0].children[0]
    foreign = side.model_copy(update={"unit_price": Money(amount_minor=1, currency="USD")})
    lines = (value.lines[0].model_copy(update={"children": (side, foreign)}),)
    with pytest.raises(TranslationError) as caught:
        order.untranslate(value.model_copy(update={"lines": lines}))
    assert caught.value.path == "/cart/items/0/modifiers/1/price"
    assert caught.value.field == "lines.0.children.1.unit_price"
    assert "USD" in caught.value.message


PRODUCT = """
mappings:
  product:
    into: Product
    currency: $.price.currency
    fields:
      ids.partner_id: $.id
      name: $.texts.name
      description: $.texts.description
      price: {from: $.price.amount, as: minor}
      available: {from: $.sold_out, as: boolean, true: false, false: true}
      tags: {each: $.tags, as: string}
      snoozed_until: {from: $.until, as: instant}
      featured: {value: false, to: $.featured}
"""


def test_partial_write_keeps_absent_null_and_value_apart(compile_text: Compile) -> None:
    """`only` narrows to fields that were given; a given None is null, an unset field is absent."""
    product = compile_text(PRODUCT)["product"]
    price = {"amount_minor": 5, "currency": "EUR"}
    value = Product.model_validate(
        {"ids": {"partner_id": "p"}, "name": "Pie", "price": price, "snoozed_until": None}
    )
    partial = product.untranslate(value, only={"snoozed_until", "available"})
    assert partial.payload == {"until": None}
    full = product.untranslate(value).payload
    assert full == {
        "id": "p",
        "texts": {"name": "Pie"},
        "price": {"amount": 5, "currency": "EUR"},
        "until": None,
        "featured": False,
    }


def test_payload_currency_is_read_and_written(compile_text: Compile) -> None:
    """The currency beside an amount holds for it, in either direction, before the manifest's."""
    product = compile_text(PRODUCT)["product"]
    payload = {
        "id": "p",
        "texts": {"name": "Pie"},
        "price": {"amount": 5, "currency": "JPY"},
        "sold_out": True,
        "tags": ["hot"],
        "featured": False,
    }
    value = product.translate(payload).value
    assert isinstance(value, Product)
    assert (value.price.currency, value.available, value.tags) == ("JPY", False, ("hot",))
    assert product.untranslate(value).payload == payload


def test_constant_that_does_not_hold_is_refused(compile_text: Compile) -> None:
    """An entity that contradicts a written constant cannot be said in the partner's words."""
    product = compile_text(PRODUCT)["product"]
    price = {"amount_minor": 5, "currency": "EUR"}
    value = Product.model_validate(
        {"ids": {"partner_id": "p"}, "name": "Pie", "price": price, "featured": True}
    )
    with pytest.raises(TranslationError, match="only knows False, not True") as caught:
        product.untranslate(value)
    assert caught.value.path == "/featured"


def test_writing_the_wrong_thing_is_bad_input(order: Translator, payload: Payload) -> None:
    """Another class, or an unknown name in `only`, is the caller's mistake and says so."""
    catalog = Catalog(restaurant_id="r", currency="EUR")
    with pytest.raises(InputError, match="writes Order, not Catalog"):
        order.untranslate(catalog)
    with pytest.raises(InputError, match="Did you mean 'status"):
        order.untranslate(order.translate(payload).value, only={"statuss"})


def test_one_way_mapping_cannot_write(compile_text: Compile) -> None:
    """A mapping whose rules are all one-way in says that it cannot write."""
    text = """
mappings:
  update:
    into: OrderStatusUpdate
    fields:
      order_id: {from: $.id, one-way: in}
      status: {from: $.s, enum: {A: placed, B: placed}, one-way: in}
"""
    update = compile_text(text)["update"]
    assert not update.can_write
    value = update.translate({"id": "1", "s": "B"}).value
    with pytest.raises(MappingError, match="one-way in"):
        update.untranslate(value)


def test_one_way_out_is_not_read(compile_text: Compile) -> None:
    """A one-way out rule is written, and its source is not read."""
    text = """
mappings:
  update:
    into: OrderStatusUpdate
    fields:
      order_id: $.id
      status: {from: $.s, enum: {A: placed}, unknown: error}
      reason: {from: $.why, one-way: out}
"""
    update = compile_text(text)["update"]
    value = update.translate({"id": "1", "s": "A", "why": "late"}).value
    assert "reason" not in value.model_fields_set
    said = value.model_copy(update={"reason": "late"})
    assert update.untranslate(said).payload == {"id": "1", "s": "A", "why": "late"}
    with pytest.raises(TranslationError, match="not in the table"):
        update.translate({"id": "1", "s": "C"})


@pytest.mark.parametrize("word", [20, "20"], ids=["number", "text"])
def test_numeric_codes(compile_text: Compile, word: Any) -> None:
    """Words that are numerals are written as numbers, and read in both spellings."""
    text = """
mappings:
  update:
    into: OrderStatusUpdate
    fields:
      order_id: $.id
      status: {from: $.code, enum: {10: placed, 20: accepted}}
"""
    update = compile_text(text)["update"]
    value = update.translate({"id": "1", "code": word}).value
    assert update.untranslate(value).payload == {"id": "1", "code": 20}
    kept = update.translate({"id": "1", "code": 99}).value
    assert update.untranslate(kept).payload == {"id": "1", "code": 99}


def test_flat_source_fills_nested_objects(compile_text: Compile) -> None:
    """`from: $` groups flat values of theirs; items of a list and numbered paths work both ways."""
    text = """
mappings:
  booking:
    into: Reservation
    fields:
      ids.partner_id: $.id
      status: {from: $.state, enum: {P: requested}}
      starts_at: {from: $.start, as: epoch-s}
      party: {from: $, fields: {adults: $.adults, children: $.kids}}
      deposit: {from: $, fields: {amount: {from: $.paid, as: amount-currency}}}
      notes: {each: $.wishes, fields: {text: $}}
      customer.phone: "$.phones[0].number"
      customer.email: $.mail.main
      ext.room: $.mail.room
"""
    booking = compile_text(text)["booking"]
    payload = {
        "id": "b",
        "state": "P",
        "start": 1795435200,
        "adults": 2,
        "kids": 1,
        "wishes": ["window", "quiet"],
        "phones": [{"number": "600"}],
        "mail": {"main": "a@example.org", "room": {"n": 1}},
    }
    result = booking.translate(payload)
    assert result.value.model_dump(include={"party", "notes"}) == {
        "party": {"adults": 2, "children": 1},
        "notes": ({"kind": "customer", "text": "window"}, {"kind": "customer", "text": "quiet"}),
    }
    assert "deposit" not in result.value.model_fields_set
    assert booking.untranslate(result.value).payload == payload
    assert result.coverage.unread == ()


def test_none_group_is_null_everywhere(order: Translator, payload: Payload) -> None:
    """A group that was set to None is null at every path of its parts."""
    text_free = order.translate(payload).value.model_copy(update={"delivery": None})
    assert order.untranslate(text_free).payload["drop"] is None


def test_names_are_data_not_code(compile_text: Compile) -> None:
    """Keys of theirs and of ours with quotes, braces and line ends are taken literally."""
    text = """
mappings:
  "m'\\n+1":
    into: Order
    fields:
      ids.partner_id: "$['a''b{}']"
      ext.{}'x: "$['c\\\\n{v}']"
      order_type: {value: inside}
      status: {value: placed}
      currency: {value: EUR}
      placed_at: {from: $.at, as: instant}
      totals.total: {from: $.total, as: minor}
""".replace("''", "\\\\'")
    mapping = next(iter(compile_text(text).values()))
    payload = {"a'b{}": "1", "c\n{v}": {"k": [1]}, "at": "2026-11-23T12:00:00Z", "total": 5}
    value = mapping.translate(payload).value
    assert isinstance(value, Order)
    assert (value.ids.partner_id, value.ext) == ("1", {"{}'x": {"k": [1]}})
    assert mapping.untranslate(value).payload == payload


def test_table_for_people(order: Translator) -> None:
    """The rules are also there as a flat table of our field, their path and the conversion."""
    rows = {row.field: row for row in order.table}
    assert rows["delivery.address.city"].path == "$.drop.city"
    assert rows["totals.total"].conversion == "minor"
    assert rows["lines"].conversion == "as in 'line'"
    assert rows["party_size"].conversion == "2 when absent"
