"""Twelve ways in which partners fail, met by the adapter: survived, and nothing sent twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.adapters.adapter import Adapter
from workbench.canonical.base import Ids, Money
from workbench.canonical.delivery import DeliveryLocation
from workbench.canonical.menu import Product
from workbench.canonical.order import OrderStatusUpdate
from workbench.errors import PartnerError, RateLimitedError, UnavailableError

from .conftest import NOOK, Partner, answer, inject

# Fault, how often it happens, and whether it passes within the policy of a read.
TWELVE = [
    ("503", 2, True),
    ("429-seconds", 1, True),
    ("429-date", 1, True),
    ("429-day", 9, False),
    ("429-bad", 1, True),
    ("rst", 1, True),
    ("close", 1, True),
    ("garbage", 1, True),
    ("hang", 1, True),
    ("truncated", 1, True),
    ("500", 1, True),
    ("html", 1, True),
]
# Those after which nobody knows whether the partner has done what it was asked.
UNCERTAIN = {"rst", "close", "garbage", "hang", "truncated", "html", "503"}
MANIFEST = (
    NOOK
    + """
parameters: {{order: order, pid: product}}
features:
  order-status-read: {{operations: ["GET /orders/{{order}}/status"], mapping: status}}
  order-status-write: {{operations: ["POST /orders/{{order}}/status"], mapping: status}}
  product-write: {{operations: ["PUT /products/{{pid}}"], mapping: product}}
  delivery-location-write: {{operations: ["POST /orders/{{order}}/driver"], mapping: location}}
"""
)
MAPPING = """
mappings:
  status:
    into: OrderStatusUpdate
    fields: {order_id: $.id, status: {from: $.state, enum: {NEW: placed, OK: accepted}}}
  product:
    into: Product
    fields: {ids.partner_id: $.id, name: $.name, price: {from: $.cents, as: minor}}
  location:
    into: DeliveryLocation
    fields:
      order_id: $.order
      latitude: {from: $.lat, as: number}
      longitude: {from: $.lon, as: number}
      recorded_at: {from: $.at, as: instant}
"""
STATUS = OrderStatusUpdate(order_id="o-1", status="accepted")
PRODUCT = Product(
    ids=Ids(partner_id="p-1"), name="Soup", price=Money(amount_minor=950, currency="EUR")
)
PLACE = DeliveryLocation(
    order_id="o-1", latitude=1, longitude=2, recorded_at=datetime(2026, 1, 1, tzinfo=UTC)
)
READ = "GET /orders/o-1/status"
KEYED = "POST /orders/o-1/status"
PUT = "PUT /products/p-1"
BARE = "POST /orders/o-1/driver"


def _paths() -> dict[str, object]:
    def operation(name: str, *, body: bool, key: bool = False) -> dict[str, Any]:
        parameters: list[Any] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        ]
        if key:
            header = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
            parameters.append(header)
        described: dict[str, Any] = {
            "parameters": parameters,
            "responses": {"200": {"description": "ok"}},
        }
        if body:
            schema = {"application/json": {"schema": {"type": "object"}}}
            described["requestBody"] = {"content": schema}
        return described

    return {
        "/orders/{order}/status": {
            "get": operation("order", body=False),
            "post": operation("order", body=True, key=True),
        },
        "/products/{pid}": {"put": operation("pid", body=True)},
        "/orders/{order}/driver": {"post": operation("order", body=True)},
    }


@pytest.fixture
def adapter(open_nook: Callable[..., Adapter]) -> Adapter:
    """An adapter with a read, a write with a key, a PUT, and a write that must not be repeated."""
    return open_nook(MANIFEST, MAPPING, _paths())


def _break(partner: Partner, route: str, fault: str, times: int) -> Callable[[], int]:
    """Let a fault happen some times on a route, then answer; gives the count of requests."""
    count = 0

    def act(connection: Any) -> bytes:
        nonlocal count
        count += 1
        if count <= times:
            return inject(fault, connection)
        return answer(200, json.dumps({"id": "o-1", "state": "NEW"}).encode())

    partner.acts[route] = act
    return lambda: count


@pytest.mark.parametrize(("fault", "times", "passes"), TWELVE, ids=[row[0] for row in TWELVE])
def test_read_survives(
    adapter: Adapter, partner: Partner, fault: str, times: int, *, passes: bool
) -> None:
    """A read ends with the order's status, or at once with an error that says how long to wait."""
    asked = _break(partner, READ, fault, times)
    if passes:
        assert adapter.get_order_status("o-1").status == "placed"
        assert asked() == times + 1
    else:
        with pytest.raises(RateLimitedError) as caught:
            adapter.get_order_status("o-1")
        assert (caught.value.retry_after, asked()) == (86400, 1)


@pytest.mark.parametrize("fault", [row[0] for row in TWELVE])
def test_write_without_key_is_sent_once(adapter: Adapter, partner: Partner, fault: str) -> None:
    """What the partner cannot recognise as a repeat is never repeated, and never taken for done."""
    asked = _break(partner, BARE, fault, 9)
    with pytest.raises(PartnerError) as caught:
        adapter.send_delivery_location(PLACE)

    time.sleep(0.05)
    assert asked() == 1
    assert isinstance(caught.value, UnavailableError) == (fault in UNCERTAIN)


@pytest.mark.parametrize(("fault", "times", "passes"), TWELVE, ids=[row[0] for row in TWELVE])
def test_write_with_key_is_repeated_under_one_key(
    adapter: Adapter, partner: Partner, fault: str, times: int, *, passes: bool
) -> None:
    """All attempts of one operation carry one key, so that the partner does it once."""
    asked = _break(partner, KEYED, fault, times)
    survives = passes and fault != "500"
    if survives:
        adapter.write("order-status-write", STATUS)
    else:
        with pytest.raises(PartnerError):
            adapter.write("order-status-write", STATUS)

    keys = {seen.headers["idempotency-key"] for seen in partner.seen}
    assert len(keys) == 1
    assert asked() == (times + 1 if survives else 1)


@pytest.mark.parametrize(("fault", "times", "passes"), TWELVE, ids=[row[0] for row in TWELVE])
def test_put_survives(
    adapter: Adapter, partner: Partner, fault: str, times: int, *, passes: bool
) -> None:
    """A PUT may be repeated, but a 500 is an answer to it."""
    asked = _break(partner, PUT, fault, times)
    if passes and fault != "500":
        adapter.write("product-write", PRODUCT)
        assert asked() == times + 1
    else:
        with pytest.raises(PartnerError):
            adapter.write("product-write", PRODUCT)
        assert asked() == 1


def test_key_of_an_operation_begun_before_is_used(adapter: Adapter, partner: Partner) -> None:
    """After a restart the same operation goes out under the key that was kept."""
    partner.routes[KEYED] = lambda _: answer(200)
    adapter.write("order-status-write", STATUS, key="kept")

    assert partner.seen[0].headers["idempotency-key"] == "kept"
