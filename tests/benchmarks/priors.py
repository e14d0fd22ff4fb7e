"""What a person knows about signals: priors, signs, and which ones count.

Each prior is a weight in log-odds that holds for any partner; the fit may move away from it at a
cost. They were written, and changed, while errors of two thirds of the partners were looked at.
What holds for every partner in one direction only, as that a path that ends in the noun speaks for
it, is held to that sign.
"""

from __future__ import annotations

import math
import re

_RELATIONS = (
    *("it", "its kin", "its courier", "another part of the menu", "something else"),
    *("an unknown word", "nothing known", "nothing", "the restaurant", "a sale", "events"),
)
_EVENTS = ("created-event", "status-event")
_SHAPES = frozenset(
    {"coordinates", "a status", "a status of a life cycle", "no status", "a transition"}
)
_NOUN = re.compile(
    "(path ends in|path passes|path is below|name is about|name speaks of|tag is|text speaks of|"
    "body holds|answer holds|type field knows|event types say|asks for|title is about) (.*)"
)
_LOOSE = frozenset({"path passes", "path is below", "body holds", "answer holds"})
_HAPPENS = frozenset(
    [
        *("accept", "confirm", "reject", "cancel", "prepare", "ready", "dispatch", "deliver"),
        *("start", "fail", "seat", "read", "list", "create", "update", "push", "import"),
        *("delete", "handle", "status", "hours", "closure"),
    ]
)


_FEATURES: dict[str, dict[str, float]] = {
    "all": {
        "rule": 2.0,
        "belief": 0.3,
        "wide belief": 0.2,
        "path ends in it": 0.5,
        "path ends in something else": -0.4,
        "path ends in an unknown word": -0.4,
        "name is about it": 0.5,
        "name is about something else": -0.3,
        "name's noun qualifies an unknown word": -1.0,
        "tag is it": 0.2,
        "GET behind a verb": -1.2,
        "is deprecated": -0.2,
        "name says handle": -0.5,
        "path does handle": -0.5,
    },
    "read": {
        "GET behind a transition": -1.5,
        "document has a read of one": -1.5,
        "document has no read of one": 1.3,
        "GET one of it": 0.5,
        "answer is a list": -0.3,
        "path passes events": -1.0,
    },
    "status-read": {
        "GET behind a transition": -1.5,
        "document has a read of one": -1.5,
        "document has no read of one": 1.3,
        "GET one of it": 0.5,
        "answer is a list": -0.3,
        "document has no status of its own": 0.7,
        "document has a status": -1.0,
        "answer holds a status": 0.4,
        "path does status": 0.5,
        "path passes events": -1.0,
    },
    "status-write": {
        "sent to us": -1.0,
        "name says a transition": 0.5,
        "path does a transition": 0.7,
        "path does status": 0.7,
        "name says status": 0.5,
        "name says create": -0.7,
        "body holds no status": -0.7,
        "body holds a status of a life cycle": 0.5,
    },
    "menu-write": {
        "body has no part of the menu": -1.0,
        "type field knows another part of the menu": -1.0,
    },
    "menu-write part-write": {
        "sent to us": -0.7,
        "name begins with read": -0.7,
        "name begins with list": -0.7,
    },
    "part-write": {
        "type field knows it": 1.5,
        "type field knows it among others": 2.5,
        "path is below a sale": -2.0,
        "sets a price of it": 0.7,
        "path ends in it": 0.5,
    },
    "location-write": {
        "sent to us": -0.7,
        "path ends in it": 0.5,
        "body holds coordinates": 1.5,
    },
    "availability-write": {
        "path does hours": 0.7,
        "path does closure": 0.7,
        "path passes it": 0.3,
        "name says hours": 0.4,
        "name says closure": 0.4,
        "name says read": -0.7,
        "title is about something else": -0.4,
    },
    "created-event": {
        "sent to us": 1.0,
        "event types say create": 3.0,
        "name says create": 0.7,
        "text says create": 0.2,
        "name says a transition": -0.5,
        "name tells what became of it": -0.5,
        "path tells what became of it": -0.5,
        "name says status": -0.7,
        "name says update": -0.5,
    },
    "status-event": {
        "sent to us": 1.0,
        "event types say a transition": 3.0,
        "name tells what became of it": 0.7,
        "path tells what became of it": 0.7,
        "name says a transition": 0.5,
        "name says status": 0.7,
        "name says create": -0.5,
        "name begins with transition": -0.3,
        "name speaks of something else": -0.2,
        "path ends in its courier": -0.7,
        "name is about its courier": -0.4,
    },
}


def counts(signal: str) -> bool:
    """Whether a signal is learned from: relations to what is sought, not the nouns themselves.

    That an order's body holds `customer` is a fact about the partners at hand. Learned from thirty
    partners it misleads about the next.
    """
    found = _NOUN.fullmatch(signal)
    if found is None:
        return True
    place, what = found.groups()
    listed = {*_RELATIONS, *_SHAPES} | (_HAPPENS if place == "event types say" else set())
    return what in listed


def bounds_of(signal: str) -> tuple[float, float]:
    """The least and the greatest weight of `family|signal`, or of a signal about the sender."""
    family, is_feature, name = signal.partition("|")
    sign = _sign(family, name) if is_feature else 0
    return (0.0 if sign > 0 else -math.inf, 0.0 if sign < 0 else math.inf)


def _sign(family: str, name: str) -> int:
    if name == "sent to us":
        return 1 if family in _EVENTS else -1
    if name in {"rule", "belief", "wide belief", "body holds coordinates"}:
        return 1
    if name == "no rule":
        return -1
    found = _NOUN.fullmatch(name)
    if found is None or found.group(1) in _LOOSE:
        return 0
    return {"it": 1, "something else": -1, "an unknown word": -1}.get(found.group(2), 0)


def feature_priors() -> dict[str, float]:
    """What the signals mean for the families of features: `family|signal` → log-odds."""
    return {
        f"{family}|{signal}": weight
        for families, table in _FEATURES.items()
        for family in families.split()
        for signal, weight in table.items()
    }


def sender_priors() -> dict[str, float]:
    """What the signals about the sender mean before any document was seen, as log-odds."""
    priors = {
        "declared as operation": -2.0,
        "declared as webhook": 2.0,
        "declared as callback": 2.0,
        "declared as asyncapi": 2.0,
        "declared as schema": 2.0,
        "name speaks of webhooks": 1.0,
        "tag speaks of webhooks": 1.0,
        "first sentence speaks of webhooks": 1.0,
        "first sentence tells of a webhook": 3.0,
        "path speaks of webhooks": 0.5,
        "path manages subscriptions": -2.0,
        "stands among webhooks and manages none": 1.5,
        "neighbours by tag speak of webhooks": 1.0,
        "neighbours by path to 1 speak of webhooks": 1.0,
        "neighbours by document speak of webhooks": 1.0,
        "name manages": -1.5,
        "path is an address of ours": 3.0,
        "name tells what happened": 0.7,
        "path tells what happened": 0.7,
        "body is an event": 0.7,
        "neighbours by tag": 0.3,
        "neighbours by path to 1": 0.25,
        "neighbours by path to 2": 0.25,
        "neighbours by document": 0.3,
        "server of ours": 0.7,
        "plain words say that it comes to us": 1.5,
        "plain words say that we send it": -1.5,
        "reads like a request to us": 1.0,
    }
    spoken = {
        "hosts": 1.5,
        "sends": -1.0,
        "gets": 1.0,
        "receives": 0.5,
        "is-the-host": 3.5,
        "is-the-sender": -3.0,
        "is-the-receiver": 1.5,
    }
    hooks = {"hook-is-sent": 1.5, "hook-sends": 1.5, "is-a-hook": 2.0}
    for place, share in (("own", 1.0), ("tag", 0.5), ("all", 0.25)):
        priors |= {f"{place}:us-{name}": share * value for name, value in spoken.items()}
        priors |= {f"{place}:them-{name}": -share * value for name, value in spoken.items()}
        priors |= {f"{place}:{name}": share * value for name, value in hooks.items()}
    return priors | {
        "all:us-hosts": 2.5,
        "all:us-is-the-host": 3.0,
        "all:us-hosts-all": 3.0,
        "all:them-hosts-all": -3.0,
    }
