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
from workbench.evidence.behaviour.bench import Bench
from workbench.evidence.zones import Place, home


def recorded(bench: Bench, feature: str) -> list[Entity]:
    """The canonical entities among the samples of a feature, else an invented one; maybe none."""
    translator = bench.partner.translator(feature)
    if translator is None:
        return []
    found = [
        translator.entity_type.model_validate(sample.canonical)
        for sample in bench.partner.samples(feature)
        if sample.canonical is not None
    ]
    invent = _INVENTED.get(translator.entity_type)
    return found or ([invent(bench)] if invent is not None and translator.can_write else [])


def is_invented(bench: Bench, feature: str) -> bool:
    """Whether `recorded` invents for this feature."""
    return not any(sample.canonical is not None for sample in bench.partner.samples(feature))


def _restaurant(bench: Bench) -> str:
    account = bench.partner.environment(bench.session.environment).test_account
    return account.restaurant if account else "restaurant"


def _product(bench: Bench) -> Product:
    known = bench.known("product")
    return Product(
        ids=Ids(partner_id=known[0] if known else "workbench-product"),
        name="Integration test",
        description="Made by a test of the integration",
        price=Money(amount_minor=450, currency=bench.partner.manifest.currency),
        available=True,
    )


def _catalog(bench: Bench) -> Catalog:
    product = _product(bench)
    section = MenuSection(
        ids=Ids(partner_id="workbench-section"),
        name="Integration test",
        items=(SectionItem(product_id=product.ids.partner_id),),
    )
    menus = bench.known("menu") or ("workbench-menu",)
    return Catalog(
        restaurant_id=_restaurant(bench),
        currency=bench.partner.manifest.currency,
        menus=(Menu(ids=Ids(partner_id=menus[0]), name="Integration test", sections=(section,)),),
        products=(product,),
    )


def _availability(bench: Bench) -> Availability:
    days = (Weekday.MONDAY, Weekday.WEDNESDAY, Weekday.SATURDAY)
    ranges = tuple(WeeklyRange(day=day, start=time(12, 30), end=time(23, 0)) for day in days)
    closed = date(datetime.now(UTC).year + 1, 1, 6)
    return Availability(
        restaurant_id=_restaurant(bench),
        timezone=bench.partner.manifest.timezone,
        schedules=(Schedule(ranges=ranges),),
        exceptions=(
            CalendarException(kind=ExceptionKind.CLOSED, first_date=closed, last_date=closed),
        ),
    )


def _location(bench: Bench) -> DeliveryLocation:
    place = home(bench.partner.manifest.timezone) or Place(40.4, -3.7)
    now = datetime.now(UTC).replace(microsecond=0)
    return DeliveryLocation(
        order_id=next(iter(bench.known("order")), "order"),
        latitude=place.latitude,
        longitude=place.longitude,
        recorded_at=now - timedelta(seconds=5),
    )


_INVENTED: dict[type[Entity], Callable[[Bench], Entity]] = {
    Product: _product,
    Catalog: _catalog,
    Availability: _availability,
    DeliveryLocation: _location,
}
