"""Which operation serves which feature."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.model.description import ApiDescription, Direction
from workbench.model.feature import FeatureKind
from workbench.partners.catalogue import load_catalogue
from workbench.suggest import THRESHOLD, Suggestion, judge_directions, suggest

Proposed = Callable[..., dict[str, set[str]]]
Ranked = Callable[..., dict[str, list[Suggestion]]]

POSITION = {"latitude": "number", "longitude": "number"}
SIDES = [
    ("POST /orders/{id}/refund", {}),
    ("POST /orders/{id}/items/{item_id}/cancel", {}),
    ("POST /orders/{id}/preparation-time", {"body": {"minutes": "integer"}}),
    ("POST /orders/{id}/validate-code", {}),
    ("POST /events/acknowledgment", {}),
    ("POST /orders", {"summary": "Create order", "body": {"status": ("NEW", "ACCEPTED")}}),
    ("GET /customers/{id}/orders/{order_id}", {}),
    ("GET /orders/{id}/payments", {}),
    ("GET /reports/orders/{id}", {}),
    ("POST /order-states", {"summary": "Configure order states configuration"}),
    ("PATCH /bookings/{id}", {"body": {"date": "string", "party_size": "integer"}}),
    ("POST /bookings", {"summary": "Create booking"}),
    ("GET /availability", {"summary": "Search free tables"}),
    ("POST /availability/search", {}),
    ("PUT /items/{id}/stock", {"body": {"in_stock": "boolean"}}),
    ("PUT /items/availability", {}),
    ("POST /items/{id}/snooze", {}),
    ("POST /products/{id}/archive", {}),
    ("POST /products/{id}/image", {}),
    ("POST /products/search", {}),
    ("POST /menus/{id}/clone", {}),
    ("POST /menus/{id}/name", {"body": {"name": "string"}}),
    ("GET /menus", {}),
    ("GET /menus/import-status", {}),
    ("PUT /stores/{id}/delivery-zones", {}),
    ("POST /stores/{id}/lead-times", {"body": {"minutes": "integer"}}),
    ("PUT /menus/{id}/sections/{section_id}/hours", {}),
    ("PUT /drivers/{id}/availability", {}),
    ("POST /stores/{id}/address/coordinates", {"body": POSITION}),
    ("POST /deliveries", {"summary": "Request a courier", "body": {"pickup_address": POSITION}}),
    ("POST /users/{id}/locations", {"body": POSITION}),
    ("GET /couriers/{id}/location", {}),
    ("POST /webhooks", {"summary": "Register a webhook for new orders"}),
    ("POST /promotions/items", {"body": {"price": "number"}}),
]
LANGUAGES = [
    ("GET /orders/{id}", "", {"order-read", "order-status-read"}),
    ("POST /orders/{id}/accept", "Accept order", {"order-status-write"}),
    ("PUT /pedidos/{id}/estado", "Cambiar el estado del pedido", {"order-status-write"}),
    ("POST /pedidos/{id}/aceitar", "Aceitar pedido", {"order-status-write"}),
    ("POST /bestellungen/{id}/ablehnen", "Bestellung ablehnen", {"order-status-write"}),
    ("PUT /commandes/{id}/statut", "Modifier le statut de la commande", {"order-status-write"}),
    ("POST /ordini/{id}/accetta", "Accetta ordine", {"order-status-write"}),
    ("POST /bestellingen/{id}/weigeren", "Bestelling weigeren", {"order-status-write"}),
    ("PUT /reservas/{id}/confirmar", "Confirmar reserva", {"reservation-status-write"}),
    ("DELETE /reservas/{id}", "Cancelar reserva", {"reservation-status-write"}),
    ("PUT /carta", "Publicar la carta completa", {"menu-write"}),
    ("PUT /speisekarte", "Speisekarte hochladen", {"menu-write"}),
    ("POST /kategorien", "Kategorie anlegen", {"menu-section-write"}),
    ("PUT /produits/{id}", "Modifier un produit", {"product-write"}),
    ("PUT /products/{id}/variants/{variant_id}", "", {"product-variant-write"}),
    ("POST /grupos-opciones", "Crear grupo de opciones", {"option-category-write"}),
    ("PUT /adicionais/{id}", "Atualizar adicional", {"option-write"}),
    ("PUT /lojas/{id}/horarios", "Alterar horários", {"availability-write"}),
    ("POST /restaurants/{id}/fermetures", "Ajouter une fermeture", {"availability-write"}),
    ("POST /updateOrderStatus", "updateOrderStatus", {"order-status-write"}),
    ("POST /pauseStore", "pauseStore", {"availability-write"}),
]


@pytest.mark.parametrize(("reference", "summary", "features"), LANGUAGES)
def test_names_of_several_languages(
    proposed: Proposed, reference: str, summary: str, features: set[str]
) -> None:
    """A path and a summary are enough, in every language of the lexicon."""
    said = {"summary": summary} if summary else {}
    assert proposed({reference: said}) == {reference: features}


@pytest.mark.parametrize(("reference", "said"), SIDES)
def test_what_only_looks_right(proposed: Proposed, reference: str, said: dict[str, Any]) -> None:
    """Sides of a thing, other roles, lists, reports and copies serve no feature."""
    assert proposed({reference: said}) == {reference: set()}


def test_same_name_in_the_other_direction(
    proposed: Proposed, read: Callable[..., ApiDescription]
) -> None:
    """What we have to serve is never proposed as something that we call."""
    table = {"POST /orders/{id}/accept": {"description": "Called by: the marketplace"}}
    assert "order-status-write" not in proposed(table)["POST /orders/{id}/accept"]
    assert judge_directions(read(table)) == {"POST /orders/{id}/accept": "inbound"}


def test_a_list_is_the_read_where_nothing_reads_one(proposed: Proposed) -> None:
    """A list serves the feature where it is the only read, and not beside a read by id."""
    table = {"GET /bookings": {"summary": "List bookings"}}
    assert proposed(table)["GET /bookings"] == {"reservation-read", "reservation-status-read"}
    both = proposed({**table, "GET /bookings/{id}": {"summary": "Get a booking"}})
    assert both["GET /bookings"] == set()


def test_the_module_of_a_procedure_says_not_what_it_is_about(proposed: Proposed) -> None:
    """What stands before the verb of a remote procedure is where it is kept."""
    table = {
        "GET /rpc/clientOrders.getBooking": {"answer": {"id": "string", "status": "string"}},
        "POST /rpc/kitchen.acceptOrder": {},
    }
    found = proposed(table)
    assert "reservation-read" in found["GET /rpc/clientOrders.getBooking"]
    assert not found["GET /rpc/clientOrders.getBooking"] & {"order-read", "order-status-read"}
    assert found["POST /rpc/kitchen.acceptOrder"] == {"order-status-write"}


def test_status_in_the_body_makes_the_difference(proposed: Proposed) -> None:
    """The same PATCH moves a reservation or only changes its date."""
    path = "PATCH /bookings/{id}"
    assert proposed({path: {"body": {"status": ("seated", "left", "no_show")}}}) == {
        path: {"reservation-status-write"}
    }
    assert proposed({path: {"body": {"guests": "integer"}}}) == {path: set()}


def test_dedicated_status_read_does_away_with_the_full_one(proposed: Proposed) -> None:
    """The whole order stands for its status only where nothing better is there."""
    whole = {"GET /orders/{id}": {"answer": {"id": "string", "status": "string"}}}
    assert proposed(whole)["GET /orders/{id}"] == {"order-read", "order-status-read"}
    both = proposed(whole | {"GET /orders/{id}/status": {}})
    assert both["GET /orders/{id}"] == {"order-read"}
    assert both["GET /orders/{id}/status"] == {"order-status-read"}


def test_coordinates_in_the_body_are_asked_for(proposed: Proposed) -> None:
    """A position has to be in the body, however deep, and not be an address."""
    path = "POST /orders/{id}/tracking"
    deep = {"tracking": {"courier": {"geo": POSITION}}}
    assert proposed({path: {"body": deep}}) == {path: {"delivery-location-write"}}
    assert proposed({path: {"body": {"eta": "string"}}}) == {path: set()}


def test_type_field_lets_one_operation_serve_several_features(proposed: Proposed) -> None:
    """A polymorphic body is known by the values of its type."""
    path = "POST /catalog/items"
    body = {"itemType": ("Product", "Modifier"), "name": "string", "price": "number"}
    assert proposed({path: {"body": body}}) == {path: {"product-write", "option-write"}}


def test_group_known_by_its_limits_and_type(proposed: Proposed) -> None:
    """A `group` is an option group when its type says so."""
    path = "POST /catalog/groups"
    body = {"groupType": ("ModifierGroup",), "minSelect": "integer", "maxSelect": "integer"}
    assert proposed({path: {"body": body}}) == {path: {"option-category-write"}}


def test_price_of_a_product_is_a_partial_write(proposed: Proposed) -> None:
    """Changing a price counts, switching stock does not."""
    table = {
        "PATCH /items/{id}/price": {"body": {"price": "number"}},
        "PATCH /items/{id}/status": {"body": {"status": "string"}},
    }
    assert proposed(table) == {
        "PATCH /items/{id}/price": {"product-write"},
        "PATCH /items/{id}/status": set(),
    }


def test_every_feature_to_bind_gets_a_list(ranked: Ranked) -> None:
    """All service and event features are there, also without any suggestion."""
    kinds = {FeatureKind.SERVICE, FeatureKind.EVENT}
    expected = [item.slug for item in load_catalogue().features if item.kind in kinds]
    assert list(ranked({"GET /health": {}})) == expected


def test_score_threshold_and_reasons(ranked: Ranked) -> None:
    """Scores are between 0 and 1, ranked, and what is proposed is above the threshold."""
    table = {reference: {"summary": summary} for reference, summary, _ in LANGUAGES}
    for listed in ranked(table).values():
        scores = [item.score for item in listed]
        assert scores == sorted(scores, reverse=True)
        for item in listed:
            assert 0 <= item.score <= 1
            assert item.reasons
            assert not item.proposed or item.score >= THRESHOLD


def test_same_operation_in_two_documents_is_told_apart(read: Callable[..., ApiDescription]) -> None:
    """A reference that two documents have is narrowed to one of them, so that it resolves."""
    one = read({"GET /orders/{id}": {"summary": "Get order"}})
    copies = [op.model_copy(update={"document": "b.json"}) for op in one.operations]
    both = one.model_copy(update={"operations": (*one.operations, *copies)})
    found = [item.reference for item in suggest(both, load_catalogue())["order-read"]]
    assert found == ["api.json#GET /orders/{id}", "b.json#GET /orders/{id}"]
    assert all(both.exchange(reference) is not None for reference in found)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_order_of_operations_does_not_matter(
    read: Callable[..., ApiDescription], data: st.DataObject
) -> None:
    """The result is the same for every order in which a document lists things."""
    described = read({reference: {"summary": summary} for reference, summary, _ in LANGUAGES})
    shuffled = data.draw(st.permutations(described.operations))
    other = described.model_copy(update={"operations": tuple(shuffled)})
    assert suggest(other, load_catalogue()) == suggest(described, load_catalogue())


def test_hundred_operations_take_less_than_a_second(read: Callable[..., ApiDescription]) -> None:
    """A large document is read while one looks."""
    body = {"lines": [{"name": "string", "options": [{"name": "string", "price": "number"}]}]}
    table = {f"POST /v{n}/orders/{{id}}/accept": {"body": body, "answer": body} for n in range(100)}
    described = read(table)
    start = time.process_time()
    suggest(described, load_catalogue())
    assert time.process_time() - start < 10


def test_reasons_quote_what_was_seen_and_tell_what_would_change_it(
    read: Callable[..., ApiDescription],
) -> None:
    """A proposal names words and fields of the document, and the score without them."""
    body = {"status": ("accepted", "rejected", "ready"), "note": "string"}
    table = {"PUT /orders/{id}/status": {"summary": "Set the order status", "body": body}}
    found = suggest(read(table), load_catalogue())["order-status-write"][0]
    assert found.proposed
    assert any("status = accepted|rejected|ready" in reason for reason in found.reasons)
    assert any("PUT /orders/{id}/status" in reason for reason in found.reasons)
    assert found.turns
    assert all(0.0 <= float(turn.rpartition(": ")[2]) <= 1.0 for turn in found.turns)


def test_a_person_says_who_sends(read: Callable[..., ApiDescription]) -> None:
    """What a person states decides, is the reason that is told, and ranks everything anew."""
    reference = "POST /orders/{id}/accept"
    described = read({reference: {"summary": "Accept order"}})
    stated = {reference: Direction.INBOUND}
    assert judge_directions(described)[reference] == "outbound"
    assert judge_directions(described, stated=stated)[reference] == "inbound"
    before = suggest(described, load_catalogue())["order-status-write"][0]
    found = suggest(described, load_catalogue(), stated=stated)["order-status-write"]
    assert not found or found[0].score < before.score
