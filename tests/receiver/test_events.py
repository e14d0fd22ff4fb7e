"""Which events a receipt holds, and what makes two deliveries the same."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from workbench.errors import ManifestError
from workbench.partners.webhooks import Webhooks
from workbench.receiver.events import (
    check_rules,
    digest,
    identify,
    identify_refused,
    read_events,
    read_number,
)
from workbench.receiver.receipt import Arrival

HEADERS = (("x-kind", "order"), ("content-type", "application/json"))


def rules(signature: dict[str, Any] | None = None, **events: dict[str, Any]) -> Webhooks:
    """Webhooks of an unsigned partner with these rules."""
    return Webhooks.model_validate({"signature": signature or {"scheme": "none"}, "events": events})


def arrival(
    body: Any,
    target: str = "orders",
    method: str = "POST",
    headers: tuple[tuple[str, str], ...] = HEADERS,
) -> Arrival:
    """An arrival with this body, as JSON unless it is bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Arrival(
        partner="tavola",
        pos_code="p1",
        method=method,
        target=target,
        headers=headers,
        body=raw,
        received_at=datetime(2026, 9, 21, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({"path": "orders"}, 1),
        ({"path": "/orders/"}, 1),
        ({"path": "orders/status"}, 0),
        ({"header": "X-Kind", "values": ["order"]}, 1),
        ({"header": "X-Kind", "values": ["reservation"]}, 0),
        ({"header": "X-Kind"}, 1),
        ({"header": "X-Other"}, 0),
        ({"json": "$.type", "values": ["order.new"]}, 1),
        ({"json": "$.type", "values": ["order.gone"]}, 0),
        ({"json": "$.type"}, 1),
        ({"json": "$.kind"}, 0),
        ({"json": "$.version", "values": ["2"]}, 1),
        ({"json": "$.live", "values": ["false"]}, 1),
        ({"path": "orders", "json": "$.type", "values": ["order.gone"]}, 0),
        ({}, 1),
    ],
)
def test_a_rule_matches_when_every_condition_holds(match: dict[str, Any], expected: int) -> None:
    """Path, header and JSON conditions, alone and together."""
    body = {"type": "order.new", "version": 2, "live": False}
    assert len(read_events(rules(a={"match": match}), arrival(body))) == expected


def test_a_batch_is_split() -> None:
    """Items of a batch are events of their own, each by the first rule that knows it."""
    webhooks = rules(
        created={
            "match": {"path": "events", "json": "$.kind", "values": ["new"]},
            "each": "$.items[*]",
            "event_id": "$.uid",
            "entity_id": "$.order.id",
        },
        other={"match": {"path": "events"}, "each": "$.items[*]", "entity_id": "$.order.id"},
    )
    body = {
        "items": [
            {"kind": "new", "uid": "a", "order": {"id": 1}},
            {"kind": "gone", "uid": "b", "order": {"id": 2}},
            {"kind": "new", "uid": "c", "order": {"id": "3"}},
        ]
    }
    found = read_events(webhooks, arrival(body, "events?x=1"))
    assert [(e.reference, e.event_id, e.entity_id) for e in found] == [
        ("created", "a", "1"),
        ("created", "c", "3"),
        ("other", None, "2"),
    ]
    assert found[0].item == body["items"][0]


def test_a_kind_beside_the_batch_counts_for_every_item() -> None:
    """A condition that the items do not hold is looked up in the whole body."""
    webhooks = rules(
        a={"match": {"json": "$.event", "values": ["orders"]}, "each": "$.data[*]"},
    )
    assert len(read_events(webhooks, arrival({"event": "orders", "data": [{}, {}]}))) == 2
    assert read_events(webhooks, arrival({"event": "menus", "data": [{}, {}]})) == []


def test_a_ping_without_json_is_recognised_by_its_path() -> None:
    """A body that is no JSON is an event without item; a form is an object of texts."""
    webhooks = rules(ping={"match": {"path": "orders"}, "entity_id": "$.id", "pull": "order-read"})
    (plain,) = read_events(webhooks, arrival(b"\xff\x00 not json"))
    assert (plain.item, plain.entity_id, plain.rule.pull) == (None, None, "order-read")
    form = (("content-type", "application/x-www-form-urlencoded; charset=utf-8"),)
    (filled,) = read_events(webhooks, arrival(b"id=r%2D5&x=", headers=form))
    assert filled.entity_id == "r-5"


def test_the_claims_of_a_token_are_the_body() -> None:
    """Where the body is a JSON Web Token the rules see its claims."""
    claims = base64.urlsafe_b64encode(json.dumps({"id": 9}).encode()).rstrip(b"=").decode()
    head = base64.urlsafe_b64encode(b"{}").rstrip(b"=").decode()
    webhooks = rules(
        {"scheme": "jwt", "token_json": "$.token"}, a={"match": {}, "entity_id": "$.id"}
    )
    (event,) = read_events(webhooks, arrival({"token": f"{head}.{claims}.xx"}))
    assert event.entity_id == "9"
    assert read_events(webhooks, arrival({"token": "nonsense"}))[0].item is None


def test_the_event_id_identifies() -> None:
    """Same id, same event, whatever else changes; another id or kind is another event."""
    webhooks = rules(
        a={"match": {"path": "orders"}, "event_id": "$.id"},
        b={"match": {"path": "bookings"}, "event_id": "$.id"},
    )

    def key(body: Any, target: str = "orders") -> str:
        return identify(webhooks, arrival(body, target), target).key

    assert key({"id": 1, "attempt": 1}) == key({"id": "1", "attempt": 2})
    assert key({"id": 1}) != key({"id": 2})
    assert key({"id": 1}) != key({"id": 1}, "bookings")


def test_content_identifies_where_no_id_is_given() -> None:
    """Method, address and body make the key when a rule or an item has no event id."""
    webhooks = rules(a={"match": {"path": "orders"}, "event_id": "$.id"})
    first = identify(webhooks, arrival({"x": 1}), "orders")
    assert first == identify(webhooks, arrival({"x": 1}), "orders")
    assert first.key.startswith("content:")
    others = {
        identify(webhooks, arrival({"x": 2}), "orders").key,
        identify(webhooks, arrival({"x": 1}, method="PUT"), "orders").key,
        identify(webhooks, arrival({"x": 1}, "orders?a"), "orders?a").key,
    }
    assert len(others | {first.key}) == 4
    later = replace(arrival({"x": 1}), received_at=datetime(2026, 11, 20, 19, 1, tzinfo=UTC))
    assert identify(webhooks, later, "orders") != first  # the worker tells whether it is news
    unread = [identify(rules(), one, "orders") for one in (arrival({"x": 1}), later)]
    assert unread[0] == unread[1]


def test_a_batch_is_identified_by_all_its_ids() -> None:
    """A batch is a repeat only if every id is the same."""
    webhooks = rules(a={"match": {}, "each": "$[*]", "event_id": "$.id"})
    one = identify(webhooks, arrival([{"id": 1}, {"id": 2}]), "orders").key
    two = identify(webhooks, arrival([{"id": 1}, {"id": 3}]), "orders").key
    assert one.startswith("event:")
    assert one != two


def test_a_ping_without_id_is_news_every_time() -> None:
    """Equal pings may stand for two changes, so a repeat opens the receipt again."""
    webhooks = rules(a={"match": {}, "pull": "reservation-read"})
    assert identify(webhooks, arrival({"id": 5}), "orders").reopens
    known = rules(a={"match": {}, "pull": "reservation-read", "event_id": "$.id"})
    assert not identify(known, arrival({"id": 5}), "orders").reopens


def test_a_forged_delivery_never_takes_the_place_of_a_genuine_one() -> None:
    """The key of a refused delivery is of another kind, and every header counts."""
    webhooks = rules(a={"match": {}, "event_id": "$.id"})
    forged = arrival({"id": 1})
    one = identify_refused(forged, "orders", [(b"x-sig", b"00")]).key
    two = identify_refused(forged, "orders", [(b"x-sig", b"01")]).key
    assert len({one, two, identify(webhooks, forged, "orders").key}) == 3


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
@settings(max_examples=200)
def test_digests_of_different_lists_differ(one: list[bytes], other: list[bytes]) -> None:
    """Bytes cannot move from one part to the next without a new digest."""
    assert (digest(one) == digest(other)) == (one == other)


@given(body=st.binary(max_size=60), target=st.text("/%a?\u00e9.", max_size=10))
@settings(max_examples=200)
def test_reading_is_total(body: bytes, target: str) -> None:
    """Any body and address can be read and identified."""
    webhooks = rules(
        a={"match": {"json": "$..type"}, "each": "$[*]", "event_id": "$..id"},
        b={"match": {}, "entity_id": "$.id", "pull": "order-read"},
    )
    received = arrival(body, target)
    assert len(read_events(webhooks, received)) >= 1
    assert identify(webhooks, received, target).key


def test_a_body_of_a_thousand_levels_is_read() -> None:
    """Deep nesting finds nothing and raises nothing."""
    webhooks = rules(a={"match": {"json": "$..type"}})
    assert read_events(webhooks, arrival(b'{"a":' * 1000 + b"1" + b"}" * 1000)) == []
    assert read_events(webhooks, arrival(b"[" * 100_000)) == []


@pytest.mark.parametrize("field", ["each", "event_id", "entity_id"])
def test_a_wrong_path_shows_at_start(field: str) -> None:
    """A JSONPath that is none is refused when the manifest is read, with what is wrong in it."""
    with pytest.raises(ValidationError, match="is not a JSONPath"):
        rules(a={"match": {}, field: "order.id"})


@pytest.mark.parametrize(
    ("place", "body", "number"),
    [
        ("$.n", {"n": 7}, 7),
        ("$.n", {"n": "0012"}, 12),
        ("header:X-Number", {}, 31),
        ("header:X-Nothing", {}, None),
        ("$.n", {"n": -1}, None),
        ("$.n", {"n": 1.5}, None),
        ("$.n", {"n": "1" * 5000}, None),
        ("$.n", {"n": "²"}, None),
        ("$.n", {"n": True}, None),
        ("$.n", b"no json", None),
        (None, {"n": 7}, None),
    ],
)
def test_a_running_number_is_read_or_not(place: str | None, body: Any, number: int | None) -> None:
    """From the body or a header; whatever is no whole number is none."""
    webhooks = rules().model_copy(update={"sequence": place})
    received = arrival(body, headers=(*HEADERS, ("x-number", "31")))
    assert read_number(webhooks, received) == number


def test_the_place_of_the_number_is_checked_at_start() -> None:
    """Like every other JSONPath."""
    with pytest.raises(ManifestError):
        check_rules(rules().model_copy(update={"sequence": "$.["}))
    check_rules(rules().model_copy(update={"sequence": "header:X-Number"}))
