"""A receiver put together from a partner folder: sandbox → webhook → inbox → worker → sink."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import pytest
from deliveries import CallableSink, partner, with_webhooks

from workbench.adapters.adapter import Adapter
from workbench.errors import CredentialError, InputError
from workbench.partners import Partner, Signature
from workbench.receiver.listening import (
    inbox_path,
    listen,
    open_station,
)
from workbench.receiver.registry import PartnerRegistry
from workbench.receiver.routes import assign_restaurants, open_endpoint
from workbench.receiver.server import ReceiverServer
from workbench.receiver.sink import OutboxMessage
from workbench.sandbox.server import Sandbox
from workbench.sandbox.simulators import SIMULATORS
from workbench.settings import Settings


@pytest.fixture(scope="module")
def simulators() -> Iterator[Sandbox]:
    """All three partners."""
    with Sandbox(SIMULATORS.values()) as running:
        yield running


@pytest.fixture
def sandbox(simulators: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """All three partners, with credentials set for us."""
    for name, value in simulators.environment().items():
        monkeypatch.setenv(name, value)
    return simulators


def provoke(adapter: Adapter, url: str, path: str) -> str:
    """Let the partner's side make something new and tell us; its id."""
    control = adapter.session.control
    assert control is not None
    control.send("POST", "/webhooks", json={"url": url}).require()
    return str(control.send("POST", path, json={}).require().json()["id"])


@pytest.mark.parametrize(
    ("slug", "path", "kind"),
    [
        ("tavola", "/orders", "order"),
        ("bocado", "/orders", "order"),
        ("mesa", "/reservations", "reservation"),
    ],
)
def test_from_the_partner_to_the_sink(
    sandbox: Sandbox, settings: Settings, slug: str, path: str, kind: str
) -> None:
    """Full payload, batch and ping alike end as a canonical entity in the sink."""
    effects: list[OutboxMessage] = []
    came = threading.Event()

    def take(effect: OutboxMessage) -> None:
        effects.append(effect)
        came.set()

    with (
        Adapter.open(partner(slug), "sandbox", settings) as adapter,
        listen(
            partner(slug), "sandbox", settings, "127.0.0.1", 0, sink=CallableSink(take)
        ) as server,
    ):
        number = provoke(adapter, f"{server.url}/{slug}/webhooks", path)
        assert came.wait(120)
    assert (effects[0].partner, effects[0].kind) == (slug, kind)
    assert effects[0].entity_id == number
    assert inbox_path(settings, slug).is_file()
    assert not [thread for thread in threading.enumerate() if thread.name == "inbox-writer"]


def test_several_restaurants_and_partners_in_one_process(
    sandbox: Sandbox, settings: Settings, location: str
) -> None:
    """Each pos-code has its partner's rules and keys; all share one inbox, in either store."""
    restaurants = {"madrid": partner("tavola"), "lugo": partner("tavola"), "faro": partner("mesa")}
    registry = PartnerRegistry((), "sandbox", settings, loaded=restaurants)
    with (
        open_station(registry, settings, store=location) as app,
        ReceiverServer(app) as server,
    ):
        statuses = {}
        for code in (*restaurants, "nowhere"):
            request = urllib.request.Request(
                f"{server.url}/{code}/webhooks/orders", data=b"{}", method="POST"
            )
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(request, timeout=60)
            statuses[code] = caught.value.code
            caught.value.close()
    assert statuses == {"madrid": 401, "lugo": 401, "faro": 401, "nowhere": 404}


def test_without_a_key_nobody_listens(
    sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partner that signs needs its key, and one that pings its login; others only warn."""
    key, login = (
        next(name for name in sandbox.environment() if part in name)
        for part in ("TAVOLA__SANDBOX__WEBHOOK_SECRET", "TAVOLA__SANDBOX__CLIENT_ID")
    )
    monkeypatch.delenv(key)
    with pytest.raises(CredentialError):
        PartnerRegistry((), "sandbox", settings, loaded={"a": partner()})
    monkeypatch.setenv(key, "x" * 32)
    monkeypatch.delenv(login)
    PartnerRegistry((), "sandbox", settings, loaded={"a": partner()}).close()
    for name in sandbox.environment():
        if "MESA" in name and "WEBHOOK" not in name and "URL" not in name:
            monkeypatch.delenv(name)
    with pytest.raises(CredentialError):
        PartnerRegistry((), "sandbox", settings, loaded={"a": partner("mesa")})


def test_a_partner_without_webhooks_is_an_input_error(settings: Settings) -> None:
    """The message says which file to edit."""
    silent = with_webhooks(None)
    with pytest.raises(InputError, match="no webhooks") as caught:
        open_endpoint(silent.manifest, lambda name: settings.credential("tavola", "sandbox", name))
    assert caught.value.location == "tavola/partner.yaml#/webhooks"


def test_partners_share_a_pos_code_where_they_can_be_told_apart(settings: Settings) -> None:
    """Restaurants are addresses of all partners that state them; alike events are refused."""
    one = with_restaurants("tavola", settings, {"r-7": "rest_1"}).manifest
    other = with_restaurants("bocado", settings, {"r-7": "b1"}).manifest
    assert assign_restaurants([one, other])["r-7"] == ("tavola", "bocado")
    unsigned = one.webhooks.model_copy(update={"signature": Signature(scheme="none")})
    twin = one.model_copy(update={"partner": "twin", "webhooks": unsigned})
    with pytest.raises(InputError, match="cannot be told from") as caught:
        assign_restaurants([one, twin])
    assert caught.value.partner == "twin"


def test_behind_a_proxy_the_public_address_is_signed(sandbox: Sandbox, settings: Settings) -> None:
    """The address that partners know is that of the settings, with the pos-code."""
    behind = settings.model_copy(update={"public_url": "https://pos.example/base/"})
    registry = PartnerRegistry((), "sandbox", behind, loaded={"r 7": partner("tavola")})
    ((endpoint,),) = registry.endpoints.values()
    assert endpoint.public_url == "https://pos.example/base/r%207/webhooks"
    registry.close()


def with_restaurants(slug: str, settings: Settings, restaurants: dict[str, str]) -> Partner:
    """A partner whose folder states pos-codes."""
    given = partner(slug)
    manifest = given.manifest.model_copy(update={"restaurants": restaurants})
    return replace(given, manifest=manifest)
