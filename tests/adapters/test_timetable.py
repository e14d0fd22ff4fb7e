"""Opening hours at the embedded partners: nothing is lost that nobody wanted to change."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from threading import Thread
from typing import Any

import pytest

from workbench.adapters.adapter import Adapter
from workbench.adapters.answer import SentRequest
from workbench.canonical.availability import (
    Availability,
    CalendarException,
    ExceptionKind,
    Schedule,
    TimeRange,
    Weekday,
    WeeklyRange,
)
from workbench.errors import InputError, TranslationError

from .conftest import NOOK, Opened, Partner, answer

HOLIDAY = CalendarException(
    kind=ExceptionKind.CLOSED,
    first_date=date(2027, 1, 6),
    last_date=date(2027, 1, 6),
    reason="Reyes",
)
LUNCH = Schedule(
    ranges=(WeeklyRange(day=Weekday.MONDAY, start=time(13), end=time(16)),),
)
ALL = ["tavola", "bocado", "mesa"]


@pytest.mark.parametrize("slug", ALL)
def test_holiday_is_added_and_taken_out_and_the_rest_stays(open_adapter: Opened, slug: str) -> None:
    """Whether the partner has an operation for it or only replaces all, the others stay."""
    adapter = open_adapter(slug)
    before = adapter.get_availability()
    adapter.add_exception(HOLIDAY)
    during = adapter.get_availability()

    assert len(during.exceptions) == len(before.exceptions) + 1
    assert during.exceptions[: len(before.exceptions)] == before.exceptions
    assert (during.schedules, during.shifts) == (before.schedules, before.shifts)
    added = during.exceptions[-1]
    assert (added.kind, added.first_date, added.reason) == ("closed", date(2027, 1, 6), "Reyes")

    adapter.remove_exception(HOLIDAY)
    assert adapter.get_availability() == before
    assert adapter.remove_exception(HOLIDAY) is None


@pytest.mark.parametrize("slug", ALL)
def test_dry_run_shows_the_request_and_changes_nothing(open_adapter: Opened, slug: str) -> None:
    """The exact request is shown; what the partner has stays as it is."""
    adapter = open_adapter(slug)
    before = adapter.get_availability()
    shown = adapter.add_exception(HOLIDAY, dry_run=True)

    assert isinstance(shown, SentRequest)
    assert "2027-01-06" in shown.body.decode()
    assert adapter.get_availability() == before


@pytest.mark.parametrize("slug", ["bocado", "mesa"])
def test_same_holiday_twice_is_one_holiday(open_adapter: Opened, slug: str) -> None:
    """Adding what is there already sends nothing."""
    adapter = open_adapter(slug)
    adapter.add_exception(HOLIDAY)

    assert adapter.add_exception(HOLIDAY) is None


@pytest.mark.parametrize("slug", ["tavola", "bocado"])
def test_hours_alone_leave_exceptions_and_shifts(open_adapter: Opened, slug: str) -> None:
    """Parts that are not given stay, at partners that replace everything too."""
    adapter = open_adapter(slug)
    before = adapter.get_availability()
    adapter.set_availability(
        Availability(
            restaurant_id=before.restaurant_id, timezone=before.timezone, schedules=(LUNCH,)
        )
    )
    after = adapter.get_availability()

    assert after.schedules[0].ranges == LUNCH.ranges
    assert (after.exceptions, after.shifts) == (before.exceptions, before.shifts)


def test_shifts_alone_leave_hours_that_must_be_sent(open_adapter: Opened) -> None:
    """Where the document asks for a part that is not given, it is read and sent as it was."""
    adapter = open_adapter("tavola")
    before = adapter.get_availability()
    given = Availability(
        restaurant_id=before.restaurant_id, timezone=before.timezone, shifts=before.shifts[:1]
    )
    adapter.set_availability(given)
    after = adapter.get_availability()

    assert after.shifts == before.shifts[:1]
    assert (after.schedules, after.exceptions) == (before.schedules, before.exceptions)


def test_closing_now_and_opening_again(open_adapter: Opened) -> None:
    """A pause stops orders until an instant, and is lifted before it."""
    adapter = open_adapter("tavola")
    until = datetime(2027, 1, 1, 20, tzinfo=UTC)
    adapter.close_now(until=until, reason="Oven", order_types=["delivery"])
    state = adapter.get_availability().state
    assert state is not None
    assert (state.accepting, state.until, state.reason) == (False, until, "Oven")
    assert state.order_types == ("delivery",)

    adapter.reopen()
    state = adapter.get_availability().state
    assert state is not None
    assert state.accepting


@pytest.mark.parametrize("slug", ["bocado", "mesa"])
def test_closing_now_is_refused_with_the_stated_reason(open_adapter: Opened, slug: str) -> None:
    """Where only the dashboard can pause, nothing else is done in its place."""
    adapter = open_adapter(slug)
    sent = len(adapter.session.recorder.exchanges)
    with pytest.raises(InputError, match=r"Closing at once is unsupported .*dashboard.*R7"):
        adapter.close_now()

    assert len(adapter.session.recorder.exchanges) == sent


def test_what_the_partner_cannot_say_is_not_sent(open_adapter: Opened) -> None:
    """Special hours at a partner that has closed days only are an error, not a closed day."""
    adapter = open_adapter("mesa")
    before = adapter.get_availability()
    special = HOLIDAY.model_copy(
        update={
            "kind": ExceptionKind.SPECIAL_HOURS,
            "ranges": (TimeRange(start=time(12), end=time(16)),),
        }
    )
    with pytest.raises(TranslationError):
        adapter.add_exception(special)

    assert adapter.get_availability() == before


def test_holidays_of_several_threads_are_all_there(open_adapter: Opened) -> None:
    """Reading and replacing is one act, so that no thread undoes another's holiday."""
    adapter = open_adapter("mesa")
    before = len(adapter.get_availability().exceptions)
    days = [
        HOLIDAY.model_copy(
            update={"first_date": date(2027, 2, day), "last_date": date(2027, 2, day)}
        )
        for day in range(1, 9)
    ]
    threads = [Thread(target=adapter.add_exception, args=(day,)) for day in days]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(adapter.get_availability().exceptions) == before + 8


MANIFEST = (
    NOOK
    + """
features:
  availability-write: {{operations: ["PUT /hours"], mapping: hours}}
"""
)
MAPPING = """
mappings:
  hours:
    into: Availability
    fields:
      restaurant_id: {value: r-1}
      timezone: {value: Europe/Madrid}
      exceptions:
        each: $.days
        fields:
          kind: {value: closed}
          first_date: {from: $.day, as: date}
STATE"""
STATE = """      state:
        from: $.now
        fields: {accepting: {from: $.open, as: boolean}, reason: $.why}
"""


def _paths(*methods: str) -> dict[str, object]:
    body = {"content": {"application/json": {"schema": {"type": "object"}}}}
    described: dict[str, dict[str, Any]] = {
        "get": {"responses": {"200": {"description": "ok", **body}}},
        "put": {"requestBody": body, "responses": {"200": {"description": "ok"}}},
    }
    return {"/hours": {method: described[method] for method in methods}}


def test_state_inside_the_whole_is_changed_there(
    open_nook: Callable[..., Adapter], partner: Partner
) -> None:
    """Where a pause is a field of the availability, everything is read and sent with it."""
    adapter = open_nook(MANIFEST, MAPPING.replace("STATE", STATE), _paths("get", "put"))
    now = {"days": [{"day": "2027-01-06"}], "now": {"open": True}}
    partner.routes["GET /hours"] = lambda _: answer(200, json.dumps(now).encode())
    adapter.close_now(reason="Oven")

    sent = json.loads(partner.seen[-1].body)
    assert sent == {"days": [{"day": "2027-01-06"}], "now": {"open": False, "why": "Oven"}}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from: $.now\n", "from: $.now\n        one-way: in\n"),
        ("as: boolean}, reason: $.why", "as: boolean, one-way: in}"),
    ],
)
def test_a_state_that_is_only_read_is_no_way_to_pause(
    open_nook: Callable[..., Adapter], old: str, new: str
) -> None:
    """Whether the object as a whole is only read, or each field in it."""
    adapter = open_nook(
        MANIFEST, MAPPING.replace("STATE", STATE.replace(old, new)), _paths("get", "put")
    )
    with pytest.raises(InputError, match="no field in the mapping"):
        adapter.close_now()


def test_no_way_to_pause_or_read_is_told(open_nook: Callable[..., Adapter]) -> None:
    """Without operation, field or statement, the hint says what to bind."""
    adapter = open_nook(MANIFEST, MAPPING.replace("STATE", ""), _paths("put"))
    with pytest.raises(InputError, match=r"no operation at Nook.*for: \[pause\]"):
        adapter.close_now()
    with pytest.raises(InputError, match="no operation to read the availability"):
        adapter.add_exception(HOLIDAY)
