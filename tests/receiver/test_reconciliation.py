"""The sweep against the sandbox: what was missed is found, stored, and processed like an event."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from deliveries import ROOT, order, partner, post, status, work
from sqlalchemy import select

from workbench.adapters.adapter import Adapter
from workbench.errors import UnavailableError
from workbench.receiver.inbox import Inbox
from workbench.receiver.inbox_tables import RECEIPTS
from workbench.receiver.reconciliation import Reconciler, Sweep
from workbench.sandbox.server import Sandbox
from workbench.sandbox.simulators import SIMULATORS
from workbench.settings import Settings


@pytest.fixture(scope="module")
def adapter() -> Iterator[Adapter]:
    """Tavola's sandbox, opened."""
    with Sandbox([SIMULATORS["tavola"]]) as sandbox, pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.environment().items():
            patch.setenv(name, value)
        with Adapter.open(partner(), "sandbox", Settings(root=ROOT)) as opened:
            yield opened


def place(adapter: Adapter) -> str:
    """A new order at the partner; its id."""
    assert adapter.session.control is not None
    return str(adapter.session.control.send("POST", "/orders", json={}).require().json()["id"])


def move(adapter: Adapter, number: str, to: str) -> None:
    """The partner's side moves an order."""
    assert adapter.session.control is not None
    path = f"/orders/{number}/status"
    adapter.session.control.send("POST", path, json={"status": to}).require()


def tell(inbox: Inbox, adapter: Adapter, number: str) -> None:
    """Tavola's event for an order, as it is now."""
    whole = adapter.call("order-read", ids={"order": number}).require().json()
    post(inbox, "tavola", "orders", {**order(event=f"created-{number}"), **whole})


def test_a_missed_status_is_found_once(inbox: Inbox, adapter: Adapter) -> None:
    """Asked, compared, stored as a receipt of ours, processed; a second sweep finds nothing."""
    number = place(adapter)
    tell(inbox, adapter, number)
    assert [effect.entity["status"] for effect in work(inbox)] == ["placed"]
    reconciler = Reconciler(inbox.database, adapter)
    assert reconciler.sweep(silent=0) == Sweep(checked=1)
    move(adapter, number, "accepted")
    assert reconciler.sweep(silent=600) == Sweep()
    assert reconciler.sweep(silent=0) == Sweep(checked=1, missed=1)
    (effect,) = work(inbox)
    assert (effect.kind, effect.entity_id) == ("order-status", number)
    assert effect.entity["status"] == "accepted"
    assert reconciler.sweep(silent=0) == Sweep(checked=1)
    with inbox.database.transact() as connection:
        found = connection.execute(select(RECEIPTS.c.method, RECEIPTS.c.target)).all()
    assert tuple(found[-1]) == ("GET", f"order-status-read/{number}")


def test_an_order_that_ended_is_left_alone(inbox: Inbox, adapter: Adapter) -> None:
    """Nobody is asked about what can no longer change."""
    number = place(adapter)
    post(inbox, "tavola", "orders/status", status("cancelled") | {"order_id": number})
    work(inbox)
    assert Reconciler(inbox.database, adapter).sweep(silent=0) == Sweep()


def test_an_order_heard_of_in_part_is_fetched_at_once(inbox: Inbox, adapter: Adapter) -> None:
    """A status of an unknown order means that its creation was missed: the order is read whole."""
    now = time.time()
    reconciler = Reconciler(inbox.database, adapter, clock=lambda: now)
    assert reconciler.sweep_when_due() == Sweep()
    number = place(adapter)
    move(adapter, number, "accepted")
    told = status("accepted", minute=None) | {"order_id": number}
    post(inbox, "tavola", "orders/status", told | {"changed_at": "2026-11-20T20:00:00Z"})
    work(inbox)
    now += 10
    assert reconciler.sweep_when_due() == Sweep(checked=1, missed=1)
    (effect,) = work(inbox)
    assert (effect.kind, effect.entity["ids"]["partner_id"]) == ("order", number)
    now += 10
    assert reconciler.sweep_when_due() is None


def test_it_sweeps_at_start_on_schedule_and_after_a_gap(inbox: Inbox, adapter: Adapter) -> None:
    """All open orders at the start and after our own downtime; else those that were silent."""
    number = place(adapter)
    tell(inbox, adapter, number)
    work(inbox)
    now = time.time() + 1
    reconciler = Reconciler(inbox.database, adapter, every=300, silent=3000, clock=lambda: now)
    assert reconciler.sweep_when_due() == Sweep(checked=1)
    now += 100
    assert reconciler.sweep_when_due() is None
    now += 250
    assert reconciler.sweep_when_due() == Sweep()
    now += 3600
    assert reconciler.sweep_when_due() == Sweep(checked=1)
    now += 20
    assert reconciler.sweep_when_due() is None
    reconciler.hurry()
    assert reconciler.sweep_when_due() == Sweep(checked=1)
    assert reconciler.sweep_when_due() is None


def test_an_order_that_the_partner_does_not_know(inbox: Inbox, adapter: Adapter) -> None:
    """404 is counted as failed, and the sweep goes on to the next order."""
    post(inbox, "tavola", "orders", order(404404))
    number = place(adapter)
    tell(inbox, adapter, number)
    work(inbox)
    move(adapter, number, "accepted")
    sweep = Reconciler(inbox.database, adapter).sweep(silent=0)
    assert (sweep.checked, sweep.missed, sweep.failed) == (2, 1, 1)


def test_a_partner_that_is_away_ends_the_sweep(inbox: Inbox, adapter: Adapter) -> None:
    """The rest waits for the next one, and nothing counts as checked."""

    class Away:
        partner = adapter.partner

        def call(self, *_: Any, **__: Any) -> Any:
            raise UnavailableError("away")

    tell(inbox, adapter, place(adapter))
    work(inbox)
    away: Any = Away()
    assert not Reconciler(inbox.database, away).sweep(silent=0).is_complete
    assert Reconciler(inbox.database, adapter).sweep(silent=0).checked == 1


def test_the_work_of_a_day_away(tmp_path: Path, adapter: Adapter) -> None:
    """Known orders changed while nobody listened; one sweep at the start catches up with all."""
    numbers = [place(adapter) for _ in range(5)]
    with Inbox(tmp_path / "inbox.db") as inbox:
        for number in numbers:
            tell(inbox, adapter, number)
        work(inbox)
    for number in numbers[:3]:
        move(adapter, number, "accepted")
    with Inbox(tmp_path / "inbox.db") as inbox:
        sweep = Reconciler(inbox.database, adapter).sweep_when_due()
        assert sweep == Sweep(checked=5, missed=3)
        assert sorted(effect.entity_id for effect in work(inbox)) == sorted(numbers[:3])
