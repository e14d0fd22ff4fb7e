"""What the draft reads of deliveries: the answer, the time for it, repeats, kinds and batches."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.description import describe
from workbench.drafting.delivery_promises import guess_promises, read_promise
from workbench.drafting.guesses import guess_rule
from workbench.model.description import ApiDescription


def described(tmp_path: Path, body: dict[str, Any], text: str = "", code: str = "200") -> Any:
    """A description with one webhook, and that webhook."""
    node = {
        "description": text,
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {code: {"description": "taken"}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Sender", "version": "1"},
        "webhooks": {"orderUpdate": {"post": node}},
    }
    path = tmp_path / "sender.json"
    path.write_text(json.dumps(document), "utf-8")
    description: ApiDescription = describe([path])
    return description, description.events[0]


@pytest.mark.parametrize(
    ("sentence", "promised"),
    [
        ("We retry a failed webhook up to 5 times.", {"repeats": 5}),
        ("A notification is not sent again.", {"repeats": 0}),
        ("Webhooks are never retried.", {"repeats": 0}),
        ("El webhook se reintenta; hay 3 intentos.", {"repeats": 3}),
        ("Wir senden den Webhook erneut, höchstens 4 Versuche.", {"repeats": 4}),
        ("Events are resent with exponential back-off for a day.", {}),
    ],
)
def test_repeats_are_read_in_words(sentence: str, promised: dict[str, Any]) -> None:
    """The sentence itself is kept, and a number where it tells one."""
    found = read_promise(sentence)
    assert found.pop("retry") == sentence
    assert found == promised


def test_the_answer_and_its_time_are_read() -> None:
    """A sentence about our answer gives code and seconds; one about their API gives nothing."""
    told = read_promise("Your webhook must respond with a 204 within 10 seconds.")
    assert told == {"ack": 204, "timeout_seconds": 10.0}
    assert read_promise("The timeout of a callback is: answer in less than 1500 ms") == {
        "timeout_seconds": 1.5
    }
    assert read_promise("Retry the call three times when the API answers 429.") == {}


def test_what_events_document_goes_before_prose(tmp_path: Path) -> None:
    """The code that the event documents is taken, and repeats are asked where nothing is said."""
    description, event = described(tmp_path, {"type": "object"}, "Answer with 200.", "202")
    found, questions = guess_promises([event], description)
    assert found == {"ack": 202}
    assert questions == ["How often is a webhook sent again when we do not answer it?"]


KINDS = {"type": "string", "enum": ["ORDER_CREATED", "ORDER_CANCELLED", "MENU_UPDATED"]}
ITEM = {
    "type": "object",
    "properties": {
        "eventId": {"type": "string"},
        "eventType": KINDS,
        "orderId": {"type": "string"},
    },
}


def test_the_field_that_tells_the_kind_is_found(tmp_path: Path) -> None:
    """Its values are those that speak of the noun; the menu's are left out."""
    description, event = described(tmp_path, ITEM)
    rule = guess_rule(event, description, "order")
    assert rule["match"]["json"] == "$.eventType"
    assert rule["match"]["values"] == ["ORDER_CREATED", "ORDER_CANCELLED"]
    assert (rule["event_id"], rule["entity_id"]) == ("$.eventId", "$.orderId")
    assert "each" not in rule


@pytest.mark.parametrize(
    ("body", "each"),
    [
        ({"type": "array", "items": ITEM}, "$[*]"),
        (
            {"type": "object", "properties": {"events": {"type": "array", "items": ITEM}}},
            "$.events[*]",
        ),
    ],
)
def test_several_events_in_one_body(tmp_path: Path, body: dict[str, Any], each: str) -> None:
    """The rule names the items, and all its paths stand inside one."""
    description, event = described(tmp_path, body)
    rule = guess_rule(event, description, "order")
    assert rule["each"] == each
    assert rule["match"]["json"] == "$.eventType"
    assert (rule["event_id"], rule["entity_id"]) == ("$.eventId", "$.orderId")


def test_an_order_with_items_is_one_event(tmp_path: Path) -> None:
    """A list of what was ordered is no batch of events."""
    lines = {"type": "array", "items": {"type": "object", "properties": {"name": {}}}}
    body = {"type": "object", "properties": {"id": {"type": "string"}, "items": lines}}
    description, event = described(tmp_path, body)
    assert "each" not in guess_rule(event, description, "order")
