"""Laws are held against a partner as far as it has words for what they are about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.canonical import Order
from workbench.evidence.laws import broken_laws
from workbench.mapping import Translator, load_mappings
from workbench.model import Severity

_FIELDS = """
mappings:
  order:
    into: Order
    fields:
      ids.partner_id: $.no
      order_type: {value: delivery}
      placed_at: {from: $.at, as: instant}
      currency: {value: EUR}
      totals.total: {from: $.sum, as: minor}
      status: {from: $.state, enum: ENUM}
      status_history:
        each: $.steps
        fields: {status: {from: $.state, enum: ENUM}, at: {from: $.at, as: instant}}
MORE"""
_COARSE = "{new: placed, cooking: preparing, out: in-delivery, off: cancelled}"
_FINE = "{new: placed, taken: accepted, cooking: preparing, out: in-delivery, off: cancelled}"
_NOON = "2026-11-30T12:00:00Z"


@pytest.fixture
def reader(tmp_path: Path) -> Callable[..., Translator]:
    """Makes a mapping with a table of statuses, and further rules."""

    def make(enum: str, more: str = "") -> Translator:
        path = tmp_path / "mapping.yaml"
        path.write_text(_FIELDS.replace("ENUM", enum).replace("MORE", more), "utf-8")
        return load_mappings(path, timezone="Europe/Madrid", currency="EUR")["order"]

    return make


def _judge(translator: Translator, **payload: object) -> dict[str, Severity]:
    given = {"no": "o-1", "at": _NOON, "sum": 1, "state": "cooking", "steps": [], **payload}
    order = translator.translate(given).value
    assert isinstance(order, Order)
    return {facts["slug"]: facts["severity"] for facts in broken_laws(order, translator)}


def test_a_status_without_a_word_of_theirs_may_be_passed_over(
    reader: Callable[..., Translator],
) -> None:
    """From new to cooking is one step where nothing is called accepted, and a leap where it is."""
    steps = [{"state": "new", "at": _NOON}, {"state": "cooking", "at": _NOON}]
    assert "inv-l1" not in _judge(reader(_COARSE), steps=steps)
    assert _judge(reader(_FINE), steps=steps)["inv-l1"] is Severity.HIGH
    back = [{"state": "out", "at": _NOON}, {"state": "cooking", "at": _NOON}]
    assert _judge(reader(_COARSE), steps=back)["inv-l1"] is Severity.HIGH


def test_what_a_mapping_never_fills_limits_and_does_not_break(
    reader: Callable[..., Translator],
) -> None:
    """No field for an address or a reason is a gap of the API; an empty one is a fault."""
    bare = _judge(reader(_COARSE), state="off")
    assert bare == {"inv-o1": Severity.MEDIUM, "inv-l6": Severity.MEDIUM}
    more = "      cancellation.code: $.why\n      delivery.address.city: $.town\n"
    told = _judge(reader(_COARSE, more), state="off")
    assert told["inv-l6"] is Severity.HIGH
