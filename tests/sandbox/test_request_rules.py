"""Requests are judged by the document that a fictional partner publishes, and by nothing else."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from workbench.sandbox.request_rules import PartnerDocument, UnfitError, open_document


@pytest.fixture(scope="module")
def tavola() -> PartnerDocument:
    """Tavola's document."""
    return open_document("tavola", "openapi.yaml")


def ask(document: PartnerDocument, **values: list[str]) -> dict[str, Any]:
    """What a list of orders understands of its query."""
    return document.rules("GET", "/orders").read_parameters(
        "query", lambda name: values.get(name, [])
    )


def test_parameters_are_read_as_documented(tavola: PartnerDocument) -> None:
    """A parameter has its documented type, and its default where it is not sent."""
    assert ask(tavola) == {"limit": 20}
    assert ask(tavola, limit=["7.0"], status=["new"]) == {"limit": 7, "status": "new"}


@pytest.mark.parametrize(
    "values",
    [{"limit": ["101"]}, {"limit": [" 5"]}, {"limit": ["five"]}, {"limit": ["1", "2"]},
     {"status": ["eaten"]}],
)  # fmt: skip
def test_parameters_off_the_document_are_told(
    tavola: PartnerDocument, values: dict[str, list[str]]
) -> None:
    """A wrong or repeated parameter is refused by its name."""
    with pytest.raises(UnfitError) as told:
        ask(tavola, **values)
    assert told.value.place == "query"
    assert told.value.violations[0].pointer == f"/{next(iter(values))}"


def test_a_body_is_told_in_one_spelling(tavola: PartnerDocument) -> None:
    """Whole numbers are integers, instants are in UTC, and nothing that was not sent is there."""
    rules = tavola.rules("PUT", "/restaurants/{restaurant_id}/products/{product_id}")
    sent = {
        "id": "p",
        "name": "P",
        "price": 100.0,
        "unavailable_until": "2026-11-23T21:00:00+01:00",
    }
    read = rules.read_body(orjson.dumps(sent))
    assert read == {**sent, "price": 100, "unavailable_until": "2026-11-23T20:00:00Z"}
    assert isinstance(read["price"], int)


def test_what_may_be_left_out_is_filled_in(tavola: PartnerDocument) -> None:
    """The documented default, else null, else an empty list; of a choice, the one that fits."""
    product = tavola.rules("PUT", "/restaurants/{restaurant_id}/products/{product_id}").fill(
        {"id": "p", "name": "P", "price": 100, "variants": [{"id": "v", "name": "V", "price": 1}]}
    )
    told = {name: product[name] for name in ("vat_percent", "description", "images")}
    assert told == {"vat_percent": 10, "description": None, "images": []}
    assert product["variants"][0]["available"] is True
    rules = tavola.rules("POST", "/restaurants/{restaurant_id}/availability/exceptions")
    closed = {"kind": "closed", "first_date": "2027-01-06", "last_date": "2027-01-06"}
    assert rules.fill(closed) == {**closed, "id": None, "order_types": [], "reason": None}


@pytest.mark.parametrize("instant", ["0000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "tomorrow"])
def test_an_instant_beyond_the_calendar_is_refused(tavola: PartnerDocument, instant: str) -> None:
    """Formats bind, and so does what our own calendar cannot hold."""
    rules = tavola.rules("POST", "/restaurants/{restaurant_id}/pause")
    with pytest.raises(UnfitError) as told:
        rules.read_body(orjson.dumps({"until": instant}))
    assert told.value.violations[0].pointer == "/until"


def test_a_leap_second_is_one(tavola: PartnerDocument) -> None:
    """The document allows it, so it is read."""
    rules = tavola.rules("POST", "/restaurants/{restaurant_id}/pause")
    read = rules.read_body(b'{"until": "2016-12-31T23:59:60Z"}')
    assert read == {"until": "2016-12-31T23:59:59Z"}


def test_only_what_is_documented_is_served(tavola: PartnerDocument) -> None:
    """A simulator that serves another operation fails when it is built."""
    with pytest.raises(KeyError, match="has no DELETE /orders"):
        tavola.rules("DELETE", "/orders")
    assert not open_document("bocado", "swagger.json").rules("GET", "/pedidos").media_types


def test_a_body_that_need_not_be_sent_is_empty() -> None:
    """Where the document does not require a body none is an empty one; else it is refused."""
    bocado = open_document("bocado", "swagger.json")
    assert bocado.rules("POST", "/pedidos/{PedidoId}/aceptar").read_body(b"") == {}
    with pytest.raises(UnfitError):
        bocado.rules("POST", "/pedidos/{PedidoId}/rechazar").read_body(b"")
