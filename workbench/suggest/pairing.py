"""Suggests which field of theirs is which of ours, and how it is converted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.canonical import Entity
from workbench.model import ApiDescription, Event, Operation
from workbench.suggest.converter_choice import enum_table, fit
from workbench.suggest.fields import (
    SourceField,
    SourceLevel,
    TargetField,
    TargetLevel,
    read_source,
    read_targets,
)
from workbench.suggest.thesaurus import alike, parents, phrases, tokens


def assign(weights: Sequence[Sequence[float]]) -> list[int | None]:
    """Return for every row its column, or None (Hungarian method, O(n³)).

    Args:
        weights: One list of columns per row; 0 or less: the pair is not allowed.
    """
    height = len(weights)
    width = len(weights[0]) if height else 0
    if not height or not width:
        return [None] * height
    # Every row may also stay alone, in a column of its own that costs nothing.
    cost = [[-max(w, 0.0) for w in row] + [0.0] * height for row in weights]
    columns = width + height
    row_price = [0.0] * (height + 1)
    column_price = [0.0] * (columns + 1)
    owner = [0] * (columns + 1)
    for row in range(1, height + 1):
        owner[0] = row
        _augment(cost, row_price, column_price, owner, columns)
    found: list[int | None] = [None] * height
    for column in range(1, width + 1):
        row = owner[column]
        if row and weights[row - 1][column - 1] > 0:
            found[row - 1] = column - 1
    return found


def _augment(
    cost: list[list[float]],
    row_price: list[float],
    column_price: list[float],
    owner: list[int],
    columns: int,
) -> None:
    """Give the row that waits in column 0 a place, along the cheapest chain of moves."""
    column = 0
    slack = [math.inf] * (columns + 1)
    came = [0] * (columns + 1)
    used = [False] * (columns + 1)
    while owner[column]:
        used[column] = True
        row, delta, following = owner[column], math.inf, 0
        for other in range(1, columns + 1):
            if used[other]:
                continue
            reduced = cost[row - 1][other - 1] - row_price[row] - column_price[other]
            if reduced < slack[other]:
                slack[other], came[other] = reduced, column
            if slack[other] < delta:
                delta, following = slack[other], other
        for other in range(columns + 1):
            if used[other]:
                row_price[owner[other]] += delta
                column_price[other] -= delta
            else:
                slack[other] -= delta
        column = following
    while column:
        owner[column] = owner[came[column]]
        column = came[column]


ACCEPTED = 0.9  # probability from which a pair is a rule of a draft; the rest are comments
_LIKELY = 0.6  # probability from which a pair may take a value away from others
_SHOWN = 0.35  # confidence under which a pair is not worth a look
_CLEAR = 0.1  # lead over the next candidate that leaves no doubt
_FAINT = 0.1  # what an unsure pair weighs: it never takes a value away from a sure one
_LISTS = 3  # lists inside lists that are followed
_FOREIGN = 0.8  # what is left of a pair for each object of theirs that says another thing
# Objects that say nothing of what is in them, or that it is the thing itself.
_CARRIERS = tuple(
    map(tokens, ["order", "reservation", "booking", "data", "payload", "attributes", "details"])
) + tuple(
    map(tokens, ["info", "body", "content", "header", "result", "pedido", "reserva", "event"])
)
_NEUTRAL = frozenset({"ids", "ref", "totals", "timing", "state", "schedule"})


@dataclass(frozen=True)
class Paired:
    """The pairs of one level; `each` by path of our list, with the path and pairs of theirs."""

    model: type[Entity]
    targets: TargetLevel
    scalars: tuple[tuple[TargetField, SourceField, float, tuple[str, ...]], ...]
    each: dict[str, tuple[tuple[str, ...], float, Paired]]


def pair(
    description: ApiDescription,
    operation: Operation | Event,
    canonical: type[Entity],
    samples: Sequence[Any] = (),
) -> Paired:
    """Propose for the fields of a canonical class where they are in the body of an operation.

    Every value of theirs is used at most once, and the pairs are chosen together.

    Args:
        description: What holds the operation.
        operation: What is read (its answer, with GET) or sent (its body).
        canonical: The class of ours.
        samples: Payloads, which show values that a schema does not.

    Returns:
        A tree, as a mapping file nests it, in the order of our fields; those below `ACCEPTED` need
        a decision.
    """
    return _pair(canonical, read_source(description, operation, samples), _LISTS)


def json_path(steps: Sequence[str]) -> str:
    """The JSONPath of property names."""
    return "$" + "".join(
        f".{step}" if step.isidentifier() and step.isascii() else f"['{_quote(step)}']"
        for step in steps
    )


def _quote(step: str) -> str:
    return step.replace("\\", "\\\\").replace("'", "\\'")


def _pair(model: type[Entity], source: SourceLevel, deep: int) -> Paired:
    targets = read_targets(model)
    regions = set(_regions(source.scalars))
    weights = [
        [
            0.0
            if one.path in regions and _is_status(target) and not enum_table(target, one)
            else _score(model.__name__, target, one)
            for one in source.scalars
        ]
        for target in targets.scalars
    ]
    chosen = assign([[one if one >= _LIKELY else one * _FAINT for one in row] for row in weights])
    scalars = []
    for row, (target, column) in enumerate(zip(targets.scalars, chosen, strict=True)):
        if column is None:
            continue
        rivals = [w for other, w in enumerate(weights[row]) if other != column]
        rivals += [line[column] for other, line in enumerate(weights) if other != row]
        lead = weights[row][column] - max(rivals, default=0.0)
        confidence = round(
            weights[row][column] * (0.85 + 0.15 * min(1.0, max(lead, 0) / _CLEAR)), 3
        )
        if confidence >= _SHOWN:
            reasons = _explain(target, source.scalars[column], lead)
            scalars.append((target, source.scalars[column], confidence, reasons))
    each = _pair_lists(targets, source, deep) if deep else {}
    return Paired(model, targets, tuple(scalars), each)


def _is_status(target: TargetField) -> bool:
    return target.path.rpartition(".")[2] == "status"


def _regions(scalars: Sequence[SourceField]) -> Iterator[tuple[str, ...]]:
    """The values such as `state` that stand beside a city or postcode, and so name a region."""

    def is_word(one: SourceField, *names: str) -> bool:
        return any(alike(tokens(one.path[-1]), phrases("fields", name)) > 0.9 for name in names)

    places = {one.path[:-1] for one in scalars if is_word(one, "city", "postcode")}
    for one in scalars:
        if one.path[:-1] in places and is_word(one, "province"):
            yield one.path


def _pair_lists(
    targets: TargetLevel, source: SourceLevel, deep: int
) -> dict[str, tuple[tuple[str, ...], float, Paired]]:
    names, paths = list(targets.lists), list(source.lists)
    inner = {
        (name, path): _pair(targets.lists[name], source.lists[path], deep - 1)
        for name in names
        for path in paths
        if alike(tokens(path[-1]), phrases("lists", name)) > 0.5
    }
    weights = [
        [_score_list(name, path, inner.get((name, path))) for path in paths] for name in names
    ]
    return {
        names[row]: (
            paths[column],
            round(weights[row][column], 3),
            inner[names[row], paths[column]],
        )
        for row, column in enumerate(assign(weights))
        if column is not None
    }


def _score_list(name: str, path: tuple[str, ...], inner: Paired | None) -> float:
    if inner is None or not inner.scalars:
        return 0.0
    needed = [target for target in inner.targets.scalars if target.required]
    found = sum(1 for target, *_ in inner.scalars if target in needed)
    named = alike(tokens(path[-1]), phrases("lists", name))
    return 0.7 * named + 0.3 * (found / len(needed) if needed else 1.0)


def _score(model: str, target: TargetField, source: SourceField) -> float:
    types = fit(target, source)
    if not types:
        return 0.0
    listed = phrases("fields", f"{model}.{target.path}")
    named = alike(tokens(source.path[-1]), listed)
    if len(source.path) > 1:
        named = max(named, 0.97 * alike(tokens(" ".join(source.path[-2:])), listed))
    score = named * types
    if score >= 0.25:  # what stands around it never makes it more
        score *= _context(model, target, source)
    return score if score >= 0.25 else 0.0


def _context(model: str, target: TargetField, source: SourceField) -> float:
    """Whether both stand in the same kind of object."""
    itself = tokens(model)
    ours = [part for part in target.path.split(".")[:-1] if part not in _NEUTRAL]
    theirs = [tokens(part) for part in source.path]
    for parent in reversed(ours):
        near = max(alike(name, phrases("parents", parent)) for name in theirs)
        return _strange(theirs[:-1], ours) if near >= 0.6 else 0.55
    soft = [part for part in target.path.split(".")[:-1] if part in {"totals", "timing"}]
    for name in theirs[:-1]:
        if name and set(name) <= set(itself):
            continue
        if any(alike(name, phrases("parents", parent)) > 0.9 for parent in parents() - _NEUTRAL):
            return 0.6
        if soft and alike(name, phrases("parents", soft[0])) > 0.9:
            return 1.0
    strange = _strange([name for name in theirs[:-1] if not set(name) <= set(itself)], soft)
    return strange * (0.97 if soft or len(source.path) > 2 else 1.0)


def _strange(theirs: Sequence[tuple[str, ...]], ours: Sequence[str]) -> float:
    """How far objects of theirs that ours knows nothing of speak against a pair."""
    known = (*_CARRIERS, *(phrase for name in ours for phrase in phrases("parents", name)))
    return _FOREIGN ** sum(alike(name, known) < 0.6 for name in theirs)


def _explain(target: TargetField, source: SourceField, lead: float) -> tuple[str, ...]:
    said = f"“{source.path[-1]}” is a word for {target.path.rsplit('.', 1)[-1]}"
    reasons = [said, f"{source.kind} goes with {getattr(target.type_, '__name__', 'the type')}"]
    table = enum_table(target, source)
    if table:
        reasons.append(f"{len(table)} of {len(source.values)} values are known")
    if lead < _CLEAR:
        reasons.append("another field is nearly as likely")
    return tuple(reasons)
