"""The order, its lines and its money (domain reference, section 6.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, Field

from workbench.canonical.base import (
    Actor,
    Currency,
    Entity,
    Ext,
    Ids,
    Money,
    Note,
    OpenEnum,
    OrderType,
    UnitPrice,
)
from workbench.canonical.delivery import Address, Delivery
from workbench.canonical.status import OrderStatus


class LineKind(OpenEnum):
    """What a line stands for."""

    PRODUCT = "product"
    OPTION = "option"
    SET_MENU = "set-menu"
    FEE = "fee"


class TaxLine(Entity):
    """A tax; `rate_bp` in basis points (10 % = 1000). `kind`: item, delivery, tip, fee."""

    rate_bp: int = Field(ge=0)
    amount: Money | None = None
    base: Money | None = None
    inclusive: bool = True
    kind: str = "item"
    remitted_by: Actor | None = None


class Share(Entity):
    """The part of a discount that one sponsor pays."""

    sponsor: Actor
    amount: Money


class DiscountTarget(OpenEnum):
    """What a discount reduces."""

    ORDER = "order"
    LINE = "line"
    DELIVERY = "delivery"


class Discount(Entity):
    """A reduction; `amount` is positive."""

    amount: Money
    kind: str = "discount"
    name: str | None = None
    code: str | None = None
    target: DiscountTarget = DiscountTarget.ORDER
    shares: tuple[Share, ...] = ()


class Fee(Entity):
    """A charge on the order: delivery, service, bag, small-order, deposit, other."""

    amount: Money
    kind: str = "other"
    name: str | None = None
    tax: TaxLine | None = None
    receiver: Actor = Actor.RESTAURANT


class Tip(Entity):
    """A tip, and who is to have it."""

    amount: Money
    receiver: Actor = Actor.RESTAURANT


class PaymentMethod(OpenEnum):
    """How it is paid."""

    CASH = "cash"
    CARD = "card"
    ONLINE = "online"
    VOUCHER = "voucher"
    OTHER = "other"


class PaymentTiming(OpenEnum):
    """When it is paid."""

    PREPAID = "prepaid"
    ON_FULFILMENT = "on-fulfilment"


class Payment(Entity):
    """One payment; `change_for`: the note they will hand over."""

    amount: Money
    method: PaymentMethod = PaymentMethod.OTHER
    timing: PaymentTiming = PaymentTiming.PREPAID
    collected_by: Actor | None = None
    change_for: Money | None = None


class LineRef(Entity):
    """Which catalogue entity a line names."""

    product_id: str | None = None
    variant_id: str | None = None
    option_id: str | None = None
    external_code: str | None = None


class OrderLine(Entity):
    """A line, with the chosen options as children.

    `unit_price` is the line's own price, without children. `quantity` of a child is per one unit of
    its parent. `line_total` is quantity by (unit_price + Σ children), less `discount_total`.
    `removed`: an ingredient that is left out (it may still have a price).
    """

    name: str
    quantity: Decimal = Field(gt=0)
    unit_price: Annotated[Money, UnitPrice]
    line_total: Money | None = None
    id: str | None = None
    kind: LineKind = LineKind.PRODUCT
    ref: LineRef = LineRef()
    unit: str = "each"
    children: tuple[OrderLine, ...] = ()
    tax: tuple[TaxLine, ...] = ()
    discount_total: Money | None = None
    note: str | None = None
    removed: bool = False
    group_id: str | None = None
    group_name: str | None = None


class Totals(Entity):
    """Sums as the partner states them; they are compared with ours, never replaced."""

    total: Money
    items: Money | None = None
    fees: Money | None = None
    tips: Money | None = None
    discounts: Money | None = None
    tax: Money | None = None
    base: Money | None = None
    due: Money | None = None


class Timing(Entity):
    """When the customer wants it, and until when we must answer."""

    asap: bool | None = None
    due_at: AwareDatetime | None = None
    window_start: AwareDatetime | None = None
    window_end: AwareDatetime | None = None
    prepare_at: AwareDatetime | None = None
    accept_by: AwareDatetime | None = None
    confirm_by: AwareDatetime | None = None


class Customer(Entity):
    """Who ordered or booked. Personal data: never in logs or reports."""

    name: str | None = None
    phone: str | None = None
    phone_masked: bool = False
    phone_code: str | None = None
    email: str | None = None
    partner_id: str | None = None
    tax_id: str | None = None
    billing_name: str | None = None
    billing_address: Address | None = None
    consent: bool | None = None


class Cancellation(Entity):
    """Who cancelled, and why; `pending` while the other side decides."""

    by: Actor | None = None
    code: str | None = None
    text: str | None = None
    requested_at: AwareDatetime | None = None
    pending: bool = False


class StatusChange(Entity):
    """One step of an order's history."""

    status: OrderStatus
    at: AwareDatetime
    by: str | None = None
    reason: str | None = None


class Table(Entity):
    """Where guests sit."""

    zone: str | None = None
    location: str | None = None
    tab: str | None = None


class Order(Ext):
    """An order as the restaurant needs it, whatever the partner calls it."""

    ids: Ids
    order_type: OrderType
    status: OrderStatus
    placed_at: AwareDatetime
    currency: Currency
    totals: Totals
    lines: tuple[OrderLine, ...] = ()
    restaurant_id: str | None = None
    raw_status: str | None = None
    raw_type: str | None = None
    timing: Timing = Timing()
    status_history: tuple[StatusChange, ...] = ()
    cancellation: Cancellation | None = None
    customer: Customer = Customer()
    party_size: int | None = None
    table: Table | None = None
    group_id: str | None = None
    fulfilled_by: Actor | None = None
    delivery: Delivery | None = None
    fees: tuple[Fee, ...] = ()
    discounts: tuple[Discount, ...] = ()
    tips: tuple[Tip, ...] = ()
    payments: tuple[Payment, ...] = ()
    notes: tuple[Note, ...] = ()
    is_test: bool = False
    age_check: bool = False
    remake_of: str | None = None


class OrderStatusUpdate(Entity):
    """A status we send or receive for an order; `reason` for rejections and cancellations."""

    order_id: str
    status: OrderStatus
    raw_status: str | None = None
    at: AwareDatetime | None = None
    reason_code: str | None = None
    reason: str | None = None
    ready_at: AwareDatetime | None = None
