"""Money, open enumerations and the tri-state of fields."""

from __future__ import annotations

import copy
import json
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import workbench.canonical as room
from workbench.canonical import (
    ENTITIES,
    Entity,
    Money,
    OpenEnum,
    Order,
    OrderStatus,
    OrderType,
    Product,
    exponent,
)

CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD", "CLF"])
MINOR = st.integers(min_value=-(10**15), max_value=10**15)
ENUMS = sorted(
    (
        item
        for item in vars(room).values()
        if isinstance(item, type) and issubclass(item, OpenEnum) and item is not OpenEnum
    ),
    key=lambda item: item.__name__,
)


@pytest.mark.parametrize(
    ("currency", "digits", "major"),
    [("JPY", 0, "1234"), ("EUR", 2, "12.34"), ("KWD", 3, "1.234"), ("CLF", 4, "0.1234")],
)
def test_exponent_places_the_point(currency: str, digits: int, major: str) -> None:
    """1234 minor units are as much as the currency's exponent says."""
    money = Money(amount_minor=1234, currency=currency)
    assert exponent(currency) == money.exponent == digits
    assert money.major == Decimal(major)
    assert str(money) == f"{major} {currency}"


@given(MINOR, MINOR, CURRENCIES)
def test_addition_is_exact(first: int, second: int, currency: str) -> None:
    """Sums are those of the integers, in either order and in major units."""
    one = Money(amount_minor=first, currency=currency)
    two = Money(amount_minor=second, currency=currency)
    assert (one + two).amount_minor == first + second
    assert one + two == two + one
    assert (one + two).major == one.major + two.major


def test_currencies_do_not_mix() -> None:
    """Euros and yen cannot be added."""
    with pytest.raises(ValueError, match="cannot add JPY to EUR"):
        Money(amount_minor=1, currency="EUR") + Money(amount_minor=1, currency="JPY")


@pytest.mark.parametrize("amount", [1.5, 1.0, "1", True, None, 2**63])
def test_only_whole_minor_units_are_money(amount: object) -> None:
    """INV-M6: fractions, floats, text and booleans are not silently made into amounts."""
    with pytest.raises(ValidationError):
        Money.model_validate({"amount_minor": amount, "currency": "EUR"})


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "€", "EUR\n"])
def test_only_codes_are_currencies(currency: str) -> None:
    """A currency is three capital letters, nothing around them."""
    with pytest.raises(ValidationError):
        Money(amount_minor=1, currency=currency)


@pytest.mark.parametrize("enum", ENUMS)
def test_known_values_are_kebab_case_and_known(enum: type[OpenEnum]) -> None:
    """Each member is found by its value and says that it is known."""
    for member in enum:
        assert enum(member.value) is member
        assert member.is_known
        assert member.value == member.value.lower()
        assert "_" not in member.value


@given(st.sampled_from(ENUMS), st.text(min_size=1))
def test_unknown_values_survive_everything(enum: type[OpenEnum], text: str) -> None:
    """Any text stays itself: equal, hashable, copied, pickled; and no member is added."""
    members = len(enum)
    value = enum(text)
    assert value == text
    assert hash(value) == hash(text)
    assert value.is_known == (text in enum.__members__.values())
    assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
    assert len(enum) == members


@given(st.text(min_size=1).filter(lambda text: text.encode(errors="replace").decode() == text))
def test_unknown_values_survive_json(order: Order, text: str) -> None:
    """An order with unknown status, type and dictionary key comes back from JSON as it was."""
    changed = order.model_copy(update={"status": OrderStatus(text), "order_type": OrderType(text)})
    back = Order.model_validate_json(changed.model_dump_json())
    assert (back.status, back.order_type) == (text, text)
    assert back == changed


def test_unknown_dictionary_keys_survive_json() -> None:
    """A price for an order type that we do not know is kept."""
    product = Product.model_validate(
        {
            "ids": {"partner_id": "p"},
            "name": "p",
            "price": {"amount_minor": 1, "currency": "EUR"},
            "price_by_order_type": {"drone": {"amount_minor": 2, "currency": "EUR"}},
        }
    )
    back = Product.model_validate_json(product.model_dump_json())
    assert back.price_by_order_type[OrderType("drone")].amount_minor == 2


@pytest.mark.parametrize("value", ["", None, 3])
def test_nothing_is_no_enumeration_value(value: object) -> None:
    """Empty text, null and numbers are refused."""
    with pytest.raises(ValueError, match="is not a valid"):
        OrderStatus(value)


def test_absent_null_and_value_are_three_things() -> None:
    """`model_fields_set` tells a null from an absent field, through a JSON round trip too."""
    given_ids = {"ids": {"partner_id": "p"}, "name": "p"}
    price = {"price": {"amount_minor": 1, "currency": "EUR"}}
    absent = Product.model_validate({**given_ids, **price})
    null = Product.model_validate({**given_ids, **price, "stock": None})
    value = Product.model_validate({**given_ids, **price, "stock": 0})
    assert absent.stock is null.stock is None
    assert "stock" not in absent.model_fields_set
    assert "stock" in null.model_fields_set
    assert json.loads(null.model_dump_json(exclude_unset=True))["stock"] is None
    assert "stock" not in json.loads(absent.model_dump_json(exclude_unset=True))
    for item in (absent, null, value):
        back = Product.model_validate_json(item.model_dump_json(exclude_unset=True))
        assert back.model_fields_set == item.model_fields_set


def test_entities_are_closed_and_frozen(order: Order) -> None:
    """A misspelt field is refused, and nothing changes after it is built."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        Money.model_validate({"amount_minor": 1, "currency": "EUR", "curency": "EUR"})
    with pytest.raises(ValidationError, match="frozen"):
        order.is_test = True  # type: ignore[misc]


def test_entities_by_name() -> None:
    """The table holds what the room exports, by class name, but no base class."""
    assert ENTITIES["Order"] is Order
    assert all(item.__name__ == name and name in room.__all__ for name, item in ENTITIES.items())
    assert not {"Entity", "Ext"} & set(ENTITIES)
    exported = {
        name
        for name in room.__all__
        if isinstance(item := getattr(room, name), type) and issubclass(item, Entity)
    }
    assert exported == set(ENTITIES) | {"Entity", "Ext", "Violation"}
