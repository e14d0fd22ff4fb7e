"""A restaurant's day at an embedded partner: its sandbox, our adapter, our receiver."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from workbench.adapters.adapter import Adapter
from workbench.canonical.base import Entity
from workbench.partners import load_partner
from workbench.receiver.app import create_app
from workbench.receiver.events import ReceivedEvent, read_events
from workbench.receiver.inbox import Inbox
from workbench.receiver.routes import open_endpoint
from workbench.receiver.server import ReceiverServer
from workbench.sandbox.server import Sandbox
from workbench.sandbox.simulators import SIMULATORS
from workbench.settings import Settings

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 8.0


@dataclass
class Restaurant:
    """One restaurant at one partner: what it can do, and what it hears."""

    adapter: Adapter
    inbox: Inbox

    def provoke(self, event: str, **body: object) -> str:
        """Let the partner's side do what fires an event; the id of what it is about."""
        environment = self.adapter.partner.environment("sandbox")
        control, trigger = self.adapter.session.control, environment.triggers[event]
        assert control is not None
        method, _, path = (trigger.control or "").partition(" ")
        answer = control.send(method, path, json=body).require()
        return str(answer.json()["id"])

    def hear(self, feature: str, identifier: str, status: str | None = None) -> Entity:
        """Wait for a genuine event about something, and read it as the integration would."""
        names = {name for name, _ in self.adapter.partner.events(feature)}
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            for event in self._events():
                if event.reference in names and event.entity_id == identifier:
                    entity = self._understand(event)
                    if status is None or getattr(entity, "status", None) == status:
                        return entity
            time.sleep(0.03)
        raise AssertionError(f"{feature} about {identifier} did not come")

    def _events(self) -> Iterator[ReceivedEvent]:
        partner = self.adapter.partner
        webhooks = partner.manifest.webhooks
        assert webhooks is not None
        for receipt in self.inbox.receipts(partner.slug):
            assert receipt.verified
            yield from read_events(webhooks, receipt)

    def _understand(self, event: ReceivedEvent) -> Entity:
        if event.rule.pull:
            return self.adapter.read(event.rule.pull, event.entity_id or "").value
        translator = self.adapter.partner.translators[event.rule.mapping or ""]
        return translator.translate(event.item).value


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The embedded partners, running."""
    with Sandbox(SIMULATORS.values()) as running:
        yield running


@pytest.fixture
def open_restaurant(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Restaurant]]:
    """Opens a restaurant, freshly seeded, with its receiver listening."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    settings = Settings(root=ROOT)
    with ExitStack() as stack:

        def open_(slug: str) -> Restaurant:
            partner = load_partner(slug, settings)
            adapter = stack.enter_context(Adapter.open(partner, settings=settings))
            inbox = stack.enter_context(Inbox(tmp_path / f"{slug}.sqlite"))
            endpoint = open_endpoint(partner.manifest, adapter.session.credentials.__getitem__)
            server = stack.enter_context(ReceiverServer(create_app({slug: endpoint}, inbox)))
            control = adapter.session.control
            assert control is not None
            control.send("POST", "/reset").require()
            target = {"url": f"{server.url}/{slug}/webhooks"}
            control.send("POST", "/webhooks", json=target).require()
            return Restaurant(adapter, inbox)

        yield open_
