"""What a status may be written on: something new, else something that the partner gave us to spend.

Many partners have no way to place an order from outside, and hand over a few test orders instead.
The folder lists those that tests may change for good (`test_account.spare`).
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.canonical import OpenEnum, OrderStatus, ReservationStatus, is_terminal
from workbench.errors import MappingError, TranslationError
from workbench.evidence.behaviour.check_context import CheckContext
from workbench.evidence.kinds import EntityKind
from workbench.evidence.placing import fresh

_WAITING = frozenset({OrderStatus.PLACED, ReservationStatus.REQUESTED})


def to_write_on(context: CheckContext, kind: EntityKind) -> str | None:
    """The id of a new order or reservation, else of a spare one that still waits for an answer.

    None where there is neither, or we may not write.
    """
    new = fresh(context.session, kind)
    if new is not None or not context.session.allow_writes:
        return new
    return next((name for name, status in _spare(context, kind) if status in _WAITING), None)


def ended(context: CheckContext, kind: EntityKind) -> Iterator[tuple[str, OpenEnum]]:
    """One spare order or reservation for each status that nothing follows."""
    seen: set[OpenEnum] = set()
    for name, status in _spare(context, kind) if context.session.allow_writes else ():
        if is_terminal(status) and status not in seen:
            seen.add(status)
            yield name, status


def _spare(context: CheckContext, kind: EntityKind) -> Iterator[tuple[str, OpenEnum]]:
    """The spare ones that can be read, with their status as it is now."""
    account = context.partner.environment(context.session.environment).test_account
    feature = next((item for item in (kind.status_read, kind.read) if context.has(item)), None)
    spare = {str(noun): ids for noun, ids in account.spare.items()} if account else {}
    for name in spare.get(kind.noun, ()) if feature else ():
        try:
            yield name, context.status(feature or "", name)
        except (MappingError, TranslationError):
            continue  # told by `read-known`
