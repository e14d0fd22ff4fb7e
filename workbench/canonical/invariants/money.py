"""INV-M: the money of an order adds up. Everything is reckoned exactly, in minor units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal

from workbench.canonical.base import Money, OrderType
from workbench.canonical.invariants.violation import Severity, Violation, violation, walk
from workbench.canonical.menu import Catalog
from workbench.canonical.order import (
    DiscountTarget,
    LineKind,
    Order,
    OrderLine,
    PaymentTiming,
    TaxLine,
)


def check_money(order: Order) -> tuple[Violation, ...]:
    """Every INV-M of an order."""
    if mixed := check_currency(order):
        return mixed  # sums over several currencies mean nothing
    return (
        *check_line_totals(order),
        *check_total(order),
        *check_payments(order),
        *check_tax(order),
        *check_discounts(order),
        *check_sign(order),
        *check_fineness(order),
        *check_stated_totals(order),
    )


def check_line_totals(order: Order) -> tuple[Violation, ...]:
    """INV-M1: a line total is quantity by (unit price + children), less its discount.

    Where a weighed quantity gives part of a minor unit, either rounding is right.
    """
    found: tuple[Violation, ...] = ()
    for path, line in _every_line(order.lines, "/lines"):
        if line.line_total is None:
            continue
        expected, stated = _price(line), line.line_total.amount_minor
        exact = expected == expected.to_integral_value()
        if (exact and expected != stated) or abs(expected - stated) >= 1:
            summary = f"the line total is {stated}, but its parts make {expected.normalize():f}"
            found += violation("INV-M1", f"{path}/line_total", summary)
    return found


def check_total(order: Order) -> tuple[Violation, ...]:
    """INV-M2: lines, fees and tips, less discounts, make the total.

    A fee that is both a line and a field counts once; fees, tips and discounts that are stated as
    one sum only are taken from the totals; taxes that prices exclude are added, and a
    tax that is stated for the whole order only may be within the prices or on top. Nothing can be
    said of an order whose partner gives no lines (`lines` not set).
    """
    if "lines" not in order.model_fields_set:
        return ()
    gap = total_gap(order)
    if gap in _taxes_on_top(order):
        return ()
    stated = order.totals.total.amount_minor
    summary = f"the total is {stated}, but lines, fees, tips and discounts make {stated - gap}"
    return violation("INV-M2", "/totals/total", summary)


def total_gap(order: Order) -> int:
    """By how many minor units the stated total is more than its parts."""
    lines = sum(_amount(line) for line in order.lines)
    totals = order.totals
    fees = _sum([totals.fees]) if totals.fees and not _has_fees(order) else _fees(order)
    tips = _tips(order) if order.tips else _sum([totals.tips])
    expected = lines + fees + tips - _reductions(order) + _excluded_tax(order)
    return order.totals.total.amount_minor - expected


def check_payments(order: Order) -> tuple[Violation, ...]:
    """INV-M3: payments make the total, or what is due and what is prepaid do.

    A difference of up to one minor unit per line is a warning: rounding, to be recorded.
    """
    if not order.payments:
        return ()
    total = order.totals.total.amount_minor
    paid = _sum(item.amount for item in order.payments)
    candidates = [paid]
    if order.totals.due is not None:
        prepaid = (item for item in order.payments if item.timing == PaymentTiming.PREPAID)
        candidates.append(order.totals.due.amount_minor + _sum(item.amount for item in prepaid))
    difference = min(abs(total - item) for item in candidates)
    if difference == 0:
        return ()
    severity: Severity = "warning" if difference <= max(1, len(order.lines)) else "error"
    summary = f"payments make {paid}, but the total is {total}"
    return violation("INV-M3", "/payments", summary, severity=severity)


def check_tax(order: Order) -> tuple[Violation, ...]:
    """INV-M4: tax that is included splits its line exactly; the order's base is the sum of bases.

    The order's base is never reckoned back from the total, as rounding is per line.
    """
    found: tuple[Violation, ...] = ()
    for path, line in _every_line(order.lines, "/lines"):
        parts = [tax for tax in line.tax if tax.inclusive]
        if line.line_total is None or not parts:
            continue
        if any(tax.base is None or tax.amount is None for tax in parts):
            continue
        split = _sum(tax.base for tax in parts) + _sum(tax.amount for tax in parts)
        if split != line.line_total.amount_minor:
            summary = f"base and tax make {split}, not {line.line_total.amount_minor}"
            found += violation("INV-M4", f"{path}/tax", summary)
    bases = [tax.base for tax in _taxes(order)]
    if order.totals.base is None or not bases or None in bases:
        return found
    if (expected := _sum(bases)) != (stated := order.totals.base.amount_minor):
        summary = f"the base is {stated}, but the bases make {expected}"
        found += violation("INV-M4", "/totals/base", summary)
    return found


def check_fineness(order: Order) -> tuple[Violation, ...]:
    """INV-M6: only the price of one unit is finer than the currency's minor unit."""
    return tuple(
        item
        for path, money in walk(order)
        if isinstance(money, Money) and money.finer and not path.endswith("/unit_price")
        for item in violation("INV-M6", path, f"{money} is finer than {money.currency} allows")
    )


def check_currency(entity: Order | Catalog) -> tuple[Violation, ...]:
    """INV-M5: one currency throughout."""
    return tuple(
        item
        for path, money in walk(entity)
        if isinstance(money, Money) and money.currency != entity.currency
        for item in violation(
            "INV-M5", path, f"{money.currency} stands where all else is in {entity.currency}"
        )
    )


def check_discounts(order: Order) -> tuple[Violation, ...]:
    """INV-M7: discounts are not negative, and their sponsors' shares make the whole."""
    found: tuple[Violation, ...] = ()
    for path, line in _every_line(order.lines, "/lines"):
        if line.discount_total is not None and line.discount_total.amount_minor < 0:
            found += violation("INV-M7", f"{path}/discount_total", "the discount is negative")
    for position, item in enumerate(order.discounts):
        path, amount = f"/discounts/{position}", item.amount.amount_minor
        if amount < 0:
            found += violation("INV-M7", f"{path}/amount", "the discount is negative")
        shares = _sum(share.amount for share in item.shares)
        if item.shares and shares != amount:
            found += violation("INV-M7", f"{path}/shares", f"shares make {shares}, not {amount}")
    return found


def check_sign(order: Order) -> tuple[Violation, ...]:
    """INV-M8: the total is positive (0 is for bookings and remakes), and no tip is negative."""
    found: tuple[Violation, ...] = ()
    for position, tip in enumerate(order.tips):
        if tip.amount.amount_minor < 0:
            found += violation("INV-M8", f"/tips/{position}/amount", "the tip is negative")
    total = order.totals.total.amount_minor
    may_be_free = order.order_type == OrderType.INSITU or order.remake_of is not None
    if total > 0 or (total == 0 and may_be_free):
        return found
    summary = f"the total is {total}"
    return (*found, *violation("INV-M8", "/totals/total", summary, severity="warning"))


def check_stated_totals(order: Order) -> tuple[Violation, ...]:
    """INV-M9: the stated items, fees and tips, less discounts, make the stated total.

    A part that is not stated is taken from the order itself.
    """
    totals = order.totals
    if totals.items is None:
        return ()
    fees = _fees(order, with_lines=True) if totals.fees is None else totals.fees.amount_minor
    tips = _tips(order) if totals.tips is None else totals.tips.amount_minor
    off = _discounts(order) if totals.discounts is None else totals.discounts.amount_minor
    expected = totals.items.amount_minor + fees + tips - off + _excluded_tax(order)
    if totals.total.amount_minor - expected in _taxes_on_top(order):
        return ()
    summary = f"the stated parts make {expected}, not {totals.total.amount_minor}"
    return violation("INV-M9", "/totals", summary)


def _every_line(lines: Iterable[OrderLine], path: str) -> Iterator[tuple[str, OrderLine]]:
    for position, line in enumerate(lines):
        yield f"{path}/{position}", line
        yield from _every_line(line.children, f"{path}/{position}/children")


def _price(line: OrderLine) -> Decimal:
    """What a line must come to, with its children, in minor units."""
    each = line.unit_price.minor + sum(_price(child) for child in line.children)
    off = line.discount_total.amount_minor if line.discount_total else 0
    return line.quantity * each - off


def _amount(line: OrderLine) -> int:
    """The stated line total, else the reckoned one to the nearest minor unit."""
    if line.line_total is not None:
        return line.line_total.amount_minor
    return int(_price(line).to_integral_value(ROUND_HALF_UP))


def _fees(order: Order, *, with_lines: bool = False) -> int:
    """Fee fields that no fee line repeats; `with_lines` adds the fee lines."""
    as_lines = [_amount(line) for line in order.lines if line.kind == LineKind.FEE]
    total = sum(as_lines) if with_lines else 0
    for fee in order.fees:
        amount = fee.amount.amount_minor
        if amount in as_lines:
            as_lines.remove(amount)
        else:
            total += amount
    return total


def _has_fees(order: Order) -> bool:
    return bool(order.fees) or any(line.kind == LineKind.FEE for line in order.lines)


def _reductions(order: Order) -> int:
    """Discounts beside the lines: each one, else the sum that is stated where no line has any."""
    in_lines = any(line.discount_total for _, line in _every_line(order.lines, ""))
    if order.discounts or in_lines:
        return _discounts(order)
    return _sum([order.totals.discounts])


def _tips(order: Order) -> int:
    return _sum(item.amount for item in order.tips)


def _discounts(order: Order) -> int:
    """Discounts that the lines do not already contain."""
    in_lines = any(line.discount_total for _, line in _every_line(order.lines, ""))
    return _sum(
        item.amount
        for item in order.discounts
        if not (in_lines and item.target == DiscountTarget.LINE)
    )


def _taxes(order: Order) -> Iterator[TaxLine]:
    """The taxes of an order; a line that states none leaves it to its children."""
    for line in order.lines:
        yield from _line_taxes(line)
    yield from (fee.tax for fee in order.fees if fee.tax is not None)


def _line_taxes(line: OrderLine) -> Iterator[TaxLine]:
    if line.tax:
        yield from line.tax
    else:
        for child in line.children:
            yield from _line_taxes(child)


def _excluded_tax(order: Order) -> int:
    return _sum(tax.amount for tax in _taxes(order) if not tax.inclusive)


def _taxes_on_top(order: Order) -> set[int]:
    """What taxes may add to the lines: what the order states as a whole, where no line states any.

    In most countries prices include their taxes, in some they are added to the bill.
    """
    tax = order.totals.tax
    is_stated_below = next(_taxes(order), None) is not None
    return {0} if tax is None or is_stated_below else {0, tax.amount_minor}


def _sum(amounts: Iterable[Money | None]) -> int:
    return sum(item.amount_minor for item in amounts if item is not None)
