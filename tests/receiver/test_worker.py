"""Receipts become effects: in order, once, completed, and never stuck behind poison."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import postgres_server
import pytest
from children import wait_until
from deliveries import (
    START,
    CallableSink,
    order,
    partner,
    post,
    post_all,
    sample,
    status,
    with_webhooks,
    work,
)
from sqlalchemy import select, text, update

from workbench.errors import RateLimitedError, StoreError, UnavailableError
from workbench.partners import Partner
from workbench.receiver import events
from workbench.receiver.body import parse_body
from workbench.receiver.inbox import Inbox
from workbench.receiver.inbox_tables import ATTEMPTS, EFFECTS, EVENTS
from workbench.receiver.ledger import AttemptOutcome, open_recall
from workbench.receiver.process import Party
from workbench.receiver.queries import ReceiptFilter, replay
from workbench.receiver.queue import LEASE, SECOND, backoff
from workbench.receiver.receipt_events import split
from workbench.receiver.sink import NdjsonSink, OutboxMessage
from workbench.receiver.worker import MAX_ATTEMPTS, MAX_DEATHS, Worker

RULES = {"mesa": partner("mesa").manifest.webhooks}


@pytest.fixture
def inbox(location: str) -> Iterator[Inbox]:
    """An empty inbox in either store."""
    with Inbox(location) as opened:
        yield opened


class Reader:
    """Stands where the adapter stands: answers in turn from a list, raising what is an error."""

    def __init__(self, slug: str, *answers: Any) -> None:
        self.slug = slug
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    def read(self, feature: str, identifier: str) -> Any:
        """As `Adapter.read`."""
        self.asked.append((feature, identifier))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        translator = partner(self.slug).translator(feature)
        assert translator is not None
        return translator.translate(answer)


def rows(inbox: Inbox, table: Any, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of a table in order of insertion."""
    with inbox.database.transact() as connection:
        found = connection.execute(select(*(table.c[name] for name in columns)).order_by("id"))
        return [tuple(row) for row in found]


def test_an_order_comes_out_canonical(inbox: Inbox) -> None:
    """An order event is translated by the folder's mapping, once, and its event is done."""
    post(inbox, "tavola", "orders", order())
    (effect,) = work(inbox)
    assert (effect.kind, effect.entity_id, effect.partner) == ("order", "ord_1", "tavola")
    assert effect.entity["ids"]["partner_id"] == "ord_1"
    assert effect.entity["status"] == "placed"
    assert rows(inbox, EVENTS, "state", "attempts") == [("done", 1)]
    assert rows(inbox, EFFECTS, "state") == [("done",)]
    assert inbox.health().depth == 0
    assert work(inbox) == []


def test_a_batch_is_split_and_known_events_are_left_out(inbox: Inbox) -> None:
    """Each item is an event of its own; regrouped in a later batch, it is not done again."""
    payload = sample("bocado", "order-created-event", "batch")
    items = payload["Pedidos"]
    assert len(items) > 1
    post(inbox, "bocado", "pedidos/nuevos", payload)
    assert len(work(inbox, "bocado")) == len(items)
    fresh = {**items[0], "PedidoId": "P-new"}
    post(inbox, "bocado", "pedidos/nuevos", {**payload, "Pedidos": [items[-1], fresh]})
    (effect,) = work(inbox, "bocado")
    assert effect.entity_id == "P-new"


def test_a_poison_item_is_dead_and_the_rest_goes_on(inbox: Inbox) -> None:
    """One item that does not fit its mapping: dead at once, with the reason; others are done."""
    payload = sample("bocado", "order-created-event", "batch")
    payload["Pedidos"][0] = {"PedidoId": payload["Pedidos"][0]["PedidoId"]}
    post(inbox, "bocado", "pedidos/nuevos", payload)
    effects = work(inbox, "bocado")
    assert len(effects) == len(payload["Pedidos"]) - 1
    states = rows(inbox, EVENTS, "state", "error")
    assert states[0][0] == "dead"
    assert states[0][1]
    assert {state for state, _ in states[1:]} == {"done"}


@pytest.mark.parametrize(
    ("poison", "field"),
    [
        (status("no\0thing", number=2), "status"),
        (status("ready", number=2) | {"order_id": "ord\0"}, "id"),
    ],
)
def test_a_nul_kills_its_own_event_alone(inbox: Inbox, poison: Any, field: str) -> None:
    """An id or a status with NUL: dead at the first try with the reason, in either store."""
    told = (status("ready", number=1), poison, status("ready", number=3))
    post_all(inbox, "tavola", "orders/status", told)
    assert [effect.entity_id for effect in work(inbox)] == ["ord_1", "ord_3"]
    first, dead, last = rows(inbox, EVENTS, "state", "attempts", "error")
    assert first == last == ("done", 1, None)
    assert dead[:2] == ("dead", 1)
    assert dead[2].startswith(f"{field} ")
    assert "NUL" in dead[2]


def poison_the_third(inbox: Inbox, kind: str) -> list[tuple[Any, ...]]:
    """Five events, of which the third leads to an effect of a strange kind; their ends."""
    told = [status("ready", number=number) for number in range(1, 6)]
    post_all(inbox, "tavola", "orders/status", told)
    worker = Worker(inbox.database, [Party(partner())])
    attempt = worker._try

    def strange(receipt: Any, row: Any) -> AttemptOutcome:
        outcome = attempt(receipt, row)
        assert outcome.result is not None
        is_third = outcome.result.entity_id == "ord_3"
        return replace(outcome, result=replace(outcome.result, kind=kind)) if is_third else outcome

    worker._try = strange  # type: ignore[method-assign]
    worker.step()
    assert rows(inbox, EFFECTS, "entity_id") == [(f"ord_{number}",) for number in (1, 2, 4, 5)]
    return rows(inbox, EVENTS, "state", "attempts", "error")


def test_what_the_driver_refuses_kills_its_own_event_alone(inbox: Inbox) -> None:
    """Half a surrogate pair is no UTF-8: found in its batch, dead, and the others are done."""
    done = ("done", 1, None)
    *others, last = poison_the_third(inbox, "half \ud800 a sign")
    assert [*others[:2], others[3], last] == [done] * 4
    assert others[2][:2] == ("dead", 1)
    assert others[2][2].startswith("it cannot be written down: UnicodeEncodeError")


@pytest.mark.parametrize("kind", ["k\0", "k" * 41])
def test_what_the_server_refuses_kills_its_own_event_alone(
    cluster: postgres_server.Cluster, kind: str
) -> None:
    """A value that PostgreSQL does not hold is no trouble of the database."""
    with Inbox(cluster.empty()) as inbox:
        ends = poison_the_third(inbox, kind)
    assert [state for state, *_ in ends] == ["done", "done", "dead", "done", "done"]
    assert "holds no such value" in ends[2][2]


def test_trouble_of_the_database_is_no_fault_of_an_event(inbox: Inbox) -> None:
    """When the database is away while events are settled, they are done later, once."""
    post_all(inbox, "tavola", "orders/status", [status("ready", number=n) for n in range(3)])
    now = time.time()
    worker = Worker(inbox.database, [Party(partner())], clock=lambda: now)
    enter = worker._enter
    worker._enter = Mock(side_effect=StoreError("away"))  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="away"):
        worker.step()
    assert {state for (state,) in rows(inbox, EVENTS, "state")} == {"processing"}
    worker._enter, now = enter, now + 200  # type: ignore[method-assign]
    worker.step()
    assert rows(inbox, EVENTS, "state") == [("done",)] * 3
    assert len(rows(inbox, EFFECTS, "id")) == 3


def test_what_no_rule_knows_is_kept_apart(inbox: Inbox) -> None:
    """An unknown event, and a body that is no JSON, wait for a rule without holding up others."""
    post(inbox, "tavola", "orders", {"event": {"type": "order.sung"}})
    post(inbox, "tavola", "orders", b"\xff\x00 no json")
    post(inbox, "tavola", "orders", order())
    assert len(work(inbox)) == 1
    assert [r.state for r in inbox.receipts("tavola")] == ["unknown", "unknown", "read"]


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        ([("accepted", 1), ("ready", 5), ("in_kitchen", 3)], ["accepted", "ready"]),
        ([("ready", None), ("accepted", None)], ["ready"]),
        ([("cancelled", 9), ("accepted", 2)], ["cancelled"]),
        ([("accepted", 1), ("accepted", 4)], ["accepted", "accepted"]),
    ],
)
def test_an_older_status_is_history(
    inbox: Inbox, told: list[tuple[str, int | None]], heard: list[str]
) -> None:
    """A status that was overtaken has no effect, and its attempt says `stale`."""
    for value, minute in told:
        post(inbox, "tavola", "orders/status", status(value, minute=minute))
    assert [effect.entity["status"] for effect in work(inbox)] == heard
    labels = [label for (label,) in rows(inbox, ATTEMPTS, "outcome")]
    assert labels.count("stale") == len(told) - len(heard)


def test_a_status_of_the_future_holds_nothing_up(inbox: Inbox) -> None:
    """A time behind the arrival counts as that of the arrival, so what comes later is not stale."""
    post(
        inbox,
        "tavola",
        "orders/status",
        status("accepted") | {"changed_at": "2199-01-01T00:00:00Z"},
    )
    (first,) = work(inbox)
    now = datetime.now(UTC).isoformat()
    post(inbox, "tavola", "orders/status", status("ready") | {"changed_at": now})
    (second,) = work(inbox)
    assert (first.entity["status"], second.entity["status"]) == ("accepted", "ready")
    assert first.entity["at"].startswith("2199")  # what the partner told is passed on as it is


def test_the_same_words_without_an_id_are_a_repeat_for_a_while(inbox: Inbox) -> None:
    """Equal bodies count once within the stated time, unless something changed in between."""
    nameless = altered({"event_id": None}, repeat_seconds=600)

    def hear(code: str, second: int) -> list[str]:
        now = START + timedelta(days=1, seconds=second)
        post(inbox, "tavola", "orders", order(code=code), at=now, told=nameless)
        effects = work(inbox, told=nameless, clock=now.timestamp)
        return [effect.entity["ids"]["display_code"] for effect in effects]

    told = [("A", 0), ("A", 60), ("B", 120), ("A", 180), ("A", 779), ("A", 781)]
    assert [hear(*one) for one in told] == [["A"], [], ["B"], ["A"], [], ["A"]]
    labels = [label for (label,) in rows(inbox, ATTEMPTS, "outcome")]
    assert labels == ["done", "repeat", "done", "done", "repeat", "done"]
    assert replay(inbox.database, ReceiptFilter(last=2)) == 2
    assert len(work(inbox, told=nameless)) == 2  # whoever asks for it gets it


def test_an_order_that_comes_late_gets_the_known_status(inbox: Inbox) -> None:
    """The order itself is news even when its status is not; a second old copy is not."""
    post(inbox, "tavola", "orders/status", status("ready", minute=9))
    post(inbox, "tavola", "orders", order())
    post(inbox, "tavola", "orders", order(event="again"))
    effects = work(inbox)
    assert [effect.kind for effect in effects] == ["order-status", "order"]
    assert effects[1].entity["status"] == "ready"
    assert [label for (label,) in rows(inbox, ATTEMPTS, "outcome")] == ["done", "late", "stale"]


def test_a_delta_is_merged_into_what_was_known(inbox: Inbox) -> None:
    """An event with only what changed is completed from the last whole payload."""
    post(inbox, "tavola", "orders", order())
    whole = order()
    delta = {"id": "ord_1", "event": whole["event"] | {"event_id": "e2"}, "display_code": "Z-99"}
    post(inbox, "tavola", "orders", delta)
    alone = {"id": "ord_2", "event": whole["event"] | {"event_id": "e3"}}
    post(inbox, "tavola", "orders", alone)
    before, after = work(inbox)
    assert after.entity["lines"] == before.entity["lines"]
    assert [label for (label,) in rows(inbox, ATTEMPTS, "outcome")] == ["done", "dead", "merged"]


def test_a_delta_by_rule_is_merged_even_when_it_would_do_alone(inbox: Inbox) -> None:
    """What a change leaves out is kept, null removes; the first one of an order stands alone."""
    change = order(event="e2", code="AUR-2", tips=None)
    del change["customer"]
    post(inbox, "tavola", "orders", order(code="AUR-1"))
    post(inbox, "tavola", "orders", change)
    before, after = (effect.entity for effect in work(inbox, told=altered({"delta": True})))
    assert (before["ids"]["display_code"], after["ids"]["display_code"]) == ("AUR-1", "AUR-2")
    assert after["customer"] == before["customer"]
    assert before["tips"]
    assert "tips" not in after


def altered(changes: dict[str, Any], **more: Any) -> Partner:
    """Tavola, if all its rules and its webhooks said this."""
    webhooks = partner().manifest.webhooks
    assert webhooks is not None
    events = {name: rule.model_copy(update=changes) for name, rule in webhooks.events.items()}
    return with_webhooks(webhooks.model_copy(update={"events": events, **more}))


def test_a_ping_is_followed_by_a_pull(inbox: Inbox) -> None:
    """Mesa pings; the reservation is read, and an equal ping is read again."""
    whole = partner("mesa").samples("reservation-read")[0].payload
    ping = sample("mesa", "reservation-created-event", "ping")
    reader = Reader("mesa", whole, whole)
    for _ in range(2):
        post(inbox, "mesa", "reservations", ping)
        (effect,) = work(inbox, "mesa", adapter=reader)
        assert effect.kind == "reservation"
    assert reader.asked == [("reservation-read", str(ping["reservationId"]))] * 2
    assert rows(inbox, EVENTS, "run", "state") == [(2, "done")]


def test_a_ping_during_its_own_pull_is_not_lost(inbox: Inbox) -> None:
    """A repeat that arrives while the entity is read: that reading does not count."""
    whole = partner("mesa").samples("reservation-read")[0].payload
    ping = sample("mesa", "reservation-created-event", "ping")
    reader = Reader("mesa", whole, whole)
    read = reader.read

    def interrupted(feature: str, identifier: str) -> Any:
        answer = read(feature, identifier)
        if len(reader.asked) == 1:
            post(inbox, "mesa", "reservations", ping)
            split(inbox.database, RULES)
        return answer

    reader.read = interrupted  # type: ignore[method-assign]
    post(inbox, "mesa", "reservations", ping)
    assert len(work(inbox, "mesa", adapter=reader)) == 1
    assert len(reader.asked) == 2


def test_trouble_at_the_partner_is_retried_in_order(inbox: Inbox) -> None:
    """A pull that fails comes again later, its order waits, other orders go on."""
    whole = partner("mesa").samples("reservation-read")[0].payload
    ping = sample("mesa", "reservation-created-event", "ping")
    reader = Reader(
        "mesa",
        UnavailableError("away"),
        whole,
        RateLimitedError("slowly", retry_after=900),
        whole,
        whole,
    )
    now = time.time()
    post(inbox, "mesa", "reservations", ping)
    post(inbox, "mesa", "reservations", ping | {"n": 2})
    post(inbox, "mesa", "reservations", ping | {"reservationId": "other"})
    assert len(work(inbox, "mesa", adapter=reader, clock=lambda: now)) == 1
    assert [state for (state,) in rows(inbox, EVENTS, "state")] == ["retry", "new", "done"]
    assert work(inbox, "mesa", adapter=reader, clock=lambda: now + 3) == []
    assert work(inbox, "mesa", adapter=reader, clock=lambda: now + 800) == []
    assert len(work(inbox, "mesa", adapter=reader, clock=lambda: now + 950)) == 2
    assert {state for (state,) in rows(inbox, EVENTS, "state")} == {"done"}


def test_endless_trouble_ends_dead(inbox: Inbox) -> None:
    """After the last retry the event is dead, and the next event of its order goes on."""
    ping = sample("mesa", "reservation-created-event", "ping")
    whole = partner("mesa").samples("reservation-read")[0].payload
    reader = Reader("mesa", *[RuntimeError("bug")] * 3, whole)
    post(inbox, "mesa", "reservations", ping)
    post(inbox, "mesa", "reservations", ping | {"n": 2})
    clock = time.time()
    found: list[OutboxMessage] = []
    for hour in range(6):
        found += work(inbox, "mesa", adapter=reader, clock=lambda h=hour: clock + 3600 * h)
    assert [state for (state,) in rows(inbox, EVENTS, "state")] == ["dead", "done"]
    assert len(found) == 1


def test_a_sink_in_trouble_gets_effects_later_and_in_order(inbox: Inbox) -> None:
    """What a sink refuses comes again with the same id; later effects of that order wait."""
    for value, minute in (("accepted", 1), ("ready", 2)):
        post(inbox, "tavola", "orders/status", status(value, minute=minute))
    post(inbox, "tavola", "orders", order(7))
    seen: list[tuple[str, str]] = []
    is_broken = True

    def take(effect: OutboxMessage) -> None:
        seen.append((effect.id, effect.entity["status"]))
        if is_broken and effect.entity["status"] == "accepted":
            raise OSError("printer on fire")

    now = time.time()
    worker = Worker(inbox.database, [Party(partner())], CallableSink(take), clock=lambda: now)
    while worker.step():
        pass
    assert [value for _, value in seen] == ["accepted", "placed"]
    is_broken, now = False, now + 5
    while worker.step():
        pass
    assert [value for _, value in seen] == ["accepted", "placed", "accepted", "ready"]
    assert seen[0][0] == seen[2][0]


def test_an_event_stays_alive_for_a_day(inbox: Inbox) -> None:
    """A partner that is away is asked for a day, at last every hour, before its event is dead."""
    ping = sample("mesa", "reservation-created-event", "ping")
    reader = Reader("mesa", *[UnavailableError("away")] * MAX_ATTEMPTS)
    post(inbox, "mesa", "reservations", ping)
    start = now = 1_800_000_000
    due: list[int] = []
    while not due or rows(inbox, EVENTS, "state") == [("retry",)]:
        work(inbox, "mesa", adapter=reader, clock=lambda at=now: at)
        due.append(now - start)
        ((due_at,),) = rows(inbox, EVENTS, "due_at")
        now = max(now, due_at // 1_000_000)
    assert due[:4] == [0, 2, 6, 14]
    assert max(later - earlier for earlier, later in itertools.pairwise(due)) == 3600
    assert 86_400 <= due[-1] <= 90_000
    assert rows(inbox, EVENTS, "state", "attempts") == [("dead", len(due))]
    assert reader.answers == []


def test_an_effect_that_nobody_takes_stays_alive_for_a_day(inbox: Inbox) -> None:
    """A sink that refuses everything is tried for a day before the effect is dead."""

    def refuse(_: OutboxMessage) -> None:
        raise OSError("closed")

    post(inbox, "tavola", "orders", order())
    start = now = 1_800_000_000
    worker = Worker(inbox.database, [Party(partner())], CallableSink(refuse), clock=lambda: now)
    worker.step()
    while rows(inbox, EFFECTS, "state") == [("retry",)]:
        ((due_at,),) = rows(inbox, EFFECTS, "due_at")
        now = due_at // 1_000_000
        worker.step()
    assert rows(inbox, EFFECTS, "state") == [("dead",)]
    assert 86_400 <= now - start <= 90_000


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 2), (2, 4), (10, 1024), (11, 2048), (12, 3600), (13, 3600), (10**6, 3600)],
)
def test_waits_double_up_to_an_hour(attempts: int, seconds: int) -> None:
    """2 s, then twice as long each time, never more than an hour, however many tries there were."""
    assert backoff(attempts) == seconds * SECOND


def test_inboxes_that_share_a_file_lose_nothing(tmp_path: Path) -> None:
    """Two partners, and then an inbox that was begun anew: every order has its line, once."""
    path = tmp_path / "out.ndjson"
    batch = sample("bocado", "order-created-event", "batch")
    found = []
    for name, slug in (("a", "tavola"), ("b", "bocado"), ("c", "tavola")):
        with Inbox(tmp_path / name / "inbox.db") as inbox:
            if slug == "bocado":
                post(inbox, slug, "pedidos/nuevos", batch)
            else:
                post_all(inbox, slug, "orders", [order(number) for number in range(3)])
            worker = Worker(inbox.database, [Party(partner(slug))], NdjsonSink(path))
            while worker.step():
                pass
            with inbox.database.transact() as connection:  # as if nothing had been noted
                connection.execute(update(EFFECTS).values(state="new", due_at=0))
            while Worker(inbox.database, [Party(partner(slug))], NdjsonSink(path)).step():
                pass
            found += [(slug, entity) for (entity,) in rows(inbox, EFFECTS, "entity_id")]
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [(line["partner"], line["entity_id"]) for line in lines] == found
    assert len({line["id"] for line in lines}) == len(lines) == 6 + len(batch["Pedidos"])


def test_a_claim_that_ran_out_writes_nothing(inbox: Inbox) -> None:
    """A worker that slept through its lease finds its event done by another, once."""
    post(inbox, "tavola", "orders", order())
    clock = [time.time()]
    slow = Worker(inbox.database, [Party(partner())], clock=lambda: clock[0])
    settle = slow._settle
    held: list[Any] = []
    slow._settle = lambda *given: held.append(given)  # type: ignore[method-assign]
    slow.step()
    clock[0] += 200
    assert len(work(inbox, clock=lambda: clock[0])) == 1
    settle(*held[0])
    assert len(rows(inbox, EFFECTS, "id")) == 1
    assert [label for (label,) in rows(inbox, ATTEMPTS, "outcome")] == ["done"]


def test_a_dead_workers_claim_is_free_in_seconds(inbox: Inbox) -> None:
    """Nobody gets it while its worker lives, however long that takes; soon after, anybody."""
    post(inbox, "tavola", "orders", order())
    clock = [time.time()]
    slow = Worker(inbox.database, [Party(partner())], clock=lambda: clock[0])
    others: list[int] = []

    def take_long(_lease: str, _outcomes: Any) -> None:
        for _ in range(10):
            clock[0] += LEASE / SECOND / 2
            slow._leases.beat()
            others.append(len(work(inbox, clock=lambda: clock[0])))

    slow._settle = take_long  # type: ignore[method-assign]
    slow.step()
    assert others == [0] * 10
    clock[0] += LEASE / SECOND + 1
    assert len(work(inbox, clock=lambda: clock[0])) == 1


def test_an_event_that_kills_workers_is_given_up(inbox: Inbox) -> None:
    """Claimed over and over without an end, it is dead at last."""
    post(inbox, "tavola", "orders", order())
    now = time.time()
    for turn in range(MAX_DEATHS + 1):
        assert rows(inbox, EVENTS, "state") != [("dead",)]
        worker = Worker(inbox.database, [Party(partner())], clock=lambda t=turn: now + 200 * t)
        if turn < MAX_DEATHS:
            worker._settle = lambda *_: None  # type: ignore[method-assign]
        worker.step()
    assert rows(inbox, EVENTS, "state") == [("dead",)]


def test_several_workers_keep_the_order(inbox: Inbox) -> None:
    """Four workers at once: every event once, those of each order first in first out."""
    count = 240
    told = (
        status(
            ("accepted", "in_kitchen", "ready")[number // 20 % 3],
            number=number % 20,
            minute=number // 20,
            event=f"e{number}",
        )
        for number in range(count)
    )
    post_all(inbox, "tavola", "orders/status", told)
    stop = threading.Event()
    workers = [Worker(inbox.database, [Party(partner())], batch=7) for _ in range(4)]
    threads = [threading.Thread(target=one.run, args=(stop,), daemon=True) for one in workers]
    for thread in threads:
        thread.start()
    wait_until(lambda: inbox.health().depth == 0)
    stop.set()
    for thread in threads:
        thread.join()
    found = rows(inbox, ATTEMPTS, "event_id")
    assert sorted(found) == [(number + 1,) for number in range(count)]
    with inbox.database.transact() as connection:
        inverted = connection.scalar(
            text(
                "SELECT count(*) FROM attempts a JOIN events e ON e.id = a.event_id"
                " JOIN events f ON f.order_key = e.order_key AND f.id < e.id"
                " JOIN attempts b ON b.event_id = f.id AND b.id > a.id"
            )
        )
    assert inverted == 0


def test_a_clock_that_jumps_holds_nothing_up(inbox: Inbox) -> None:
    """New events are due whatever the clock says when they came and when they are read."""
    post(inbox, "tavola", "orders", order(1))
    assert len(work(inbox, clock=lambda: time.time() - 3600)) == 1
    post(inbox, "tavola", "orders", order(2))
    assert len(work(inbox, clock=lambda: time.time() + 3600)) == 1


def test_a_long_body_is_read_twice_however_many_events_it_has(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once to know its sender's ids, once to work on it in many rounds; its last item is done."""
    payload = sample("bocado", "order-created-event", "batch")
    items = [{**payload["Pedidos"][0], "PedidoId": f"P-{number}"} for number in range(60)]
    read: list[int] = []
    monkeypatch.setattr(
        events, "parse_body", lambda body, *how: read.append(len(body)) or parse_body(body, *how)
    )
    post(inbox, "bocado", "pedidos/nuevos", {**payload, "Pedidos": items})
    assert [effect.entity_id for effect in work(inbox, "bocado", batch=5)] == [
        item["PedidoId"] for item in items
    ]
    assert len(read) == 2


def test_a_number_of_any_size_comes_through(inbox: Inbox) -> None:
    """A number beyond 64 bits, in a field that nobody maps, neither stops an order nor changes."""
    post(inbox, "tavola", "orders", json.dumps(order(loyalty_number=10**30 + 7)).encode())
    assert len(work(inbox)) == 1
    recall = open_recall(inbox.database, "pos-1")
    assert recall("ord_1", "order")["loyalty_number"] == 10**30 + 7
