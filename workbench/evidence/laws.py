"""Laws that data of the partner break, as far as the partner says what they are about.

Two things are no contradiction. What a mapping fills nowhere, the partner has no field for: that
an order lacks it is a shortcoming of the integration, and no fault of this order. And a history
may pass over a status for which the partner has no word.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import combinations
from typing import Any

from workbench.canonical import Entity, OpenEnum, Order, Violation, check, find_route, total_gap
from workbench.mapping import Translation, Translator
from workbench.model import Finding, Severity, look_up, make_finding
from workbench.text import read_pointer

_ILLEGAL_STEP = "INV-L1"
_TOTAL = "inv-m2"
_MOST_LEFT_OUT, _MOST_LOOKED_AT = 3, 12
_LIMITS = Severity.MEDIUM  # what a partner never says narrows the integration, and breaks nothing


def tell_broken_laws(
    translation: Translation | None, translator: Translator | None, **about: Any
) -> Iterator[Finding]:
    """Findings of the laws that something of the partner breaks.

    A total that is wrong by just what the mapping leaves out is our own fault.

    Args:
        translation: What a payload of the partner became; None where it became nothing.
        translator: The mapping that made it; None where it is not known.
        about: Fields and facts that each finding bears; `place` among them.
    """
    entity = translation.value if translation else None
    for facts in broken_laws(entity, translator):
        left = ""
        if facts["slug"] == _TOTAL and translation is not None and isinstance(entity, Order):
            left = _name_left_out(translation, total_gap(entity))
        if left:
            yield make_finding("law-unsettled", **facts, **about, left=left)
        else:
            yield make_finding("broken-law", **facts, **about)


def _name_left_out(translation: Translation, gap: int) -> str:
    """The fields that no rule reads, and whose amounts together are the gap; empty if none."""
    amounts = [
        (pointer, minor)
        for pointer in translation.coverage.unread
        for minor in _minor_units(look_up(translation.payload, tuple(read_pointer(pointer)))[0])
    ]
    for count in range(1, _MOST_LEFT_OUT + 1):
        for some in combinations(amounts[:_MOST_LOOKED_AT], count):
            if abs(sum(minor for _, minor in some)) == abs(gap):
                return ", ".join(dict.fromkeys(pointer for pointer, _ in some))
    return ""


def _minor_units(value: Any) -> set[int]:
    """What a number may be in minor units: as it is, or as a decimal."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return set()
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return set()
    forms = {amount, amount * 100} if amount.is_finite() and amount else set()
    return {int(form) for form in forms if form == form.to_integral_value()}


def broken_laws(entity: Entity | None, translator: Translator | None) -> Iterator[dict[str, Any]]:
    """What findings of the kind `broken-law` say of an entity.

    Args:
        entity: What a payload of the partner became; None where it became nothing.
        translator: The mapping that made it; None where it is not known.
    """
    for violation in check(entity) if entity is not None else ():
        if translator is None or entity is None:
            yield _facts(violation)
        elif violation.code == _ILLEGAL_STEP and _is_passed_over(entity, violation, translator):
            continue
        elif _is_never_said(entity, violation, translator):
            yield _facts(violation, most=_LIMITS)
        else:
            yield _facts(violation)


def _facts(violation: Violation, most: Severity = Severity.HIGH) -> dict[str, Any]:
    return {
        "slug": violation.code.lower(),
        "severity": most if violation.severity == "error" else Severity.LOW,
        "what": violation.summary,
        "pointer": violation.path,
    }


def _is_never_said(entity: Entity, violation: Violation, translator: Translator) -> bool:
    """Whether what a law is about is absent, and the mapping has no rule for it at all."""
    steps = read_pointer(violation.path)
    value: Any = entity
    for step in steps:
        if isinstance(value, tuple):
            value = value[int(step)] if step.isdecimal() and int(step) < len(value) else None
        else:
            value = getattr(value, step, None)
        if value is None:
            break
    if value not in (None, ()):
        return False
    wanted = (step for step in steps if not step.isdecimal())
    return not translator.rules_of(*wanted)


def _is_passed_over(entity: Entity, violation: Violation, translator: Translator) -> bool:
    """Whether a step leads over statuses only for which the partner has no word."""
    steps = read_pointer(violation.path)
    history: tuple[Any, ...] = getattr(entity, "status_history", ())
    if len(steps) != 3 or not steps[1].isdecimal() or not 0 < int(steps[1]) < len(history):
        return False
    before, after = (history[int(steps[1]) - ago].status for ago in (1, 0))
    between = find_route(before, after)[:-1]
    return bool(between) and not _spoken(translator, type(after)) & set(between)


def _spoken(translator: Translator, kind: type[OpenEnum]) -> set[OpenEnum]:
    """Our statuses for which the mapping has words of theirs."""
    rules = [*translator.rules_of("status"), *translator.rules_of("status_history", "status")]
    return {kind(str(rule.codec.read(word))) for rule in rules if rule.codec for word in rule.words}


def find_assumed_units(
    translation: Translation, operation: str, name: str, severity: Severity = Severity.MEDIUM
) -> Iterator[Finding]:
    """Amounts whose unit nobody stated, in a currency where that makes them a hundred times other.

    Args:
        translation: What was read.
        operation: `METHOD /path`, event or sample that gave it.
        name: Of the mapping.
        severity: What it weighs; a limit where it was seen live.
    """
    for currency in translation.assumed_units:
        yield make_finding(
            "unit-open", severity=severity, operation=operation, currency=currency, name=name
        )
