"""A mapping suggestion as YAML."""

from collections.abc import Callable
from pathlib import Path

from workbench.canonical import Order, OrderStatus, Reservation
from workbench.mapping import load_mappings
from workbench.model.description import ApiDescription
from workbench.suggest import draft_mapping

Read = Callable[..., ApiDescription]

FIELDS = {
    "id": "string",
    "type": ("pickup", "delivery"),
    "status": ("new", "in kitchen", "cancelled", "voided"),
    "created_at": "string",
    "currency": "string",
    "total": "integer",
    "odd name's": "string",
    "items": [{"name": "string", "quantity": "integer", "price": "integer"}],
}
SAMPLE = {
    "id": "77",
    "type": "pickup",
    "status": "in kitchen",
    "created_at": "2025-03-01T20:15:00Z",
    "currency": "EUR",
    "total": 1250,
    "items": [{"name": "Paella", "quantity": 1, "price": 1250}],
}


def test_draft_loads_and_translates(read: Read, tmp_path: Path) -> None:
    """What is drafted can be used as it is, for what was found."""
    described = read({"GET /orders/{id}": {"answer": FIELDS}})
    text = draft_mapping(described, described.operations[0], Order, [SAMPLE])
    file = tmp_path / "mapping.yaml"
    file.write_text(text, encoding="utf-8")
    translator = load_mappings(file, timezone="Europe/Madrid", currency="EUR")["order"]
    order = translator.translate(SAMPLE).value
    assert isinstance(order, Order)
    assert order.status is OrderStatus.PREPARING
    assert order.totals.total.amount_minor == 1250
    assert [line.name for line in order.lines] == ["Paella"]


def test_what_is_not_sure_is_a_comment(read: Read) -> None:
    """Required fields that nothing was found for are named, and not invented."""
    described = read({"GET /orders/{id}": {"answer": {"id": "string", "status": ("new", "ready")}}})
    text = draft_mapping(described, described.operations[0], Order, name="their-order")
    lines = text.splitlines()
    assert "  their-order:" in lines
    assert "      # totals.total: ?  # required, and nothing sure was found" in lines
    assert any(
        line.startswith("      status: {from: $.status, enum: {new: placed") for line in lines
    )


def test_draft_without_any_pair_says_so(read: Read) -> None:
    """Where nothing fits, the draft has no rule and tells it."""
    described = read({"GET /health": {"answer": {"uptime": "integer"}}})
    text = draft_mapping(described, described.operations[0], Reservation)
    assert "nothing was found" in text
