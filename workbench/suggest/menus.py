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


def fit_menu(clues: InteractionSignals) -> list[Factor]:
    """How well it creates or replaces a whole menu."""
    if not clues.is_write:
        return []
    points = [
        _about(clues, "menu"),
        clues.outward,
        _plain(clues, "menu"),
    ]
    inside = {*PARTS, "menu"} & (clues.request.about | clues.kinds)
    words = {word for leaf in clues.request.leaves for word in split_words(leaf.name)}
    if inside:
        points.append(Factor(1.0, f"the body holds {', '.join(sorted(inside))}"))
    elif clues.request and words & _FILES:
        points.append(Factor(0.9, "the body names a file or an address to fetch it from"))
    elif clues.request and not clues.said & {"event", "notice"}:
        points.append(Factor(0.45, "the body holds no sections or dishes"))
    else:
        points.append(Factor(0.7, "the body is not described"))
    return points


def fit_part(clues: InteractionSignals, entity: str) -> list[Factor]:
    """How well it writes one kind of part: section, product, variant, option group or option."""
    if not clues.is_write:
        return []
    points = [_about(clues, entity), clues.outward, _plain(clues, entity)]
    fields = [{item.name for item in concepts(leaf.name)} for leaf in clues.request.leaves]
    held = {name for names in fields for name in names}
    if held & _STATES and all(names and names <= _SWITCHES | {entity} for names in fields):
        points.append(Factor(0.3, "only switches availability"))
    if {"stock", "closure"} & (clues.said | clues.acted) and "price" not in held:
        points.append(Factor(0.3, "about stock or availability"))
    return points


def _about(clues: InteractionSignals, entity: str) -> Factor:
    belief = clues.belief(entity)
    if entity == "menu" and _names_several(clues):
        return Factor(max(belief, 0.8), "the path names several parts of a menu at once")
    if entity == "product" and clues.subject == _PRODUCT and "price" in clues.request.about:
        belief = max(belief, 0.7)
    if clues.subject == _PRICE and clues.owners[:1] == (entity,):
        belief = max(belief, 0.8)
    own = clues.subject.name if clues.subject is not None else "unknown"
    if clues.kinds & {*PARTS, "menu"} and own in clues.kinds | {"unknown", "menu"}:
        carrier = clues.belief(*PARTS, "menu", "unknown")
        if entity in clues.kinds:
            return Factor(max(belief, 0.9 * carrier), f"its type field knows “{entity}”")
        return Factor(belief * 0.5, "its type field knows other things")
    if entity == "option-category" and belief < 0.5 and _has_limits(clues):
        return Factor(0.6 * clues.belief("unknown", entity), "limits on how many may be chosen")
    return Factor(belief, f"path or name speaks of the {entity.replace('-', ' ')}")


def _names_several(clues: InteractionSignals) -> bool:
    """Whether the last word of the path is of two parts at once: `productsAndCategories`."""
    fixed = [step for step in clues.steps if not step.is_parameter]
    named = {item.name for item in fixed[-1].found} if fixed else set()
    return len(named & {"menu-section", "product", "option-category"}) >= 2


def _has_limits(clues: InteractionSignals) -> bool:
    words = {
        word for leaf in clues.request.leaves if leaf.depth <= 2 for word in split_words(leaf.name)
    }
    return len(words & _LIMITS) >= 2 and bool({"product", "option"} & clues.request.about)


def _plain(clues: InteractionSignals, entity: str) -> Factor:
    """Whether it writes the thing itself, and not one side of it or a copy."""
    others = [act for act in clues.acts if act.kind in {"facet", "transition"}]
    done = {*clues.acted, *(verb.name for name in clues.names for verb in name[:1])}
    if done & {"handle", "delete", "list", "read"}:
        return Factor(0.25, "does something else with it")
    if others:
        return Factor(0.25, f"only one side of it: {', '.join(act.name for act in others)}")
    owner = clues.owners[0] if clues.owners else ""
    strange = [name for name in clues.owners if name in _ELSEWHERE]
    if strange or (owner and owner not in {*PARTS, "menu", "restaurant", "place"}):
        return Factor(0.3, f"belongs to the {(strange or [owner])[0]}, not to a menu")
    return Factor(1.0, f"{clues.method} on the {entity} itself")
