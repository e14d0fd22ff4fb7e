"""Orders, reservations, menu and opening of a partner, in our own entities."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, overload

from workbench.adapters import Adapter
from workbench.canonical import Availability, Catalog, Entity
from workbench.lab.called_card import CalledCard
from workbench.lab.calling import call_feature
from workbench.lab.cell_view import Card, TableCard, fold, show_json, show_table
from workbench.lab.state_cards import MenuCard, OpeningCard
from workbench.reporting import DisplayTable, make_table

if TYPE_CHECKING:
    from workbench.adapters import MenuPlan


class Things:
    """What is read by id: `get`, `status` and `list`."""

    def __init__(self, adapter: Adapter, read: str, status: str) -> None:
        self._adapter = adapter
        self._read = read
        self._status = status

    def __repr__(self) -> str:
        return f"{self._read}: .get(id) · .status(id) · .list()"

    def get(self, identifier: str) -> CalledCard:
        """One as it is now, with its translation beside it; `.value` is our entity."""
        return CalledCard(call_feature(self._adapter, self._read, identifier))

    def status(self, identifier: str) -> CalledCard:
        """Its status."""
        return CalledCard(call_feature(self._adapter, self._status, identifier))

    def list(self, limit: int = 20) -> Listed:
        """The first of the partner's list, in our entities."""
        source = (
            self._adapter.list_orders
            if "order" in self._read
            else (self._adapter.list_reservations)
        )
        return Listed(islice(source(), limit))


class Listed(TableCard):
    """Entities of a list; `.values` are they."""

    def __init__(self, values: Iterable[Entity]) -> None:
        self.values = tuple(values)

    def to_frame(self) -> DisplayTable:
        """Id, status and time of each; no personal data."""
        return make_table(
            ("Id", "Status", "When"),
            (
                (
                    getattr(getattr(item, "ids", None), "partner_id", ""),
                    getattr(item, "status", ""),
                    getattr(item, "placed_at", None) or getattr(item, "starts_at", ""),
                )
                for item in self.values
            ),
        )

    def _title(self) -> str:
        return f"{len(self.values)} read"


class MenuCalls:
    """The menu: `get` it, `plan` how another one gets there, `push` it."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter

    def __repr__(self) -> str:
        return "menu: .get() · .plan(catalog, before=None) · .push(catalog)"

    def get(self) -> MenuCard:
        """The menu as the partner has it now; `.value` is our entity."""
        return MenuCard(self._adapter.get_menu())

    def plan(
        self, catalog: Catalog | MenuCard, *, before: Catalog | MenuCard | None = None
    ) -> PlanCard:
        """How a menu gets to the partner, and what of it gets lost; nothing is sent.

        Args:
            catalog: What the partner shall have.
            before: What it has (as by `get`), so that only changes are sent where possible.
        """
        return PlanCard(self._adapter.plan_menu(_value(catalog), before=_value(before)))

    def push(
        self, catalog: Catalog | MenuCard, *, before: Catalog | MenuCard | None = None
    ) -> PlanCard:
        """Bring a menu to the partner, and wait until it is live."""
        return PlanCard(self._adapter.push_menu(_value(catalog), before=_value(before)))


@overload
def _value(given: Catalog | MenuCard) -> Catalog: ...


@overload
def _value(given: Catalog | MenuCard | None) -> Catalog | None: ...


def _value(given: Catalog | MenuCard | None) -> Catalog | None:
    return given.value if isinstance(given, MenuCard) else given


class PlanCard(Card):
    """A plan: its requests, secrets masked, and what gets lost. `.plan.send()` carries it out."""

    def __init__(self, plan: MenuPlan) -> None:
        self.plan = plan

    @property
    def losses(self) -> DisplayTable:
        """What the partner will not get as we have it."""
        return make_table(
            ("Where", "What gets lost", "Values", "Blocks"),
            (
                (item.pointer, item.what, item.count, "yes" if item.blocks else "")
                for item in self.plan.losses
            ),
        )

    def to_frame(self) -> DisplayTable:
        """The requests in order."""
        done = len(self.plan.answers)
        return make_table(
            ("Outcome", "Request", "For", "Operation"),
            (
                ("passed" if place < done else "open", step.title, step.feature, step.operation.id)
                for place, step in enumerate(self.plan.steps)
            ),
        )

    def _title(self) -> str:
        plan = self.plan
        return f"{plan.mode}: {len(plan.steps)} requests, {len(plan.losses)} losses"

    def _html(self) -> Iterable[str]:
        yield show_table(self.to_frame())
        yield fold(f"{len(self.plan.losses)} losses", show_table(self.losses))
        bodies = [step.request.body for step in self.plan.steps]
        yield fold("Bodies", show_json(bodies))

    def _lines(self) -> Iterable[str]:
        yield from (f"{step.operation.id}: {step.title}" for step in self.plan.steps)
        yield from (f"lost: {item.pointer}: {item.what}" for item in self.plan.losses)


class OpeningCalls:
    """Opening hours and state: `get` and `plan` (what would be sent)."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter

    def __repr__(self) -> str:
        return "availability: .get() · .plan(availability)"

    def get(self) -> OpeningCard:
        """As the partner has it now; `.value` is our entity."""
        return OpeningCard(self._adapter.get_availability())

    def plan(self, availability: Availability | OpeningCard) -> object:
        """The request that would be sent; nothing is sent."""
        if isinstance(availability, OpeningCard):
            availability = availability.value
        return self._adapter.set_availability(availability, dry_run=True)
