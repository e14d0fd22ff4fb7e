"""The subtler readings of the money laws."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.canonical import Entity, Money, Order, OrderLine, Totals
from workbench.canonical.invariants import (
    check,
    check_fineness,
    check_line_totals,
    check_payments,
    check_sign,
    check_stated_totals,
    check_total,
)

Damage = Callable[[Entity, dict[str, Any]], Any]
AMOUNTS = st.integers(min_value=0, max_value=10**7)


def eur(amount: int) -> dict[str, Any]:
    """Minor units as a Money."""
    return {"amount_minor": amount, "currency": "EUR"}


def line(quantity: int, price: int, *children: OrderLine) -> OrderLine:
    """A line with its children."""
    return OrderLine(
        name="x",
        quantity=Decimal(quantity),
        unit_price=Money(amount_minor=price, currency="EUR"),
        children=children,
    )


LINES = st.recursive(
    st.builds(line, st.integers(1, 9), AMOUNTS),
    lambda inner: st.builds(
        lambda quantity, price, children: line(quantity, price, *children),
        st.integers(1, 9),
        AMOUNTS,
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)


def price_of(item: OrderLine) -> int:
    """The law, written once more in integers."""
    each = item.unit_price.amount_minor + sum(price_of(child) for child in item.children)
    return int(item.quantity) * each


@given(st.lists(LINES, min_size=1, max_size=4), st.integers(min_value=-5, max_value=5))
def test_totals_hold_exactly_when_they_are_the_sum(
    order: Order, lines: list[OrderLine], error: int
) -> None:
    """INV-M1 and M2 pass on the right totals, and on no others."""
    stated = [
        item.model_copy(update={"line_total": Money(amount_minor=price_of(item), currency="EUR")})
        for item in lines
    ]
    total = sum(price_of(item) for item in lines)
    bare = order.model_copy(
        update={
            "lines": tuple(stated),
            "fees": (),
            "tips": (),
            "discounts": (),
            "totals": Totals(total=Money(amount_minor=total + error, currency="EUR")),
        }
    )
    assert check_line_totals(bare) == ()
    assert bool(check_total(bare)) == (error != 0)
    wrong = stated[0].model_copy(
        update={"line_total": Money(amount_minor=price_of(stated[0]) + error, currency="EUR")}
    )
    changed = bare.model_copy(update={"lines": (wrong,)})
    assert bool(check_line_totals(changed)) == (error != 0)


@pytest.mark.parametrize(
    ("stated", "holds"), [(432, True), (433, True), (431, False), (434, False)]
)
def test_weighed_goods_round_either_way(
    order: Order, damage: Damage, stated: int, holds: bool
) -> None:
    """0.333 kg at 12.99 make 4.32567: 4.32 and 4.33 are right."""
    weighed = {
        "name": "Ham",
        "quantity": "0.333",
        "unit": "kg",
        "unit_price": eur(1299),
        "line_total": eur(stated),
    }
    assert (check_line_totals(damage(order, {"/lines/1": weighed})) == ()) is holds


def test_line_discounts_are_counted_once(order: Order, damage: Damage) -> None:
    """A discount that a line contains is not taken off again when the order lists it too."""
    changes = {
        "/lines/1/discount_total": eur(50),
        "/lines/1/line_total": eur(150),
        "/lines/1/tax": [],
        "/discounts/-": {"amount": eur(50), "target": "line"},
        "/totals": {"total": eur(2650)},
        "/payments/0/amount": eur(2650),
    }
    assert check(damage(order, changes)) == ()
    aside = damage(order, {**changes, "/discounts/1/target": "order"})
    assert {item.code for item in check_total(aside)} == {"INV-M2"}


def test_a_fee_that_is_also_a_line_counts_once(order: Order, damage: Damage) -> None:
    """Delivery both as a line and as a field leaves the total as it is; twice is too much."""
    fee_line = {"name": "Delivery", "kind": "fee", "quantity": 1, "unit_price": eur(300)}
    both = damage(order, {"/lines/-": fee_line})
    assert check_total(both) == ()
    twice = damage(order, {"/lines/-": fee_line, "/totals": {"total": eur(3000)}})
    assert {item.code for item in check_total(twice)} == {"INV-M2"}
    as_line_only = damage(order, {"/lines/-": fee_line, "/fees": [], "/totals/fees": None})
    assert check_total(as_line_only) == check_stated_totals(as_line_only) == ()


def test_taxes_that_prices_exclude_are_added(order: Order, damage: Damage) -> None:
    """A net order's total has its taxes on top."""
    net = {
        "/lines/1/tax": [{"rate_bp": 1000, "amount": eur(20), "inclusive": False}],
        "/totals": {"total": eur(2720), "items": eur(2500)},
    }
    assert check_total(damage(order, net)) == ()
    assert check_stated_totals(damage(order, net)) == ()
    assert check_total(damage(order, {**net, "/totals/total": eur(2700)}))


def test_sums_that_are_stated_alone_count(order: Order, damage: Damage) -> None:
    """A partner that states tips, fees and discounts as one sum each need not list them."""
    sums = {"fees": eur(300), "tips": eur(100), "discounts": eur(200)}
    bare = {"/fees": [], "/tips": [], "/discounts": []}
    for total, broken in ((2700, ()), (2600, ("INV-M2",)), (2500, ("INV-M2",))):
        found = damage(order, {**bare, "/totals": {"total": eur(total), **sums}})
        assert tuple(item.code for item in check_total(found)) == broken


def test_a_tax_of_the_whole_order_may_be_on_top(order: Order, damage: Damage) -> None:
    """Where no line states a tax, the order's own may be within the prices or added; once."""
    bare = {"/lines/1/tax": [], "/lines/0/tax": [], "/fees/0/tax": None}
    for total, broken in ((2700, ()), (2790, ()), (2745, ("INV-M2", "INV-M9"))):
        totals = {"total": eur(total), "items": eur(2500), "tax": eur(90)}
        found = damage(order, {**bare, "/totals": totals, "/payments/0/amount": eur(total)})
        assert tuple(item.code for item in check(found)) == broken


def test_tips_are_not_taken_back(order: Order, damage: Damage) -> None:
    """INV-M8: a negative tip is no tip, even where the sum is right."""
    codes = [item.path for item in check_sign(damage(order, {"/tips/0/amount": eur(-100)}))]
    assert codes == ["/tips/0/amount"]


def test_only_a_unit_price_is_finer_than_a_coin(order: Order, damage: Damage) -> None:
    """INV-M6: three for ten euros are 3.333… each; a total of so many decimals is none."""
    third = {**eur(333), "finer": "0.3333333"}
    fine = {"/lines/0/unit_price": third, "/lines/0/quantity": 3, "/lines/0/children": []}
    line = damage(order, fine).lines[0].model_copy(update={"line_total": None})
    assert line.unit_price.minor == Decimal("333.3333333")
    assert check_fineness(damage(order, fine)) == ()
    (found,) = check_fineness(damage(order, {"/totals/total": third}))
    assert (found.code, found.path) == ("INV-M6", "/totals/total")


def test_orders_without_lines_are_not_judged_by_their_sum(order: Order) -> None:
    """Lines that the partner never gives are not missing; an empty list is."""
    document = order.model_dump(mode="json", exclude_unset=True)
    del document["lines"]
    assert check_total(Order.model_validate(document)) == ()
    assert check_total(Order.model_validate({**document, "lines": []}))


@pytest.mark.parametrize(
    ("paid", "severities"),
    [(2700, []), (2698, ["warning"]), (2702, ["warning"]), (2697, ["error"]), (0, ["error"])],
)
def test_payments_may_differ_by_rounding(
    order: Order, damage: Damage, paid: int, severities: list[str]
) -> None:
    """INV-M3 warns up to one minor unit per line (two lines here), and is an error beyond."""
    found = check_payments(damage(order, {"/payments/0/amount": eur(paid)}))
    assert [item.severity for item in found] == severities


@pytest.mark.parametrize(("due", "holds"), [(1700, True), (1600, False)])
def test_due_and_prepaid_make_the_total(
    order: Order, damage: Damage, due: int, holds: bool
) -> None:
    """What is prepaid and what is due are together the total."""
    part = damage(order, {"/payments/0/amount": eur(1000), "/totals/due": eur(due)})
    assert (check_payments(part) == ()) is holds


@pytest.mark.parametrize(
    "changes", [{"/order_type": "insitu"}, {"/remake_of": "o-0"}], ids=["booking", "remake"]
)
def test_bookings_and_remakes_may_be_free(
    order: Order, damage: Damage, changes: dict[str, Any]
) -> None:
    """INV-M8 lets a total of 0 pass there, but never a negative one."""
    assert check_sign(damage(order, {**changes, "/totals/total": eur(0)})) == ()
    assert check_sign(damage(order, {**changes, "/totals/total": eur(-1)}))
