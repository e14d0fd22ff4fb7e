"""Entities to write where nobody has recorded a sample: plain ones, in our own words.

The mapping makes the partner's payload of them. What a partner asks for beyond that is not known,
so a refusal of an invented entity proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from workbench.canonical import (
    Availability,
    CalendarException,
    Catalog,
    DeliveryLocation,
    Entity,
    ExceptionKind,
    Ids,
    Menu,
    MenuSection,
    Money,
    Product,
    Schedule,
    SectionItem,
    Weekday,
    WeeklyRange,
)
from workbench.evidence.behaviour.check_context import CheckContext
from workbench.evidence.zones import Coordinates, home


def recorded(context: CheckContext, feature: str) -> list[Entity]:
    """The canonical entities among the samples of a feature, else an invented one; maybe none."""
    translator = context.partner.translator(feature)
    if translator is None:
        return []
    found = [
        translator.read_entity(sample.canonical)
        for sample in context.partner.samples(feature)
        if sample.canonical is not None
    ]
    invent = _INVENTED.get(translator.entity_type)
    return found or ([invent(context)] if invent is not None and translator.can_write else [])


def is_invented(context: CheckContext, feature: str) -> bool:
    """Whether `recorded` invents for this feature."""
    return not any(sample.canonical is not None for sample in context.partner.samples(feature))


def _restaurant(context: CheckContext) -> str:
    account = context.partner.environment(context.session.environment).test_account
    return account.restaurant if account else "restaurant"


def _product(context: CheckContext) -> Product:
    known = context.known("product")
    return Product(
        ids=Ids(partner_id=known[0] if known else "workbench-product"),
        name="Integration test",
        description="Made by a test of the integration",
        price=Money(amount_minor=450, currency=context.partner.manifest.currency),
        available=True,
    )


def _catalog(context: CheckContext) -> Catalog:
    product = _product(context)
    section = MenuSection(
        ids=Ids(partner_id="workbench-section"),
        name="Integration test",
        items=(SectionItem(product_id=product.ids.partner_id),),
    )
    menus = context.known("menu") or ("workbench-menu",)
    return Catalog(
        restaurant_id=_restaurant(context),
        currency=context.partner.manifest.currency,
        menus=(Menu(ids=Ids(partner_id=menus[0]), name="Integration test", sections=(section,)),),
        products=(product,),
    )


def _availability(context: CheckContext) -> Availability:
    days = (Weekday.MONDAY, Weekday.WEDNESDAY, Weekday.SATURDAY)
    ranges = tuple(WeeklyRange(day=day, start=time(12, 30), end=time(23, 0)) for day in days)
    closed = date(datetime.now(UTC).year + 1, 1, 6)
    return Availability(
        restaurant_id=_restaurant(context),
        timezone=context.partner.manifest.timezone,
        schedules=(Schedule(ranges=ranges),),
        exceptions=(
            CalendarException(kind=ExceptionKind.CLOSED, first_date=closed, last_date=closed),
        ),
    )


def _location(context: CheckContext) -> DeliveryLocation:
    place = home(context.partner.manifest.timezone) or Coordinates(40.4, -3.7)
    now = datetime.now(UTC).replace(microsecond=0)
    return DeliveryLocation(
        order_id=next(iter(context.known("order")), "order"),
        latitude=place.latitude,
        longitude=place.longitude,
        recorded_at=now - timedelta(seconds=5),
    )


_INVENTED: dict[type[Entity], Callable[[CheckContext], Entity]] = {
    Product: _product,
    Catalog: _catalog,
    Availability: _availability,
    DeliveryLocation: _location,
}
