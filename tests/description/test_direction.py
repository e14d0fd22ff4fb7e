from typing import Any

import pytest

from workbench.description.direction import reads_like_webhook

INBOUND: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/order-accepted", {"tags": ["Order Webhooks"]}),
    ("PUT", "/driver-location", {"summary": "Driver location (webhook)"}),
    ("POST", "/new-order", {"description": "This webhook will be invoked for each new order."}),
    ("POST", "/orders", {"description": "Called by Mesa on the POS provider's configured URL."}),
    ("POST", "/orders", {"description": "We send new orders to your endpoint."}),
    ("POST", "/orders", {"description": "This operation is implemented by the integrator."}),
    ("GET", "/menu", {"description": "Must be hosted by the partner. Your server must return it."}),
    ("POST", "/menu-done", {"description": "Callback to notify that the import has ended."}),
    ("POST", "/{callbackUrl}", {}),
    ("POST", "/webhooks/orders", {"summary": "New order"}),
    ("POST", "/order-created", {"operation_id": "orderCreatedWebhook"}),
    ("POST", "/pedidos", {"description": "Este webhook se envía con cada pedido nuevo."}),
    ("POST", "/pedidos", {"description": "Enviaremos los pedidos a su servidor."}),
    ("POST", "/pedidos", {"description": "Operación implementada por el TPV."}),
    ("POST", "/commandes", {"description": "Mesa envoie la commande à votre serveur."}),
    ("POST", "/bestellungen", {"description": "Wir senden jede Bestellung an Ihren Server."}),
]
OUTBOUND: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/orders/{id}/accept", {"summary": "Accept an order"}),
    ("POST", "/webhooks", {"summary": "Register a webhook", "tags": ["Webhooks"]}),
    ("PUT", "/webhooks/{id}", {"tags": ["Webhooks"]}),
    ("GET", "/webhooks", {"tags": ["Webhooks"]}),
    ("POST", "/webhook-subscriptions", {"tags": ["Webhooks"]}),
    ("POST", "/hooks/{id}/deliveries/{n}/attempts", {"summary": "Redeliver a webhook"}),
    ("PUT", "/callbacks/settings", {"summary": "Configure the callback URL"}),
    ("POST", "/webhooks", {"summary": "Crear webhook"}),
    (
        "POST",
        "/subscriptions",
        {"summary": "Subscribe", "description": "We send events to your endpoint."},
    ),
    (
        "POST",
        "/orders/{id}/delivered",
        {"description": "For orders with delivery provided by the merchant."},
    ),
    ("POST", "/orders/{id}/validate", {"description": "Called by the merchant's software."}),
    ("GET", "/events", {"description": "Polling instead of webhooks."}),
    ("PUT", "/menus", {"description": "Replaces the menu of the restaurant."}),
]


@pytest.mark.parametrize(("method", "path", "words"), INBOUND)
def test_plain_webhooks_are_inbound(method: str, path: str, words: dict[str, Any]) -> None:
    """Plain words in several languages say that the partner calls us."""
    assert reads_like_webhook(method, path, **words)


@pytest.mark.parametrize(("method", "path", "words"), OUTBOUND)
def test_calls_stay_outbound(method: str, path: str, words: dict[str, Any]) -> None:
    """Ordinary calls, and managing one's subscriptions, are ours to send."""
    assert not reads_like_webhook(method, path, **words)
