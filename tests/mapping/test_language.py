from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workbench.canonical.availability import Availability
from workbench.canonical.base import Money
from workbench.canonical.delivery import DeliveryLocation
from workbench.canonical.menu import Catalog, Product
from workbench.canonical.order import Order, OrderLine
from workbench.errors import TranslationError
from workbench.mapping import Translator

Compile = Callable[..., dict[str, Translator]]

SHAPES = """
mappings:
  menu:
    into: Catalog
    fields:
      restaurant_id: $.store
      currency: {value: EUR}
      products:
        each: $.items
        key: ids.partner_id
        fields:
          ids.external_code: $.plu
          name: $.name
          price: {from: $.price, as: decimal}
          option_category_ids: {each: $.groups, as: string}
      option_categories:
        each: $.groups
        key: {ids.partner_id: {as: integer}}
        fields: {name: $}
  line:
    into: OrderLine
    fields:
      name: $.name
      quantity: $.qty
      unit_price: {from: $.price, as: minor}
      children:
        each: $.choices
        inner: $.of.options
        group: {group_id: $.id, group_name: $.label}
        fields:
          name: $.name
          quantity: {from: $.n, as: integer}
          unit_price: {from: $.price, as: minor}
"""

HOURS = """
mappings:
  hours:
    into: Availability
    fields:
      restaurant_id: $.store
      timezone: {value: Europe/Madrid}
      schedules.0.ranges:
        each: $.week
        key: {day: {as: weekday}}
        inner: $
        overnight: split
        fields:
          start: {from: "$[0]", as: time}
          end: {from: "$[1]", as: time, midnight: "24:00"}
"""


@pytest.fixture(scope="session")
def shapes(compile_text: Compile) -> dict[str, Translator]:
    """Keyed maps and groups."""
    return compile_text(SHAPES)


MENU = {
    "store": "s",
    "items": {
        "p1": {"plu": "10", "name": "Pie", "price": 9.5, "groups": ["7"]},
        "p2": {"plu": "11", "name": "Soup", "price": 4, "groups": []},
    },
    "groups": {"7": "Sauces"},
}


def test_keyed_map_is_a_list_of_ours(shapes: dict[str, Translator]) -> None:
    """An object of id → item is read as a list, its keys into a field, and written back."""
    result = shapes["menu"].translate(MENU)
    value = result.value
    assert isinstance(value, Catalog)
    assert [(p.ids.partner_id, p.ids.external_code) for p in value.products] == [
        ("p1", "10"),
        ("p2", "11"),
    ]
    assert value.option_categories[0].ids.partner_id == "7"
    assert shapes["menu"].untranslate(value).payload == MENU
    assert result.coverage.unread == ()
    assert result.provenance["products.1.name"] == "/items/p2/name"
    assert result.provenance["products.1.ids.partner_id"] == "/items/p2"


def test_two_items_with_one_key_are_refused(shapes: dict[str, Translator]) -> None:
    """What would overwrite another item on its way out is an error with its place."""
    value = shapes["menu"].translate(MENU).value
    assert isinstance(value, Catalog)
    twice = value.model_copy(update={"products": (value.products[0],) * 2})
    with pytest.raises(TranslationError, match="two items have the key p1") as caught:
        shapes["menu"].untranslate(twice)
    assert (caught.value.path, caught.value.field) == ("/items", "products.1")


@pytest.mark.parametrize(
    ("items", "path", "message"),
    [
        ([], "/items", "an object of items by key is expected, not a list"),
        ({"p": {"name": 5, "price": 1}}, "/items/p/name", "takes text"),
        ({"p": {"name": "x", "price": "?"}}, "/items/p/price", "decimal number"),
        ({"p": None}, "/items/p/plu", "because /items/p is null"),
    ],
)
def test_bad_keyed_item_is_located(
    shapes: dict[str, Translator], items: Any, path: str, message: str
) -> None:
    """Errors inside a keyed map name the key."""
    with pytest.raises(TranslationError) as caught:
        shapes["menu"].translate({**MENU, "items": items})
    assert caught.value.path == path
    assert message in caught.value.message


LINE = {
    "name": "Pie",
    "qty": 1,
    "price": 900,
    "choices": [
        {
            "id": "s",
            "label": "Sauce",
            "of": {
                "options": [
                    {"name": "Ali-oli", "n": 1, "price": 50},
                    {"name": "Brava", "n": 2, "price": 0},
                ]
            },
        },
        {"id": "d", "label": "Drink", "of": {"options": [{"name": "Cola", "n": 1, "price": 200}]}},
    ],
}


def test_groups_are_flattened_and_regrouped(shapes: dict[str, Translator]) -> None:
    """Options in groups become flat children that name their group, and go back into groups."""
    result = shapes["line"].translate(LINE)
    value = result.value
    assert isinstance(value, OrderLine)
    assert [(c.name, c.group_id, c.group_name) for c in value.children] == [
        ("Ali-oli", "s", "Sauce"),
        ("Brava", "s", "Sauce"),
        ("Cola", "d", "Drink"),
    ]
    assert shapes["line"].untranslate(value).payload == LINE
    assert shapes["line"].untranslate(value).coverage.unread == ()
    assert result.coverage.unread == ()
    assert result.provenance["children.2.name"] == "/choices/1/of/options/0/name"
    assert result.provenance["children.2.group_id"] == "/choices/1/id"


def test_error_in_a_group_is_located(shapes: dict[str, Translator]) -> None:
    """The place names the group and the item in it; the field names the flat index."""
    options = [{"name": "Cola", "n": 1, "price": "2"}]
    bad = {**LINE, "choices": [LINE["choices"][0], {"id": "d", "of": {"options": options}}]}  # type: ignore[index]
    with pytest.raises(TranslationError) as caught:
        shapes["line"].translate(bad)
    assert caught.value.path == "/choices/1/of/options/0/price"
    assert caught.value.field == "children.2.unit_price"
    options[0]["price"] = options[0]["n"] = 0
    with pytest.raises(TranslationError, match="more than 0") as caught:
        shapes["line"].translate(bad)
    assert caught.value.path == "/choices/1/of/options/0/n"


WEEK = {
    "store": "s",
    "week": {
        "friday": [["13:00", "16:00"], ["20:00", "24:00"]],
        "saturday": [["00:00", "02:00"], ["20:00", "24:00"]],
        "sunday": [["00:00", "24:00"]],
    },
}


def test_openings_cut_at_midnight_are_whole_with_us(compile_text: Compile) -> None:
    """Evening and the night after are one opening of ours; a whole day stays a day."""
    hours = compile_text(HOURS)["hours"]
    value = hours.translate(WEEK).value
    assert isinstance(value, Availability)
    assert [f"{r.day} {r.start:%H}-{r.end:%H}" for r in value.schedules[0].ranges] == [
        "friday 13-16",
        "friday 20-02",
        "saturday 20-00",
        "sunday 00-00",
    ]
    closed = {day: [] for day in ("monday", "tuesday", "wednesday", "thursday")}
    assert hours.untranslate(value).payload == {**WEEK, "week": {**closed, **WEEK["week"]}}


def test_night_from_sunday_to_monday(compile_text: Compile) -> None:
    """The day after Sunday is Monday, in both directions."""
    hours = compile_text(HOURS)["hours"]
    week = {"sunday": [["22:00", "24:00"]], "monday": [["00:00", "03:30"]]}
    value = hours.translate({"store": "s", "week": week}).value
    assert isinstance(value, Availability)
    (night,) = value.schedules[0].ranges
    assert (night.day, str(night.end), night.ends_next_day) == ("sunday", "03:30:00", True)
    written = hours.untranslate(value).payload["week"]
    assert {day: ranges for day, ranges in written.items() if ranges} == week
    assert len(written) == 7, "a day without openings says so"


PARTS = """
mappings:
  order:
    into: Order
    fields:
      .: {from: $.data, fields: {ids.partner_id: $.id, restaurant_id: $.store}}
      order_type: {value: delivery}
      status: {value: placed}
      placed_at: {from: $.at, as: instant}
      currency: {value: EUR}
      totals.total: {from: $.total, as: minor}
      customer.name: {join: [$.first, $.last], split: first}
      customer.billing_name: {join: ["$.bill[0]", "$.bill[1]"], separator: ", ", one-way: in}
      customer.phone: {from: $.phone, as: phone, prefix: "+34"}
      delivery.address: {from: $.at_lat_lng, as: coordinates}
      delivery.address.city: $.city
      party_size: {from: $.covers, none: 0}
  driver:
    into: DeliveryLocation
    fields:
      order_id: $.order
      .: {from: $.position, as: coordinates, form: geojson}
      recorded_at: {from: $.at, as: epoch-s}
  product:
    into: Product
    nulls: keep
    fields:
      ids.partner_id: $.id
      name: $.name
      price: {from: $.price, as: minor}
      description: $.text
      stock: {from: $.stock, as: integer}
      snoozed_until: {from: $.until, as: instant}
      tags: {each: $.tags, as: string}
      lead_min: {from: $.lead, as: minutes, nulls: drop}
"""
DATA = {"id": "1", "store": "r"}
PARTED = {"data": DATA, "at": "2026-11-23T12:00:00Z", "total": 5}


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ({"first": "Ada", "last": "King Lovelace"}, "Ada King Lovelace"),
        ({"first": "Ada"}, "Ada"),
        ({}, None),
    ],
)
def test_joined_text_is_split_again(
    compile_text: Compile, parts: dict[str, str], name: str | None
) -> None:
    """Parts are one text with us; what is absent stays absent on the way back."""
    order = compile_text(PARTS)["order"]
    result = order.translate({**PARTED, **parts})
    assert isinstance(result.value, Order)
    assert result.value.customer.name == name
    assert order.untranslate(result.value).payload == {**PARTED, **parts}
    assert result.coverage.unread == ()


def test_join_without_inverse_is_read_only(compile_text: Compile) -> None:
    """A one-way join is read, located when it is no text, and not written."""
    order = compile_text(PARTS)["order"]
    value = order.translate({**PARTED, "bill": ["Ada", "King"]}).value
    assert isinstance(value, Order)
    assert value.customer.billing_name == "Ada, King"
    assert "bill" not in order.untranslate(value).payload
    with pytest.raises(TranslationError, match="a string is expected, not a number") as caught:
        order.translate({**PARTED, "first": 5})
    assert (caught.value.path, caught.value.field) == ("/first", "customer.name")


def test_several_rules_fill_one_object(compile_text: Compile) -> None:
    """Coordinates as text and a city fill one address; both are written where they came from."""
    order = compile_text(PARTS)["order"]
    payload = {**PARTED, "at_lat_lng": "42.2,-8.7", "city": "Vigo", "phone": "600123456"}
    result = order.translate(payload)
    assert isinstance(result.value, Order)
    assert result.value.delivery
    address = result.value.delivery.address
    assert (address.latitude, address.longitude, address.city) == (42.2, -8.7, "Vigo")
    assert result.value.customer.phone == "+34600123456"
    assert order.untranslate(result.value).payload == payload
    assert result.provenance["delivery.address.latitude"] == "/at_lat_lng"
    assert result.coverage.unread == ()
    with pytest.raises(TranslationError, match="pair of coordinates") as caught:
        order.translate({**payload, "at_lat_lng": "42.2"})
    assert caught.value.path == "/at_lat_lng"


def test_coordinates_of_the_object_itself(compile_text: Compile) -> None:
    """`.` stands for the whole entity; half of a pair cannot be written."""
    driver = compile_text(PARTS)["driver"]
    point = {"type": "Point", "coordinates": [-8.7, 42.2]}
    payload = {"order": "o", "position": point, "at": 1795435200}
    value = driver.translate(payload).value
    assert isinstance(value, DeliveryLocation)
    assert (value.latitude, value.longitude) == (42.2, -8.7)
    assert driver.untranslate(value).payload == payload
    assert driver.untranslate(value, only={"order_id"}).payload == {"order": "o"}
    with pytest.raises(TranslationError, match="needed together") as caught:
        driver.untranslate(value, only={"latitude"})
    assert caught.value.path == "/position"
    with pytest.raises(TranslationError, match="is missing") as caught:
        driver.translate({"order": "o", "at": 1795435200})
    assert caught.value.path == "/position"


def test_their_word_for_none(compile_text: Compile) -> None:
    """Zero for `no limit` is our None, and is written as zero again; null is not."""
    order = compile_text(PARTS)["order"]
    value = order.translate({**PARTED, "covers": 0}).value
    assert isinstance(value, Order)
    assert value.party_size is None
    assert "party_size" in value.model_fields_set
    assert order.untranslate(value).payload == {**PARTED, "covers": 0}
    assert "party_size" not in order.translate({**PARTED, "covers": None}).value.model_fields_set


def test_absent_null_and_value_are_kept_apart(compile_text: Compile) -> None:
    """With `nulls: keep` a null is a None that was given, and a partial document comes back."""
    product = compile_text(PARTS)["product"]
    base = {"id": "p", "name": "Pie", "price": 900}
    for extra in ({}, {"text": None}, {"text": "hot", "stock": None, "until": None}):
        value = product.translate({**base, **extra}).value
        assert product.untranslate(value).payload == {**base, **extra}
    value = product.translate({**base, "text": None, "tags": None, "lead": None}).value
    assert isinstance(value, Product)
    assert value.model_fields_set == {"ids", "name", "price", "description"}


CASES = """
mappings:
  line:
    into: OrderLine
    fields:
      .:
        from: $
        case: $.type
        when:
          DISH: {use: dish}
          MENU:
            fields:
              kind: {value: set-menu}
              name: $.menu.title
              quantity: $.qty
              unit_price: {from: $.menu.price, as: minor}
              children: {each: $.courses, use: line}
          "*": {fields: {kind: {value: fee}, name: $.label, quantity: {value: 1},
                         unit_price: {from: $.amount, as: decimal}, id: $.type}}
  dish:
    into: OrderLine
    fields:
      kind: {value: product}
      name: $.name
      quantity: $.qty
      unit_price: {from: $.price, as: minor}
  order:
    into: OrderLine
    fields:
      name: $.n
      quantity: {value: 1}
      unit_price: {from: $.p, as: minor}
      tax:
        each: $.taxes
        case: $.kind
        when:
          1: {fields: {kind: {value: item}, rate_bp: {from: $.percent, as: percent}}}
          2: {fields: {kind: {value: tip}, rate_bp: {from: $.bp, as: basis-points}}}
"""
MEAL = {
    "type": "MENU",
    "menu": {"title": "Lunch", "price": 1500},
    "qty": 1,
    "courses": [
        {"type": "DISH", "name": "Soup", "qty": 1, "price": 0},
        {"type": "BAG", "label": "Bag", "amount": 0.1},
    ],
}


def test_branches_by_discriminator(compile_text: Compile) -> None:
    """A word of theirs says which rules hold; outward the constants of a branch do."""
    line = compile_text(CASES)["line"]
    result = line.translate(MEAL)
    value = result.value
    assert isinstance(value, OrderLine)
    assert (value.kind, [child.kind for child in value.children]) == (
        "set-menu",
        ["product", "fee"],
    )
    assert value.children[1].unit_price == Money(amount_minor=10, currency="EUR")
    assert line.untranslate(value).payload == MEAL
    assert result.coverage.unread == ()
    assert line.untranslate(value).coverage.unread == ()


USED = """
mappings:
  dish:
    into: OrderLine
    fields: {name: $.title, unit_price: {from: $.price, as: minor}, quantity: {value: 1}}
  order:
    into: Order
    fields:
      ids: {from: $.names, fields: {partner_id: $.code}}
      status: {from: $.state, enum: {NEW: placed}, one-way: in}
      lines: {each: $.dishes, use: dish}
"""


@pytest.mark.parametrize(
    ("names", "sources"),
    [
        (("lines", "name"), [("title",)]),  # in a mapping that is used
        (("lines", "notes"), []),
        (("ids", "partner_id"), [("code",)]),
        (("ids",), [("code",)]),
        (("status",), [("state",)]),
        (("status", "whatever"), [("state",)]),
        (("covers",), []),
    ],
)
def test_a_rule_is_found_by_the_field_of_ours(
    compile_text: Compile, names: tuple[str, ...], sources: list[tuple[str, ...]]
) -> None:
    """Rules of used mappings, of objects and of lists count; what no rule fills has none."""
    order = compile_text(USED)["order"]
    assert [rule.source for rule in order.rules_of(*names)] == sources
    written = [] if names[0] == "status" else sources  # which is only read
    assert [rule.source for rule in order.rules_of(*names, inward=False)] == written
    assert order.find_value({"names": {"code": "7"}}, "ids", "partner_id") == "7"
    assert order.find_value({"names": {}}, "ids", "partner_id") is None


def test_rules_of_every_branch_are_found(compile_text: Compile) -> None:
    """Which branch holds is not known before a payload is there, but for the one that it says."""
    line = compile_text(CASES)["line"]
    assert {rule.source for rule in line.rules_of("name")} == {
        ("name",),
        ("menu", "title"),
        ("label",),
    }
    assert line.find_value(MEAL, "name") == "Lunch"
    assert line.find_value({"type": "DISH", "name": "Soup"}, "name") == "Soup"


def test_branches_by_number(compile_text: Compile) -> None:
    """Words that are numerals are numbers; a word without branch is located."""
    order = compile_text(CASES)["order"]
    payload = {"n": "x", "p": 1, "taxes": [{"kind": 1, "percent": 10}, {"kind": 2, "bp": 500}]}
    value = order.translate(payload).value
    assert isinstance(value, OrderLine)
    assert [tax.rate_bp for tax in value.tax] == [1000, 500]
    assert order.untranslate(value).payload == payload
    with pytest.raises(TranslationError, match="no branch of the mapping is for it") as caught:
        order.translate({**payload, "taxes": [{"kind": 1, "percent": 10}, {"kind": 3}]})
    assert (caught.value.path, caught.value.value) == ("/taxes/1/kind", 3)
    odd = value.model_copy(update={"tax": (value.tax[0].model_copy(update={"kind": "fee"}),)})
    with pytest.raises(TranslationError, match="they differ by kind") as caught:
        order.untranslate(odd)
    assert caught.value.field == "tax.0"
    with pytest.raises(TranslationError, match="is missing") as caught:
        order.translate({**payload, "taxes": [{"kind": 2, "bp": 5}, {"kind": 1}]})
    assert caught.value.path == "/taxes/1/percent"


def test_table_shows_the_new_rules(compile_text: Compile, shapes: dict[str, Translator]) -> None:
    """The flat table for people has branches, keys, groups and joins in it."""
    rows = {row.field: row for row in shapes["line"].table}
    assert rows["children[].group_id"].path == "$.choices[*].id"
    assert rows["children[].name"].path == "$.choices[*].of.options[*].name"
    assert any(row.conversion == "the key" for row in shapes["menu"].table)
    order = {row.field: row for row in compile_text(PARTS)["order"].table}
    assert order["customer.name"].path == "$.first, $.last"
    assert order["restaurant_id"].path == "$.data.store"
    whens = [row.conversion for row in compile_text(CASES)["line"].table]
    assert "as in 'dish' when $.type is 'DISH'" in whens
