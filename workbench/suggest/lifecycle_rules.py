"""Reading an order or reservation and its status, and moving it on."""

from __future__ import annotations

from workbench.suggest.interaction_signals import InteractionSignals
from workbench.suggest.suggestion import Factor
from workbench.vocabulary import concepts, split_words

_ELSEWHERE = frozenset({"customer", "batch", "report", "staff", "configuration", "webhook"})
_ASKS = frozenset({"read", "list", "push"})
_OTHER_READS = frozenset({"event", "handle", "hours", "closure"})


def fit_read(signals: InteractionSignals, entity: str) -> list[Factor]:
    """How well it reads one whole order or reservation."""
    if signals.method != "GET":
        return []
    points = [_about(signals, signals.belief(entity), entity), signals.outward]
    if "status" in signals.acted:
        points.append(Factor(0.3, "reads the status only"))
    points += [_reads_one(signals, entity), *_foreign(signals, entity)]
    return points


def fit_status_read(signals: InteractionSignals, entity: str) -> list[Factor]:
    """How well it reads the status of one order or reservation."""
    if signals.method != "GET":
        return []
    points = [_about(signals, signals.belief(entity), entity), signals.outward]
    if "status" in signals.acted:
        points.append(Factor(1.0, "a resource of its own for the status"))
    elif "status" in signals.said and not signals.response.is_list:
        points.append(Factor(0.95, "its name speaks of the status"))
    elif signals.response.statuses or signals.response.about & {"status"}:
        points.append(Factor(0.85, "the answer carries the status"))
    elif not signals.response:
        points.append(Factor(0.75, "the whole thing, which should carry its status"))
    else:
        points.append(Factor(0.45, "no status is seen in the answer"))
    points += [_reads_one(signals, entity), *_foreign(signals, entity)]
    return points


def fit_status_write(signals: InteractionSignals, entity: str) -> list[Factor]:
    """How well it moves an order or reservation to another status."""
    if not signals.is_write and signals.method != "DELETE":
        return []
    belief = signals.belief(entity)
    if entity == "order" and "order" in signals.owners and (signals.transitions or _sets(signals)):
        belief = max(belief, 0.85 * signals.belief("delivery", "courier", "place"))
    is_of_another = signals.subject is not None and signals.subject.kind == "other"
    if "status" in signals.acted and _names_in_body(signals, entity) and not is_of_another:
        belief = max(belief, 0.65)
    points = [
        _about(signals, belief, entity),
        signals.outward,
        _moves(signals),
        *_foreign(signals, entity),
    ]
    if signals.acted & {"handle", "list", "read"}:
        points.append(Factor(0.2, "checks, acknowledges or looks up, but moves nothing"))
    return points


def _names_in_body(signals: InteractionSignals, entity: str) -> bool:
    """Whether the body says which one it is, as with `reservation_id`."""
    fields = (leaf.name for leaf in signals.request.leaves if leaf.depth == 1)
    return any(
        split_words(name)[-1:] in (["id"], ["ref"], ["code"])
        and any(concept.name == entity for concept in concepts(name))
        for name in fields
    )


def _sets(signals: InteractionSignals) -> bool:
    return "status" in signals.acted or bool(signals.request.statuses)


def _moves(signals: InteractionSignals) -> Factor:
    steps = sorted(act.name for act in signals.acts if act.kind == "transition")
    told = signals.said | {item.name for item in signals.text}
    is_changed = "update" in signals.acted and bool(signals.transitions or "status" in told)
    if signals.method == "DELETE":
        cancels = "cancel" in signals.transitions
        return Factor(0.8 if cancels else 0.45, "cancels" if cancels else "deletes")
    if steps:
        return Factor(1.0, f"the path says “{', '.join(steps)}”")
    if "status" in signals.acted:
        return Factor(1.0, "the path names the status")
    if (
        not (signals.identified or is_changed or signals.said & {"status"})
        and signals.method == "POST"
    ):
        return Factor(0.1, "creates a new one")
    return _told_to_move(signals)


def _told_to_move(signals: InteractionSignals) -> Factor:
    """What name, body and description say of a step or a status, strongest first."""
    values = {
        concept.name
        for leaf in signals.request.statuses
        for value in leaf.values
        for concept in concepts(value)
        if concept.kind == "transition"
    }
    if signals.transitions:
        return Factor(0.95, f"its name says “{', '.join(sorted(signals.transitions))}”")
    if values:
        return Factor(0.95, f"the body sets a status ({', '.join(sorted(values)[:4])}, …)")
    if signals.request.statuses or "status" in signals.said:
        return Factor(0.85, "the body or the name speaks of a status")
    if any(item.name == "status" for item in signals.text):
        return Factor(0.7, "its description speaks of a status")
    return Factor(0.2 if signals.request else 0.5, "no status is seen in the body")


def _reads_one(signals: InteractionSignals, entity: str) -> Factor:
    spoken = [
        act
        for act in signals.acts
        if act.kind == "transition"
        or act.name in _OTHER_READS
        or (act.kind == "verb" and act.name not in _ASKS)
    ]
    if spoken or signals.acted & {"list"}:
        return Factor(0.35, "a list, or another side of it")
    if signals.identified:
        return Factor(1.0, "one, by its identifier")
    asked = {
        concept.name
        for parameter in signals.item.parameters
        if parameter.place == "query" and parameter.required
        for concept in concepts(parameter.name)
    }
    if entity in asked and not signals.response.is_list:
        return Factor(0.9, "one, by a required parameter")
    return Factor(0.4, "a list")


def _foreign(signals: InteractionSignals, entity: str) -> list[Factor]:
    found = _ELSEWHERE & {*signals.owners}
    points = [Factor(0.5, f"belongs to {', '.join(sorted(found))}")] if found else []
    if signals.owners[:1] == ("delivery",) and entity == "order":
        points.append(Factor(0.5, "a courier job, not the order itself"))
    if "event" in signals.owners:
        points.append(Factor(0.4, "a log of events"))
    return points


def _about(signals: InteractionSignals, belief: float, entity: str) -> Factor:
    sources = [
        name
        for name, found in (
            ("path", signals.subject is not None and signals.subject.name == entity),
            ("name", any(noun.name == entity for noun in signals.nouns)),
            ("tag", entity in signals.tags),
        )
        if found
    ]
    where = " and ".join(sources) if sources else "hardly anything"
    return Factor(belief, f"{where} names the {entity.replace('-', ' ')}")
