from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from workbench.mapping import Translator, load_mappings

Compile = Callable[..., dict[str, Translator]]


@pytest.fixture(scope="session")
def compile_text(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Compiles the text of a mapping file, each text once."""

    @cache
    def compile_text(
        text: str, *, timezone: str = "Europe/Madrid", currency: str = "EUR"
    ) -> dict[str, Translator]:
        path: Path = tmp_path_factory.mktemp("mapping") / "mapping.yaml"
        path.write_text(text, encoding="utf-8")
        return load_mappings(path, timezone=timezone, currency=currency)

    return compile_text


ORDER = """
mappings:
  order:
    into: Order
    currency: $.payment.currency
    constants: {"$.channel": app}
    fields:
      ids.partner_id: $.id
      ids.display_code: $.code
      order_type: {from: $.kind, enum: {DELIVERY: delivery, PICKUP: collection}}
      status:
        from: $.state
        enum: {NEW: placed, OK: accepted, OK_LATE: accepted}
        back: {accepted: OK, ready: DONE}
      raw_status: {from: $.state, one-way: in}
      placed_at: {from: $.created_at, as: instant}
      currency: $.payment.currency
      totals.total: {from: $.payment.total, as: minor}
      totals.tax: {from: $.payment.tax, as: minor}
      customer.name: $.eater.name
      customer.phone: $.eater.phone
      notes.0.kind: {value: kitchen}
      notes.0.text: $.comment
      delivery:
        from: $.drop
        fields: {address.city: $.city, address.lines.0: $.street, address.latitude: $.at.lat}
      party_size: {from: $.covers, default: 2}
      lines: {each: $.cart.items, use: line}
    ignore: [{path: "$.cart.items[*].plu", why: kitchen printer}]
    unfilled: [{field: table, why: no dine-in}]
  line:
    into: OrderLine
    fields:
      id: {from: $.uid, as: integer}
      name: $.title
      quantity: $.qty
      unit_price: {from: $.price, as: minor}
      tax.0.rate_bp: {from: $.vat, as: percent}
      note: {from: $.remark, default: ""}
      children: {each: $.modifiers, use: line}
"""


@pytest.fixture(scope="session")
def order(compile_text: Compile) -> Translator:
    """A snake_case order in minor units with nested modifiers."""
    return compile_text(ORDER)["order"]


@pytest.fixture
def payload() -> dict[str, object]:
    """An order that fills every rule."""
    onion = {"uid": 3, "title": "Onion", "qty": 1, "price": 50, "vat": 10, "remark": "thin"}
    side = {"uid": 2, "title": "Salad", "qty": 1, "price": 250, "vat": 10, "remark": ""}
    dish = {"uid": 1, "title": "Pie", "qty": 2, "price": 1050, "vat": 5.5, "remark": "hot"}
    return {
        "channel": "app",
        "id": "o-1",
        "code": "A7",
        "kind": "DELIVERY",
        "state": "NEW",
        "created_at": "2026-11-23T12:30:00Z",
        "payment": {"currency": "EUR", "total": 2700, "tax": 245},
        "eater": {"name": "Ada", "phone": "600"},
        "comment": "ring twice",
        "drop": {"city": "Vigo", "street": "Calle 1", "at": {"lat": 42.2}},
        "covers": 3,
        "cart": {
            "items": [
                {**dish, "modifiers": [{**side, "modifiers": [{**onion, "modifiers": []}]}]},
            ]
        },
    }
