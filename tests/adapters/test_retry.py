"""Sparing a partner in trouble: the breaker's one probe, the budget of repeats, the clocks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from workbench.adapters.answer import ClockSkew
from workbench.adapters.http_client import HttpClient
from workbench.adapters.recorder import Recorded, Recorder
from workbench.adapters.retry import CircuitBreaker, RateLimiter, RetryBudget
from workbench.adapters.retry_policy import RetryPolicy
from workbench.errors import PartnerError, RateLimitedError, UnavailableError
from workbench.secrecy import Redactor

from .conftest import QUICK, Partner, answer

Opener = Callable[..., HttpClient]


class _Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _opened(clock: _Clock) -> CircuitBreaker:
    breaker = CircuitBreaker(RetryPolicy(failures=2, rest=10), clock=clock)
    for _ in range(2):
        breaker.report(is_probe=breaker.admit(), is_there=False)
    return breaker


def test_our_own_pace_counts_from_the_oldest_of_a_minute() -> None:
    """A third request of two a minute waits for the first to be a minute old, no longer."""
    clock = _Clock()
    limiter = RateLimiter(2, clock=clock)
    limiter.wait(deadline=0)
    clock.now = 30
    limiter.wait(deadline=30)
    with pytest.raises(RateLimitedError, match="Our own limit of 2") as caught:
        limiter.wait(deadline=59)
    assert caught.value.retry_after == 30
    clock.now = 60
    limiter.wait(deadline=60)


def test_exactly_one_of_many_callers_finds_out() -> None:
    """When the rest is over, one of twenty threads gets through, and the others are told."""
    clock = _Clock()
    breaker = _opened(clock)
    clock.now = 11
    gate = Barrier(20)

    def ask(_: int) -> bool:
        gate.wait()
        try:
            return breaker.admit()
        except UnavailableError:
            return False

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(ask, range(20))) == 1
    clock.now = 1000  # however long it takes
    with pytest.raises(UnavailableError, match="until a first call is answered"):
        breaker.admit()


@pytest.mark.parametrize(
    ("is_there", "is_open"), [(True, False), (False, True), (None, False)], ids=str
)
def test_answer_to_the_probe_decides(*, is_there: bool | None, is_open: bool) -> None:
    """Back: all may call. Still away: another rest. Nothing learned: the next call finds out."""
    clock = _Clock()
    breaker = _opened(clock)
    clock.now = 11
    breaker.report(is_probe=breaker.admit(), is_there=is_there)
    if is_open:
        with pytest.raises(UnavailableError, match="for 10 s"):
            breaker.admit()
    else:
        assert breaker.admit() == (is_there is None)


def test_late_call_does_not_make_room_for_a_second_probe() -> None:
    """A call from before the rest may end while the probe is out; the probe stays the only one."""
    clock = _Clock()
    breaker = CircuitBreaker(RetryPolicy(failures=2, rest=10), clock=clock)
    late = breaker.admit()
    for _ in range(2):
        breaker.report(is_probe=breaker.admit(), is_there=False)
    clock.now = 11
    assert breaker.admit()
    breaker.report(is_probe=late, is_there=None)

    with pytest.raises(UnavailableError):
        breaker.admit()


def test_page_instead_of_data_opens_the_breaker(open_client: Opener, partner: Partner) -> None:
    """A maintenance page is no sign of life, and a 500 is one."""
    client = open_client(policy=replace(QUICK, attempts=1, failures=2))
    for _ in range(3):
        client.send("GET", "/fault/500/9")
    for _ in range(2):
        with pytest.raises(UnavailableError, match="a page, which is not JSON"):
            client.send("GET", "/fault/html/9").require()
    with pytest.raises(UnavailableError, match="left alone"):
        client.send("GET", "/x")

    assert partner.count("/x") == 0


@given(calls=some.lists(some.integers(0, 5), max_size=200))
@settings(max_examples=50)
def test_repeats_stay_within_their_share(calls: list[int]) -> None:
    """Whatever happens, repeats are at most a tenth of the calls, and the reserve."""
    budget = RetryBudget(RetryPolicy(retry_share=0.1, retry_reserve=5))
    spent = 0
    for number, wanted in enumerate(calls, 1):
        budget.earn()
        spent += sum(budget.spend() for _ in range(wanted))
        assert spent <= 5 + 0.1 * number + 1e-6


def test_the_reserve_is_spent_to_the_last_repeat() -> None:
    """A reserve of two is two repeats, not one and not three."""
    budget = RetryBudget(RetryPolicy(retry_share=0, retry_reserve=2))
    assert [budget.spend() for _ in range(3)] == [True, True, False]


def test_long_trouble_is_not_multiplied(open_client: Opener, partner: Partner) -> None:
    """Sixty calls into an outage are sixty-six requests at most, and the reserve."""
    client = open_client(policy=replace(QUICK, failures=1000, retry_reserve=2))
    for _ in range(60):
        assert client.send("GET", "/fault/503/999").status == 503

    assert 60 < partner.count("/fault/503/999") <= 60 + 6 + 2


@pytest.mark.parametrize(("off", "warns"), [(0, False), (29, False), (90, True), (-3600, True)])
def test_clock_of_the_partner_is_measured(
    open_client: Opener,
    partner: Partner,
    caplog: pytest.LogCaptureFixture,
    off: int,
    *,
    warns: bool,
) -> None:
    """The difference is told to about a second, and a warning comes once when it matters."""

    def tell(_: object) -> bytes:
        date = datetime.now(UTC) + timedelta(seconds=off)
        return answer(200, Date=format_datetime(date, usegmt=True))

    partner.routes["GET /x"] = tell
    client = open_client(partner="nook")
    assert client.skew.seconds is None
    with caplog.at_level(logging.WARNING, "workbench.adapters.answer"):
        client.send("GET", "/x")
        client.send("GET", "/x")

    assert client.skew.seconds == pytest.approx(off, abs=1)
    assert len([r for r in caplog.records if "clock of nook" in r.getMessage()]) == int(warns)


@pytest.mark.parametrize("headers", [{}, {"date": "soon"}, {"date": "", "age": "3"}])
def test_answers_that_tell_no_time_are_left_out(headers: dict[str, str]) -> None:
    """No date, a wrong one, or one that a cache kept, says nothing of the clock."""
    skew = ClockSkew("nook")
    skew.note(headers, datetime.now(UTC), 0.1)

    assert skew.seconds is None


def test_running_program_does_not_grow() -> None:
    """Of exchanges and of tokens only the latest are kept; credentials are masked for ever."""
    redactor = Redactor(["the-credential"], latest=2)
    recorder = Recorder(redactor, most=3)
    for number in range(9):
        redactor.add(f"access-token-{number}")
        body = f"the-credential access-token-{number}".encode()
        recorder.add(Recorded(datetime.now(UTC), 0, "GET", "http://x/", {}, body))

    assert [item.request_body for item in recorder.exchanges] == [
        b"[REDACTED] access-token-6",
        b"[REDACTED] [REDACTED]",
        b"[REDACTED] [REDACTED]",
    ]
    assert repr(redactor) == "Redactor(3 values)"


def test_write_answered_by_a_page_is_not_taken_for_done(client: HttpClient) -> None:
    """A POST that meets a maintenance page with status 200 has not been carried out."""
    answer_ = client.send("POST", "/fault/html/9", json={})

    assert answer_.attempts == 1
    with pytest.raises(PartnerError, match="a page"):
        answer_.require()
    # Who asks for pages gets pages.
    page = client.send("GET", "/fault/html/9", headers={"Accept": "text/html"})
    assert page.require().attempts == 1
