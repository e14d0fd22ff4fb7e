"""Guests and riders stay unknown to those who read a report."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.mapping.loading import compile_mappings
from workbench.model.evidence import Evidence
from workbench.partners import Partner, load_partner
from workbench.reporting.personal import EXCHANGE, find_personal, find_tails, mask_personal
from workbench.settings import load_settings
from workbench.store import RunFolder, read_log

from .conftest import Build

ROOT = Path(__file__).parents[2]
GUEST = {"Nombre": "Íñigo Ruiz", "Telefono": "+34 600 123 987"}


@pytest.fixture
def partner() -> Partner:
    """A partner of the repository, whose mapping says where names and phones are."""
    return load_partner("bocado", load_settings())


def record(folder: RunFolder, *bodies: object) -> None:
    """A HAR in which these bodies were answered."""
    entries = [
        {"request": {}, "response": {"content": {"text": json.dumps(body)}}} for body in bodies
    ]
    har = {"log": {"entries": [*entries, {"response": {"content": {"text": "no json"}}}]}}
    (folder.path / EXCHANGE).write_text(json.dumps(har), "utf-8")


def test_the_mapping_says_where_personal_data_is(partner: Partner) -> None:
    """Names and phones are found by their paths, also through a mapping that others use."""
    assert ("Cliente", "Telefono") in find_tails(partner)
    nested = find_tails(load_partner("tavola", load_settings()))
    assert {("customer", "phone"), ("guest", "email")} <= nested


PERSON = {
    "name": {"from": "$.label", "one-way": "in"},
    "phone": {"from": "$.reach.line", "one-way": "out"},
}
HELD = {("party", "label"), ("reach", "line")}
BRANCHES = {"private": {"use": "diner"}, "*": {"fields": {"email": "$.post"}}}


@pytest.mark.parametrize(
    ("rule", "tails"),
    [
        ({"from": "$.party", "use": "diner"}, HELD),
        ({"from": "$.party", "use": "diner", "one-way": "in"}, HELD),
        ({"from": "$.party", "use": "diner", "one-way": "out"}, HELD),
        ({"from": "$.party", "use": "diner", "nulls": "keep"}, HELD),
        (
            {"from": "$.party", "case": "$.kind", "when": BRANCHES, "one-way": "in"},
            HELD | {("party", "post")},
        ),
        ({"from": "$.a.party", "fields": {"name": "$.b.c.label"}}, {("c", "label")}),
        (
            {
                "from": "$.party",
                "fields": {"name": {"join": ["$.first", "$.last"], "split": "last"}},
            },
            {("party", "first"), ("party", "last")},
        ),
    ],
)
def test_every_way_to_map_a_person_is_followed(
    partner: Partner, rule: dict[str, Any], tails: set[tuple[str, ...]]
) -> None:
    """Through used mappings, branches, nested rules and joined texts, in either direction."""
    assert find_tails(_map_order(partner, {"customer": rule})) >= tails


def test_a_list_and_an_indexed_line_are_followed(partner: Partner) -> None:
    """Lines of an address are personal as a list and one by one, wherever the address is."""
    each = {"delivery.address.lines": {"each": "$.to.rows", "as": "string"}}
    assert ("to", "rows") in find_tails(_map_order(partner, each))
    one = {"customer.billing_address.lines.0": {"from": "$.bill.row", "one-way": "in"}}
    assert ("bill", "row") in find_tails(_map_order(partner, one))


def test_other_names_are_not_personal(partner: Partner) -> None:
    """The name of a person stands only where a person is mapped."""
    rules = {"customer": {"from": "$.party", "use": "diner"}}
    assert not any("id" in tail for tail in find_tails(_map_order(partner, rules)))
    assert ("label",) not in find_tails(_map_order(partner, rules))


def _map_order(partner: Partner, rules: dict[str, Any]) -> Partner:
    data = {
        "mappings": {
            "diner": {"into": "Customer", "fields": PERSON},
            "order": {"into": "Order", "fields": {"ids.partner_id": "$.id", **rules}},
        }
    }
    made = compile_mappings(data, "mapping.yaml", timezone="Europe/Madrid", currency="EUR")
    return replace(partner, translators=made)


def test_values_of_samples_and_traffic_are_found(partner: Partner, run: RunFolder) -> None:
    """What the partner answered live is found beside what stands in the samples."""
    record(run, {"Pedidos": [{"Cliente": GUEST}]}, {"Cliente": {"Nombre": "0"}}, [])
    found = find_personal(run, partner)
    assert {*GUEST.values()} < {*found}
    assert "0" not in found
    assert len(found) > len(GUEST)


def test_masking_reaches_every_file_and_spelling(build_run: Build) -> None:
    """Raw, in JSON, in JSON within JSON and in HTML; the log stays readable."""
    name = GUEST["Nombre"]
    line = Evidence(feature="order-read", source="samples", outcome="passed", summary=f"Of {name}")
    folder = build_run([line])
    texts = {
        "raw.md": name,
        "deep/one.json": json.dumps({"a": name}),
        "two.ipynb": json.dumps({"text": json.dumps({"a": name})}),
        "page.html": "<p>&#205;</p>" + name,
        "clean.txt": "nothing",
    }
    (folder.path / "deep").mkdir()
    for file, text in texts.items():
        (folder.path / file).write_text(text, "utf-8")
    changed = mask_personal(folder, [name])
    assert set(changed) == {*texts, "evidence.jsonl"} - {"clean.txt"}
    log = read_log(folder.log)
    assert log.is_complete
    assert log.evidence[0].summary == "Of [REDACTED]"
    for path in folder.path.rglob("*.*"):
        assert name not in path.read_text("utf-8")
        assert "u00cd" not in path.read_text("utf-8")
    assert mask_personal(folder, [name]) == []
    assert mask_personal(folder, []) == []


def test_an_incomplete_log_stays_incomplete(build_run: Build) -> None:
    """No footer is invented for a run that did not end."""
    line = Evidence(feature="order-read", source="samples", outcome="passed", summary="Íñigo Ruiz")
    folder = build_run([line], complete=False)
    assert mask_personal(folder, ["Íñigo Ruiz"]) == ["evidence.jsonl"]
    assert not read_log(folder.log).is_complete


def test_a_partner_without_mapping_has_nothing_to_find(run: RunFolder, tmp_path: Path) -> None:
    """Without a mapping nobody knows where a name is, and nothing is masked."""
    folder = tmp_path / "contracts" / "bocado"
    shutil.copytree(ROOT / "contracts" / "bocado", folder, ignore=shutil.ignore_patterns("samples"))
    settings = load_settings().model_copy(update={"contracts": tmp_path / "contracts"})
    partner = load_partner("bocado", settings)
    assert find_personal(run, partner) == []
