"""Reading an order or reservation and its status, and moving it on."""

from __future__ import annotations

from workbench.suggest.interaction_signals import InteractionSignals
from workbench.suggest.suggestion import Factor
from workbench.vocabulary import concepts, split_words

_ELSEWHERE = frozenset({"customer", "batch", "report", "staff", "configuration", "webhook"})
_ASKS = frozenset({"read", "list", "push"})
_OTHER_READS = frozenset({"event", "handle", "hours", "closure"})


def fit_read(clues: InteractionSignals, entity: str) -> list[Factor]:
    """How well it reads one whole order or reservation."""
    if clues.method != "GET":
        return []
    points = [_about(clues, clues.belief(entity), entity), clues.outward]
    if "status" in clues.acted:
        points.append(Factor(0.3, "reads the status only"))
    points += [_reads_one(clues, entity), *_foreign(clues, entity)]
    return points


def fit_status_read(clues: InteractionSignals, entity: str) -> list[Factor]:
    """How well it reads the status of one order or reservation."""
    if clues.method != "GET":
        return []
    points = [_about(clues, clues.belief(entity), entity), clues.outward]
    if "status" in clues.acted:
        points.append(Factor(1.0, "a resource of its own for the status"))
    elif "status" in clues.said and not clues.response.is_list:
        points.append(Factor(0.95, "its name speaks of the status"))
    elif clues.response.statuses or clues.response.about & {"status"}:
        points.append(Factor(0.85, "the answer carries the status"))
    elif not clues.response:
        points.append(Factor(0.75, "the whole thing, which should carry its status"))
    else:
        points.append(Factor(0.45, "no status is seen in the answer"))
    points += [_reads_one(clues, entity), *_foreign(clues, entity)]
    return points


def fit_status_write(clues: InteractionSignals, entity: str) -> list[Factor]:
    """How well it moves an order or reservation to another status."""
    if not clues.is_write and clues.method != "DELETE":
        return []
    belief = clues.belief(entity)
    if entity == "order" and "order" in clues.owners and (clues.transitions or _sets(clues)):
        belief = max(belief, 0.85 * clues.belief("delivery", "courier", "place"))
    if "status" in clues.acted and _names_in_body(clues, entity):
        belief = max(belief, 0.65)
    points = [
        _about(clues, belief, entity),
        clues.outward,
        _moves(clues),
        *_foreign(clues, entity),
    ]
    if clues.acted & {"handle", "list", "read"}:
        points.append(Factor(0.2, "checks, acknowledges or looks up, but moves nothing"))
    return points


def _names_in_body(clues: InteractionSignals, entity: str) -> bool:
    """Whether the body says which one it is, as with `reservation_id`."""
    fields = (leaf.name for leaf in clues.request.leaves if leaf.depth == 1)
    return any(
        split_words(name)[-1:] in (["id"], ["ref"], ["code"])
        and any(concept.name == entity for concept in concepts(name))
        for name in fields
    )


def _sets(clues: InteractionSignals) -> bool:
    return "status" in clues.acted or bool(clues.request.statuses)


def _moves(clues: InteractionSignals) -> Factor:
    steps = sorted(act.name for act in clues.acts if act.kind == "transition")
    told = clues.said | {item.name for item in clues.text}
    is_changed = "update" in clues.acted and bool(clues.transitions or "status" in told)
    if clues.method == "DELETE":
        cancels = "cancel" in clues.transitions
        return Factor(0.8 if cancels else 0.45, "cancels" if cancels else "deletes")
    if steps:
        return Factor(1.0, f"the path says “{', '.join(steps)}”")
    if "status" in clues.acted:
        return Factor(1.0, "the path names the status")
    if not (clues.identified or is_changed or clues.said & {"status"}) and clues.method == "POST":
        return Factor(0.1, "creates a new one")
    return _told_to_move(clues)


def _told_to_move(clues: InteractionSignals) -> Factor:
    """What name, body and description say of a step or a status, strongest first."""
    values = {
        concept.name
        for leaf in clues.request.statuses
        for value in leaf.values
        for concept in concepts(value)
        if concept.kind == "transition"
    }
    if clues.transitions:
        return Factor(0.95, f"its name says “{', '.join(sorted(clues.transitions))}”")
    if values:
        return Factor(0.95, f"the body sets a status ({', '.join(sorted(values)[:4])}, …)")
    if clues.request.statuses or "status" in clues.said:
        return Factor(0.85, "the body or the name speaks of a status")
    if any(item.name == "status" for item in clues.text):
        return Factor(0.7, "its description speaks of a status")
    return Factor(0.2 if clues.request else 0.5, "no status is seen in the body")


def _reads_one(clues: InteractionSignals, entity: str) -> Factor:
    spoken = [
        act
        for act in clues.acts
        if act.kind == "transition"
        or act.name in _OTHER_READS
        or (act.kind == "verb" and act.name not in _ASKS)
    ]
    if spoken or clues.acted & {"list"}:
        return Factor(0.35, "a list, or another side of it")
    if clues.identified:
        return Factor(1.0, "one, by its identifier")
    asked = {
        concept.name
        for parameter in clues.item.parameters
        if parameter.place == "query" and parameter.required
        for concept in concepts(parameter.name)
    }
    if entity in asked and not clues.response.is_list:
        return Factor(0.9, "one, by a required parameter")
    return Factor(0.4, "a list")


def _foreign(clues: InteractionSignals, entity: str) -> list[Factor]:
    found = _ELSEWHERE & {*clues.owners}
    points = [Factor(0.5, f"belongs to {', '.join(sorted(found))}")] if found else []
    if clues.owners[:1] == ("delivery",) and entity == "order":
        points.append(Factor(0.5, "a courier job, not the order itself"))
    if "event" in clues.owners:
        points.append(Factor(0.4, "a log of events"))
    return points


def _about(clues: InteractionSignals, belief: float, entity: str) -> Factor:
    sources = [
        name
        for name, found in (
            ("path", clues.subject is not None and clues.subject.name == entity),
            ("name", any(noun.name == entity for noun in clues.nouns)),
            ("tag", entity in clues.tags),
        )
        if found
    ]
    where = " and ".join(sources) if sources else "hardly anything"
    return Factor(belief, f"{where} names the {entity.replace('-', ' ')}")
