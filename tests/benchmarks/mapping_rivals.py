"""The other ways to map the order of `mapping.py`; each builder gives functions in and out."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AliasPath, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from workbench.canonical.base import Money
from workbench.canonical.order import Order

Contender = Callable[[Any], Any]

TYPES = {"DELIVERY": "delivery", "PICK_UP": "collection"}
STATES = {"CREATED": "placed", "ACCEPTED": "accepted", "DENIED": "rejected"}
TYPES_BACK = {ours: theirs for theirs, ours in TYPES.items()}
STATES_BACK = {ours: theirs for theirs, ours in STATES.items()}
CHARGES = (("total", "total"), ("items", "sub_total"), ("tax", "tax"), ("fees", "fee"))


def hand_money(minor: int, currency: str) -> dict[str, Any]:
    """Minor units as the input of our amount."""
    return {"amount_minor": minor, "currency": currency}


Minor = Annotated[Money, BeforeValidator(lambda minor: hand_money(minor, "EUR"))]


class Aliased(BaseModel):
    """Base of the models that a partner would need if aliases were the mapping."""

    model_config = ConfigDict(frozen=True)


class AliasedTax(Aliased):
    rate_bp: int = Field(validation_alias="rate")


class AliasedLine(Aliased):
    id: str = Field(validation_alias="instance_id")
    name: str = Field(validation_alias="title")
    quantity: Decimal
    product_id: str = Field(validation_alias="id")
    external_code: str = Field(validation_alias="external_data")
    unit_price: Minor = Field(validation_alias=AliasPath("price", "unit_price"))
    line_total: Minor = Field(validation_alias=AliasPath("price", "total_price"))
    tax: tuple[AliasedTax, ...] = Field(validation_alias="taxes")
    note: str | None = Field(default=None, validation_alias="special_instructions")
    children: tuple[AliasedLine, ...] = Field(default=(), validation_alias="selected")


class AliasedOrder(Aliased):
    partner_id: str = Field(validation_alias="id")
    display_code: str = Field(validation_alias="display_id")
    restaurant_id: str = Field(validation_alias=AliasPath("store", "id"))
    order_type: Annotated[str, BeforeValidator(TYPES.__getitem__)] = Field(validation_alias="type")
    status: Annotated[str, BeforeValidator(STATES.__getitem__)] = Field(
        validation_alias="current_state"
    )
    placed_at: AwareDatetime
    due_at: AwareDatetime = Field(validation_alias="estimated_ready_at")
    currency: str = Field(validation_alias=AliasPath("payment", "currency"))
    total: Minor = Field(validation_alias=AliasPath("payment", "charges", "total"))
    items: Minor = Field(validation_alias=AliasPath("payment", "charges", "sub_total"))
    tax: Minor = Field(validation_alias=AliasPath("payment", "charges", "tax"))
    fees: Minor = Field(validation_alias=AliasPath("payment", "charges", "fee"))
    name: str = Field(validation_alias=AliasPath("eater", "name"))
    phone: str = Field(validation_alias=AliasPath("eater", "phone"))
    email: str = Field(validation_alias=AliasPath("eater", "email"))
    address: dict[str, Any] = Field(validation_alias="drop")
    lines: tuple[AliasedLine, ...] = Field(validation_alias=AliasPath("cart", "items"))


def build_glom() -> tuple[Contender, Contender]:
    """Glom specs, both ways; recursion by reference."""
    glom = importlib.import_module("glom")
    skip, ref, t = glom.SKIP, glom.Ref, glom.T

    def cents(path: str) -> Any:
        return {"amount_minor": path, "currency": lambda _: "EUR"}

    line = ref("line", {
        "id": "instance_id", "name": "title", "quantity": "quantity",
        "ref": {"product_id": "id", "external_code": "external_data"},
        "unit_price": cents("price.unit_price"), "line_total": cents("price.total_price"),
        "tax": ("taxes", [{"rate_bp": "rate"}]),
        "note": glom.Coalesce("special_instructions", default=skip),
        "children": glom.Coalesce(("selected", [ref("line")]), default=skip),
    })  # fmt: skip
    order = {
        "ids": {"partner_id": "id", "display_code": "display_id"}, "restaurant_id": "store.id",
        "order_type": ("type", TYPES.__getitem__), "status": ("current_state", STATES.__getitem__),
        "placed_at": "placed_at", "timing": {"due_at": "estimated_ready_at"},
        "currency": "payment.currency",
        "totals": {ours: cents(f"payment.charges.{theirs}") for ours, theirs in CHARGES},
        "customer": {name: f"eater.{name}" for name in ("name", "phone", "email")},
        "delivery": {"address": ("drop", {"lines": "lines", "city": "city", "postcode": "postcode",
                                          "latitude": "lat", "longitude": "lng"})},
        "notes": ("instructions", [{"text": "text"}]),
        "lines": ("cart.items", [line]),
    }  # fmt: skip
    back_line = ref("line", {
        "instance_id": "id", "id": "ref.product_id", "external_data": "ref.external_code",
        "title": "name", "quantity": ("quantity", int),
        "price": {"unit_price": "unit_price.amount_minor",
                  "total_price": "line_total.amount_minor"},
        "taxes": ("tax", [{"rate": "rate_bp"}]),
        "special_instructions": glom.Coalesce("note", default=skip, skip=None),
        "selected": glom.Coalesce(("children", [ref("line")]), default=skip, skip=[]),
    })  # fmt: skip
    back = {
        "id": "ids.partner_id", "display_id": "ids.display_code",
        "store": {"id": "restaurant_id"}, "type": ("order_type", TYPES_BACK.__getitem__),
        "current_state": ("status", STATES_BACK.__getitem__),
        "placed_at": ("placed_at", datetime.isoformat),
        "estimated_ready_at": ("timing.due_at", datetime.isoformat),
        "payment": {"currency": "currency", "charges": {
            theirs: f"totals.{ours}.amount_minor" for ours, theirs in CHARGES}},
        "eater": {name: f"customer.{name}" for name in ("name", "phone", "email")},
        "drop": ("delivery.address", {
            "lines": (t.lines, list), "city": "city", "postcode": "postcode",
            "lat": "latitude", "lng": "longitude"}),
        "instructions": ("notes", [{"text": "text"}]),
        "cart": {"items": ("lines", [back_line])},
    }  # fmt: skip
    return (
        lambda payload: Order.model_validate(glom.glom(payload, order)),
        lambda entity: glom.glom(entity, back),
    )


def build_jmespath() -> tuple[Contender, None]:
    """JMESPath, two levels deep, words and dates untouched; not validated."""
    jmespath = importlib.import_module("jmespath")
    one = (
        "id: instance_id, name: title, quantity: quantity, product_id: id, code: external_data, "
        "unit_price: price.unit_price, line_total: price.total_price, tax: taxes[].rate, "
        "note: special_instructions"
    )
    query = jmespath.compile(
        "{id: id, code: display_id, restaurant: store.id, type: type, status: current_state, "
        "placed_at: placed_at, due_at: estimated_ready_at, payment: payment, eater: eater, "
        f"drop: drop, notes: instructions[].text, lines: cart.items[].{{{one}, "
        f"children: selected[].{{{one}, children: selected[].{{{one}}}}}}}}}"
    )
    return query.search, None


def build_jsonata() -> tuple[Contender, Contender]:
    """JSONata in Python, both ways, with a recursive function for lines."""
    jsonata = importlib.import_module("jsonata").Jsonata
    types, states = json.dumps(TYPES), json.dumps(STATES)
    types_back, states_back = json.dumps(TYPES_BACK), json.dumps(STATES_BACK)
    totals = ", ".join(f'"{ours}": $m(payment.charges.{theirs})' for ours, theirs in CHARGES)
    charges = ", ".join(f'"{theirs}": totals.{ours}.amount_minor' for ours, theirs in CHARGES)
    inward = jsonata(f"""(
      $types := {types}; $states := {states};
      $m := function($v) {{ {{"amount_minor": $v, "currency": "EUR"}} }};
      $line := function($i) {{ {{
        "id": $i.instance_id, "name": $i.title, "quantity": $i.quantity,
        "ref": {{"product_id": $i.id, "external_code": $i.external_data}},
        "unit_price": $m($i.price.unit_price), "line_total": $m($i.price.total_price),
        "tax": [$i.taxes.{{"rate_bp": rate}}], "note": $i.special_instructions,
        "children": [$map($i.selected, function($c) {{ $line($c) }})] }} }};
      {{ "ids": {{"partner_id": id, "display_code": display_id}}, "restaurant_id": store.id,
        "order_type": $lookup($types, type), "status": $lookup($states, current_state),
        "placed_at": placed_at, "timing": {{"due_at": estimated_ready_at}},
        "currency": payment.currency, "totals": {{ {totals} }},
        "customer": {{"name": eater.name, "phone": eater.phone, "email": eater.email}},
        "delivery": {{"address": {{"lines": drop.lines, "city": drop.city,
          "postcode": drop.postcode, "latitude": drop.lat, "longitude": drop.lng}}}},
        "notes": [instructions.{{"text": text}}],
        "lines": [$map(cart.items, function($i) {{ $line($i) }})] }} )""")
    outward = jsonata(f"""(
      $types := {types_back}; $states := {states_back};
      $line := function($i) {{ {{
        "instance_id": $i.id, "id": $i.ref.product_id, "external_data": $i.ref.external_code,
        "title": $i.name, "quantity": $number($i.quantity),
        "price": {{"unit_price": $i.unit_price.amount_minor,
                   "total_price": $i.line_total.amount_minor}},
        "taxes": [$i.tax.{{"rate": rate_bp}}], "special_instructions": $i.note,
        "selected": $count($i.children) > 0
          ? [$map($i.children, function($c) {{ $line($c) }})] }} }};
      {{ "id": ids.partner_id, "display_id": ids.display_code, "store": {{"id": restaurant_id}},
        "type": $lookup($types, order_type), "current_state": $lookup($states, status),
        "placed_at": placed_at, "estimated_ready_at": timing.due_at,
        "payment": {{"currency": currency, "charges": {{ {charges} }}}},
        "eater": customer, "drop": {{"lines": delivery.address.lines,
          "city": delivery.address.city, "postcode": delivery.address.postcode,
          "lat": delivery.address.latitude, "lng": delivery.address.longitude}},
        "instructions": [notes.{{"text": text}}],
        "cart": {{"items": [$map(lines, function($i) {{ $line($i) }})]}} }} )""")
    return (
        lambda payload: Order.model_validate(inward.evaluate(payload)),
        lambda entity: outward.evaluate(entity.model_dump(mode="json", exclude_unset=True)),
    )
