"""A payload tried out: what it becomes, from where, what is left, and what the way back changes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import orjson
import pytest

from workbench.errors import InputError
from workbench.lab import try_payload, try_sample
from workbench.partners import Partner, load_partner
from workbench.settings import Settings

SETTINGS = Settings(root=Path(__file__).parents[2])


@pytest.fixture(scope="module")
def tavola() -> Partner:
    """A partner folder of this repository."""
    return load_partner("tavola", SETTINGS)


@pytest.fixture
def order(tavola: Partner) -> Any:
    """One of its orders, to be changed freely."""
    return copy.deepcopy(tavola.samples("order-read")[0].payload)


def test_every_value_says_where_it_comes_from(tavola: Partner, order: Any) -> None:
    """Leaves only, with both values side by side."""
    fields = try_payload(tavola, "order", order).fields.set_index("Our field")
    assert fields.loc["ids.partner_id", "Their path"] == "/id"
    assert fields.loc["ids.partner_id", "Our value"] == order["id"]
    assert fields.loc["status", "Their value"] == order["status"]
    assert "ids" not in fields.index
    assert "lines" not in fields.index


def test_what_no_rule_reads_is_told(tavola: Partner, order: Any) -> None:
    """A value that is new in their payload is named, and so is a field of ours without value."""
    order["loyalty"] = {"points": 7}
    del order["customer"]
    left = try_payload(tavola, "order", order).left
    assert ("not read", "/loyalty/points") in set(left.itertuples(index=False, name=None))
    assert ("left empty", "customer") in set(left.itertuples(index=False, name=None))


def test_a_broken_invariant_is_told(tavola: Partner, order: Any) -> None:
    """Totals that do not add up are shown with the rule that they break."""
    order["totals"]["total"] += 1
    broken = try_payload(tavola, "order", order).broken
    assert list(broken["Rule"]) != []
    assert all(rule.startswith("INV") for rule in broken["Rule"])


def test_the_way_back_is_compared(tavola: Partner, order: Any) -> None:
    """What we would send differs where the mapping loses something, and nowhere else."""
    order["loyalty"] = {"points": 7}
    changed = try_payload(tavola, "order", order).changed
    assert list(changed["Their path"]) == ["/loyalty"]


def test_what_does_not_fit_is_told_and_not_raised(tavola: Partner, order: Any) -> None:
    """The first value that stands in the way is named, in text and in HTML, safely."""
    order["placed_at"] = "<b>yesterday</b>"
    trial = try_payload(tavola, "order", order)
    assert trial.result is None
    assert "/placed_at" in trial.trouble
    assert repr(trial).startswith("order: does not fit\n")
    shown = trial._repr_html_()
    assert "<b>" not in shown
    assert "&lt;b&gt;yesterday" in shown


def test_a_hostile_payload_is_escaped_everywhere(tavola: Partner, order: Any) -> None:
    """Whatever they write, in keys and in values, is text on the page."""
    order["code"] = "<script>alert(1)</script>"
    order["<img src=x onerror=alert(1)>"] = 1
    shown = try_payload(tavola, "order", order)._repr_html_()
    assert "<script" not in shown
    assert "<img" not in shown


def test_the_way_to_the_partner(tavola: Partner) -> None:
    """An entity becomes their payload; one that is none is told like any other misfit."""
    entity = {"order_id": "o-1", "status": "accepted"}
    trial = try_payload(tavola, "order-status", entity, to_partner=True)
    assert trial.result["status"] == "accepted"
    assert "does not fit" in repr(try_payload(tavola, "order-status", {}, to_partner=True))


@pytest.mark.parametrize("slug", ["tavola", "bocado", "mesa"])
def test_every_sample_of_ours_fits(slug: str) -> None:
    """Each mapping of a bound feature is tried with its first sample, in its own direction."""
    partner = load_partner(slug, SETTINGS)
    bound = {one.mapping for one in partner.manifest.features.values() if one.mapping}
    for mapping in sorted(bound):
        trial = try_sample(partner, mapping)
        assert not trial.trouble, mapping
        assert not trial.violations, mapping
        assert "fits" in trial._repr_html_()


def test_a_payload_from_a_file(tavola: Partner, order: Any, tmp_path: Path) -> None:
    """A path does as well as a label; what is neither, or no JSON, is an input error."""
    file = tmp_path / "order.json"
    file.write_bytes(orjson.dumps(order))
    assert try_sample(tavola, "order", str(file)).result["ids"]["partner_id"] == order["id"]
    label = tavola.samples("order-read")[-1].label
    assert not try_sample(tavola, "order", label).trouble
    file.write_bytes(b"{")
    with pytest.raises(InputError, match="not JSON"):
        try_sample(tavola, "order", str(file))
    with pytest.raises(InputError, match="no sample nothing for order") as caught:
        try_sample(tavola, "order", "nothing")
    assert label in (caught.value.hint or "")
    with pytest.raises(InputError, match="no mapping 'odd'"):
        try_sample(tavola, "odd")
