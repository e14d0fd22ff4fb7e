"""The status machines, over the full product of their statuses."""

from __future__ import annotations

from itertools import pairwise, product

import pytest

from workbench.canonical import (
    TRANSITIONS,
    DeliveryStatus,
    OpenEnum,
    OrderStatus,
    ReservationStatus,
    find_route,
    is_legal,
    is_terminal,
    next_statuses,
)

ORDER = """
placed: accepted rejected cancelled failed
accepted: confirmed preparing ready in-delivery delivered completed cancelled failed
confirmed: preparing ready in-delivery delivered completed cancelled failed
preparing: ready in-delivery delivered completed cancelled failed
ready: in-delivery delivered completed cancelled failed
in-delivery: delivered completed cancelled failed
delivered: completed cancelled failed
completed:
rejected:
cancelled:
failed:
"""
RESERVATION = """
held: requested confirmed expired
requested: waitlisted confirmed refused cancelled expired
waitlisted: confirmed refused cancelled
confirmed: arrived seated completed cancelled no-show
arrived: seated completed cancelled
seated: completed cancelled
completed:
refused:
cancelled:
expired:
no-show:
"""
DELIVERY = """
requested: assigned to-pickup at-pickup picked-up to-dropoff at-dropoff delivered failed cancelled
assigned: requested to-pickup at-pickup picked-up to-dropoff at-dropoff delivered failed cancelled
to-pickup: at-pickup picked-up to-dropoff at-dropoff delivered failed cancelled
at-pickup: picked-up to-dropoff at-dropoff delivered failed cancelled
picked-up: to-dropoff at-dropoff delivered failed returning cancelled
to-dropoff: at-dropoff delivered failed returning cancelled
at-dropoff: delivered failed returning cancelled
returning: returned
delivered:
failed:
returned:
cancelled:
"""


def read(text: str) -> dict[str, set[str]]:
    """A table of successors."""
    rows = (line.split(":") for line in text.strip().splitlines())
    return {name: set(following.split()) for name, following in rows}


MACHINES = [
    (OrderStatus, read(ORDER)),
    (ReservationStatus, read(RESERVATION)),
    (DeliveryStatus, read(DELIVERY)),
]
PAIRS = [
    (current, following, table)
    for machine, table in MACHINES
    for current, following in product(machine, machine)
]


def test_every_machine_is_in_the_table() -> None:
    """The tables here name every status of every machine."""
    assert set(TRANSITIONS) == {machine for machine, _ in MACHINES}
    for machine, table in MACHINES:
        assert set(table) == {str(item) for item in machine}


@pytest.mark.parametrize(("current", "following", "table"), PAIRS)
def test_legality(current: OpenEnum, following: OpenEnum, table: dict[str, set[str]]) -> None:
    """Each pair is legal exactly when the table says so, or when nothing changes."""
    expected = current == following or following in table[current]
    assert is_legal(current, following) == expected
    assert (following in next_statuses(current)) == (following in table[current])


@pytest.mark.parametrize(("machine", "table"), MACHINES)
def test_terminal_statuses_absorb(machine: type[OpenEnum], table: dict[str, set[str]]) -> None:
    """A terminal status has no successor but itself, and only those are terminal."""
    for status in machine:
        assert is_terminal(status) == (not table[status])
        if is_terminal(status):
            assert not [other for other in machine if other != status and is_legal(status, other)]


@pytest.mark.parametrize(("current", "goal", "table"), PAIRS)
def test_routes_are_legal_and_complete(
    current: OpenEnum, goal: OpenEnum, table: dict[str, set[str]]
) -> None:
    """A route ends at the goal by legal steps; where there is none, the goal is out of reach."""
    way = (current, *find_route(current, goal))
    assert all(following in table[before] for before, following in pairwise(way))
    reached, edge = {str(current)}, {str(current)}
    while edge:
        edge = {item for name in edge for item in table[name]} - reached
        reached |= edge
    assert (way[-1] == goal) == (goal in reached)


def test_route_is_shortest() -> None:
    """Forward skips are taken."""
    assert find_route(OrderStatus.PLACED, OrderStatus.READY) == (
        OrderStatus.ACCEPTED,
        OrderStatus.READY,
    )
    assert find_route(OrderStatus.READY, OrderStatus.READY) == ()
    assert find_route(OrderStatus.COMPLETED, OrderStatus.PLACED) == ()


@pytest.mark.parametrize("machine", [machine for machine, _ in MACHINES])
def test_unknown_statuses_are_never_acted_on(machine: type[OpenEnum]) -> None:
    """Nothing leads to or from an unknown status, and it is not called terminal."""
    odd = machine("odd")
    for status in machine:
        assert not is_legal(status, odd)
        assert not is_legal(odd, status)
    assert not is_legal(odd, odd)
    assert not is_terminal(odd)
    assert next_statuses(odd) == ()
    assert find_route(odd, next(iter(machine))) == ()


def test_machines_do_not_mix() -> None:
    """An order's `cancelled` is not a delivery's."""
    assert not is_legal(OrderStatus.CANCELLED, DeliveryStatus.CANCELLED)
