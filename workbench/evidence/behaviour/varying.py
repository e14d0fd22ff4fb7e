"""Another valid value for a field of our entities, so that a change of it can be read back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from workbench.canonical import (
    Entity,
    Menu,
    MenuKind,
    Money,
    OrderType,
    PriceMethod,
    Schedule,
    Weekday,
    WeeklyRange,
)
from workbench.evidence.behaviour.check_context import CheckContext

Vary = Callable[[CheckContext, Entity, Any], Any]


def vary(context: CheckContext, entity: Entity, names: tuple[str, ...]) -> dict[str, Any]:
    """Field → another value, for those of these fields that can have one; the rest is left out."""
    found: dict[str, Any] = {}
    for name in names:
        change = _CHANGES.get(name)
        if change is None or name not in type(entity).model_fields:
            continue
        old = getattr(entity, name)
        new = change(context, entity, old)
        if new is not None and new != old:
            found[name] = new
    return found


def _soon(hours: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)


def _dearer(_: CheckContext, entity: Entity, value: Money | None) -> Money | None:
    if isinstance(entity, Menu) and entity.kind != MenuKind.SET_MENU:
        return None  # only a set menu has a price of its own
    return None if value is None else value + Money(amount_minor=50, currency=value.currency)


def _one_more(_: CheckContext, __: Entity, value: int | None) -> int:
    return (value or 0) + 1


def _turn(_: CheckContext, __: Entity, value: bool) -> bool:
    return not value


def _shorter(_: CheckContext, __: Entity, value: tuple[str, ...]) -> tuple[str, ...] | None:
    """Without the last one: every other list of ours might hold words that are not theirs."""
    return value[:-1] if len(value) > 1 else None


def _other_types(
    _: CheckContext, __: Entity, value: tuple[OrderType, ...]
) -> tuple[OrderType, ...]:
    return (OrderType.COLLECTION,) if value != (OrderType.COLLECTION,) else (OrderType.DELIVERY,)


def _by_type(
    _: CheckContext, entity: Entity, value: dict[OrderType, Money]
) -> dict[OrderType, Money]:
    price = getattr(entity, "price", None)
    prices = value or ({OrderType.DELIVERY: price} if isinstance(price, Money) else {})
    return {
        kind: one + Money(amount_minor=50, currency=one.currency) for kind, one in prices.items()
    }


def _schedule(_: CheckContext, __: Entity, value: Schedule | None) -> Schedule:
    day = Weekday.THURSDAY if value is None or len(value.ranges) != 1 else Weekday.FRIDAY
    return Schedule(ranges=(WeeklyRange(day=day, start=time(13, 0), end=time(16, 0)),))


def _season(month: int) -> Vary:
    def change(_: CheckContext, __: Entity, value: date | None) -> date:
        year = (value or datetime.now(UTC).date()).year + 1
        return date(year, month, 1)

    return change


def _translations(context: CheckContext, entity: Entity, value: dict[str, str]) -> dict[str, str]:
    other = "fr" if context.partner.manifest.locale != "fr" else "en"
    return {**value, other: f"{getattr(entity, 'name', '')} ({other})"}


def _nested(context: CheckContext, _: Entity, value: tuple[str, ...]) -> tuple[str, ...] | None:
    """A known group, the last one first: the first is often the one that it stands in."""
    known = context.known("option-category")
    return next(((name,) for name in reversed(known) if name not in value), None)


def _method(_: CheckContext, __: Entity, value: PriceMethod) -> PriceMethod:
    return PriceMethod.MAX if value != PriceMethod.MAX else PriceMethod.SUM


_CHANGES: dict[str, Vary] = {
    "name": lambda _, __, value: f"{value} ·",
    "price": _dearer,
    "available": _turn,
    "visible": _turn,
    "featured": _turn,
    "position": _one_more,
    "preparation_min": _one_more,
    "lead_min": _one_more,
    "stock": _one_more,
    "max_select": lambda _, entity, value: max(value or 0, getattr(entity, "min_select", 0)) + 1,
    "free_quantity": _one_more,
    "price_method": _method,
    "snoozed_until": lambda *_: _soon(2),
    "items": lambda _, __, value: tuple(reversed(value)) if len(value) > 1 else None,
    "images": _shorter,
    "allergens": _shorter,
    "price_by_order_type": _by_type,
    "option_category_ids": _nested,
    "order_types": _other_types,
    "schedule": _schedule,
    "season_start": _season(3),
    "season_end": _season(5),
    "translations": _translations,
}
