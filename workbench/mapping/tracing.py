"""Coverage and provenance of one payload, worked out on demand from the plan.

The generated code does not keep count, so that translating costs nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.mapping.arranging import spread
from workbench.mapping.plan import UNSET, Arrangement, Case, Level, Mark, PlannedRule, find_marks
from workbench.model import (
    EVERY,
    MISSING,
    ItemFilter,
    Keys,
    Steps,
    collapse_pointer,
    look_up,
    pin_filters,
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a mapping left.

    Attributes:
        unread: JSON Pointers, list indexes written as `*`, of source leaves that no rule reads and
            that are not on the `ignore` list. Outward the source is the entity.
        assumed: Inward, canonical fields (dotted) whose value is a rule's `default`, because the
            payload says nothing.
        unfilled: Inward, canonical fields without a value (dotted; `unfilled` ones left out).
            Outward, JSON Pointers of the partner's values that a rule could have written.
    """

    unread: tuple[str, ...] = ()
    unfilled: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()


@dataclass(slots=True)
class FieldTrace:
    """Which parts of a source the rules reach.

    Attributes:
        whole: Steps of values that are read with everything below.
        shells: Steps of objects and lists that are entered.
        ignored: Patterns of values left out on purpose.
        assumed: Target steps of values that are there because a rule has a default.
        filled: Target steps → source steps, for values that are there.
        unzoned: Inward, steps of times that say no zone though they should.
        lossy: Inward, steps of values whose rule says that it cannot be undone.
    """

    whole: set[Steps] = field(default_factory=set)
    shells: set[Steps] = field(default_factory=set)
    ignored: list[Steps] = field(default_factory=list)
    assumed: list[Steps] = field(default_factory=list)
    filled: dict[Steps, Steps] = field(default_factory=dict)
    unzoned: list[Steps] = field(default_factory=list)
    lossy: set[Steps] = field(default_factory=set)

    def declares(self, steps: Steps) -> bool:
        """Whether the mapping says of a value, or of what it stands in, that it is not sent back.

        That is, the value is on the `ignore` list, or its rule cannot be undone.
        """
        above = [steps[:length] for length in range(len(steps) + 1)]
        return any(here in self.lossy or _is_ignored(here, self.ignored) for here in above)


def trace(level: Level, source: Any, *, inward: bool) -> FieldTrace:
    """Follow the rules of a level over one source.

    Args:
        level: The plan.
        source: The payload; outward the entity as plain data.
        inward: The direction.
    """
    result = FieldTrace()
    _follow(level, source, (), (), result, inward=inward)
    if inward and level.currency is not None:
        result.whole.add(level.currency)
    if inward and isinstance(level.exponent, tuple):
        result.whole.add(level.exponent)
    return result


def list_unread(source: Any, traced: FieldTrace) -> tuple[str, ...]:
    """Pointers of the leaves that were not reached, sorted by first appearance."""
    return tuple(dict.fromkeys(collapse_pointer(steps) for steps in _unread(source, (), traced)))


def _follow(
    level: Level, source: Any, at: Steps, target: Steps, result: FieldTrace, *, inward: bool
) -> None:
    result.shells.add(at)
    if not inward:
        result.whole |= {(*at, *name.split(".")) for name in level.unfilled}
    else:
        result.ignored += [(*at, *pattern) for pattern in level.ignored]
        result.whole |= {(*at, *path) for path in level.constants}
    if level.case is not None:
        _follow_branch(level.case, source, at, target, result, inward=inward)
    for step in level.steps:
        for path in step.sources:
            _follow_step(level, step, path, source, at, target, result, inward=inward)


def _follow_branch(
    case: Case, source: Any, at: Steps, target: Steps, result: FieldTrace, *, inward: bool
) -> None:
    branch = case.choose(source) if inward else case.choose_back(source)
    if inward:
        result.whole.add((*at, *case.source))
    if branch is not None:
        _follow(branch, source, at, target, result, inward=inward)


def _follow_step(
    level: Level,
    step: PlannedRule,
    path: Steps,
    source: Any,
    at: Steps,
    target: Steps,
    result: FieldTrace,
    *,
    inward: bool,
) -> None:
    origin, goal = (path, step.keys) if inward else (step.keys, path)
    if step.is_constant or not (step.reads if inward else step.writes):
        # The rule says in so many words that this is not taken from here.
        if origin:
            result.whole.add((*at, *origin))
        return
    pinned = pin_filters(source, origin if inward else _pin_marked(level, step.keys, source))
    value, taken = look_up(source, pinned)
    here = (*at, *pinned[:taken])
    for position, part in enumerate(origin):
        if isinstance(part, ItemFilter):
            result.whole |= {(*at, *pinned[: position + 1], *names) for names, _ in part.members}
    if inward and step.default is not UNSET and (value is None or value is MISSING):
        result.assumed.append((*target, *goal))
    if value is None:
        result.whole.add(here)
    elif value is not MISSING:
        if inward and step.is_lossy:
            result.lossy.add(here)
        if inward:
            result.unzoned += _find_unzoned(step, value, here)
        _enter(step, value, here, (*target, *goal), result, inward=inward)


def _pin_marked(level: Level, keys: Keys, source: Any) -> Steps:
    """The steps to a field of ours, with the index that a marked item really has."""
    marks, found = find_marks(level), list(keys)
    for position in range(len(keys)):
        wanted = marks.get(keys[: position + 1])
        items = look_up(source, tuple(found[:position]))[0] if wanted else None
        if wanted and isinstance(items, (list, tuple)):
            fitting = (index for index, item in enumerate(items) if _is_marked(item, wanted))
            found[position] = next(fitting, len(items))
    return tuple(found)


def _is_marked(item: Any, marks: Mapping[str, Mark]) -> bool:
    return all(item.get(name, mark.default) == mark.value for name, mark in marks.items())


def _enter(
    step: PlannedRule, value: Any, at: Steps, target: Steps, result: FieldTrace, *, inward: bool
) -> None:
    if target:
        result.filled[target] = at
    if step.item and inward:
        result.shells.add(at)
        result.whole |= {(*at, index, *step.item) for index in range(len(value))}
    elif step.level is None:
        result.whole.add(at)
    elif step.codec is not None and inward:
        result.whole.add(at)
        result.filled |= {(*target, *part.keys): at for part in step.level.steps}
    elif not step.is_list:
        _follow(step.level, value, at, target, result, inward=inward)
    elif step.shape is not None and inward:
        _enter_arranged(step, step.shape, value, at, target, result)
    elif isinstance(value, (list, tuple)):
        result.shells.add(at)
        for index, item in enumerate(value):
            for level in step.levels:
                _follow(level, item, (*at, index), (*target, index), result, inward=inward)


def _find_unzoned(step: PlannedRule, value: Any, at: Steps) -> Iterator[Steps]:
    lacks = step.codec.lacks_zone if step.codec is not None else None
    if lacks is None:
        return
    for index, item in enumerate(value) if step.is_list else ((None, value),):
        if lacks(item):
            yield at if index is None else (*at, index)


def _enter_arranged(
    step: PlannedRule, shape: Arrangement, value: Any, at: Steps, target: Steps, result: FieldTrace
) -> None:
    result.shells.add(at)
    for key in value if isinstance(value, dict) else range(len(value)):
        if shape.closed is not UNSET and value[key] == shape.closed:
            result.whole.add((*at, key))
        inner = (*at, key, *shape.first)
        result.shells |= {inner[:length] for length in range(len(at) + 1, len(inner) + 1)}
    for index, member in enumerate(spread(value, shape)):
        here, ours = (*at, *member.steps), (*target, index)
        result.shells |= {here[:length] for length in range(len(at) + 1, len(here))}
        holder = (*at, member.steps[0])
        if shape.group is not None:
            _follow(shape.group, member.group, holder, ours, result, inward=True)
        if shape.key is not None:
            result.filled |= {(*ours, *key.keys): holder for key in shape.key.steps}
        if step.level is not None:
            _follow(step.level, member.item, here, ours, result, inward=True)


def _unread(value: Any, at: Steps, traced: FieldTrace) -> Iterator[Steps]:
    if at in traced.whole or _is_ignored(at, traced.ignored):
        return
    children: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, (list, tuple)):
        children = enumerate(value)
    is_leaf = True
    for key, child in children:
        is_leaf = False
        yield from _unread(child, (*at, key), traced)
    if is_leaf and at not in traced.shells:
        yield at


def _is_ignored(at: Steps, patterns: list[Steps]) -> bool:
    return any(
        len(pattern) == len(at)
        and all(want is EVERY or want == got for want, got in zip(pattern, at, strict=True))
        for pattern in patterns
    )
