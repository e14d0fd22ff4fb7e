"""Publishing a menu, and writing its parts one by one."""

from __future__ import annotations

from workbench.suggest.interaction_signals import InteractionSignals
from workbench.suggest.suggestion import Factor
from workbench.vocabulary import Concept, concepts, split_words

PARTS = ("menu-section", "product", "product-variant", "option-category", "option")
_STATES = frozenset({"stock", "closure", "status"})
_SWITCHES = _STATES | {"manner", "hours", "stop"}
_ELSEWHERE = frozenset({"configuration", "report", "customer", "money", "promotion", "webhook"}) | {
    "review",
    "staff",
    "order",
    "reservation",
}
_LIMITS = frozenset({"min", "max", "minimum", "maximum", "minimo", "maximo"})
_PRODUCT = Concept("entity", "product")
_PRICE = Concept("other", "price")
_FILES = frozenset({"url", "uri", "file", "csv", "xlsx", "base64", "archivo", "link"})


def fit_menu(signals: InteractionSignals) -> list[Factor]:
    """How well it creates or replaces a whole menu."""
    if not signals.is_write:
        return []
    points = [
        _about(signals, "menu"),
        signals.outward,
        _plain(signals, "menu"),
    ]
    inside = {*PARTS, "menu"} & (signals.request.about | signals.kinds)
    words = {word for leaf in signals.request.leaves for word in split_words(leaf.name)}
    if inside:
        points.append(Factor(1.0, f"the body holds {', '.join(sorted(inside))}"))
    elif signals.request and words & _FILES:
        points.append(Factor(0.9, "the body names a file or an address to fetch it from"))
    elif signals.request and not signals.said & {"event", "notice"}:
        points.append(Factor(0.45, "the body holds no sections or dishes"))
    else:
        points.append(Factor(0.7, "the body is not described"))
    return points


def fit_part(signals: InteractionSignals, entity: str) -> list[Factor]:
    """How well it writes one kind of part: section, product, variant, option group or option."""
    if not signals.is_write:
        return []
    points = [_about(signals, entity), signals.outward, _plain(signals, entity)]
    fields = [{item.name for item in concepts(leaf.name)} for leaf in signals.request.leaves]
    held = {name for names in fields for name in names}
    if held & _STATES and all(names and names <= _SWITCHES | {entity} for names in fields):
        points.append(Factor(0.3, "only switches availability"))
    if {"stock", "closure"} & (signals.said | signals.acted) and "price" not in held:
        points.append(Factor(0.3, "about stock or availability"))
    return points


def _about(signals: InteractionSignals, entity: str) -> Factor:
    belief = signals.belief(entity)
    if entity == "menu" and _names_several(signals):
        return Factor(max(belief, 0.8), "the path names several parts of a menu at once")
    if entity == "product" and signals.subject == _PRODUCT and "price" in signals.request.about:
        belief = max(belief, 0.7)
    if signals.subject == _PRICE and signals.owners[:1] == (entity,):
        belief = max(belief, 0.8)
    own = signals.subject.name if signals.subject is not None else "unknown"
    if signals.kinds & {*PARTS, "menu"} and own in signals.kinds | {"unknown", "menu"}:
        carrier = signals.belief(*PARTS, "menu", "unknown")
        if entity in signals.kinds:
            return Factor(max(belief, 0.9 * carrier), f"its type field knows “{entity}”")
        return Factor(belief * 0.5, "its type field knows other things")
    if entity == "option-category" and belief < 0.5 and _has_limits(signals):
        return Factor(0.6 * signals.belief("unknown", entity), "limits on how many may be chosen")
    return Factor(belief, f"path or name speaks of the {entity.replace('-', ' ')}")


def _names_several(signals: InteractionSignals) -> bool:
    """Whether the last word of the path is of two parts at once: `productsAndCategories`."""
    fixed = [step for step in signals.steps if not step.is_parameter]
    named = {item.name for item in fixed[-1].found} if fixed else set()
    return len(named & {"menu-section", "product", "option-category"}) >= 2


def _has_limits(signals: InteractionSignals) -> bool:
    words = {
        word
        for leaf in signals.request.leaves
        if leaf.depth <= 2
        for word in split_words(leaf.name)
    }
    return len(words & _LIMITS) >= 2 and bool({"product", "option"} & signals.request.about)


def _plain(signals: InteractionSignals, entity: str) -> Factor:
    """Whether it writes the thing itself, and not one side of it or a copy."""
    others = [act for act in signals.acts if act.kind in {"facet", "transition"}]
    done = {*signals.acted, *(verb.name for name in signals.names for verb in name[:1])}
    if done & {"handle", "delete", "list", "read"}:
        return Factor(0.25, "does something else with it")
    if others:
        return Factor(0.25, f"only one side of it: {', '.join(act.name for act in others)}")
    owner = signals.owners[0] if signals.owners else ""
    strange = [name for name in signals.owners if name in _ELSEWHERE]
    if strange or (owner and owner not in {*PARTS, "menu", "restaurant", "place"}):
        return Factor(0.3, f"belongs to the {(strange or [owner])[0]}, not to a menu")
    return Factor(1.0, f"{signals.method} on the {entity} itself")
