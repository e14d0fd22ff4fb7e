"""What Tavola accepts in request bodies: the schemas of its document, closed and strict."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
)

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _read_instant(text: str) -> str:
    if not _INSTANT.fullmatch(text):
        raise ValueError("not an RFC 3339 date-time")
    instant = datetime.fromisoformat(text.upper())
    try:
        utc = instant.astimezone(UTC)
    except OverflowError:  # the first or last day of the calendar
        return text
    return utc.isoformat().replace("+00:00", "Z")


def _read_date(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise ValueError("not an RFC 3339 full-date")
    return date.fromisoformat(text).isoformat()


def _read_whole(number: object) -> object:
    # JSON does not tell 20.0 from 20, and JSON Schema takes both for integers.
    return int(number) if isinstance(number, float) and number.is_integer() else number


Whole = Annotated[int, BeforeValidator(_read_whole)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,48}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Text = Annotated[str, StringConstraints(max_length=500)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=40)]
ImageUrl = Annotated[str, StringConstraints(pattern=r"^https://[!-~]{3,200}$")]
Minor = Annotated[Whole, Field(ge=0, le=1_000_000)]
Position = Annotated[Whole, Field(ge=0, le=10_000)]
Instant = Annotated[str, AfterValidator(_read_instant)]
LocalDate = Annotated[str, AfterValidator(_read_date)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
OrderType = Literal["delivery", "pickup", "dine_in", "preorder"]
Allergen = Literal["gluten", "milk", "eggs", "fish", "crustaceans", "nuts"]
ReasonCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_-]{1,39}$")]


class Body(BaseModel):
    """Base of every body: no unknown members, no conversion between JSON types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class OrderAdvance(Body):
    """An order moves on."""

    status: Literal["accepted", "released", "in_kitchen", "ready", "out_for_delivery",
                    "handed_over", "closed"]  # fmt: skip
    ready_at: Instant | None = None


class OrderStop(Body):
    """An order ends early."""

    status: Literal["declined", "cancelled"]
    reason_code: ReasonCode | None = None
    reason_note: Text | None = None


class ReservationAdvance(Body):
    """A reservation moves on."""

    status: Literal["accepted", "waiting", "arrived", "seated", "finished", "no_show"]
    table: Tag | None = None


class ReservationStop(Body):
    """A reservation ends early."""

    status: Literal["refused", "cancelled"]
    reason_code: ReasonCode | None = None
    reason_note: Text | None = None


class Party(Body):
    """How many guests."""

    adults: Annotated[Whole, Field(ge=1, le=40)]
    children: Annotated[Whole, Field(ge=0, le=40)] = 0


class ReservationChange(Body):
    """Another time, length or party for a reservation."""

    starts_at: Instant | None = None
    duration_minutes: Annotated[Whole, Field(ge=15, le=600)] | None = None
    party: Party | None = None


class KitchenResult(Body):
    """Whether an order reached the kitchen."""

    result: Literal["received", "failed"]
    note: Text | None = None


class DriverLocation(Body):
    """Where the restaurant's driver is."""

    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    lng: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    recorded_at: Instant
    order_id: Identifier | None = None
    eta: Instant | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)] | None = None
    heading_deg: Annotated[float, Field(ge=0, lt=360, allow_inf_nan=False)] | None = None
    speed_mps: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None


class Modifier(Body):
    """A choice in a modifier group."""

    id: Identifier
    name: Name
    price: Minor
    external_ref: Tag | None = None
    description: Text | None = None
    available: bool = True
    unavailable_until: Instant | None = None
    default_quantity: Annotated[Whole, Field(ge=0, le=10)] = 0
    position: Position | None = None


class ModifierGroup(Body):
    """A set of modifiers with its limits."""

    id: Identifier
    name: Name
    external_ref: Tag | None = None
    kind: Literal["choice", "extra", "removal"] = "extra"
    min_select: Annotated[Whole, Field(ge=0, le=50)] = 0
    max_select: Annotated[Whole, Field(ge=1, le=50)] | None = None
    max_same: Annotated[Whole, Field(ge=1, le=50)] | None = None
    position: Position | None = None
    modifiers: Annotated[list[Modifier], Field(max_length=100)] = []


class Variant(Body):
    """A size or form of a product, with its own price."""

    id: Identifier
    name: Name
    price: Minor
    external_ref: Tag | None = None
    available: bool = True
    position: Position | None = None
    modifier_group_ids: Annotated[list[Identifier], Field(max_length=20)] = []


class Product(Body):
    """Something that can be ordered."""

    id: Identifier
    name: Name
    price: Minor
    external_ref: Tag | None = None
    description: Text | None = None
    images: Annotated[list[ImageUrl], Field(max_length=3)] = []
    vat_percent: Annotated[Literal[4, 10, 21], BeforeValidator(_read_whole)] = 10
    tags: Annotated[list[Tag], Field(max_length=20)] = []
    allergens: Annotated[list[Allergen], Field(max_length=6)] = []
    alcohol: bool = False
    featured: bool = False
    available: bool = True
    unavailable_until: Instant | None = None
    preparation_minutes: Annotated[Whole, Field(ge=0, le=240)] | None = None
    position: Position | None = None
    variants: Annotated[list[Variant], Field(max_length=30)] = []
    modifier_group_ids: Annotated[list[Identifier], Field(max_length=20)] = []


class SectionEntry(Body):
    """A product's place in a section."""

    product_id: Identifier


class Section(Body):
    """A heading of a menu with its products."""

    id: Identifier
    name: Name
    external_ref: Tag | None = None
    description: Text | None = None
    image_url: ImageUrl | None = None
    position: Position | None = None
    entries: Annotated[list[SectionEntry], Field(max_length=200)] = []


class Opening(Body):
    """A local opening; it ends on the next day when `closes` is not after `opens`."""

    opens: Clock
    closes: Clock


class DayOpening(Opening):
    """An opening that repeats on one day of the week."""

    day: Day


class Menu(Body):
    """A menu and when it is offered."""

    id: Identifier
    name: Name
    external_ref: Tag | None = None
    description: Text | None = None
    position: Position | None = None
    order_types: Annotated[list[OrderType], Field(max_length=4)] = []
    valid_from: LocalDate | None = None
    valid_to: LocalDate | None = None
    openings: Annotated[list[DayOpening], Field(max_length=42)] = []
    sections: Annotated[list[Section], Field(max_length=60)] = []


class MenuDocument(Body):
    """Everything that a restaurant sells."""

    restaurant_id: Identifier | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    menus: Annotated[list[Menu], Field(min_length=1, max_length=10)]
    products: Annotated[list[Product], Field(max_length=500)]
    modifier_groups: Annotated[list[ModifierGroup], Field(max_length=200)] = []


class Hours(Body):
    """Weekly openings for some order types; none named means all."""

    order_types: Annotated[list[OrderType], Field(max_length=4)] = []
    openings: Annotated[list[DayOpening], Field(max_length=42)]


class Shift(Hours):
    """A named service."""

    name: Name
    capacity: Annotated[Whole, Field(ge=0, le=1000)] | None = None
    slot_minutes: Annotated[Whole, Field(ge=5, le=240)] | None = None
    last_order_minutes: Annotated[Whole, Field(ge=0, le=240)] | None = None


class Closure(Body):
    """Days on which the restaurant stays closed."""

    kind: Literal["closed"]
    first_date: LocalDate
    last_date: LocalDate
    id: Identifier | None = None
    order_types: Annotated[list[OrderType], Field(max_length=4)] = []
    reason: Text | None = None


class SpecialHours(Body):
    """Days with openings of their own."""

    kind: Literal["special_hours"]
    first_date: LocalDate
    last_date: LocalDate
    openings: Annotated[list[Opening], Field(min_length=1, max_length=6)]
    id: Identifier | None = None
    order_types: Annotated[list[OrderType], Field(max_length=4)] = []
    reason: Text | None = None


CalendarException = Annotated[Closure | SpecialHours, Field(discriminator="kind")]


class AvailabilityDocument(Body):
    """Weekly hours, and shifts and exceptions when they are to be replaced too."""

    restaurant_id: Identifier | None = None
    timezone: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]+/[A-Za-z_]+$")] | None = None
    weekly_hours: Annotated[list[Hours], Field(max_length=4)]
    shifts: Annotated[list[Shift], Field(max_length=20)] | None = None
    exceptions: Annotated[list[CalendarException], Field(max_length=100)] | None = None


class Pause(Body):
    """Orders are refused for a while."""

    until: Instant | None = None
    reason: Text | None = None
    order_types: Annotated[list[OrderType], Field(max_length=4)] = []


ORDER_STATUS: TypeAdapter[OrderAdvance | OrderStop] = TypeAdapter(
    Annotated[OrderAdvance | OrderStop, Field(discriminator="status")]
)
RESERVATION_STATUS: TypeAdapter[ReservationAdvance | ReservationStop] = TypeAdapter(
    Annotated[ReservationAdvance | ReservationStop, Field(discriminator="status")]
)
RESERVATION_CHANGE = TypeAdapter(ReservationChange)
KITCHEN_RESULT = TypeAdapter(KitchenResult)
DRIVER_LOCATION = TypeAdapter(DriverLocation)
MENU_DOCUMENT = TypeAdapter(MenuDocument)
AVAILABILITY = TypeAdapter(AvailabilityDocument)
EXCEPTION: TypeAdapter[Closure | SpecialHours] = TypeAdapter(CalendarException)
PAUSE = TypeAdapter(Pause)
