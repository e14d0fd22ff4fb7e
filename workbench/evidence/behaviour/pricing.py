"""Money across resources: an order has the prices of the menu, in the same unit and currency."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from workbench.canonical import Catalog, Order, OrderLine, Product, check_selection
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.check_table import say
from workbench.evidence.kinds import ORDER
from workbench.evidence.placing import fresh, send
from workbench.evidence.relations import last_parameter, stem
from workbench.model import Evidence, FeatureSlug, Finding, Outcome
from workbench.vocabulary import concepts, head

_OFFERS = frozenset({"menu", "product"})
_PRICE = re.compile(r"price|amount|precio|importe|cents|cost$|preis", re.IGNORECASE)
_OTHER_UNIT = "price-in-other-unit"
_FEATURES = (FeatureSlug.PRODUCT_WRITE, FeatureSlug.MENU_WRITE)


def compare_prices(context: CheckContext) -> Iterator[Evidence]:
    """A new order is in the manifest's currency, and its lines cost what the menu says."""
    if not context.has(ORDER.read):
        return
    identity = fresh(context.session, ORDER)
    if identity is None:
        why = say("menu-price.no-order")
        yield context.tell(ORDER.read, "menu-price", why, outcome=Outcome.UNTESTED)
        return
    try:
        order = context.adapter.read(ORDER.read, identity).value
    except TranslationError:
        return  # told by `read-known`
    if not isinstance(order, Order):
        return
    yield _compare_currency(context, order)
    compared, findings = _hold(context, order)
    if any(item.slug == _OTHER_UNIT for item in findings):
        # Where no order has the prices of the menu, our mapping may read one of them wrongly.
        held = [_hold(context, old) for old in _known(context)]
        if not any(count and not bad for count, bad in held):
            findings = [*map(_leave_open, findings)]
    yield context.tell(
        ORDER.read,
        "menu-price",
        say("menu-price.compared", n=compared, identity=identity)
        if compared
        else say("menu-price.nothing-tells"),
        outcome=None if compared else Outcome.INAPPLICABLE,
        shows=["lines-referenced"] if compared else (),
        findings=findings[:3],
    )
    yield from _compare_choices(context, order)


def _hold(context: CheckContext, order: Order) -> tuple[int, list[Finding]]:
    """How many lines of an order can be held against the menu, and what is wrong with them."""
    compared, findings = 0, list[Finding]()
    for line in order.lines:
        offered = _offered(context, line) if line.ref.product_id else set()
        if not offered or line.ref.variant_id:
            continue
        compared += 1
        findings += _compare(context, line, offered)
    return compared, findings


def _leave_open(item: Finding) -> Finding:
    """A price in another unit, as a question to ourselves as well."""
    if item.slug != _OTHER_UNIT:
        return item
    named = ("operation", "observed", "expected", "criterion")
    return finding("unit-unsettled", **{name: getattr(item, name) for name in named})


def _compare_choices(context: CheckContext, order: Order) -> Iterator[Evidence]:
    """What a new order chose is what the menu lets a guest choose."""
    try:
        catalog = context.adapter.get_menu()
    except (InputError, PartnerError, TranslationError):
        return  # nothing tells the choices
    broken = check_selection(order, catalog)
    yield context.tell(
        ORDER.read,
        "menu-choice",
        say("menu-choice.held", order=order.ids.partner_id),
        findings=[
            finding(
                "choice-not-of-menu",
                operation=context.subject(ORDER.read),
                pointer=item.path,
                what=item.summary,
            )
            for item in broken[:3]
        ],
    )


def _compare_currency(context: CheckContext, order: Order) -> Evidence:
    wanted = context.partner.manifest.currency
    findings = []
    if order.currency != wanted:
        others = {item.currency for item in _known(context)}
        findings.append(
            finding(
                "currency-differs" if wanted in others else "currency-unsettled",
                expected=wanted,
                operation=context.subject(ORDER.read),
                observed=order.currency,
                criterion="totals",
            )
        )
    return context.tell(
        ORDER.read, "currency", say("currency.seen", currency=order.currency), findings=findings
    )


def _known(context: CheckContext) -> list[Order]:
    """The orders of the test account that can be read: they show what is right elsewhere."""
    found: list[Order] = []
    for identity in context.known(ORDER.noun):
        with suppress(PartnerError, TranslationError, InputError):
            order = context.adapter.read(ORDER.read, identity).value
            found += [order] if isinstance(order, Order) else []
    return found


def _offered(context: CheckContext, line: OrderLine) -> set[Decimal]:
    """Prices in minor units at which readable resources offer a product."""
    product = line.ref.product_id or ""
    found: set[Decimal] = set()
    for operation in context.partner.callable_operations:
        if operation.method != "GET" or not _offers(operation.path):
            continue
        name = last_parameter(operation.path)
        named = name is not None and context.partner.manifest.parameters.get(name) == "product"
        try:
            answer = send(context.session, operation, ids={"product": product} if named else {})
        except InputError:
            continue
        if answer.status >= 300:
            continue
        body = answer.json()
        found |= _canonical(context, body, product) or {*_raw(context, body, product)}
    return found


def _offers(path: str) -> bool:
    """Whether a path is about dishes, in whatever language."""
    noun = head(concepts(stem(path)))
    return noun is not None and noun.name in _OFFERS


def _canonical(context: CheckContext, body: Any, product: str) -> set[Decimal]:
    for feature in _FEATURES:
        translator = context.partner.translator(feature)
        if translator is None:
            continue
        try:
            value = translator.translate(body).value
        except TranslationError:
            continue
        products = value.products if isinstance(value, Catalog) else (value,)
        for item in products:
            if isinstance(item, Product) and item.ids.partner_id == product:
                prices = [item.price, *(variant.price for variant in item.variants)]
                return {Decimal(price.amount_minor) for price in prices}
    return set()


def _raw(context: CheckContext, node: Any, product: str) -> Iterator[Decimal]:
    """Prices beside the product's id, by the names of fields; whole numbers are minor units."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and any(value == product for value in node.values()):
        for key, value in node.items():
            amount = _number(value) if _PRICE.search(key) else None
            if amount is not None:
                yield amount if isinstance(value, int) else amount * 100
        return
    for child in children:
        yield from _raw(context, child, product)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _compare(context: CheckContext, line: OrderLine, offered: set[Decimal]) -> Iterator[Finding]:
    asked = Decimal(line.unit_price.amount_minor)
    if asked in offered:
        return
    nearest = min(offered, key=lambda price: abs(price - asked))
    ratio = asked / nearest if nearest else Decimal(0)
    is_unit = ratio in {Decimal(100), Decimal("0.01"), Decimal(1000), Decimal("0.001")}
    yield finding(
        _OTHER_UNIT if is_unit else "price-not-of-menu",
        price=nearest,
        operation=context.subject(ORDER.read),
        observed=say("minor-units", n=asked),
        criterion="totals",
    )
