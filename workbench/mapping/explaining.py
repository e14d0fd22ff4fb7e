"""Finds the rule and the value behind an exception in generated code.

Nothing is recorded while translating: the lines of the traceback tell the rules, and the lists
that were being filled tell the indexes.
"""

from __future__ import annotations

from itertools import islice
from reprlib import Repr
from typing import Any

from pydantic import BaseModel, ValidationError

from workbench.canonical import Entity
from workbench.errors import TranslationError
from workbench.mapping.arranging import spread
from workbench.mapping.code import GeneratedCode
from workbench.mapping.codec import describe
from workbench.mapping.plan import Level, PlannedRule
from workbench.model import (
    MISSING,
    ItemFilter,
    Keys,
    Steps,
    look_up,
    pin_filters,
    tell_fault,
    tell_faults,
)
from workbench.text import write_pointer

# What generated code and converters may raise for a payload that does not fit.
FAILURES = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)

_DEEP = 100  # steps of a path that anybody would read
_ABRIDGE = Repr()
_ABRIDGE.maxlevel = 2
_ABRIDGE.maxstring = 80


def explain(
    error: BaseException, code: GeneratedCode, file: str, source: Any, *, inward: bool
) -> TranslationError:
    """The located form of an exception.

    Args:
        error: What generated code raised.
        code: The generated code.
        file: Its file name in tracebacks.
        source: The payload; outward the entity.
        inward: The direction.
    """
    ours: list[str | int] = []
    theirs: list[Any] = []
    frame = error.__traceback__
    while frame is not None and len(ours) < _DEEP:
        is_ours = frame.tb_frame.f_code.co_filename == file
        for step, is_item in code.rules.get(frame.tb_lineno, ()) if is_ours else ():
            ours += step.keys
            theirs += step.source or ()
            if is_item:
                index = len(frame.tb_frame.f_locals[f"a{step.number}"])
                ours.append(index)
                # Arranged lists keep the place of the item; outward it is known once it is written.
                arranged = () if step.shape else (index,)
                theirs += frame.tb_frame.f_locals.get(f"t{step.number}", arranged)
        frame = frame.tb_next
    there = pin_filters(source, tuple(theirs)) if inward else tuple(theirs)
    steps = there if inward else tuple(ours)
    value = look_up(source, steps)[0] if inward else _reach(source, steps)
    return TranslationError(
        _say(error, value, source, steps),
        path=write_pointer(there),
        value=None if value is MISSING else _shorten(value),
        field=".".join(map(str, ours)),
    )


def explain_invalid(error: ValidationError, level: Level, payload: Any) -> TranslationError:
    """The located form of what pydantic found in the translated data; the first of all errors."""
    errors = error.errors(include_url=False)
    first = errors[0]
    location: Keys = tuple(first["loc"])
    field = ".".join(map(str, location))
    steps = find_source(level, location, payload)
    message = tell_fault(first, level.model).message
    value = None if first["type"] == "missing" else first["input"]
    if value is None and steps is not None:
        message = _say_missing(payload, steps)
    elif first["type"] == "missing":
        message = "no rule fills this required field"
    if len(errors) > 1:
        message += f"; and {len(errors) - 1} more"
    return TranslationError(
        message, path=write_pointer(steps or ()), value=_shorten(value), field=field
    )


def explain_entity(error: ValidationError, model: type[Entity], data: Any) -> TranslationError:
    """The located form of what pydantic found in a canonical entity that somebody wrote."""
    first, *others = tell_faults(error, model, data)
    more = f"; and {len(others)} more" if others else ""
    value = look_up(data, first.steps)[0]
    return TranslationError(
        first.message + more,
        path=write_pointer(first.steps),
        value=None if value is MISSING else _shorten(value),
        field=".".join(map(str, first.steps)) or model.__name__,
        hint=first.hint,
    )


def find_source(level: Level, location: Keys, payload: Any) -> Steps | None:
    """Where in the payload a canonical field comes from, as far as a rule says."""
    if level.case is not None:
        branch = level.case.choose(payload)
        return None if branch is None else find_source(branch, location, payload)
    for step in level.steps:
        if not step.reads or step.source is None:
            continue
        found = _find_below(step, location, payload)
        if found is not None:
            return found
    return None


def _find_below(step: PlannedRule, location: Keys, payload: Any) -> Steps | None:
    keys, rest = step.keys, location[len(step.keys) :]
    here: Steps = step.source or ()
    if location and keys[: len(location)] == location:
        return here
    if location[: len(keys)] != keys:
        return None
    levels = step.levels
    if step.shape is not None and rest:
        members = spread(look_up(payload, here)[0], step.shape)
        member = next(islice(members, int(rest[0]), None), None)
        here, rest = (here if member is None else (*here, *member.steps)), rest[1:]
        levels = levels[:1]
    elif step.is_list and rest:
        here, rest = (*here, rest[0]), rest[1:]
    if not rest or not levels:
        return here
    if step.codec is not None:
        # One value fills the parts of its level; a rule on the entity itself fills no others.
        is_other = not keys and find_source(levels[0], rest, {}) is None
        return None if is_other else here
    below = find_source(levels[0], rest, look_up(payload, here)[0])
    return None if below is None else (*here, *below)


def _shorten(value: Any) -> Any:
    """A scalar itself, if it is short; else an abridged text."""
    is_long = isinstance(value, str) and len(value) > _ABRIDGE.maxstring
    return _ABRIDGE.repr(value) if is_long or isinstance(value, (dict, list, tuple)) else value


def _reach(entity: Any, steps: Steps) -> Any:
    for step in steps:
        try:
            entity = getattr(entity, str(step)) if isinstance(entity, BaseModel) else entity[step]
        except (AttributeError, LookupError, TypeError):
            return MISSING
    return entity


def _say(error: BaseException, value: Any, source: Any, steps: Steps) -> str:
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    is_ambiguous = any(isinstance(step, ItemFilter) for step in steps)
    if (value is None or value is MISSING) and not (is_ambiguous and type(error) is ValueError):
        return _say_missing(source, steps)
    if isinstance(error, ValueError):
        return str(error)
    return f"{describe(value)} does not fit here"


def _say_missing(source: Any, steps: Steps) -> str:
    value, taken = look_up(source, steps)
    if taken == len(steps):
        return "is null" if value is None else "does not say it"
    parent = look_up(source, steps[:taken])[0]
    if isinstance(parent, dict if isinstance(steps[taken], str) else list):
        return "is missing"
    place = write_pointer(steps[:taken]) or "the payload"
    return f"is missing, because {place} is {describe(parent)}"
