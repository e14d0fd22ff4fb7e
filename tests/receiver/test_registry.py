"""Partners of a running receiver: told apart at a pos-code, and read again when they change."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from children import wait_until
from deliveries import ROOT, CallableSink, order, partner, post, status

from workbench.errors import InputError
from workbench.partners import Webhooks
from workbench.receiver import listening
from workbench.receiver.database import Database
from workbench.receiver.inbox import Inbox
from workbench.receiver.inbox_tables import EFFECTS
from workbench.receiver.inspection import inspect_receipt
from workbench.receiver.listening import work
from workbench.receiver.process import Party
from workbench.receiver.proxy import is_local
from workbench.receiver.registry import PartnerRegistry
from workbench.receiver.routes import Bounds, Endpoint, choose_route, open_routes
from workbench.receiver.sink import NdjsonSink, OutboxMessage
from workbench.receiver.sink_delivery import Destination, SinkDelivery, share_partners
from workbench.receiver.worker import Worker
from workbench.settings import Settings

SIGNED = {"scheme": "token", "header": "X-Key", "credentials": ["webhook_secret"]}
OPEN = {"scheme": "none"}


def endpoint(slug: str, signature: dict[str, Any], key: bytes = b"", **match: Any) -> Endpoint:
    """A partner with one event."""
    events = {"made": {"match": match, "event_id": "$.id", "entity_id": "$.id"}}
    rules = Webhooks.model_validate({"signature": signature, "events": events})
    return Endpoint(slug, rules, (key,) if key else ())


def chosen(
    endpoints: Sequence[Endpoint], target: str, body: bytes = b"{}", key: str = ""
) -> tuple[str, str, str]:
    """Partner, target and reason of a POST to a pos-code that they share."""
    headers = [(b"x-key", key.encode())] if key else []
    scope = {"method": "POST", "headers": headers, "path": f"/r/webhooks/{target}"}
    routes = open_routes({"r": endpoints}, Bounds())["r"]
    found = choose_route(routes, scope, target, body, 0.0)
    return found.route.endpoint.partner, found.target, found.verification.reason


def test_partners_of_a_pos_code_are_told_apart() -> None:
    """By the slug in the path, the path of a rule, the key, or the event in the body."""
    by_path = [endpoint("ann", OPEN, path="orders"), endpoint("bob", OPEN, path="pedidos")]
    assert chosen(by_path, "pedidos") == ("bob", "pedidos", "unsigned")
    assert chosen(by_path, "bob/orders") == ("bob", "orders", "unsigned")
    by_key = [endpoint("ann", SIGNED, b"key-of-ann"), endpoint("bob", SIGNED, b"key-of-bob")]
    assert chosen(by_key, "x", key="key-of-bob") == ("bob", "x", "ok")
    kinds = [
        endpoint("ann", SIGNED, b"key-of-ann", json="$.kind", values=["a"]),
        endpoint("bob", OPEN, json="$.kind", values=["b"]),
    ]
    assert chosen(kinds, "x", b'{"kind":"b","id":"1"}')[0] == "bob"
    assert chosen(kinds, "x", b'{"kind":"a","id":"1"}') == ("ann", "x", "missing")


@pytest.fixture
def project(tmp_path: Path) -> Settings:
    """A project with one partner, whose key stands in `.env`."""
    shutil.copytree(ROOT / "contracts" / "bocado", tmp_path / "contracts" / "bocado")
    write_key(tmp_path, "first-key-of-ours-1")
    return Settings(root=tmp_path)


def write_key(root: Path, value: str) -> None:
    """The credential with which Bocado's webhooks are checked."""
    names = ("WEBHOOK_TOKEN", "API_KEY")
    lines = [f"WORKBENCH_{slug}__SANDBOX__{name}={value}" for slug in SLUGS for name in names]
    (root / ".env").write_text("\n".join(lines), encoding="utf-8")


SLUGS = ("BOCADO", "OTRO")


def test_folders_and_keys_are_picked_up(
    project: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new key, a new folder and a mended one count at the next look; a broken one does not."""
    for name in SLUGS:
        monkeypatch.delenv(f"WORKBENCH_{name}__SANDBOX__WEBHOOK_TOKEN", raising=False)
    registry = PartnerRegistry(None, "sandbox", project)
    assert not registry.refresh()
    assert registry.endpoints["bocado"][0].secrets == (b"first-key-of-ours-1",)
    write_key(project.root, "another-key-of-ours-22")
    assert registry.refresh()
    assert registry.endpoints["bocado"][0].secrets == (b"another-key-of-ours-22",)
    assert registry.endpoints["bocado"][0].redactor.find(b"it is another-key-of-ours-22")
    folder = project.contracts / "bocado"
    stated = (folder / "partner.yaml").read_text("utf-8")
    (folder / "partner.yaml").write_text(stated + "restaurants: [no, map]\n", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert not registry.refresh()
        assert not registry.refresh()
    assert [record.message for record in caplog.records if "former state" in record.message] != []
    assert "bocado" in registry.endpoints
    (folder / "partner.yaml").write_text(stated + "restaurants: {r-9: b}\n", encoding="utf-8")
    copy = shutil.copytree(folder, project.contracts / "otro")
    (copy / "partner.yaml").write_text(
        stated.replace("partner: bocado", "partner: otro"), encoding="utf-8"
    )
    assert registry.refresh()
    assert {"bocado", "r-9", "otro"} == registry.endpoints.keys()
    assert registry.find("otro").partner.translators
    shutil.rmtree(copy)
    assert registry.refresh()
    assert "otro" not in registry.endpoints
    with pytest.raises(InputError, match="not listened to any more"):
        registry.find("otro")
    registry.close()


def test_what_translates_is_loaded_when_it_is_needed(project: Settings) -> None:
    """At the start of all partners no document and no mapping is read."""
    (project.contracts / "bocado" / "mapping.yaml").write_text("[broken", encoding="utf-8")
    registry = PartnerRegistry(None, "sandbox", project)
    assert registry.endpoints.keys() == {"bocado"}
    with pytest.raises(InputError):
        registry.find("bocado")


def test_another_process_works_on_what_one_receives(
    project: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`work` translates and delivers what is in the inbox until it is told to stop."""
    shutil.copytree(ROOT / "contracts" / "tavola", project.contracts / "tavola")
    monkeypatch.setenv("WORKBENCH_TAVOLA__SANDBOX__WEBHOOK_SECRET", "a-key-of-tavola-333")
    store, into = tmp_path / "inbox.db", tmp_path / "orders.ndjson"
    with Inbox(store) as inbox:
        post(inbox, "tavola", "orders", order(1))
    registry = PartnerRegistry(("tavola",), "sandbox", project)
    stop = threading.Event()
    destinations = [Destination(NdjsonSink(into))]
    more = {"store": str(store), "destinations": destinations}
    thread = threading.Thread(target=work, args=(registry, project, stop), kwargs=more)
    thread.start()
    assert wait_until(lambda: into.is_file() and into.read_bytes().count(b"\n") == 1)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()


class HangingSink:
    """Takes one effect, and does not come back until it is let."""

    batch = 10

    def __init__(self) -> None:
        self.came, self.free = threading.Event(), threading.Event()

    def deliver(self, effects: Sequence[OutboxMessage]) -> dict[str, str]:
        """Hang."""
        self.came.set()
        self.free.wait(60)
        return {}


@pytest.fixture
def hanging() -> Iterator[HangingSink]:
    """A sink that hangs until the test ends."""
    sink = HangingSink()
    yield sink
    sink.free.set()


def test_a_sink_that_hangs_delays_only_its_own_and_nobodys_end(
    inbox: Inbox, hanging: HangingSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other destinations go on; at the end its claims are given back, and nothing is lost."""
    taken: list[OutboxMessage] = []
    destinations = [
        Destination(CallableSink(taken.append)),
        Destination(hanging, frozenset({"bocado"})),
    ]
    slugs = ["tavola", "bocado"]
    deliveries = [
        SinkDelivery(inbox.database, sink, partners)
        for sink, partners in share_partners(destinations, lambda: slugs)
    ]
    post(inbox, "tavola", "orders", order(1))
    post(inbox, "tavola", "orders", order(2))
    Worker(inbox.database, [Party(partner())]).step()
    with inbox.database.transact() as connection:  # the second is another partner's
        second = EFFECTS.update().where(EFFECTS.c.entity_id == "ord_2").values(partner="bocado")
        connection.execute(second)
    monkeypatch.setattr(listening, "STOP_SECONDS", 0.1)
    with listening._running([one.run for one in deliveries], deliveries):
        assert hanging.came.wait(60)
        post(inbox, "tavola", "orders", order(3))
        Worker(inbox.database, [Party(partner())]).step()
        assert wait_until(lambda: {one.entity_id for one in taken} == {"ord_1", "ord_3"})
    assert states(inbox.database) == {"ord_1": "done", "ord_2": "retry", "ord_3": "done"}
    again: list[OutboxMessage] = []
    SinkDelivery(inbox.database, CallableSink(again.append), lambda: slugs).step()
    assert [one.entity_id for one in again] == ["ord_2"]


def states(database: Database) -> dict[str, str]:
    """Order → the state of its effect."""
    with database.transact() as connection:
        rows = connection.execute(EFFECTS.select()).mappings()
        return {row["entity_id"]: row["state"] for row in rows}


def test_a_receipt_is_shown_step_by_step(inbox: Inbox) -> None:
    """What was checked of its signature, and each event in their words and in ours."""
    post(inbox, "tavola", "orders", order(1))
    post(inbox, "tavola", "orders", status("no such status", number=1) | {"order_id": None})
    worker = Worker(inbox.database, [Party(partner())])
    while worker.step():
        pass
    webhooks = partner().manifest.webhooks
    assert webhooks is not None
    keys = Endpoint("tavola", webhooks, (b"a-key-of-tavola",))
    shown = inspect_receipt(inbox.database, 1, partner(), keys)
    assert shown is not None
    steps = {step["step"]: step["is_right"] for step in shown["checks"]}
    assert steps["keys"] is True
    assert steps["signature"] is False
    assert steps["result"] is False
    assert "a-key-of-tavola" not in str(shown["checks"])
    (event,) = shown["events"]
    assert event["theirs"]["id"] == event["ours"]["ids"]["partner_id"] == "ord_1"
    broken = inspect_receipt(inbox.database, 2, partner(), None)
    assert broken is not None
    assert all(one["ours"] is None and one["why"] for one in broken["events"])
    assert inspect_receipt(inbox.database, 99, partner(), None) is None


@pytest.mark.parametrize(
    ("sender", "is_so"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("", True),
        ("::ffff:192.0.2.1", False),
        ("192.0.2.1", False),
        ("no address", False),
    ],
)
def test_what_counts_as_this_machine(sender: str, is_so: bool) -> None:
    """Loopback in every spelling, and a Unix socket."""
    assert is_local({"client": (sender, 0)}) is is_so
