"""kill -9 of the server, the worker and the database: nothing lost, nothing done twice."""

from __future__ import annotations

import json
import random
import time
from collections import defaultdict
from pathlib import Path

import postgres_server
import pytest
from children import Storm, child, send, serving, stop
from deliveries import ROOT, post_all, status
from sqlalchemy import select, text

from workbench.receiver.inbox import Inbox
from workbench.receiver.inbox_tables import EFFECTS
from workbench.receiver.sink import read_effect


def stored(location: str) -> list[str]:
    """Targets of the receipts in an inbox."""
    with Inbox(location) as inbox:
        return [receipt.target for receipt in inbox.receipts(None)]


@pytest.mark.parametrize(
    ("location", "kills"),
    [
        ("sqlite", 1),
        pytest.param("postgresql", 1, marks=pytest.mark.slow),
        pytest.param("sqlite", 3, marks=pytest.mark.nightly),
        pytest.param("postgresql", 3, marks=pytest.mark.nightly),
    ],
    indirect=["location"],
)
def test_a_killed_server_loses_nothing(location: str, kills: int) -> None:
    """Killed in a storm, again and again: what it acknowledged is there, once."""
    acknowledged: set[str] = set()
    for kill in range(kills):
        with serving(location) as (server, port):
            storm = Storm(port, f"k{kill}")
            with storm.blowing():
                storm.wait_for(random.randint(40, 120))
                server.kill()
            acknowledged |= set(storm.acknowledged)
    found = stored(location)
    assert len(acknowledged) > 20 * kills
    assert acknowledged <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.slow
def test_a_stopped_server_loses_nothing(location: str) -> None:
    """SIGTERM in a storm: an orderly end, and all that was acknowledged is there."""
    with serving(location) as (server, port):
        storm = Storm(port, "s")
        with storm.blowing():
            storm.wait_for(40)
            assert stop(server) == 0
    assert set(storm.acknowledged) <= set(stored(location))


@pytest.mark.slow
def test_two_servers_take_turns(cluster: postgres_server.Cluster) -> None:
    """A rolling restart on one database: the old one ends while the new one serves."""
    location = cluster.create("rolling")
    with serving(location) as (old, first), serving(location) as (_, second):
        storms = [Storm(first, "old"), Storm(second, "new")]
        with storms[0].blowing(2), storms[1].blowing(2):
            storms[0].wait_for(20)
            storms[1].wait_for(20)
            assert stop(old) == 0
            storms[1].wait_for(20)
    found = stored(location)
    assert {*storms[0].acknowledged, *storms[1].acknowledged} <= set(found)
    assert set(storms[1].answers) == {200}
    assert len(found) == len(set(found))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("events", "kills"), [(400, 2), pytest.param(400, 4, marks=pytest.mark.nightly)]
)
def test_a_killed_worker_does_nothing_twice(
    location: str, tmp_path: Path, events: int, kills: int
) -> None:
    """Two workers, one killed at random: each event has one effect and one line, in order."""
    output = tmp_path / "effects.ndjson"
    orders = 40
    with Inbox(location) as inbox:
        told = (
            status(
                ("accepted", "in_kitchen", "ready")[number // orders % 3],
                number=number % orders,
                minute=min(number // orders, 59),
                event=f"e{number}",
            )
            for number in range(events)
        )
        post_all(inbox, "tavola", "orders/status", told)
        arguments = ("worker", location, ROOT, output, 25)
        for _ in range(kills):
            with child(*arguments) as worker:
                worker.read(1)
                time.sleep(random.uniform(0.005, 0.1))
                worker.kill()
            _end_leases(inbox)
        with child(*arguments) as first, child(*arguments) as second:
            first.read(2)
            second.read(2)
        _assert_once_and_in_order(inbox, events)
        with inbox.database.transact() as connection:
            made = connection.execute(select(EFFECTS)).mappings().all()
    numbers_of = {read_effect(row).id: row["id"] for row in made}
    lines = [json.loads(line) for line in output.read_bytes().splitlines()]
    assert len(lines) == len({line["id"] for line in lines})
    by_order: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        by_order[line["entity_id"]].append(numbers_of[line["id"]])
    assert all(numbers == sorted(numbers) for numbers in by_order.values())


def _end_leases(inbox: Inbox) -> None:
    # What passes in two minutes: claims of the dead run out.
    with inbox.database.transact() as connection:
        for table in ("events", "effects"):
            connection.execute(text(f"UPDATE {table} SET due_at = 0 WHERE state = 'processing'"))


def _assert_once_and_in_order(inbox: Inbox, events: int) -> None:
    with inbox.database.transact() as connection:

        def one(query: str) -> int:
            return int(connection.execute(text(query)).scalar() or 0)

        assert one("SELECT count(*) FROM events WHERE state = 'done'") == events
        assert one("SELECT count(DISTINCT event_id) FROM attempts") == events
        assert one("SELECT count(*) FROM attempts") == events
        assert one("SELECT count(*) - count(DISTINCT event_id) FROM effects") == 0
        inverted = one(
            "SELECT count(*) FROM attempts a JOIN events e ON e.id = a.event_id"
            " JOIN events f ON f.order_key = e.order_key AND f.id < e.id"
            " JOIN attempts b ON b.event_id = f.id WHERE b.id > a.id"
        )
        assert inverted == 0


@pytest.mark.slow
def test_a_restarted_database_is_waited_for(own_cluster: postgres_server.Cluster) -> None:
    """Down: 503 within the partner's patience; up again: 200, without a restart of ours."""
    location = own_cluster.url()
    with serving(location) as (_, port):
        assert send(port, "/p1/webhooks/before") == 200
        own_cluster.stop()
        assert [send(port, f"/p1/webhooks/down-{n}", seconds=60) for n in range(3)] == [503] * 3
        own_cluster.start()
        answers = [send(port, f"/p1/webhooks/after-{n}") for n in range(4)]
        assert answers[-1] == 200
    assert {"before", "after-3"} <= set(stored(location))


@pytest.mark.slow
@pytest.mark.parametrize("kills", [2, pytest.param(6, marks=pytest.mark.nightly)])
def test_a_killed_database_loses_nothing(own_cluster: postgres_server.Cluster, kills: int) -> None:
    """Kill -9 of PostgreSQL in a storm: what was acknowledged is there after its recovery."""
    location = own_cluster.url()
    acknowledged: set[str] = set()
    with serving(location) as (_, port):
        for kill in range(kills):
            storm = Storm(port, f"k{kill}")
            with storm.blowing():
                storm.wait_for(40)
                own_cluster.kill()
                time.sleep(0.1)  # it goes on asking while nobody stores
            acknowledged |= set(storm.acknowledged)
            assert set(storm.answers) <= {200, 503}
            own_cluster.start()
            for _ in range(20):
                if send(port, "/p1/webhooks/again") == 200:
                    break
    found = stored(location)
    assert len(acknowledged) > 20
    assert acknowledged <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.slow
def test_the_control_loses_events(own_cluster: postgres_server.Cluster) -> None:
    """`synchronous_commit=off` does lose acknowledged events: the experiment can see it."""

    def lost() -> set[str]:
        with child("writer", own_cluster.url(), "SET synchronous_commit=off", 16) as writer:
            writer.read(1500)
            own_cluster.kill()
            acknowledged = {line for line in writer.kill() if not line.startswith("!")}
        own_cluster.start()
        return acknowledged - set(stored(own_cluster.url()))

    assert any(lost() for _ in range(5))
