"""Lists on a real server: every usual way of paging, and the ways in which it goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from workbench.adapters.adapter import Adapter
from workbench.adapters.paging import walk_pages
from workbench.canonical.order import Order
from workbench.errors import InputError, PartnerError, TranslationError

from .conftest import NOOK, Opened, Partner, Seen, answer

MANIFEST = (
    NOOK
    + """
features:
  order-read: {{operations: ["GET /orders/{{id}}"], mapping: order}}
  reservation-read: {{operations: ["GET /tables/{{id}}/now"], mapping: order}}
"""
)
MAPPING = """
mappings:
  order:
    into: Order
    fields:
      ids.partner_id: $.id
      restaurant_id: {value: r-1}
      order_type: {value: delivery}
      status: {value: placed}
      placed_at: {from: $.at, as: instant}
      currency: {value: EUR}
      timing.asap: {value: true}
      totals.total: {from: $.total, as: minor}
"""
ITEMS = [{"id": f"o-{n}", "at": "2026-11-23T19:00:00Z", "total": 100 + n} for n in range(7)]


def _paths(*parameters: dict[str, Any], item: dict[str, Any] | None = None) -> dict[str, object]:
    whole = {"type": "object", "properties": {"id": {}, "at": {}, "total": {}}}
    page = {"type": "object", "properties": {"data": {"type": "array", "items": item or whole}}}

    def ok(schema: dict[str, Any]) -> dict[str, Any]:
        content = {"application/json": {"schema": schema}}
        return {"responses": {"200": {"description": "ok", "content": content}}}

    path = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "/orders": {"get": {"parameters": list(parameters), **ok(page)}},
        "/orders/{id}": {"get": {"parameters": [path], **ok(whole)}},
        "/tables/{id}/now": {"get": {"parameters": [path], **ok(whole)}},
    }


def _query(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string", **schema}}


def _asked(seen: Seen) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(seen.target).query).items()}


def _page(items: list[Any], head: dict[str, str] | None = None, **more: Any) -> bytes:
    return answer(200, json.dumps({"data": items, **more}).encode(), **(head or {}))


def _by_cursor(seen: Seen) -> bytes:
    start = int(_asked(seen).get("cursor", "c0")[1:])
    following = f"c{start + 3}" if start + 3 < len(ITEMS) else None
    return _page(ITEMS[start : start + 3], paging={"next_cursor": following})


def _by_page(seen: Seen) -> bytes:
    number = int(_asked(seen).get("page", "1"))
    return _page(ITEMS[3 * (number - 1) : 3 * number])


def _by_offset(seen: Seen) -> bytes:
    start = int(_asked(seen).get("offset", "0"))
    return _page(ITEMS[start : start + 3])


def _by_link(seen: Seen) -> bytes:
    start = int(_asked(seen).get("from", "0"))
    link = f'</orders?from={start + 3}>; rel="next"' if start + 3 < len(ITEMS) else ""
    return _page(ITEMS[start : start + 3], {"Link": link})


def _by_address(seen: Seen) -> bytes:
    start = int(_asked(seen).get("from", "0"))
    following = {"href": f"?from={start + 3}"} if start + 3 < len(ITEMS) else None
    return _page(ITEMS[start : start + 3], _links={"next": following})


@pytest.mark.parametrize(
    ("route", "parameters", "pages"),
    [
        (_by_cursor, [_query("cursor")], 3),
        (_by_page, [_query("page", default=1)], 4),
        (_by_page, [_query("page"), _query("per_page", default=3)], 3),
        (_by_offset, [_query("offset"), _query("limit", default=3)], 3),
        (_by_link, [], 3),
        (_by_address, [], 3),
    ],
    ids=["cursor", "page", "page-and-size", "offset", "link", "address"],
)
def test_every_way_of_paging_gives_every_order_once(
    open_nook: Callable[..., Adapter],
    partner: Partner,
    route: Callable[[Seen], bytes],
    parameters: list[Any],
    pages: int,
) -> None:
    """All orders come, in their order, with no more requests than pages."""
    adapter = open_nook(MANIFEST, MAPPING, _paths(*parameters))
    partner.routes["GET /orders"] = route
    found = list(adapter.list_orders())

    assert [order.ids.partner_id for order in found] == [item["id"] for item in ITEMS]
    assert len(partner.seen) == pages


def test_pages_are_asked_for_when_they_are_needed(
    open_nook: Callable[..., Adapter], partner: Partner
) -> None:
    """Whoever stops early costs the partner nothing more; a filter goes with every page."""
    adapter = open_nook(MANIFEST, MAPPING, _paths(_query("cursor")))
    partner.routes["GET /orders"] = _by_cursor
    listing = adapter.list_orders(query={"status": "new"})
    assert partner.seen == []
    first = next(listing)

    assert isinstance(first, Order)
    assert [_asked(seen) for seen in partner.seen] == [{"status": "new"}]
    list(listing)
    assert {_asked(seen)["status"] for seen in partner.seen} == {"new"}


ODD = {
    "same-cursor": (lambda _: _page(ITEMS[:1], next_cursor="c1"), "leads back|same page"),
    "page-ignored": (lambda _: _page(ITEMS[:3]), "same page again"),
    "elsewhere": (
        lambda _: _page(ITEMS[:1], next="http://127.0.0.1:1/orders?page=2"),
        "another server",
    ),
    "linked-elsewhere": (
        lambda _: _page(ITEMS[:1], {"Link": '<https://evil.example/x>; rel="next"'}),
        "another server",
    ),
    "two-lists": (lambda _: _page(ITEMS[:1], other=ITEMS[:1]), "2 lists"),
    "page-of-html": (lambda _: answer(200, b"<html>", kind="text/html"), "page"),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_list_ends_in_an_error(
    open_nook: Callable[..., Adapter], partner: Partner, case: str
) -> None:
    """A list that runs in circles, leads away or is none ends at once, with the reason."""
    adapter = open_nook(MANIFEST, MAPPING, _paths(_query("cursor"), _query("page")))
    partner.routes["GET /orders"], message = ODD[case]
    with pytest.raises(PartnerError, match=message):
        list(adapter.list_orders())

    assert len(partner.seen) <= 4


def test_more_without_a_way_is_told(open_nook: Callable[..., Adapter], partner: Partner) -> None:
    """A list that says there is more, and not how to get it, is not taken for whole."""
    adapter = open_nook(MANIFEST, MAPPING, _paths())
    partner.routes["GET /orders"] = lambda _: _page(ITEMS[:3], has_more=True)
    with pytest.raises(PartnerError, match="does not say how"):
        list(adapter.list_orders())


def test_pages_are_capped(open_nook: Callable[..., Adapter], partner: Partner) -> None:
    """An endless list ends."""
    adapter = open_nook(MANIFEST, MAPPING, _paths(_query("page")))
    partner.routes["GET /orders"] = lambda seen: _page([{"id": _asked(seen).get("page", "1")}])
    operation = adapter.partner.description.exchange("GET /orders")
    request = adapter.channel.request(operation, {})
    with pytest.raises(PartnerError, match="more than 5 pages"):
        list(walk_pages(adapter.channel, operation, request, pages_max=5))

    assert len(partner.seen) == 5


def test_summaries_are_read_one_by_one(open_nook: Callable[..., Adapter], partner: Partner) -> None:
    """Where the list leaves fields out, each order is read itself."""
    item = {"type": "object", "properties": {"id": {}}}
    adapter = open_nook(MANIFEST, MAPPING, _paths(item=item))
    partner.routes["GET /orders"] = lambda _: _page([{"id": "o-3"}, {"id": "o-4"}])
    for number in (3, 4):
        body = json.dumps(ITEMS[number]).encode()
        partner.routes[f"GET /orders/o-{number}"] = lambda _, body=body: answer(200, body)

    assert [order.totals.total.amount_minor for order in adapter.list_orders()] == [103, 104]


def test_one_bad_order_does_not_hide_the_others(
    open_nook: Callable[..., Adapter], partner: Partner
) -> None:
    """An order that does not fit is told of, or ends the list, as the caller wants."""
    adapter = open_nook(MANIFEST, MAPPING, _paths())
    bad = {**ITEMS[1], "total": "much"}
    partner.routes["GET /orders"] = lambda _: _page([ITEMS[0], bad, ITEMS[2]])
    refused: list[TranslationError] = []
    found = list(adapter.list_orders(refuse=refused.append))

    assert [order.ids.partner_id for order in found] == ["o-0", "o-2"]
    assert [error.path for error in refused] == ["/total"]
    with pytest.raises(TranslationError):
        list(adapter.list_orders())


def test_no_list_is_told(open_nook: Callable[..., Adapter]) -> None:
    """Where the documents describe no list, that is said and nothing is guessed."""
    adapter = open_nook(MANIFEST, MAPPING, _paths())
    with pytest.raises(InputError, match="describe no list beside GET /tables"):
        adapter.list_reservations()


@pytest.mark.parametrize(("slug", "most"), [("tavola", 3), ("bocado", 50)])
def test_embedded_partners_list_their_orders(open_adapter: Opened, slug: str, most: int) -> None:
    """Tavola pages by cursor, Bocado gives summaries; both give all orders of the test account."""
    adapter = open_adapter(slug)
    query = {"limit": str(most)} if slug == "tavola" else {}
    account = adapter.partner.environment("sandbox").test_account
    assert account is not None
    found = [order.ids.partner_id for order in adapter.list_orders(query=query)]

    assert sorted(found) == sorted(account.known["order"])
