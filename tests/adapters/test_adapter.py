"""Canonical calls through a partner folder, on a real server that echoes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workbench.adapters.adapter import Adapter
from workbench.adapters.answer import SentRequest
from workbench.adapters.session import Session
from workbench.canonical.base import Ids, Money
from workbench.canonical.delivery import DeliveryLocation
from workbench.canonical.menu import Product
from workbench.errors import CredentialError, InputError, MappingError, PartnerError
from workbench.partners import load_partner
from workbench.settings import Settings

from .conftest import write_folder

MANIFEST = """
partner: nook
title: Nook
timezone: Europe/Madrid
currency: EUR
documents: [{{path: api.json, sha256: {sha256}}}]
environments:
  sandbox:
    base_url: {url}
    hosts: [api.nook.example]
    test_account: {{restaurant: r-1, values: {{lang: es}}}}
  production: {{base_url: "https://api.nook.example"}}
auth: {{scheme: api-key, header: X-Api-Key}}
headers: {{X-Client: us}}
parameters: {{shop: restaurant, orderId: order, pid: product}}
features:
  order-status-write:
    mapping: status
    operations:
      - {{operation: "POST /orders/{{orderId}}/accept", for: [accepted]}}
      - {{operation: "PUT /orders/{{orderId}}/state/{{state}}", for: [ready, completed]}}
  order-status-read: {{operations: ["GET /orders/{{orderId}}"], mapping: echo}}
  order-read: {{operations: ["GET /fault/html/{{times}}"], mapping: echo}}
  delivery-location-write: {{operations: ["POST /where/{{thing}}"], mapping: location}}
  product-write:
    mapping: product
    operations:
      - {{operation: "PUT /shops/{{shop}}/products/{{pid}}", for: [one]}}
      - {{operation: "PUT /shops/{{shop}}/products", for: [many]}}
  menu-write: {{operations: ["PUT /two/{{first}}/{{second}}"], mapping: product}}
  availability-write: {{operations: ["PUT /shops/{{shop}}/products"]}}
  order-created-event:
    {{status: unsupported, code: R1, reason: There is no webhook at all., cite: "p. 3"}}
"""
MAPPING = """
mappings:
  status:
    into: OrderStatusUpdate
    fields:
      order_id: $.id
      status: {from: $.state, enum: {OK: accepted, READY: ready, DONE: completed}}
      reason: $.why
  echo:
    into: OrderStatusUpdate
    fields:
      order_id: $.target
      status: {from: $.method, enum: {GET: placed}}
  location:
    into: DeliveryLocation
    fields:
      order_id: $.order
      latitude: {from: $.lat, as: number}
      longitude: {from: $.lon, as: number}
      recorded_at: {from: $.at, as: instant}
  product:
    into: Product
    fields:
      ids.partner_id: $.id
      name: $.name
      price: {from: $.cents, as: minor}
"""


def _operation(*names: str, body: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]
    described = {"parameters": parameters, "responses": {"200": {"description": "ok"}}, **more}
    described["parameters"] = parameters + more.get("parameters", [])
    if body:
        described["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return described


def _paths() -> dict[str, Any]:
    query = [
        {"name": "lang", "in": "query", "required": True, "schema": {"type": "string"}},
        {"name": "mode", "in": "query", "required": True, "schema": {"enum": ["full"]}},
        {"name": "page", "in": "query", "schema": {"type": "integer", "default": 1}},
        {"name": "X-Api-Key", "in": "header", "required": True, "schema": {"type": "string"}},
        {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}},
    ]
    thing = {"type": "object"}
    many = {"type": "object", "properties": {"items": {"type": "array", "items": thing}}}
    return {
        "/orders/{orderId}": {"get": _operation("orderId", parameters=query)},
        "/orders/{orderId}/accept": {"post": _operation("orderId", parameters=query)},
        "/orders/{orderId}/state/{state}": {"put": _operation("orderId", "state", body=thing)},
        "/fault/html/{times}": {"get": _operation("times")},
        "/where/{thing}": {"post": _operation("thing", body=thing)},
        "/shops/{shop}/products/{pid}": {"put": _operation("shop", "pid", body=thing)},
        "/shops/{shop}/products": {"put": _operation("shop", body=many)},
        "/two/{first}/{second}": {"put": _operation("first", "second", body=thing)},
    }


PRODUCT = Product(
    ids=Ids(partner_id="p/1"), name="Soup", price=Money(amount_minor=950, currency="EUR")
)


@pytest.fixture
def settings(tmp_path: Path, partner: Any, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A checkout with one partner folder, and the credential in the environment."""
    monkeypatch.setenv("WORKBENCH_NOOK__SANDBOX__API_KEY", "canary-key")
    monkeypatch.setenv("WORKBENCH_NOOK__PRODUCTION__API_KEY", "canary-key")
    return write_folder(tmp_path, partner.url, MANIFEST, MAPPING, _paths())


@pytest.fixture
def adapter(settings: Settings) -> Iterator[Adapter]:
    """The partner's sandbox, opened for integration."""
    with Adapter.open("nook", settings=settings) as opened:
        yield opened


def test_status_write_takes_the_operation_of_its_status(adapter: Adapter, partner: Any) -> None:
    """Accepting and finishing are different operations; what the path needs is not lost."""
    adapter.set_order_status("o 1", "accepted")
    adapter.set_order_status("o 1", "ready", reason="hot")
    accepted, ready = partner.seen

    assert (accepted.method, accepted.target) == ("POST", "/orders/o%201/accept?lang=es&mode=full")
    assert accepted.body == b""
    assert (ready.method, ready.target) == ("PUT", "/orders/o%201/state/READY")
    assert json.loads(ready.body) == {"id": "o 1", "state": "READY", "why": "hot"}


def test_login_constant_headers_and_keys_are_sent(adapter: Adapter, partner: Any) -> None:
    """The key comes from the environment, the constant from the manifest, a fresh one per call."""
    adapter.set_order_status("o-1", "accepted")
    adapter.set_order_status("o-1", "accepted")
    first, second = (seen.headers for seen in partner.seen)

    assert (first["x-api-key"], first["x-client"]) == ("canary-key", "us")
    assert first["idempotency-key"] != second["idempotency-key"]


def test_status_without_operation_is_told(adapter: Adapter, partner: Any) -> None:
    """A status that no operation is bound for names those that there are."""
    with pytest.raises(InputError, match="accepted, completed, ready"):
        adapter.set_order_status("o-1", "cancelled")
    assert partner.seen == []


def test_read_translates(adapter: Adapter) -> None:
    """A read gives our own entity."""
    assert adapter.get_order_status("o-1").status == "placed"


def test_read_of_a_page_is_the_partners_fault(adapter: Adapter) -> None:
    """A page of HTML with status 200 is no order, and the id fills the only open parameter."""
    with pytest.raises(PartnerError, match=r"not JSON: .*Maintenance"):
        adapter.get_order("9")


def test_mapping_of_another_class_is_told(adapter: Adapter) -> None:
    """A mapping that makes something else is an error of the folder."""
    with pytest.raises(MappingError, match="makes OrderStatusUpdate, not Reservation"):
        adapter._entity(_reservation(), "order-status-read", "o-1")


def _reservation() -> Any:
    from workbench.canonical.reservation import Reservation  # noqa: PLC0415 - one test's word

    return Reservation


def test_dry_run_is_the_exact_request_and_sends_nothing(adapter: Adapter, partner: Any) -> None:
    """What a dry run shows is what is sent then, but for the secret."""
    shown = adapter.write("product-write", PRODUCT, dry_run=True)
    assert isinstance(shown, SentRequest)
    assert partner.seen == []
    adapter.write("product-write", PRODUCT)
    seen = partner.seen[0]

    assert shown.url == f"{partner.url}{seen.target}" == f"{partner.url}/shops/r-1/products/p%2F1"
    assert (shown.method, shown.body) == (seen.method, seen.body)
    assert shown.headers["X-Api-Key"] == "[REDACTED]"
    assert {name.lower() for name in shown.headers} <= seen.headers.keys()


def test_many_are_sent_at_once_where_bound(adapter: Adapter, partner: Any) -> None:
    """An operation for many takes all in the one list of its body."""
    shown = adapter.upsert_products([PRODUCT, PRODUCT], dry_run=True)
    adapter.upsert_products([PRODUCT, PRODUCT])

    assert len(shown) == len(partner.seen) == 1
    assert partner.seen[0].target == "/shops/r-1/products"
    assert [item["id"] for item in json.loads(partner.seen[0].body)["items"]] == ["p/1", "p/1"]


def test_only_id_fills_the_only_open_parameter(adapter: Adapter, partner: Any) -> None:
    """Where nothing can be mistaken, nothing has to be written in the manifest."""
    where = DeliveryLocation(
        order_id="o-9", latitude=1, longitude=2, recorded_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    adapter.send_delivery_location(where)

    assert partner.seen[0].target == "/where/o-9"


def test_ambiguous_parameter_says_how_to_name_it(adapter: Adapter, partner: Any) -> None:
    """Two open parameters are not guessed; the hint can be pasted into partner.yaml."""
    with pytest.raises(InputError, match="'first' of PUT /two") as caught:
        adapter.write("menu-write", PRODUCT)

    assert "parameters: {first:" in (caught.value.hint or "")
    assert "values: {first:" in (caught.value.hint or "")
    assert partner.seen == []


@pytest.mark.parametrize("identifier", ["..", ".", ""])
def test_id_cannot_change_the_path(adapter: Adapter, partner: Any, identifier: str) -> None:
    """An id that would climb out of its place is refused."""
    with pytest.raises(InputError):
        adapter.call("order-status-read", ids={"order": identifier})
    assert partner.seen == []


def test_hostile_id_stays_in_its_place(adapter: Adapter, partner: Any) -> None:
    """Slashes, queries and fragments of an id are encoded."""
    adapter.call("order-status-read", ids={"order": "../x?a=1#b"})

    assert partner.seen[0].path == "/orders/..%2Fx%3Fa%3D1%23b"


@pytest.mark.parametrize(
    ("feature", "reason"),
    [
        ("order-created-event", "There is no webhook at all. (p. 3)"),
        ("reservation-read", "says nothing of reservation-read"),
    ],
)
def test_unbound_feature_gives_the_stated_reason(
    adapter: Adapter, feature: str, reason: str
) -> None:
    """What is not bound cannot be called, and the folder's own words say why."""
    with pytest.raises(InputError) as caught:
        adapter.call(feature)

    assert reason in str(caught.value)


def test_feature_without_mapping_is_told(adapter: Adapter) -> None:
    """A write needs a mapping."""
    with pytest.raises(MappingError, match="availability-write has no mapping"):
        adapter.write("availability-write", PRODUCT)


def test_production_is_not_written_unless_said(settings: Settings) -> None:
    """By default production is opened for reading only."""
    with (
        Adapter.open("nook", "production", settings) as adapter,
        pytest.raises(InputError, match="not allowed here"),
    ):
        adapter.write("product-write", PRODUCT, ids={"restaurant": "r-9"})


def test_session_for_tests_never_writes_to_production(settings: Settings) -> None:
    """Not even when somebody allows writes."""
    partner = load_partner("nook", settings)
    with (
        Session(partner, "production", settings, allow_writes=True) as session,
        pytest.raises(InputError, match="not allowed here"),
    ):
        session.client.send("POST", "/orders")


def test_session_shows_no_secret(adapter: Adapter) -> None:
    """Neither a session nor what it holds prints its key."""
    session = adapter.session
    client = vars(session.client)
    shown = f"{session!r} {adapter!r} {session.credentials!r} {vars(session)!r} {client!r}"

    assert "canary-key" not in shown
    assert session.credentials["api_key"].get_secret_value() == "canary-key"


def test_missing_credential_names_its_variable(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing is told before anything is sent."""
    monkeypatch.delenv("WORKBENCH_NOOK__SANDBOX__API_KEY")
    with pytest.raises(CredentialError, match="WORKBENCH_NOOK__SANDBOX__API_KEY"):
        Adapter.open("nook", settings=settings)


@pytest.mark.parametrize("kind", ["BASE_URL", "CONTROL_URL"])
@pytest.mark.parametrize(
    "address", ["https://api.other.example", "https://api.nook.example:8443", "http://10.0.0.7:80"]
)
def test_environment_variable_cannot_lead_a_sandbox_away(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, kind: str, address: str
) -> None:
    """An address from the environment is on this machine or named in the manifest."""
    monkeypatch.setenv(f"WORKBENCH_NOOK__SANDBOX__{kind}", address)
    with pytest.raises(InputError, match="neither on this machine nor named"):
        Adapter.open("nook", settings=settings)


def test_environment_variable_moves_a_sandbox_on_this_machine(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, production: Any
) -> None:
    """A free port and a control address are found through the environment."""
    monkeypatch.setenv("WORKBENCH_NOOK__SANDBOX__BASE_URL", f"{production.url}/v1")
    monkeypatch.setenv("WORKBENCH_NOOK__SANDBOX__CONTROL_URL", f"{production.url}/_control")
    with Adapter.open("nook", settings=settings) as adapter:
        adapter.call("order-status-read", ids={"order": "o-1"})
        assert adapter.session.control is not None
        adapter.session.control.send("POST", "/orders")
        assert f"127.0.0.1:{production.port}" in adapter.session.allowed

    assert [seen.path for seen in production.seen] == ["/v1/orders/o-1", "/_control/orders"]
    assert "x-api-key" not in production.seen[1].headers
