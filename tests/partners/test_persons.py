"""The mappings say where a partner's payloads hold personal data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from workbench.mapping.loading import compile_mappings
from workbench.partners import Partner, load_partner
from workbench.partners.custody import find_tails, open_persons
from workbench.settings import load_settings


@pytest.fixture
def partner() -> Partner:
    """A partner of the repository, whose mapping says where names and phones are."""
    return load_partner("bocado", load_settings())


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


def test_samples_tell_who_is_meant(partner: Partner) -> None:
    """What stands in the samples at mapped places is masked wherever it is quoted."""
    persons = open_persons(partner)
    assert persons.count
    guest = next(value for value in sorted(persons._values) if persons.is_telling(value))
    assert persons.text(f"Seen: {guest}.") == "Seen: [REDACTED]."


def test_words_of_documents_and_evidence_are_ordinary(partner: Partner) -> None:
    """A guest who is called as a status, a field or a word of the documents harms no text."""
    persons = open_persons(partner)
    for word in ("failed", "outcome", "Test", "Pedido", "Order Status", "Passed"):
        persons.add(word)
        assert persons.text(f"The {word}: it {word}.") == f"The {word}: it {word}."


def test_places_decide_in_bodies(partner: Partner) -> None:
    """At a mapped place any value goes, even `failed`; elsewhere the same word stays."""
    persons = open_persons(partner)
    body = {"Cliente": {"Nombre": "failed", "Telefono": ""}, "Estado": "failed", "failed": 1}
    masked = json.loads(persons.text(json.dumps(body)))
    assert masked == body | {"Cliente": {"Nombre": "[REDACTED]", "Telefono": "[REDACTED]"}}
