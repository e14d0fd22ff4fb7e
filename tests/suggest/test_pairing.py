"""Which field of theirs is which of ours."""

from collections.abc import Callable
from typing import Any

import pytest

from workbench.canonical import (
    DeliveryLocation,
    Order,
    OrderStatusUpdate,
    Product,
    Reservation,
)
from workbench.model.description import ApiDescription
from workbench.suggest.pairing import ACCEPTED

from .field_list import FieldPair, list_fields

LIKELY = 0.6
Read = Callable[..., ApiDescription]

ENGLISH = {
    "id": "string",
    "status": ("NEW", "IN_KITCHEN", "READY_FOR_PICKUP", "CANCELLED"),
    "created_at": "string",
    "currency": "string",
    "total": "integer",
    "store_id": "string",
    "customer": {"id": "string", "name": "string", "phone_number": "string"},
    "items": [{"id": "string", "name": "string", "quantity": "integer", "price": "integer"}],
}
SPANISH = {
    "PedidoId": "string",
    "Estado": ("NUEVO", "EN_COCINA", "LISTO", "ANULADO"),
    "FechaPedido": "string",
    "Total": "string",
    "Cliente": {"Nombre": "string", "Telefono": "string"},
    "Lineas": [{"Nombre": "string", "Cantidad": "integer", "PrecioUnidad": "string"}],
}


def pairs(read: Read, fields: dict[str, Any], model: type, *samples: Any) -> dict[str, FieldPair]:
    """What is likely for the answer of a GET, by field."""
    described = read({"GET /things/{id}": {"answer": fields}})
    found = list_fields(described, described.operations[0], model, samples)
    return {item.field: item for item in found if item.confidence >= LIKELY}


def test_english_order(read: Read) -> None:
    """Names, types, values and places go together."""
    found = pairs(read, ENGLISH, Order)
    paths = {field: item.path for field, item in found.items()}
    assert paths == {
        "ids.partner_id": "$.id",
        "status": "$.status",
        "placed_at": "$.created_at",
        "currency": "$.currency",
        "totals.total": "$.total",
        "restaurant_id": "$.store_id",
        "customer.name": "$.customer.name",
        "customer.phone": "$.customer.phone_number",
        "customer.partner_id": "$.customer.id",
        "lines[].id": "$.items[*].id",
        "lines[].name": "$.items[*].name",
        "lines[].quantity": "$.items[*].quantity",
        "lines[].unit_price": "$.items[*].price",
    }
    assert found["totals.total"].converter == "minor"
    assert found["status"].options["enum"] == {
        "NEW": "placed",
        "IN_KITCHEN": "preparing",
        "READY_FOR_PICKUP": "ready",
        "CANCELLED": "cancelled",
    }


def test_spanish_order_with_samples(read: Read) -> None:
    """Other words, decimal text, and times without offset that only a sample shows."""
    sample = {"PedidoId": "7", "FechaPedido": "2025-03-01T20:15:00", "Total": "12.50"}
    found = pairs(read, SPANISH, Order, sample)
    assert found["placed_at"].path == "$.FechaPedido"
    assert found["placed_at"].converter == "local-datetime"
    assert found["totals.total"].options == {"as": "decimal", "style": "string"}
    assert found["status"].options["enum"]["EN_COCINA"] == "preparing"
    assert found["lines[].unit_price"].path == "$.Lineas[*].PrecioUnidad"


@pytest.mark.parametrize(
    ("sample", "converter"),
    [(1740859200, "epoch-s"), (1740859200000, "epoch-ms"), ("2025-03-01T20:15:00Z", "instant")],
)
def test_instants_are_known_by_their_samples(read: Read, sample: Any, converter: str) -> None:
    """Seconds, milliseconds and text with an offset each have their converter."""
    kind = "integer" if isinstance(sample, int) else "string"
    fields = {"starts_at": kind, "party_size": "integer", "id": "string"}
    found = pairs(read, fields, Reservation, {"starts_at": sample})
    assert found["starts_at"].converter == converter


def test_money_as_an_object(read: Read) -> None:
    """Amount and currency in one object are one value."""
    found = pairs(
        read, {"id": "string", "price": {"value": "number", "currency": "string"}}, Product
    )
    assert found["price"].path == "$.price"
    assert found["price"].options == {
        "as": "money-object",
        "amount": "value",
        "currency": "currency",
        "unit": "major",
    }


def test_many_values_for_one_of_ours_say_which_to_write(read: Read) -> None:
    """A table that is many-to-one names the value for the way back."""
    fields = {"id": "string", "status": ("CANCELLED", "VOIDED", "READY")}
    assert pairs(read, fields, Order)["status"].options["back"] == {"cancelled": "CANCELLED"}


def test_a_second_word_behind_later_statuses_is_left_to_a_person(read: Read) -> None:
    """What is received after it was delivered is no new order; what is listed before may be."""
    fields = {"id": "string", "status": ("placed", "in_route", "delivered", "received")}
    found = pairs(read, fields, Order)["status"].options
    assert found == {
        "enum": {"placed": "placed", "in_route": "in-delivery", "delivered": "delivered"}
    }
    fields = {"id": "string", "status": ("received", "placed", "delivered")}
    assert len(pairs(read, fields, Order)["status"].options["enum"]) == 3


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        # The list with the name of lines wins over one that only looks like lines.
        ({"items": ("name",)}, {"oldOrderItems": ("name", "quantity", "price")}, "items"),
        # Of two with such a name, the one in which more of a line is found.
        ({"items": ("name",)}, {"products": ("name", "quantity", "price")}, "products"),
    ],
)
def test_a_list_is_known_by_its_name_then_by_what_is_in_it(
    first: dict[str, tuple[str, ...]],
    second: dict[str, tuple[str, ...]],
    chosen: str,
    read: Read,
) -> None:
    """The name of a list counts most, and what its items hold decides between two alike."""
    kinds = {"name": "string", "quantity": "integer", "price": "integer"}
    fields: dict[str, Any] = {"id": "string"}
    for given in (first, second):
        fields |= {key: [{name: kinds[name] for name in names}] for key, names in given.items()}
    assert pairs(read, fields, Order)["lines[].name"].path == f"$.{chosen}[*].name"


def test_nothing_is_used_twice_and_doubt_is_not_accepted(read: Read) -> None:
    """Two names for one thing: one is taken, and every value of theirs serves once."""
    described = read({"GET /things/{id}": {"answer": ENGLISH | {"order_id": "string"}}})
    found = list_fields(described, described.operations[0], Order)
    paths = [item.path for item in found]
    assert len(paths) == len(set(paths))
    assert all(item.accepted == (item.confidence >= ACCEPTED) for item in found)
    assert all(item.reasons for item in found)


def test_unrelated_body_is_not_mapped(read: Read) -> None:
    """Where nothing fits, nothing is accepted."""
    assert pairs(read, {"uptime": "integer", "healthy": "boolean"}, DeliveryLocation) == {}


def test_body_of_a_write_is_what_is_sent(read: Read) -> None:
    """For operations that send something, the request counts and not the answer."""
    body = {"order_id": "string", "lat": "number", "lng": "number", "timestamp": "integer"}
    described = read({"POST /location": {"body": body, "answer": {"latitude": "number"}}})
    found = list_fields(described, described.operations[0], DeliveryLocation)
    assert {item.field: item.path for item in found if item.confidence >= LIKELY} == {
        "order_id": "$.order_id",
        "latitude": "$.lat",
        "longitude": "$.lng",
        "recorded_at": "$.timestamp",
    }


def test_a_region_never_is_a_status(read: Read) -> None:
    """The state beside a city is a place, also where nothing else could be the status."""
    place = {"town": "string", "state": "string", "zip": "string"}
    known = {"id": "string", "status": ("NEW", "READY", "CANCELLED"), "shipTo": place}
    for model in (Order, OrderStatusUpdate):
        assert pairs(read, known, model)["status"].path == "$.status"
        assert "status" not in pairs(read, {"id": "string", "shipTo": place}, model)


def test_an_unsure_pair_takes_nothing_from_a_sure_one(read: Read) -> None:
    """A field that is only slightly like the status does not push the status to another value."""
    fields = {"id": "string", "status": ("NEW", "READY"), "kitchen": {"state": "string"}}
    assert pairs(read, fields, OrderStatusUpdate)["status"].path == "$.status"


def test_a_state_with_known_values_is_a_status_beside_a_city(read: Read) -> None:
    """A flat order may hold its state and the city of its guest side by side."""
    fields = {"id": "string", "state": ("NEW", "READY", "CANCELLED"), "city": "string"}
    assert pairs(read, fields, Order)["status"].path == "$.state"


def test_what_is_not_plain_is_no_rule(read: Read) -> None:
    """An instant without format or example is a comment, and a rule once an example shows it."""
    table = {"id": "integer", "created_at": "string", "notice": {"code": "string"}}
    silent = pairs(read, table, OrderStatusUpdate)
    assert silent["order_id"].accepted
    assert not any(item.accepted for item in silent.values() if item.field != "order_id")
    shown = pairs(read, table, Order, {"id": 7, "created_at": "2026-05-01T10:00:00Z"})
    assert shown["placed_at"].accepted


def test_the_body_of_a_page_is_its_things(read: Read) -> None:
    """A list beside counters is read as one thing; an order with lines stays an order."""
    page = {"total": "integer", "orders": [{"id": "string", "status": "string"}]}
    assert pairs(read, page, Order)["ids.partner_id"].path == "$.id"
    whole = {"id": "string", "items": [{"id": "string", "name": "string"}]}
    assert pairs(read, whole, Order)["lines[].name"].path == "$.items[*].name"


def test_an_object_that_says_another_thing_takes_away(read: Read) -> None:
    """The title of an instruction in a line is not the line's name."""
    table = {"id": "string", "items": [{"id": "string", "instruction": {"title": "string"}}]}
    found = pairs(read, table, Order)
    assert "lines[].name" not in found or not found["lines[].name"].accepted
