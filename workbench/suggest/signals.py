"""What speaks for and against one exchange serving one feature, as named numbers.

A signal is relative to the feature's noun where it can be (`path ends in it`), so that what is
learned about orders holds for reservations; beside it stands what was seen itself (`body holds
price`), for the family of features alike. A signal is 0 where it is not named; most are 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from workbench.model import Event, FeatureSlug
from workbench.suggest.body_shape import BodyShape
from workbench.suggest.interaction_signals import InteractionSignals
from workbench.vocabulary import Concept, concepts, head, split_words

SignalValues = dict[str, float]
MENU = frozenset(
    {"menu", "menu-section", "product", "product-variant", "option-category", "option"}
)
_TYPE_WORDS = frozenset({"type", "topic", "action", "kind", "tipo", "typ", "trigger", "object"})
_SEVERAL = 3  # parts of a menu that one operation writes
_SALES = frozenset({"order", "reservation", "delivery", "order-line"})  # whose items are no menu
_SPOKEN = frozenset({"verb", "transition", "facet"})


_RELATIONS = ("it", "its kin", "its courier", "another part of the menu", "something else")


@dataclass(frozen=True)
class Aim:
    """What a feature looks for.

    Attributes:
        family: Features alike, which share their weights.
        noun: What it is about.
        kin: Nouns that stand for it as well.
    """

    family: str
    noun: str
    kin: frozenset[str] = frozenset()


_COURIERS = frozenset({"delivery", "courier"})
AIMS = {
    FeatureSlug.ORDER_READ: Aim("read", "order", _COURIERS),
    FeatureSlug.ORDER_STATUS_READ: Aim("status-read", "order", _COURIERS),
    FeatureSlug.ORDER_STATUS_WRITE: Aim("status-write", "order", _COURIERS),
    FeatureSlug.RESERVATION_READ: Aim("read", "reservation"),
    FeatureSlug.RESERVATION_STATUS_READ: Aim("status-read", "reservation"),
    FeatureSlug.RESERVATION_STATUS_WRITE: Aim("status-write", "reservation"),
    FeatureSlug.MENU_WRITE: Aim(FeatureSlug.MENU_WRITE, "menu"),
    FeatureSlug.MENU_SECTION_WRITE: Aim("part-write", "menu-section"),
    FeatureSlug.PRODUCT_WRITE: Aim("part-write", "product"),
    FeatureSlug.PRODUCT_VARIANT_WRITE: Aim("part-write", "product-variant"),
    FeatureSlug.OPTION_CATEGORY_WRITE: Aim("part-write", "option-category"),
    FeatureSlug.OPTION_WRITE: Aim("part-write", "option"),
    FeatureSlug.DELIVERY_LOCATION_WRITE: Aim("location-write", "place", _COURIERS),
    FeatureSlug.AVAILABILITY_WRITE: Aim(
        FeatureSlug.AVAILABILITY_WRITE, "restaurant", frozenset({"hours", "closure", "place"})
    ),
    FeatureSlug.ORDER_CREATED_EVENT: Aim("created-event", "order", _COURIERS),
    FeatureSlug.RESERVATION_CREATED_EVENT: Aim("created-event", "reservation"),
    FeatureSlug.ORDER_STATUS_EVENT: Aim("status-event", "order", _COURIERS),
    FeatureSlug.RESERVATION_STATUS_EVENT: Aim("status-event", "reservation"),
}


_EVENTS = frozenset({"event", "notice"})


def read_signals(
    signals: InteractionSignals, aim: Aim, around: frozenset[str] = frozenset()
) -> SignalValues:
    """The signals of one exchange for one feature.

    Args:
        signals: The reading of the exchange.
        aim: What the feature looks for.
        around: What the document has beside it, as `one order by id`.
    """
    found: SignalValues = {"always": 1.0, "sent to us": max(-4.0, min(4.0, signals.inbound)) / 2}
    seen = chain(
        _path(signals, aim),
        _names(signals, aim),
        _outcomes(signals, aim),
        _groups(signals, aim),
        _texts(signals, aim),
        _bodies(signals, aim),
        _calls(signals, aim),
        (f"document has {name}" for name in _context(signals, aim, around)),
    )
    for name in seen:
        found[name] = 1.0
    found.update(_counts(signals, aim))
    return found


def is_worth_a_look(signals: InteractionSignals, aim: Aim) -> bool:
    """Whether anything at all names the feature's noun or its kin."""
    wanted = {aim.noun, *aim.kin} | (MENU if aim.noun in MENU else set())
    return not wanted.isdisjoint(signals.mentioned)


def _relation(name: str, aim: Aim) -> str:
    if name == aim.noun:
        return "it"
    if name in aim.kin:
        return "its courier" if name == "courier" else "its kin"
    if aim.noun in MENU and name in MENU:
        return "another part of the menu"
    return "something else"


def _owner(name: str, aim: Aim) -> str:
    """What a thing is below: all things of a platform may stand below a restaurant."""
    if name != aim.noun:
        if name == "restaurant":
            return "the restaurant"
        if name in _EVENTS:
            return "events"
        if aim.noun in MENU and name in _SALES:
            return "a sale"
    return _relation(name, aim)


def _path(signals: InteractionSignals, aim: Aim) -> Iterator[str]:
    subject = signals.subject
    if subject is None:
        yield "path names nothing"
    elif subject.name == "unknown":
        yield "path ends in an unknown word"
    else:
        yield f"path ends in {_relation(subject.name, aim)}"
        yield f"path ends in {subject.name}"
    for owner in set(signals.owners):
        yield f"path passes {_owner(owner, aim)}"
        yield f"path passes {owner}"
    if signals.owners:
        yield f"path is below {_owner(signals.owners[0], aim)}"
    for act in {item.name for item in signals.acts}:
        yield f"path does {act}"
    if any(item.kind == "transition" for item in signals.acts):
        yield "path does a transition"
    for kind in {item.kind for item in signals.acts if item.name not in {"read", "list"}}:
        yield f"{signals.method} behind a {kind}"
    if signals.identified:
        yield "names one"
        if subject is not None and subject.name == aim.noun:
            yield "names one of it"


def _names(signals: InteractionSignals, aim: Aim) -> Iterator[str]:
    if not signals.names:
        yield "has no name"
    elif not signals.nouns:
        yield "name is about nothing known"
    for noun in signals.nouns:
        yield f"name is about {_relation(noun.name, aim)}"
        yield f"name is about {noun.name}"
    said = {item for name in signals.names for item in name}
    yield from _said("name", said)
    for item in said:
        if item.kind in {"entity", "other"}:
            yield f"name speaks of {_relation(item.name, aim)}"
            yield f"name speaks of {item.name}"
    for name in signals.names:
        told = [item for item in name if item.kind not in {"manner", "stop"}]
        for first in told[:1]:
            yield f"name begins with {first.name if first.kind == 'verb' else first.kind}"
    if signals.is_qualifier:
        yield "name's noun qualifies an unknown word"


def _outcomes(signals: InteractionSignals, aim: Aim) -> Iterator[str]:
    """Whether path and names say of the thing what became of it."""
    if signals.steps and _tells_a_step(signals.steps[-1].found, aim):
        yield "path tells what became of it"
    if any(_tells_a_step(name, aim) for name in signals.names):
        yield "name tells what became of it"


def _tells_a_step(said: Sequence[Concept], aim: Aim) -> bool:
    """Whether words name the thing, then what became of it: `order accepted`."""
    told = [item for item in said if item.kind not in {"manner", "stop"}]
    return len(told) > 1 and told[0].name in {aim.noun, *aim.kin} and told[1].kind == "transition"


def _groups(signals: InteractionSignals, aim: Aim) -> Iterator[str]:
    """What stands above it: the title of its document and its tags."""
    if signals.topics:
        nearest = min((_relation(name, aim) for name in signals.topics), key=_RELATIONS.index)
        yield f"title is about {nearest}"
    for tag in signals.tags:
        yield f"tag is {_relation(tag, aim)}"
        yield f"tag is {tag}"


def _said(where: str, said: Iterable[Concept]) -> Iterator[str]:
    """What is said to be done or to have happened."""
    for item in said:
        if item.kind in _SPOKEN:
            yield f"{where} says {item.name}"
        if item.kind == "transition":
            yield f"{where} says a transition"


def _texts(signals: InteractionSignals, aim: Aim) -> Iterator[str]:
    yield from _said("text", signals.text)
    for item in signals.text:
        if item.kind in {"entity", "other"}:
            yield f"text speaks of {_relation(item.name, aim)}"
        if item.kind == "other":
            yield f"text speaks of {item.name}"


def _bodies(signals: InteractionSignals, aim: Aim) -> Iterator[str]:
    for side, shape in (("body", signals.request), ("answer", signals.response)):
        if shape:
            yield from (f"{side} {what}" for what in _body(shape, aim))
            if aim.noun == "menu" and MENU.isdisjoint(shape.about - {"menu"}):
                yield f"{side} has no part of the menu"
        else:
            yield f"{side} is not described"
    for kind in signals.kinds:
        yield f"type field knows {_relation(kind, aim)}"
    if aim.noun in signals.kinds and len(MENU & signals.kinds) >= _SEVERAL:
        yield "type field knows it among others"
    listed = _event_types(signals.request)
    if any(item.kind == "transition" for value in listed for item in value):
        yield "event types say a transition"
    for item in {item for value in listed for item in value}:
        yield f"event types say {_relation(item.name, aim) if item.kind == 'entity' else item.name}"


def _body(shape: BodyShape, aim: Aim) -> Iterator[str]:
    """What one body is like."""
    related = {_relation(name, aim) for name in shape.about} - {"something else"}
    for name in (*shape.about, *related):
        yield f"holds {name}"
    if shape.is_list:
        yield "is a list"
    if not shape.statuses:
        yield "holds no status"
    else:
        yield "holds a status"
        if _moves(shape):
            yield "holds a status of a life cycle"
    if shape.positions:
        yield "holds coordinates"
    size = len({leaf.path[0] for leaf in shape.leaves})
    yield f"has {'few' if size <= 3 else 'some' if size <= 9 else 'many'} fields"
    if _names_it(shape, aim):
        yield "names one of it"


def _moves(shape: BodyShape) -> bool:
    values = {item for leaf in shape.statuses for value in leaf.values for item in concepts(value)}
    return sum(item.kind == "transition" for item in values) >= 2


def _names_it(shape: BodyShape, aim: Aim) -> bool:
    return any(
        leaf.depth == 1
        and split_words(leaf.name)[-1:] in (["id"], ["ref"], ["code"], ["uuid"])
        and any(item.name == aim.noun for item in concepts(leaf.name))
        for leaf in shape.leaves
    )


def _event_types(shape: BodyShape) -> list[tuple[Concept, ...]]:
    """The readings of the event names that a type field of a body may hold."""
    return [
        concepts(value)
        for leaf in shape.leaves
        if leaf.depth <= 2 and _TYPE_WORDS & {*split_words(leaf.name)}
        for value in leaf.values
        if any(item.kind in _SPOKEN for item in concepts(value))
    ]


def _calls(signals: InteractionSignals, aim: Aim) -> Iterator[str]:
    one = "one" if signals.identified else "many"
    does = "does" if any(item.kind == "transition" for item in signals.acts) else "is"
    yield f"method {signals.method}"
    yield f"{signals.method} {one}"
    yield f"{signals.method} {one} {does}"
    if signals.subject is not None and signals.subject.name == aim.noun:
        if "price" in signals.request.about:
            yield "sets a price of it"
        yield f"{signals.method} it"
        yield f"{signals.method} {one} of it"
    if isinstance(signals.item, Event):
        yield f"declared as {signals.item.source}"
    if signals.item.deprecated:
        yield "is deprecated"
    for parameter in signals.item.parameters:
        if parameter.place == "query" and parameter.required:
            noun = head(concepts(parameter.name))
            if noun is not None:
                yield f"asks for {_relation(noun.name, aim)}"


def _context(signals: InteractionSignals, aim: Aim, around: frozenset[str]) -> Iterator[str]:
    if signals.method == "GET" and not signals.identified:
        yield "a read of one" if f"one {aim.noun}" in around else "no read of one"
    if signals.method == "GET" and "status" not in signals.acted:
        yield "a status" if f"status of {aim.noun}" in around else "no status of its own"


def _counts(signals: InteractionSignals, aim: Aim) -> SignalValues:
    """How sure path, names and tags are together that this is about the noun, as log-odds."""
    belief = signals.belief(aim.noun)
    wide = signals.belief(aim.noun, *aim.kin)
    return {"belief": log_odds(belief), "wide belief": log_odds(wide)}


def log_odds(share: float) -> float:
    """Half the log-odds of a share, which is kept away from 0 and 1."""
    bounded = max(0.02, min(0.98, share))
    return math.log(bounded / (1 - bounded)) / 2


def look_around(interactions: list[InteractionSignals]) -> frozenset[str]:
    """What a document has: which things can be read one by one, and whose status."""
    found = set()
    for signals in interactions:
        if signals.method != "GET" or signals.inbound > 0 or signals.subject is None:
            continue
        if signals.identified and not signals.acts:
            found.add(f"one {signals.subject.name}")
        if "status" in signals.acted:
            found.add(f"status of {signals.subject.name}")
    return frozenset(found)
