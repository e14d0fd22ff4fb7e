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


def fit_location(clues: InteractionSignals) -> list[Factor]:
    """How well it sends the position of a courier."""
    if not clues.is_write:
        return []
    chain = {*clues.owners, *clues.said, *clues.tags}
    chain |= {clues.subject.name} if clues.subject is not None else set()
    moving = chain & _MOVING and not {*clues.owners, *(n.name for n in clues.nouns)} & _FIXED
    place = max(clues.belief("place"), 0.8 if {"courier", "place"} <= chain else 0.0)
    free = [path for path in clues.request.positions if not _is_address(path)]
    points = [
        Factor(1.0 if moving else 0.2, "about a courier or a delivery" if moving else "no courier"),
        Factor(max(place, 0.75 if free and clues.identified else 0.1), "about a position"),
        Factor(0.2 if "status" in clues.acted else 1.0, "where it is, not how far it has come"),
        clues.outward,
    ]
    if free:
        points.append(Factor(1.0, "the body holds latitude and longitude"))
    elif clues.request:
        points.append(Factor(0.2, "the body holds no coordinates"))
    else:
        points.append(Factor(0.7, "the body is not described"))
    return points


def fit_availability(clues: InteractionSignals) -> list[Factor]:
    """How well it opens, closes or pauses the restaurant, or sets its hours."""
    if not clues.is_write and clues.method != "DELETE":
        return []
    belief = clues.belief(*_STORE)
    if (clues.subject is None and clues.acted & _OPEN) or _switches(clues):
        belief = max(belief, 0.8)
    points = [Factor(belief, "about the restaurant"), clues.outward, _opens(clues)]
    nearest = clues.owners[0] if clues.owners else ""
    spoken = {noun.name for noun in clues.nouns} - _TAKEN
    foreign = ((entities() - _STORE) | _SIDES) & {nearest, *spoken}
    if foreign and not _switches(clues):
        points.append(Factor(0.2, f"about the {', '.join(sorted(foreign))}"))
    asked = {verb.name for name in clues.names for verb in name[:1]}
    if (clues.acted | asked) & {"list", "read", "handle"}:
        points.append(Factor(0.2, "looks up or checks"))
    return points


def _switches(clues: InteractionSignals) -> bool:
    """Whether the body has a field for the state of the restaurant, such as `storeStatus`."""
    fields = (
        {item.name for item in concepts(leaf.name)}
        for leaf in clues.request.leaves
        if leaf.depth == 1
    )
    return any("restaurant" in names and names & {*_OPEN, "status"} for names in fields)


def _opens(clues: InteractionSignals) -> Factor:
    spoken = {*clues.acted, *clues.owners[:1]} & _OPEN
    if spoken:
        return Factor(1.0, f"the path speaks of {', '.join(sorted(spoken))}")
    if clues.method == "DELETE":
        return Factor(0.1, "deletes")
    if "status" in clues.acted:
        return Factor(1.0, "the path names its status")
    if clues.said & _OPEN:
        return Factor(0.95, "its name speaks of opening or hours")
    if _switches(clues):
        return Factor(0.85, "the body has a field for the state of the restaurant")
    tops = {leaf.path[0] for leaf in clues.request.leaves}
    inside = {top for top in tops if {item.name for item in concepts(top)} & {*_OPEN, "status"}}
    if inside and clues.identified:
        mainly = 2 * len(inside) > len(tops)
        return Factor(0.85 if mainly else 0.5, f"the body holds {', '.join(sorted(inside)[:3])}")
    return Factor(0.1, "nothing about opening")


def _is_address(path: tuple[str, ...]) -> bool:
    fixed = {"area", "restaurant", "customer", "dispatch"}
    return any(item.name in fixed for part in path for item in concepts(part))
