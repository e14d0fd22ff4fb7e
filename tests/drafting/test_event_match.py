"""Events that arrive at one address: each gets a rule that takes it and none of the others."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.description import describe
from workbench.drafting.event_match import find_mark
from workbench.drafting.guesses import guess_rule
from workbench.model.description import ApiDescription


def described(tmp_path: Path, messages: dict[str, Any]) -> ApiDescription:
    """One channel with some messages."""
    path = tmp_path / "events.json"
    channel = {"address": "/hooks/pos", "messages": messages}
    document = {"asyncapi": "3.0.0", "info": {}, "channels": {"c": channel}}
    path.write_text(json.dumps(document), "utf-8")
    return describe([path])


def fields(**values: Any) -> dict[str, Any]:
    """A message with these fields."""
    return {"payload": {"type": "object", "properties": values}}


MESSAGES = {
    "by constant": [
        fields(kind={"const": "a"}, id={"type": "string"}),
        fields(kind={"const": "b"}, id={"type": "string"}),
    ],
    "by a single listed value, one level down": [
        fields(meta={"type": "object", "properties": {"event": {"enum": ["a"]}}}),
        fields(meta={"type": "object", "properties": {"event": {"enum": ["b"]}}}),
    ],
    "by examples": [
        {"payload": {"type": "object"}, "examples": [{"payload": {"topic": "a", "v": "1"}}]},
        {"payload": {"type": "object"}, "examples": [{"payload": {"topic": "b", "v": "1"}}]},
    ],
    "by header": [
        {"headers": {"properties": {"X-Event": {"const": "a"}}}, "payload": {"type": "object"}},
        {"headers": {"properties": {"X-Event": {"const": "b"}}}, "payload": {"type": "object"}},
    ],
}
PLACES = {
    "by constant": {"json": "$.kind"},
    "by a single listed value, one level down": {"json": "$.meta.event"},
    "by examples": {"json": "$.topic"},
    "by header": {"header": "X-Event"},
}


@pytest.mark.parametrize("kind", MESSAGES)
def test_events_of_one_address_are_matched_by_what_differs(kind: str, tmp_path: Path) -> None:
    """The rule names the address, and the place whose value only this event has."""
    one, other = MESSAGES[kind]
    description = described(tmp_path, {"first": one, "second": other})
    rules = [guess_rule(event, description)["match"] for event in description.events]
    assert rules == [
        {"path": "pos", **PLACES[kind], "values": ["a"]},
        {"path": "pos", **PLACES[kind], "values": ["b"]},
    ]


def test_nothing_tells_equal_messages_apart(tmp_path: Path) -> None:
    """A value that both hold is no mark, and a lone event needs none."""
    same = fields(kind={"const": "a"})
    description = described(tmp_path, {"first": same, "second": same})
    assert [find_mark(event, description) for event in description.events] == [{}, {}]
    (alone,) = described(tmp_path, {"first": same}).events
    assert guess_rule(alone, description)["match"] == {"path": "pos"}
