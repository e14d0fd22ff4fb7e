"""What the partner tells us: new orders and reservations, and changes of their status."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.model import Direction
from workbench.suggest.body_shape import Leaf
from workbench.suggest.interaction_signals import InteractionSignals
from workbench.suggest.suggestion import Factor
from workbench.vocabulary import Concept, concepts, split_words

_EVENT_WORDS = frozenset({"event", "evento", "ereignis", "evenement", "notification", "webhook"})
_TYPE_WORDS = frozenset({"type", "topic", "action", "kind", "tipo", "typ", "trigger"})
_COURIER = Concept("entity", "courier")
_WAY = frozenset({"dispatch", "deliver"})
_ELSEWHERE = frozenset({"hours", "closure", "staff", "customer"})
_WHOLE = frozenset({"product", "money", "price", "customer", "order-line"})


def fit_event(signals: InteractionSignals, entity: str, *, is_new: bool) -> list[Factor]:
    """How well it tells of a new order or reservation, or else of a change of its status."""
    if signals.method not in {"POST", "PUT", "PATCH"}:
        return []
    listed = _listed(signals)
    segments = [step.found for step in signals.steps if not step.is_parameter]
    spoken = [item for group in (*segments, *signals.names) for item in _of_thing(group)]
    belief = _belief(signals, entity, listed, is_new=is_new)
    points = [
        Factor(belief, f"about the {entity}"),
        Factor(1.0 if signals.direction is Direction.INBOUND else 0.1, signals.why),
        _happening(signals, _told([spoken]), _told(listed), is_new=is_new),
    ]
    if signals.acted & {"handle"} or "webhook" in signals.said:
        points.append(Factor(0.3, "about subscriptions or acknowledgements"))
    if "import" in signals.said:
        points.append(Factor(0.35, "a bulk import, not an event"))
    return points


def _belief(
    signals: InteractionSignals, entity: str, listed: list[tuple[Concept, ...]], *, is_new: bool
) -> float:
    couriers = {"delivery"} if entity == "order" else set()
    couriers |= {"courier"} if couriers and not is_new and _is_under_way(signals, listed) else set()
    family = {entity} | couriers
    belief = signals.belief(*family)
    named = {item.name for value in listed for item in value if item.kind in {"entity", "other"}}
    known = {noun.name for noun in signals.nouns}
    known |= {signals.subject.name} if signals.subject is not None else set()
    if known and not (entity in named and known & family):
        return belief * (0.4 if named - family else 1.0)
    if named:
        return max(belief, 0.85) if entity in named else 0.0
    near = {part for leaf in signals.request.leaves for part in leaf.path[:2]}
    return 0.8 if any(item.name == entity for part in near for item in concepts(part)) else 0.0


def _is_under_way(signals: InteractionSignals, listed: list[tuple[Concept, ...]]) -> bool:
    """Whether it tells of a courier's way with an order, not of a shift or a break."""
    told = {item.name for value in listed for item in value} | signals.transitions
    named = {item.name for step in signals.steps for item in step.found}
    is_changed = signals.subject == _COURIER and bool(named & {"update", "status"})
    return bool(told & _WAY or is_changed) and not (named | signals.said) & _ELSEWHERE


def _listed(signals: InteractionSignals) -> list[tuple[Concept, ...]]:
    """The readings of the event names that a type field of the body may hold."""
    return [
        concepts(value)
        for leaf in signals.request.leaves
        if _is_event_type(leaf)
        for value in leaf.values
        if any(item.kind in {"verb", "transition", "facet"} for item in concepts(value))
    ]


def _of_thing(name: tuple[Concept, ...]) -> tuple[Concept, ...]:
    """A name without its `new`, where what is new is the event: `new order event`."""
    said = tuple(item for item in name if item.name != "manner")
    kinds = [item.name for item in said]
    return said[1:] if kinds[:1] == ["create"] and "event" in kinds[1:3] else said


def _is_event_type(leaf: Leaf) -> bool:
    words = {*split_words(leaf.name)}
    return (leaf.depth == 1 and bool(words & _TYPE_WORDS)) or (
        leaf.depth <= 2 and bool({*split_words(" ".join(leaf.path[:2]))} & _EVENT_WORDS)
    )


def _told(readings: Iterable[Iterable[Concept]]) -> tuple[bool, bool]:
    """Whether something new, and whether a change, is spoken of."""
    spoken = [item for reading in readings for item in reading]
    new = any(item.name == "create" for item in spoken)
    changed = any(
        item.kind == "transition" or item.name in {"update", "status", "delete"} for item in spoken
    )
    return new, changed


def _happening(
    signals: InteractionSignals,
    named: tuple[bool, bool],
    listed: tuple[bool, bool],
    *,
    is_new: bool,
) -> Factor:
    """What it tells of, by its name and by the event types that its body may hold."""
    word = "a new one" if is_new else "a change"
    by_name, by_list = (pair[0] if is_new else pair[1] for pair in (named, listed))
    if by_name:
        return Factor(1.0 if by_list or not any(listed) else 0.9, f"its name tells of {word}")
    if by_list:
        return Factor(0.5 if any(named) else 0.95, f"its event types tell of {word}")
    if any(named) or any(listed):
        return Factor(0.25, f"does not tell of {word}")
    whole = len(signals.request.about & _WHOLE) >= 2
    if is_new:
        return Factor(
            0.9 if whole else 0.75, "carries the whole thing" if whole else "says no more"
        )
    return Factor(0.5 if whole else 0.7, "may tell of changes too")
