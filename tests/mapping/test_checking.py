from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workbench.errors import MappingError
from workbench.mapping import Translator, check_mapping, check_required
from workbench.model.description import ApiDescription
from workbench.model.evidence import Severity

Compile = Callable[..., dict[str, Translator]]

MAPPING = """
mappings:
  order:
    into: Order
    currency: $.money.currency
    constants: {"$.source": us}
    fields:
      ids.partner_id: $.id
      order_type: {from: $.type, enum: {D: delivery, P: collection, X: inside}}
      status: {from: $.state, enum: {10: placed, 20: accepted}}
      placed_at: {from: $.at, as: instant}
      currency: {value: EUR}
      totals.total: {from: $.money.total, as: minor}
      customer.name: {join: [$.first, $.last], split: first}
      party_size: $.covers
      delivery:
        from: $.drop
        fields: {address.lines: $.street, eta_dropoff: {from: $.eta, as: epoch-s}}
      lines: {each: $.items, use: line}
      fees: {each: $.fees, key: kind, fields: {amount: {from: $.amount, as: decimal}}}
  line:
    into: OrderLine
    fields:
      name: $.name
      quantity: $.qty
      unit_price: {from: $.price, as: amount-currency}
      children: {each: $.groups, inner: $.options, group: {group_id: $.id}, use: line}
"""


def build(**changes: Any) -> dict[str, Any]:
    """A document whose order fits the mapping, with some of its members changed."""
    text, whole = {"type": "string"}, {"type": "integer"}
    members = {
        "id": text,
        "source": text,
        "type": {"type": "string", "enum": ["D", "P", "X"]},
        "state": {"type": "integer", "enum": [10, 20]},
        "at": {"type": "string", "format": "date-time"},
        "money": {"type": "object", "properties": {"currency": text, "total": whole}},
        "first": text,
        "last": text,
        "covers": {"type": ["integer", "null"]},
        "drop": {
            "oneOf": [
                {"type": "null"},
                {
                    "type": "object",
                    "properties": {"street": {"type": "array", "items": text}, "eta": whole},
                },
            ]
        },
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
        "fees": {
            "type": "object",
            "additionalProperties": {"properties": {"amount": {"type": "number"}}},
        },
    }
    group = {
        "type": "object",
        "properties": {
            "id": text,
            "options": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
        },
    }
    line = {"name": text, "qty": {"type": "number"}, "price": text}
    line["groups"] = {"type": "array", "items": group}
    schemas = {
        "Order": {"allOf": [{"type": "object", "properties": {**members, **changes}}]},
        "Line": {"type": "object", "properties": line, "required": ["name"]},
    }
    return {"openapi": "3.1.0", "components": {"schemas": schemas}}


def check(
    compile_text: Compile, document: dict[str, Any], **options: Any
) -> list[tuple[str, str | None, str]]:
    """Kind, place and text of what is found."""
    description = ApiDescription(bundles={"api.yaml": document})
    schema = {"$ref": "#/components/schemas/Order"}
    order = compile_text(MAPPING)["order"]
    found = check_mapping(order, description, "api.yaml", schema, **options)
    return [(item.slug, item.pointer, item.summary) for item in found]


def test_mapping_that_fits(compile_text: Compile) -> None:
    """Nothing is found where paths, types and words agree, recursion and compositions included."""
    assert check(compile_text, build()) == []
    assert check(compile_text, build(), writes=True) == []


@pytest.mark.parametrize(
    ("rule", "lacking"),
    [
        ("      totals.total: {from: $.money.total, as: minor}\n", "no totals"),
        ("      status: {from: $.state, enum: {10: placed, 20: accepted}}\n", "no status"),
        ("      unit_price: {from: $.price, as: amount-currency}\n", "no unit_price"),
    ],
)
def test_required_fields_without_a_rule(compile_text: Compile, rule: str, lacking: str) -> None:
    """What our entity cannot be without is asked of the mapping, before any payload comes."""
    assert check_required(compile_text(MAPPING)["order"]) == []
    found = check_required(compile_text(MAPPING.replace(rule, ""))["order"])
    assert [item.slug for item in found] == ["mapping-field-unfilled"]
    assert lacking in found[0].summary


def test_a_part_without_its_required_field(compile_text: Compile) -> None:
    """A nested object of which only an optional field is filled cannot be built either."""
    text = MAPPING.replace("totals.total: {from", "totals.tax: {from")
    (found,) = check_required(compile_text(text)["order"])
    assert "no totals.total" in found.summary


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("changes", "slug", "place", "said"),
    [
        ({"id": {"type": "integer"}}, "type-mismatch", "order/fields/ids.partner_id", "integer"),
        ({"at": {"type": "number"}}, "type-mismatch", "order/fields/placed_at", "reads string"),
        (
            {"at": {"type": "string", "format": "date"}},
            "type-mismatch",
            "order/fields/placed_at",
            "which is no instant",
        ),
        ({"covers": {"type": "object"}}, "type-mismatch", "order/fields/party_size", "object"),
        ({"items": {"type": "object"}}, "type-mismatch", "order/fields/lines", "takes an array"),
        ({"drop": TEXT}, "type-mismatch", "order/fields/delivery", "takes an object"),
        ({"fees": {"type": "array"}}, "type-mismatch", "order/fields/fees", "takes an object"),
        (
            {"money": {"type": "object", "properties": {"totl": {"type": "integer"}}}},
            "path-undocumented",
            "order/fields/totals.total",
            "$.money has no documented member 'total'",
        ),
        (
            {"type": {"type": "string", "enum": ["D", "P", "X", "NEW"]}},
            "enum-incomplete",
            "order/fields/order_type",
            "lacks NEW",
        ),
        (
            {"state": {"type": "integer", "enum": [10]}},
            "enum-undocumented",
            "order/fields/status",
            "has 20",
        ),
        (
            {"items": {"type": "array", "items": {"type": "object", "properties": {"name": TEXT}}}},
            "path-undocumented",
            "line/fields/quantity",
            "$.items[*] has no documented member 'qty'",
        ),
    ],
)
def test_what_does_not_fit_is_located(
    compile_text: Compile, changes: dict[str, Any], slug: str, place: str, said: str
) -> None:
    """Each contradiction is one kind of finding at its rule."""
    found = check(compile_text, build(**changes))
    assert (f"mapping-{slug}", f"mapping.yaml#/mappings/{place}") in [item[:2] for item in found]
    assert any(said in item[2] for item in found)


def test_required_members_that_nothing_writes(compile_text: Compile) -> None:
    """What a body requires must be written by a rule or a constant, in lists and objects too."""
    document = build()
    schemas = document["components"]["schemas"]
    order = schemas["Order"]["allOf"][0]
    order["required"] = ["id", "source", "store", "money", "created"]
    order["properties"]["created"] = {"type": "string", "readOnly": True}
    order["properties"]["money"]["required"] = ["currency", "tip"]
    schemas["Line"]["required"] = ["name", "sku"]
    found = check(compile_text, document, writes=True)
    assert {item[0] for item in found} == {"mapping-required-unwritten"}
    said = " ".join(item[2] for item in found)
    assert "$.store is required" in said
    assert "$.money.tip is required" in said
    assert "$.items[*].sku is required" in said
    assert {item[1] for item in found} == {
        "mapping.yaml#/mappings/order",
        "mapping.yaml#/mappings/line",
    }
    assert check(compile_text, document) == []


def test_severity_tells_what_breaks(compile_text: Compile) -> None:
    """A missing required body member is high; an optional path that is only read is low."""
    document = build()
    order = document["components"]["schemas"]["Order"]["allOf"][0]
    order["required"] = ["store"]
    del order["properties"]["covers"]
    description = ApiDescription(bundles={"api.yaml": document})
    mapping = compile_text(MAPPING)["order"]
    schema = {"$ref": "#/components/schemas/Order"}
    outward = check_mapping(mapping, description, "api.yaml", schema, writes=True)
    assert [item.severity for item in outward] == [Severity.MEDIUM, Severity.HIGH]
    inward = check_mapping(mapping, description, "api.yaml", schema)
    assert [item.severity for item in inward] == [Severity.LOW]


def test_item_of_a_batch(compile_text: Compile) -> None:
    """With `at`, the mapping is checked against the items of an envelope."""
    document = build(id={"type": "integer"})
    envelope = {
        "type": "object",
        "properties": {
            "orders": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}
        },
    }
    description = ApiDescription(bundles={"a": document})
    mapping = compile_text(MAPPING)["order"]
    (finding,) = check_mapping(mapping, description, "a", envelope, at="$.orders[*]")
    assert "$.orders[*].id is documented as integer" in finding.summary
    with pytest.raises(MappingError, match="not a JSONPath"):
        check_mapping(mapping, description, "a", envelope, at="orders")


@pytest.mark.parametrize("schema", [{}, {"type": "object"}, {"$ref": "#/nowhere"}])
def test_silent_schema_gives_nothing(compile_text: Compile, schema: dict[str, Any]) -> None:
    """Where the document says nothing, the mapping cannot be wrong."""
    mapping = compile_text(MAPPING)["order"]
    assert check_mapping(mapping, ApiDescription(bundles={"a": {}}), "a", schema) == []
