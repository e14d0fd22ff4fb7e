"""A menu and an opening as somebody looks at them: a table, and everything folded below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from workbench.canonical import Availability, Catalog, Entity, Money, TimeRange
from workbench.lab.cell_view import TableCard, fold, show_json
from workbench.reporting import DisplayTable, make_table

Found = TypeVar("Found", bound=Entity)


class _StateCard(TableCard, Generic[Found]):
    """A table of what the partner has, and all of it folded below; `.value` is our entity."""

    def __init__(self, value: Found) -> None:
        self.value = value

    def _html(self) -> Iterable[str]:
        yield from super()._html()
        yield fold("Everything", show_json(self.value.model_dump(mode="json", exclude_none=True)))


class MenuCard(_StateCard[Catalog]):
    """The menu as the partner has it."""

    def to_frame(self) -> DisplayTable:
        """A row for each dish in its place; what stands in no section comes last."""
        columns = ("Menu", "Section", "Dish", "Price", "Sold", "Sizes", "Choices")
        return make_table(columns, self._rows())

    def _rows(self) -> Iterator[tuple[object, ...]]:
        dishes = {dish.ids.partner_id: dish for dish in self.value.products}
        placed = [
            (menu.name, section.name, item.product_id)
            for menu in self.value.menus
            for section in menu.sections
            for item in section.items
        ]
        seen = {identity for _, _, identity in placed}
        placed += [("", "", identity) for identity in dishes if identity not in seen]
        for menu, section, identity in placed:
            dish = dishes.get(identity)
            if dish is None:
                yield menu, section, identity, "", "unknown", "", ""
                continue
            sold = "yes" if dish.available else "no"
            counts = [len(dish.variants) or "", len(dish.option_category_ids) or ""]
            yield menu, section, dish.name, _price(dish.price), sold, *counts

    def _title(self) -> str:
        value = self.value
        return (
            f"Menu of {value.restaurant_id}: {len(value.products)} dishes, "
            f"{len(value.menus)} menus, {len(value.option_categories)} groups of choices"
        )


class OpeningCard(_StateCard[Availability]):
    """When orders and bookings are taken."""

    def to_frame(self) -> DisplayTable:
        """The week, then the shifts, then what is different on single days."""
        return make_table(("What", "When", "Hours"), self._rows())

    def _rows(self) -> Iterator[tuple[str, str, str]]:
        value = self.value
        named = [(", ".join(item.order_types) or "open", item) for item in value.schedules]
        named += [(item.name, item.schedule) for item in value.shifts]
        for name, schedule in named:
            days: dict[str, list[TimeRange]] = {}
            for part in schedule.ranges:
                days.setdefault(str(part.day), []).append(part)
            for day, ranges in days.items():
                yield name, day, _hours(ranges)
        for item in value.exceptions:
            first, last = item.first_date or item.starts_at, item.last_date or item.ends_at
            when = str(first) if last in {None, first} else f"{first} to {last}"
            yield str(item.kind), when, _hours(item.ranges)

    def _title(self) -> str:
        value = self.value
        now = "" if value.state is None else f", {_state(accepting=value.state.accepting)}"
        return f"Opening of {value.restaurant_id} ({value.timezone}){now}"


def _price(price: Money) -> str:
    return f"{price.major} {price.currency}"


def _hours(ranges: Iterable[TimeRange]) -> str:
    return ", ".join(f"{item.start:%H:%M} to {item.end:%H:%M}" for item in ranges)


def _state(*, accepting: bool) -> str:
    return "taking orders now" if accepting else "not taking orders now"
