"""What a write proves: only what was read back, changed or new, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.responses import JSONResponse

from workbench.adapters.session import Session
from workbench.evidence import behaviour
from workbench.model.evidence import Evidence, Outcome
from workbench.model.feature import Catalogue
from workbench.sandbox import tavola_availability, tavola_menu, tavola_orders

_ONES = (
    "menu-section-create-one",
    "product-create-one",
    "product-variant-create-one",
    "option-category-create-one",
    "option-create-one",
)
_PRODUCT = {
    "product-create-one",
    "product-modify-one",
    "product-price-change",
    "product-availability-flag",
}


def _proved(lines: list[Evidence]) -> set[str]:
    return {slug for line in lines if line.outcome is Outcome.PASSED for slug in line.criteria}


def _menu(session: Session) -> Any:
    return session.client.send("GET", "/restaurants/rest_77/menu").json()


def test_one_of_each_kind_is_made_and_taken_back(
    open_embedded: Callable, catalogue: Catalogue
) -> None:
    """Each kind of menu entity is made once, read back and removed; the menu is as before."""
    with open_embedded("tavola") as (partner, session):
        before = _menu(session)
        lines = [*behaviour.gather(partner, catalogue, session, only={"created-one"})]
        assert _menu(session) == before
    assert _proved(lines) == {*_ONES, "product-images"}


@pytest.mark.parametrize(
    ("defect", "proved"),
    [
        # The recorded product is not there either, so there is nothing to change.
        ("new-not-stored", set()),
        ("put-without-effect", {"product-create-one"}),
        ("", _PRODUCT),
    ],
)
def test_an_acknowledged_write_without_effect_is_no_proof(
    defect: str, proved: set[str], open_mini: Callable, catalogue: Catalogue
) -> None:
    """A partner that answers 2xx and does nothing proves neither a new thing nor a change."""
    only = {"created-one", "read-after-write"}
    with open_mini(*filter(None, [defect])) as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, patience=0.2, only=only)]
    assert _proved(lines) & _PRODUCT == proved


_HOURS = {
    "availability-read",
    "availability-exceptions-kept",
    "availability-close-now",
    "availability-close-one-type",
    "availability-pause-until",
}


def _hours(session: Session) -> Any:
    return session.client.send("GET", "/restaurants/rest_77/availability").json()


def test_days_are_added_and_the_restaurant_closed_and_opened(
    open_embedded: Callable, catalogue: Catalogue
) -> None:
    """Single days keep the others, every way to close is read back, and all is put back."""
    with open_embedded("tavola") as (partner, session):
        before = _hours(session)
        lines = [*behaviour.gather(partner, catalogue, session, only={"availability-known"})]
        assert _hours(session) == before
    assert _proved(lines) == _HOURS


def test_a_pause_that_is_acknowledged_only_is_no_proof(
    open_embedded: Callable, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pause that is answered with 200 and has no effect fails each way to close."""
    monkeypatch.setattr(tavola_availability, "pause", lambda *_: JSONResponse({}))
    with open_embedded("tavola") as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, only={"availability-known"})]
    assert _proved(lines) == {"availability-read", "availability-exceptions-kept"}
    told = {item.criterion for line in lines for item in line.findings}
    assert told == _HOURS - _proved(lines)


def test_nothing_is_said_of_closing_where_nothing_is_bound(
    open_mini: Callable, catalogue: Catalogue
) -> None:
    """A partner without a pause gets no line about it, neither good nor bad."""
    with open_mini() as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, only={"availability-known"})]
    assert {slug for line in lines for slug in line.criteria} == {
        "availability-read",
        "availability-exceptions-kept",
    }


_TIMES = {"order-deadline-met", "order-accept-with-time", "order-time-changed"}


def test_promised_times_are_read_back(open_embedded: Callable, catalogue: Catalogue) -> None:
    """An order is accepted before its deadline with a time, which is changed afterwards."""
    with open_embedded("tavola") as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, only={"time-promised"})]
    assert _proved(lines) == _TIMES


def test_a_promise_that_is_dropped_is_no_proof(
    open_embedded: Callable, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partner that accepts the order and forgets the promised time has not taken it."""
    change = tavola_orders.change_order

    def forget(market: Any, order: Any, status: str, by: str, given: dict[str, Any]) -> None:
        kept = {name: value for name, value in given.items() if name != "ready_at"}
        change(market, order, status, by, kept)

    monkeypatch.setattr(tavola_orders, "change_order", forget)
    with open_embedded("tavola") as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, only={"time-promised"})]
    assert _proved(lines) == {"order-deadline-met"}


def test_who_pays_a_discount_is_proved_by_its_shares(
    open_embedded: Callable, catalogue: Catalogue
) -> None:
    """Orders whose discounts name their sponsors prove it; others do not claim it."""
    with open_embedded("tavola") as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, only={"read-known"})]
    shown = ["order-discount-sponsors" in line.criteria for line in lines]
    assert any(shown)
    assert not all(shown)


_MANY = {
    f"{kind}-{what}-many"
    for kind in ("menu-section", "product", "product-variant", "option-category", "option")
    for what in ("create", "modify")
}


def test_several_are_made_changed_and_taken_back(
    open_embedded: Callable, catalogue: Catalogue
) -> None:
    """Two of each kind go out in one request, each is read back, and both are removed again."""
    with open_embedded("tavola") as (partner, session):
        before = _menu(session)
        lines = [*behaviour.gather(partner, catalogue, session, only={"written-together"})]
        assert _menu(session) == before
    assert _proved(lines) == _MANY


def test_a_batch_of_which_one_is_lost_is_no_proof(
    open_embedded: Callable, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that is answered as a whole success, while only the first is kept, proves nothing."""
    store = tavola_menu._store
    kept: list[str] = []

    def forget(kind: Any, market: Any, path: Any, item: Any, named: Any) -> Any:
        if kept and kept[-1] != item["id"]:
            return item, True
        kept.append(item["id"])
        return store(kind, market, path, item, named)

    monkeypatch.setattr(tavola_menu, "_store", forget)
    with open_embedded("tavola") as (partner, session):
        only = {"written-together"}
        lines = [*behaviour.gather(partner, catalogue, session, patience=0.1, only=only)]
    told = {item.slug for line in lines for item in line.findings}
    assert "some-not-found" in told
    assert "menu-section-create-many" not in _proved(lines)


def test_an_order_of_dishes_that_is_not_kept_is_told(
    open_embedded: Callable, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A section whose dishes read in an order of the partner's own does not keep positions."""
    read = tavola_menu.read_entity

    def sort(kind: Any, market: Any, call: Any) -> Any:
        entity = kind.find(market.menu, call.path)
        if "entries" in entity:
            entity["entries"].sort(key=lambda item: item["product_id"], reverse=True)
        return read(kind, market, call)

    monkeypatch.setattr(tavola_menu, "read_entity", sort)
    with open_embedded("tavola") as (partner, session):
        only = {"read-after-write"}
        lines = [*behaviour.gather(partner, catalogue, session, patience=0.1, only=only)]
    assert "menu-section-positions-kept" not in _proved(lines)
    assert "order-changed" in {item.slug for line in lines for item in line.findings}


def test_impossible_numbers_of_choices_that_are_taken_are_no_proof(
    open_embedded: Callable, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group that asks for more choices than it allows has to be refused."""
    monkeypatch.setattr(tavola_menu, "_faults", lambda _: iter(()))
    with open_embedded("tavola") as (partner, session):
        only = {"limits-kept"}
        lines = [*behaviour.gather(partner, catalogue, session, patience=0.1, only=only)]
    assert _proved(lines) == set()
    assert {item.slug for line in lines for item in line.findings} == {"absurd-limits-accepted"}


def test_a_kitchen_that_takes_any_order_is_no_proof(
    open_embedded: Callable, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result that is taken for an order which does not exist was not looked at."""
    monkeypatch.setattr(tavola_orders, "record_kitchen_result", lambda *_: JSONResponse({}, 200))
    with open_embedded("tavola") as (partner, session):
        lines = [*behaviour.gather(partner, catalogue, session, only={"kitchen-told"})]
    assert _proved(lines) == set()
    assert {item.slug for line in lines for item in line.findings} == {"kitchen-of-no-order"}
