"""The pure rules of processing: merge patches, and which status is older."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.canonical.order import OrderStatusUpdate
from workbench.canonical.status import OrderStatus, find_route, is_legal
from workbench.receiver.process import ProcessedEvent, is_stale, merge

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner) | st.lists(inner, max_size=2),
    max_leaves=8,
)
STATUSES = st.sampled_from(list(OrderStatus))


def told(status: OrderStatus, at: datetime | None = None) -> ProcessedEvent:
    """A status update as the mapping gives it."""
    update = OrderStatusUpdate(order_id="o", status=status, at=at)
    body = update.model_dump_json().encode()
    return ProcessedEvent(body, status, "order-status", "o", at, None, "m")


@given(JSON, JSON)
@settings(max_examples=100)
def test_a_merge_patch_is_idempotent(before: Any, change: Any) -> None:
    """Applied twice, a change is as applied once; without a change all stays."""
    once = merge(before, change)
    assert merge(once, change) == once
    if isinstance(before, dict):
        assert merge(before, {}) == before


def test_the_examples_of_the_standard() -> None:
    """Cases of RFC 7396, appendix A."""
    for before, change, after in (
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": "foo"}, None, None),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ):
        assert merge(before, change) == after


@given(STATUSES, STATUSES)
def test_without_times_no_step_forward_is_stale(known: OrderStatus, new: OrderStatus) -> None:
    """What may legally follow is news; of two different statuses at most one is the older."""
    if is_legal(known, new):
        assert not is_stale(known, None, told(new))
    if find_route(new, known):
        assert is_stale(known, None, told(new))
    assert not (is_stale(known, None, told(new)) and is_stale(new, None, told(known)))


@given(STATUSES, STATUSES, st.integers(-60, 60))
def test_with_times_the_earlier_is_stale(known: OrderStatus, new: OrderStatus, by: int) -> None:
    """The partner's own times decide, whatever the statuses are."""
    later = told(new, NOON + timedelta(minutes=by))
    if by:
        assert is_stale(known, NOON, later) == (by < 0)


@given(STATUSES, STATUSES)
def test_at_one_instant_the_way_of_a_status_decides(known: OrderStatus, new: OrderStatus) -> None:
    """Times that are the same tell nothing, so it is as without times."""
    untimed = is_stale(known, None, told(new))
    assert is_stale(known, NOON, told(new, NOON)) == untimed


def test_a_status_that_nobody_knows_is_never_stale() -> None:
    """An unknown value is kept and handed over: we cannot say what it follows."""
    assert not is_stale("placed", None, told(OrderStatus("sung")))
    assert not is_stale("sung", None, told(OrderStatus.PLACED))
