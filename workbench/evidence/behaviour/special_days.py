"""Single days and the state of this moment: added without loss, closed and opened, read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from workbench.adapters import Answer, SentRequest, pick_read_back
from workbench.canonical import (
    Availability,
    AvailabilityState,
    CalendarException,
    ExceptionKind,
    OrderType,
)
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.behaviour.check_context import OUR_REASON, CheckContext, finding
from workbench.evidence.check_table import say
from workbench.evidence.zones import is_same_on_some_clock
from workbench.model import Evidence, FeatureSlug, Outcome

_FEATURE = FeatureSlug.AVAILABILITY_WRITE
_DAYS_CHECK = "exceptions-kept"
_CLOSING_CHECK = "closed-and-opened"
_BUSY_CHECK = "busy-and-back"
_EXTRA = 20  # minutes that each order takes longer


class _Closing(NamedTuple):
    """A way to close, the fact that it shows, and what has to be seen afterwards."""

    fact: str
    given: dict[str, Any]
    holds: Callable[[AvailabilityState], bool]


def open_and_close(context: CheckContext) -> Iterator[Evidence]:
    """Read the calendar, add single days to it, close and open again; all is put back."""
    if not context.has(_FEATURE):
        return
    try:
        before = context.adapter.get_availability()
    except InputError:
        return  # Nothing reads it back, so nothing could be shown.
    yield context.tell(
        _FEATURE,
        "availability-known",
        say(
            "availability-known.read",
            timetables=len(before.schedules),
            exceptions=len(before.exceptions),
        ),
        shows=["read"],
    )
    if not context.session.allow_writes:
        return
    if not context.excludes(_DAYS_CHECK, _FEATURE, "kept"):
        yield from _guard(context, _DAYS_CHECK, "kept", partial(_add_days, context, before))
    for closing in _closings(context):
        close = partial(_close, context, closing)
        yield from _guard(context, _CLOSING_CHECK, closing.fact, close)
    is_busy_told = _busy_body(context, _EXTRA) != _busy_body(context, None)
    if is_busy_told and not context.excludes(_BUSY_CHECK, _FEATURE, "busy"):
        yield from _guard(context, _BUSY_CHECK, "busy", partial(_slow_down, context))


def _guard(
    context: CheckContext, check: str, fact: str, act: Callable[[], Evidence]
) -> Iterator[Evidence]:
    try:
        yield act()
    except (PartnerError, TranslationError) as error:
        words = say("not-tried", error=error)
        outcome = Outcome.CANT_TELL
        yield context.tell(_FEATURE, check, words, outcome=outcome, shows=[fact])
    except InputError:
        return  # Nothing is bound for it.


def _add_days(context: CheckContext, before: Availability) -> Evidence:
    """Add two closed days one after the other: the second must leave the first and the others."""
    known = {_key(item) for item in before.exceptions}
    days = _free_days(before)
    try:
        for day in days:
            one = CalendarException(kind=ExceptionKind.CLOSED, first_date=day, last_date=day)
            sent = context.adapter.add_exception(one)
    finally:
        after = context.adapter.get_availability()
        for item in after.exceptions:
            if _key(item) not in known:
                context.adapter.remove_exception(item)
    answer = sent if isinstance(sent, Answer) else None
    lost = known - {_key(item) for item in after.exceptions}
    # A partner may tell a day in other fields than ours, so ours are counted.
    there, wanted = len(after.exceptions), len(before.exceptions) + len(days)
    missing = there < wanted
    findings = []
    if lost or missing:
        what = say("exceptions-kept.takes-out") if lost else say("exceptions-kept.not-there")
        findings.append(
            finding(
                "exceptions-lost",
                operation=context.subject(_FEATURE),
                observed=f"{there} exceptions",
                criterion="kept",
                answer=answer,
                what=what,
                n=wanted,
            )
        )
    return context.tell(
        _FEATURE,
        _DAYS_CHECK,
        say("exceptions-kept.added", days=len(days), before=wanted - len(days), after=there),
        shows=["kept"],
        findings=findings,
    )


def _free_days(before: Availability) -> list[date]:
    """Two days of next year on which nothing is stated yet."""
    taken = {item.first_date for item in before.exceptions}
    start = date(datetime.now(UTC).year + 1, 2, 1)
    days = (start + timedelta(days=7 * week) for week in range(len(taken) + 2))
    return [day for day in days if day not in taken][:2]


def _key(item: CalendarException) -> tuple[Any, ...]:
    return item.kind, item.first_date, item.last_date, item.starts_at, item.ends_at, item.ranges


def _closings(context: CheckContext) -> Iterator[_Closing]:
    """The ways to close that the mapping can tell apart and the folder does not exclude."""
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    ways = [
        _Closing("all", {}, lambda state: not state.order_types and state.until is None),
        _Closing("until", {"until": until}, lambda state: state.until == until),
    ]
    kind = next((one for one in OrderType if _body(context, {"order_types": (one,)})), None)
    if kind is not None:
        only = {"order_types": (kind,)}
        ways.append(_Closing("one-type", only, lambda state: state.order_types == (kind,)))
    plain = _body(context, {})
    for way in ways:
        is_told = not way.given or _body(context, way.given) != plain
        if is_told and not context.excludes(_CLOSING_CHECK, _FEATURE, way.fact):
            yield way


def _body(context: CheckContext, given: dict[str, Any]) -> Any:
    """The body that would close; None where nothing is bound, or the mapping has no word for it."""
    try:
        shown = context.adapter.close_now(reason=OUR_REASON, dry_run=True, **given)
    except (InputError, TranslationError):
        return None
    return shown.body if isinstance(shown, SentRequest) else None


def _busy_body(context: CheckContext, minutes: int | None) -> Any:
    """The request that would open with so many minutes more; None where there is none."""
    try:
        shown = context.adapter.reopen(busy_extra_min=minutes, dry_run=True)
    except (InputError, TranslationError):
        return None
    return (shown.url, shown.body) if isinstance(shown, SentRequest) else None


def _slow_down(context: CheckContext) -> Evidence:
    """Say that orders take longer, look, and take it back."""
    try:
        sent = context.adapter.reopen(busy_extra_min=_EXTRA)
        busy = context.adapter.get_availability().state
    finally:
        context.adapter.reopen()
    after = context.adapter.get_availability().state
    seen = busy.busy_extra_min if busy else None
    left = after.busy_extra_min if after else None
    findings = []
    if busy is not None and seen != _EXTRA:
        findings.append(
            finding(
                "busy-not-kept",
                operation=context.subject(_FEATURE),
                observed=str(seen),
                criterion="busy",
                answer=sent if isinstance(sent, Answer) else None,
                extra=_EXTRA,
            )
        )
    is_shown = seen == _EXTRA and not left
    return context.tell(
        _FEATURE,
        _BUSY_CHECK,
        say("busy-and-back.asked", extra=_EXTRA, seen=seen, left=left),
        shows=["busy"] if is_shown else (),
        findings=findings,
        outcome=None if is_shown or findings else Outcome.UNTESTED,
    )


def _close(context: CheckContext, way: _Closing) -> Evidence:
    """Close, look, open, look."""
    try:
        sent = context.adapter.close_now(reason=OUR_REASON, **way.given)
        closed = context.adapter.get_availability().state
        is_known = not _differs_by_zone(context, way.given.get("until"), closed)
    finally:
        context.adapter.reopen()
    opened = context.adapter.get_availability().state
    if closed is None or opened is None or not is_known:
        words = say("closed-and-opened.not-read")
        return context.tell(_FEATURE, _CLOSING_CHECK, words, outcome=Outcome.UNTESTED)
    seen = say("one-then-other", one=_words(closed), other=_words(opened))
    is_right = not closed.accepting and way.holds(closed) and opened.accepting
    given = ", ".join(way.given) or say("closed-and-opened.no-end")
    findings = []
    if not is_right:
        findings.append(
            finding(
                "state-not-kept",
                operation=context.subject(_FEATURE),
                observed=seen,
                criterion=way.fact,
                answer=sent if isinstance(sent, Answer) else None,
                all=", ".join(way.given) or "all",
            )
        )
    return context.tell(
        _FEATURE,
        _CLOSING_CHECK,
        say("closed-and-opened.closed", given=given, seen=seen),
        shows=[way.fact],
        findings=findings,
    )


def _differs_by_zone(
    context: CheckContext, wanted: datetime | None, shown: AvailabilityState | None
) -> bool:
    """Whether an end that is shown may be the one that was sent, as no zone is said with it."""
    until = shown.until if shown else None
    translator = context.partner.translator(_FEATURE)
    payload = context.last_payload(pick_read_back(context.partner, _FEATURE))
    if wanted is None or until is None or translator is None or payload is None:
        return False
    is_bare = bool(translator.translate(payload).unzoned)
    return until != wanted and is_bare and is_same_on_some_clock(until, wanted)


def _words(state: AvailabilityState) -> str:
    if state.accepting:
        return say("closed-and-opened.is-open")
    words = say("closed-and-opened.is-closed")
    if state.until:
        words = say("closed-and-opened.is-closed-until", until=state.until.isoformat())
    types = ", ".join(state.order_types)
    return say("closed-and-opened.for-types", closed=words, types=types) if types else words
