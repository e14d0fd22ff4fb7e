"""Shapes of services on a running backend: imports by id, drafts that are published, bare words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.adapters.adapter import Adapter
from workbench.canonical import Ids, Money, Product
from workbench.errors import InputError, ManifestError, PartnerError, TranslationError

from .conftest import Partner, Seen, answer

MANIFEST = """
partner: nook
title: Nook
timezone: Europe/Madrid
currency: EUR
documents: [{{path: api.json, sha256: {sha256}}}]
environments:
  sandbox:
    base_url: {url}
    test_account: {{restaurant: v-9, values: {{venue: v-9}}}}
auth: {{scheme: none}}
parameters: {{item: product, order: order}}
features:
  product-write:
    operations:
      - {{operation: "PUT /venues/{{venue}}/items/{{item}}", for: [replace]}}
      - {{operation: "GET /imports", for: [outcome]}}
      - {{operation: "POST /venues/{{venue}}/items/{{item}}/publish", for: [publish]}}
    mapping: product
  order-status-write:
    operations: ["POST /venues/{{venue}}/orders/{{order}}/answer"]
    mapping: answer
"""
MAPPING = """
mappings:
  product:
    into: Product
    fields:
      ids.partner_id: {from: $.id, one-way: in}
      name: $.title
      price: {from: $.cents, as: minor}
  answer:
    into: OrderStatusUpdate
    fields:
      order_id: {from: $.id, one-way: in}
      status: {from: $.accepted, enum: {"true": accepted, "false": rejected}, unknown: error}
"""
DISH = Product(
    ids=Ids(partner_id="d 1"), name="Stew", price=Money(amount_minor=950, currency="EUR")
)


def _paths() -> dict[str, object]:
    def slot(name: str, place: str = "path") -> dict[str, Any]:
        return {"name": name, "in": place, "required": True, "schema": {"type": "string"}}

    def call(*parameters: dict[str, Any], body: bool = False) -> dict[str, Any]:
        content = {"content": {"application/json": {"schema": {"type": "object"}}}}
        told = {"parameters": list(parameters), "responses": {"200": {"description": "ok"}}}
        return {**told, "requestBody": content} if body else told

    venue, item = slot("venue"), slot("item")
    return {
        "/venues/{venue}/items/{item}": {"put": call(venue, item, body=True)},
        "/venues/{venue}/items/{item}/publish": {"post": call(venue, item)},
        "/venues/{venue}/orders/{order}/answer": {"post": call(venue, slot("order"), body=True)},
        "/imports": {"get": call(slot("importId", "query"))},
    }


def _say(data: Any, status: int = 200) -> bytes:
    return answer(status, json.dumps(data).encode())


def _serve(partner: Partner, *states: str) -> None:
    """An item is taken in with 202 and an import id, and is a draft until it is published."""
    left = iter(states)
    partner.routes["PUT /venues/v-9/items/d%201"] = lambda _: _say({"data": {"importId": 77}}, 202)
    partner.routes["GET /imports"] = lambda _: _say({"data": {"state": next(left)}})
    partner.routes["POST /venues/v-9/items/d%201/publish"] = lambda _: _say({"ok": True})


def test_an_import_is_followed_by_its_id_and_its_draft_is_published(
    open_nook: Callable[..., Adapter], partner: Partner
) -> None:
    """202, polling by query with the id of the envelope, then publishing below the same address."""
    adapter = open_nook(MANIFEST, MAPPING, _paths())
    _serve(partner, "queued", "running", "done")
    adapter.write("product-write", DISH)

    asked = [f"{seen.method} {seen.target}" for seen in partner.seen]
    assert asked[0] == "PUT /venues/v-9/items/d%201"
    assert asked[1:4] == ["GET /imports?importId=77"] * 3
    assert asked[4:] == ["POST /venues/v-9/items/d%201/publish"]


def test_nothing_is_published_after_an_import_that_failed(
    open_nook: Callable[..., Adapter], partner: Partner
) -> None:
    """A failed job is an error with the partner's words, and what was live stays live."""
    adapter = open_nook(MANIFEST, MAPPING, _paths())
    _serve(partner, "failed")
    with pytest.raises(PartnerError, match="refused it"):
        adapter.write("product-write", DISH)
    assert partner.count("/venues/v-9/items/d%201/publish") == 0


def test_a_status_may_be_a_bare_yes_or_no(
    open_nook: Callable[..., Adapter], partner: Partner
) -> None:
    """A boolean says two of our statuses; the others are refused before anything is sent."""
    adapter = open_nook(MANIFEST, MAPPING, _paths())
    taken: list[Seen] = []

    def take(seen: Seen) -> bytes:
        taken.append(seen)
        return _say({})

    partner.routes["POST /venues/v-9/orders/o-1/answer"] = take
    adapter.set_order_status("o-1", "accepted")
    adapter.set_order_status("o-1", "rejected")
    assert [json.loads(seen.body) for seen in taken] == [{"accepted": True}, {"accepted": False}]
    with pytest.raises(TranslationError, match="no value of theirs"):
        adapter.set_order_status("o-1", "ready")
    assert len(taken) == 2


def test_a_word_that_nothing_is_bound_for_is_told(open_nook: Callable[..., Adapter]) -> None:
    """A misspelt `for` is an error with its place, and no operation that is silently left out."""
    with pytest.raises(InputError) as caught:
        open_nook(MANIFEST.replace("[publish]", "[publsh]"), MAPPING, _paths())
    assert isinstance(caught.value, ManifestError)
    assert "/features/product-write/operations/2/for" in (caught.value.location or "")
    assert "'publish'" in (caught.value.hint or "")


TWO_SHOPS = """
partner: nook
title: Nook
timezone: Europe/Madrid
currency: EUR
documents: [{{path: api.json, sha256: {sha256}}}]
environments:
  sandbox:
    base_url: "{url}/shops/{{shop}}"
    test_account: {{restaurant: v-1, values: {{shop: north, venue: v-1}}}}
    restaurants:
      south: {{restaurant: v-2, values: {{shop: south, venue: v-2}}}}
      own-host: {{restaurant: v-3, base_url: "{url}/elsewhere", values: {{venue: v-3}}}}
auth: {{scheme: none}}
parameters: {{item: product}}
features:
  product-write: {{operations: ["PUT /venues/{{venue}}/items/{{item}}"], mapping: product}}
"""


@pytest.mark.parametrize(
    ("chosen", "asked"),
    [
        ("", "/shops/north/venues/v-1/items/d%201"),
        ("south", "/shops/south/venues/v-2/items/d%201"),
        ("own-host", "/elsewhere/venues/v-3/items/d%201"),
    ],
)
def test_each_restaurant_has_its_own_address_and_values(
    chosen: str,
    asked: str,
    open_nook: Callable[..., Adapter],
    partner: Partner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One folder serves several restaurants; which one is meant is said from outside."""
    monkeypatch.setenv("WORKBENCH_NOOK__SANDBOX__RESTAURANT", chosen)
    partner.routes[f"PUT {asked}"] = lambda _: _say({"ok": True})
    open_nook(TWO_SHOPS, MAPPING, _paths()).write("product-write", DISH)
    assert [seen.target for seen in partner.seen] == [asked]


@pytest.mark.parametrize(
    ("chosen", "values", "said"),
    [("soth", "shop: north", "'south'"), ("", "shop_name: north", "values: {shop: …}")],
)
def test_a_restaurant_that_is_not_there_is_told(
    chosen: str,
    values: str,
    said: str,
    open_nook: Callable[..., Adapter],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A misspelt restaurant, and an address that nothing fills, are errors with the way on."""
    monkeypatch.setenv("WORKBENCH_NOOK__SANDBOX__RESTAURANT", chosen)
    with pytest.raises(ManifestError) as caught:
        open_nook(TWO_SHOPS.replace("shop: north", values), MAPPING, _paths())
    assert said in (caught.value.hint or "")
