"""Which events a receipt holds: rules by path, header and JSON, batches split, ids found."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from workbench.model import find_nodes, find_text, scalar_text
from workbench.partners import EventMatch, EventRule, Webhooks
from workbench.receiver.body import parse_body
from workbench.receiver.receipt import Arrival
from workbench.receiver.received_message import check_path
from workbench.receiver.schemes import read_claims

_NUMBER_LENGTH = 18
_SMALL_BYTES = 8 * 1024  # of a body: so many of them may be kept as they were read


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """One event of theirs.

    Attributes:
        reference: Its name in `webhooks.events`.
        item: Its JSON value: the body, one item of a batch, or None when it is not JSON.
        event_id: The partner's id of the event, for de-duplication.
        entity_id: Id of the order or reservation that it is about.
        rule: The rule that recognised it.
        location: Where the item is in the body, as a normalised JSONPath.
    """

    reference: str
    item: Any
    event_id: str | None
    entity_id: str | None
    rule: EventRule
    location: str = "$"


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a delivery the same as an earlier one.

    `reopens`: a repeat is news, so it is to be read again. True for pings without an event id:
    two equal pings may stand for two changes, and reading twice does no harm.
    """

    key: str
    reopens: bool = False


def read_events(webhooks: Webhooks, receipt: Arrival) -> list[ReceivedEvent]:
    """The events in a receipt, in the order of the body; empty when no rule knows it.

    Rules are tried in the order of the manifest, and an item belongs to the first that matches.
    A `json` condition looks inside the item, and when nothing is there at the whole body.

    Raises:
        ManifestError: A JSONPath of a rule is wrong.
    """
    body = read_payload(webhooks, receipt)
    taken: dict[str, ReceivedEvent] = {}
    for reference, rule in webhooks.events.items():
        if not _is_addressed(rule.match, receipt):
            continue
        items = find_nodes(rule.each, body) if rule.each else [("$", body)]
        for location, item in items:
            if location not in taken and _has_value(rule.match, item, body):
                taken[location] = read_item(reference, rule, item, location)
    return list(taken.values())


def is_addressed(webhooks: Webhooks, receipt: Arrival) -> bool:
    """Whether path and headers are those of an event that the partner sends."""
    return any(_is_addressed(rule.match, receipt) for rule in webhooks.events.values())


def read_item(reference: str, rule: EventRule, item: Any, location: str = "$") -> ReceivedEvent:
    """One item of a body as the event that its rule makes of it."""
    return ReceivedEvent(
        reference=reference,
        item=item,
        event_id=find_text(rule.event_id, item) if rule.event_id else None,
        entity_id=find_text(rule.entity_id, item) if rule.entity_id else None,
        rule=rule,
        location=location,
    )


def read_payload(webhooks: Webhooks, receipt: Arrival) -> Any:
    """The JSON value of a receipt: its body, or the claims where the body is a token."""
    body = _parse(
        receipt.body,
        receipt.header("content-type") or "",
        receipt.header("content-encoding") or "",
    )
    if webhooks.signature.scheme == "jwt" and webhooks.signature.token_json:
        return read_claims(find_text(webhooks.signature.token_json, body))
    return body


def _parse(body: bytes, content_type: str, content_encoding: str) -> Any:
    """A body is read when it is split, and again for each of its events."""
    if len(body) <= _SMALL_BYTES:
        return _parse_small(body, content_type, content_encoding)
    # By identity: to compare long bodies for each event of theirs would make them quadratic.
    for known in tuple(_LARGE):
        if known[0] is body and known[1] == (content_type, content_encoding):
            return known[2]
    value = parse_body(body, content_type, content_encoding)
    _LARGE.append((body, (content_type, content_encoding), value))
    return value


_parse_small = lru_cache(maxsize=1024)(parse_body)
_LARGE: deque[tuple[bytes, tuple[str, str], Any]] = deque(maxlen=4)


def read_number(webhooks: Webhooks, receipt: Arrival) -> int | None:
    """The running number of a delivery; None when it has none that can be read."""
    place = webhooks.sequence or ""
    kind, _, name = place.partition(":")
    if kind == "header":
        text = receipt.header(name)
    else:
        text = find_text(place, read_payload(webhooks, receipt)) if place else None
    return int(text) if text and text.isdecimal() and len(text) <= _NUMBER_LENGTH else None


def identify(webhooks: Webhooks, arrival: Arrival, target: str) -> Identity:
    """The key of a genuine delivery: the ids of its events, else its content.

    An event without an id has its content and its moment: whether it is sent again, or the same
    news once more, is told where it is known what happened in between (`ledger.enter`).

    Args:
        webhooks: The partner's rules.
        arrival: The delivery.
        target: Its target before anything was masked.
    """
    events: list[ReceivedEvent] = []
    if webhooks.events:
        events = read_events(webhooks, arrival)
    ids = [(event.reference, event.event_id) for event in events if event.event_id is not None]
    if events and len(ids) == len(events):
        return Identity(key="event:" + digest(part for pair in ids for part in pair))
    content: list[str | bytes] = [arrival.method, target, arrival.body]
    is_ping = any(event.rule.pull for event in events)
    if events and not is_ping:
        content.append(arrival.received_at.isoformat())
    return Identity(key=f"content:{digest(content)}", reopens=is_ping)


def identify_refused(
    arrival: Arrival, target: str, headers: Iterable[tuple[bytes, bytes]]
) -> Identity:
    """The key of a refused delivery: never that of a genuine one, whatever a forger writes.

    All headers count, so that a forged copy cannot stand in the way of the original when the
    wrong one was our key.
    """
    flat = [part for pair in headers for part in pair]
    return Identity(key="refused:" + digest([arrival.method, target, arrival.body, *flat]))


def digest(parts: Iterable[str | bytes]) -> str:
    """SHA-256 over parts, each with its length, so that no two lists give the same."""
    framed: list[bytes] = []
    for part in parts:
        octets = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        framed += (len(octets).to_bytes(8, "big"), octets)
    return hashlib.sha256(b"".join(framed)).hexdigest()


def check_rules(webhooks: Webhooks) -> None:
    """Compile every JSONPath of the rules, so that a mistake shows at start.

    Raises:
        ManifestError: One is wrong.
    """
    paths = [webhooks.sequence]
    for rule in webhooks.events.values():
        paths += (rule.each, rule.event_id, rule.entity_id, rule.match.json_)
    for path in paths:
        if path and not path.startswith("header:"):
            check_path(path)


def _is_addressed(match: EventMatch, receipt: Arrival) -> bool:
    if match.path is not None and match.path.strip("/") != receipt.tail:
        return False
    if match.header is None:
        return True
    value = receipt.header(match.header)
    return value is not None and (not match.values or value in match.values)


def _has_value(match: EventMatch, item: Any, body: Any) -> bool:
    if match.json_ is None:
        return True
    found = find_nodes(match.json_, item) or find_nodes(match.json_, body)
    if not match.values:
        return bool(found)
    return any(scalar_text(value) in match.values for _, value in found)
