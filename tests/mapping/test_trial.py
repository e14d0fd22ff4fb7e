"""What the way there and back shows of a payload: broken laws, losses, and what is declared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbench.mapping import Translator, load_mappings, try_payload

_ORDER = """mappings:
  order:
    into: Order
    fields:
      ids.partner_id: {from: $.id, as: string}
      order_type: {value: collection}
      status: {from: $.state, enum: {NEW: placed, OLD: placed}, back: {placed: NEW}}
      placed_at: {from: $.at, as: instant}
      currency: {value: EUR}
      totals.total: {from: $.total, as: minor}
      tips: {each: $.tips, fields: {amount: {from: $.cents, as: minor}}}
      customer.phone: {from: $.phone, as: phone, prefix: "+44", style: national}
      group_id: {from: $.shown, one-way: in}
    ignore: [{path: $.links.self, why: an address of theirs}]
"""
_HOURS = """mappings:
  hours:
    into: Availability
    fields:
      restaurant_id: {value: r}
      timezone: {value: Europe/London}
      schedules.0.ranges:
        each: $.week
        key: {day: {as: weekday, names: [mon, tue, wed, thu, fri, sat, sun]}}
        inner: $
        closed: omit
        fields: {start: {from: $.from, as: time}, end: {from: $.to, as: time}}
"""
_PAYLOAD: dict[str, Any] = {
    "id": 7,
    "state": "NEW",
    "at": "2026-11-30T12:00:00Z",
    "total": 900,
    "tips": [],
}


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> Translator:
    """A mapping with rules that cannot be undone, each said to be so."""
    path = tmp_path_factory.mktemp("trial") / "mapping.yaml"
    path.write_text(_ORDER, "utf-8")
    return load_mappings(path, timezone="Europe/London", currency="EUR")["order"]


def test_what_nobody_reads_is_a_change_and_no_loss(translator: Translator) -> None:
    """A leaf without a rule is told as unread, and what goes back shows that it is missing."""
    tried = try_payload(translator, {**_PAYLOAD, "strange": 1})
    assert tried.coverage.unread == ("/strange",)
    assert [change[0] for change in tried.changes] == ["/strange"]
    assert tried.losses == ()


def test_a_closed_day_that_does_not_come_back_is_a_loss(tmp_path: Path) -> None:
    """A day that the partner says to be closed, and that we would no longer mention."""
    path = tmp_path / "mapping.yaml"
    path.write_text(_HOURS, "utf-8")
    hours = load_mappings(path, timezone="Europe/London", currency="EUR")["hours"]
    tried = try_payload(hours, {"week": {"mon": [{"from": "10:00", "to": "20:00"}], "tue": []}})
    assert tried.error is None
    assert [change[0] for change in tried.losses] == ["/week/tue"]


@pytest.mark.parametrize(
    "more",
    [{"state": "OLD"}, {"shown": "A-1"}, {"links": {"self": "x"}}, {"phone": "07700 900000"}],
    ids=["back", "one-way", "ignore", "spelling"],
)
def test_what_is_declared_or_spelt_otherwise_is_no_loss(
    translator: Translator, more: dict[str, Any]
) -> None:
    """`back`, `one-way`, `ignore` and another spelling of one value lose nothing unsaid."""
    tried = try_payload(translator, {**_PAYLOAD, "id": "7", **more})
    assert tried.error is None
    assert tried.losses == ()


def test_broken_laws_and_misfits_are_told(translator: Translator) -> None:
    """A negative tip breaks a law; a date without a clock does not fit, with its place."""
    broken = try_payload(translator, {**_PAYLOAD, "tips": [{"cents": -100}]})
    assert [one.code for one in broken.violations] == ["INV-M8"]
    misfit = try_payload(translator, {**_PAYLOAD, "at": "2026-11-30"})
    assert misfit.error is not None
    assert misfit.error.path == "/at"


def test_a_canonical_entity_is_checked_in_plain_words(translator: Translator) -> None:
    """An entity that somebody wrote by hand, with a slip: the place, in plain words."""
    tried = try_payload(translator, {"order_type": "collection", "status": 5}, to_partner=True)
    assert tried.error is not None
    assert "takes text" in tried.error.message or "is missing" in tried.error.message
    assert "Input should" not in str(tried.error)
