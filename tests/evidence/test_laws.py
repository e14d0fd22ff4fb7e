"""Laws that need a menu, opening hours or the time, where the behaviour source asks for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from workbench.adapters.adapter import Adapter
from workbench.canonical.availability import Availability, Schedule, Weekday, WeeklyRange
from workbench.evidence.behaviour.check_context import CheckContext
from workbench.evidence.behaviour.pricing import compare_prices
from workbench.evidence.behaviour.status_writes import walk_statuses
from workbench.model.evidence import Evidence, Outcome
from workbench.model.feature import Catalogue


def walk(context: CheckContext) -> list[Evidence]:
    """The walk through the statuses of orders."""
    with context.session.client.examine(60):
        return [line for line in walk_statuses(context) if line.feature == "order-status-write"]


def test_a_closed_restaurant_may_refuse_a_step(
    open_mini: Callable, catalogue: Catalogue, told: Callable[[list[Evidence]], set[str]]
) -> None:
    """A refusal outside the hours that the partner itself tells is no reproach; within, it is."""
    with open_mini("legal-refused") as (partner, session):
        context = CheckContext(partner, catalogue, session, Adapter(session))
        assert told(walk(context)) == {"status-refused"}
        day = (datetime.now(UTC) + timedelta(days=3)).strftime("%A").lower()
        lunch = WeeklyRange(day=Weekday(day), start=time(12), end=time(13))
        hours = Availability(
            restaurant_id="r1", timezone="Europe/Madrid", schedules=(Schedule(ranges=(lunch,)),)
        )
        context.adapter.set_availability(hours)
        lines = walk(context)
    assert told(lines) == set()
    refused = [line for line in lines if line.outcome is Outcome.CANT_TELL]
    assert refused
    assert all("the restaurant is closed" in line.summary for line in refused)


def test_an_order_chooses_what_the_menu_offers(
    open_embedded: Callable, catalogue: Catalogue, told: Callable[[list[Evidence]], set[str]]
) -> None:
    """A new order is held against the choices of the menu as it can be read now."""
    with open_embedded("tavola") as (partner, session):
        context = CheckContext(partner, catalogue, session, Adapter(session))
        with session.client.examine(60):
            assert told([*compare_prices(context)]) == set()
            menu = context.adapter.get_menu()
            groups = tuple(
                item.model_copy(update={"min_select": 9, "max_select": 9, "max_same_option": 9})
                for item in menu.option_categories
            )
            context.adapter.push_menu(menu.model_copy(update={"option_categories": groups}))
            assert told([*compare_prices(context)]) == {"choice-not-of-menu"}
