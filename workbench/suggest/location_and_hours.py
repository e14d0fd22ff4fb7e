"""Telling where the courier is, and when the restaurant is open."""

from __future__ import annotations

from workbench.suggest.interaction_signals import InteractionSignals
from workbench.suggest.suggestion import Factor
from workbench.vocabulary import concepts, entities

_MOVING = frozenset({"courier", "delivery", "order"})
_FIXED = frozenset({"restaurant", "customer", "area", "menu", "table"})
_TAKEN = frozenset({"order", "reservation"})  # what a restaurant that is open takes
_OPEN = frozenset({"hours", "closure"})
_STORE = frozenset({"restaurant", "place"})
_SIDES = frozenset({"area", "customer", "table", "stock"})


def fit_location(signals: InteractionSignals) -> list[Factor]:
    """How well it sends the position of a courier."""
    if not signals.is_write:
        return []
    chain = {*signals.owners, *signals.said, *signals.tags}
    chain |= {signals.subject.name} if signals.subject is not None else set()
    moving = chain & _MOVING and not {*signals.owners, *(n.name for n in signals.nouns)} & _FIXED
    place = max(signals.belief("place"), 0.8 if {"courier", "place"} <= chain else 0.0)
    free = [path for path in signals.request.positions if not _is_address(path)]
    points = [
        Factor(1.0 if moving else 0.2, "about a courier or a delivery" if moving else "no courier"),
        Factor(max(place, 0.75 if free and signals.identified else 0.1), "about a position"),
        Factor(0.2 if "status" in signals.acted else 1.0, "where it is, not how far it has come"),
        signals.outward,
    ]
    if free:
        points.append(Factor(1.0, "the body holds latitude and longitude"))
    elif signals.request:
        points.append(Factor(0.2, "the body holds no coordinates"))
    else:
        points.append(Factor(0.7, "the body is not described"))
    return points


_WORKING = frozenset({"courier", "staff"})


def fit_availability(signals: InteractionSignals) -> list[Factor]:
    """How well it opens, closes or pauses the restaurant, or sets its hours."""
    if not signals.is_write and signals.method != "DELETE":
        return []
    belief = signals.belief(*_STORE)
    if (signals.subject is None and signals.acted & _OPEN) or _switches(signals):
        belief = max(belief, 0.8)
    points = [Factor(belief, "about the restaurant"), signals.outward, _opens(signals)]
    nearest = signals.owners[0] if signals.owners else ""
    spoken = {noun.name for noun in signals.nouns} - _TAKEN
    foreign = ((entities() - _STORE) | _SIDES) & {nearest, *spoken}
    if not nearest and not spoken:  # whose hours they are, only what stands above it tells
        foreign = _WORKING & (signals.tags or signals.topics)
    if foreign and not _switches(signals):
        points.append(Factor(0.2, f"about the {', '.join(sorted(foreign))}"))
    asked = {verb.name for name in signals.names for verb in name[:1]}
    if (signals.acted | asked) & {"list", "read", "handle"}:
        points.append(Factor(0.2, "looks up or checks"))
    return points


def _switches(signals: InteractionSignals) -> bool:
    """Whether the body has a field for the state of the restaurant, such as `storeStatus`."""
    fields = (
        {item.name for item in concepts(leaf.name)}
        for leaf in signals.request.leaves
        if leaf.depth == 1
    )
    return any("restaurant" in names and names & {*_OPEN, "status"} for names in fields)


def _opens(signals: InteractionSignals) -> Factor:
    spoken = {*signals.acted, *signals.owners[:1]} & _OPEN
    if spoken:
        return Factor(1.0, f"the path speaks of {', '.join(sorted(spoken))}")
    if signals.method == "DELETE":
        return Factor(0.1, "deletes")
    if "status" in signals.acted:
        return Factor(1.0, "the path names its status")
    if signals.said & _OPEN:
        return Factor(0.95, "its name speaks of opening or hours")
    if _switches(signals):
        return Factor(0.85, "the body has a field for the state of the restaurant")
    tops = {leaf.path[0] for leaf in signals.request.leaves}
    inside = {top for top in tops if {item.name for item in concepts(top)} & {*_OPEN, "status"}}
    if inside and signals.identified:
        mainly = 2 * len(inside) > len(tops)
        return Factor(0.85 if mainly else 0.5, f"the body holds {', '.join(sorted(inside)[:3])}")
    return Factor(0.1, "nothing about opening")


def _is_address(path: tuple[str, ...]) -> bool:
    fixed = {"area", "restaurant", "customer", "dispatch"}
    return any(item.name in fixed for part in path for item in concepts(part))
