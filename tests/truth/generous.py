"""A partner that can do what the embedded ones cannot: its folder, and the server behind it.

It keeps whatever it is sent, so that it is good for one thing only: to show that a check can pass.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.sandbox.outbox import Outbox
from workbench.sandbox.server import Simulator

SLUG = "generous"
HOME = "/restaurants/{restaurant_id}"
OPTION = "/groups/{group_id}/options/{option_id}"
# Feature → operations of the area beyond; those that write have a recorded body.
BEYOND = {
    "cancellation-request": ["GET /orders/{order_id}/cancellation"],
    "order-amend": ["POST /orders/{order_id}/amendments"],
    "order-refund": ["POST /orders/{order_id}/refunds"],
    "event-recovery": ["GET /missed-orders"],
    "store-onboarding": ["GET /stores"],
    "delivery-dispatch": ["POST /dispatches"],
    "receipt-document": ["POST /orders/{order_id}/receipts"],
    "table-session": ["POST /tables/{table_id}/session"],
    "reservation-slots": ["GET /free-tables"],
    "delivery-zones": ["GET /zones"],
    "capability-discovery": ["GET /capabilities"],
}
EVENTS = {
    "order-created-event": "order.created",
    "reservation-created-event": "reservation.created",
    "reservation-status-event": "reservation.changed",
    "courier-event": "courier.moved",
    "customer-feedback": "feedback.given",
    "settlement": "settlement.made",
}
_TOP = 2  # slashes in the path of what is no single thing
_MAPPED = {"order.created": "order", "reservation.created": "booking"}
_MAPPED["reservation.changed"] = "booking"
_KEPT = (f"{HOME}/menus/{{menu_id}}", f"{HOME}/products/{{product_id}}", OPTION)
_OTHERS = {
    f"{HOME}/menus": ("post",),
    f"{HOME}/availability": ("get", "put"),
    f"{HOME}/busy": ("post",),
    f"{HOME}/resume": ("post",),
    "/orders/{order_id}": ("get",),
    "/orders/{order_id}/position": ("post",),
    "/reservations/{reservation_id}": ("get",),
    "/subscriptions": ("post",),
    "/subscriptions/{subscription_id}": ("delete",),
}


def describe() -> dict[str, Any]:
    """Its OpenAPI document."""
    methods = dict.fromkeys(_KEPT, ("get", "put", "delete")) | _OTHERS
    for operation in itertools.chain.from_iterable(BEYOND.values()):
        method, _, path = operation.partition(" ")
        methods[path] = (method.lower(),)
    body = {"content": {"application/json": {"schema": {"type": "object"}}}}
    paths: dict[str, Any] = {}
    for path, names in methods.items():
        slots = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        parameters = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in slots
        ]
        answer = {"200": {"description": "Done.", **body}}
        paths[path] = {"parameters": parameters} if parameters else {}
        for name in names:
            paths[path][name] = {"responses": answer}
            if name in {"put", "post"}:
                paths[path][name]["requestBody"] = body
    paths[f"{HOME}/menus"]["post"]["requestBody"] = {
        "content": {"application/json": {"schema": {"type": "array", "items": {}}}}
    }
    address = {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}}
    paths["/subscriptions"]["post"]["requestBody"] = {
        "content": {"application/json": {"schema": address}}
    }
    events = {name: {"post": {"requestBody": body, "responses": {}}} for name in EVENTS.values()}
    info = {"title": "Generous", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "webhooks": events}


def _rule(name: str) -> dict[str, Any]:
    rule = {
        "match": {"json": "$.event", "values": [name]},
        "event_id": "$.event_id",
        "entity_id": "$.id",
    }
    return {**rule, "mapping": _MAPPED[name]} if name in _MAPPED else rule


def _manifest(digest: str) -> dict[str, Any]:
    many = {"operation": f"POST {HOME}/menus", "for": ["many"]}
    remove = [{"operation": f"DELETE {path}", "for": ["remove"]} for path in _KEPT]
    writes = [f"PUT {path}" for path in _KEPT]
    features: dict[str, Any] = {
        "menu-write": {"operations": [writes[0], many, remove[0]], "mapping": "menu"},
        "product-write": {"operations": [writes[1], remove[1]], "mapping": "dish"},
        "option-write": {"operations": [writes[2], remove[2]], "mapping": "extra"},
        "order-read": {"operations": ["GET /orders/{order_id}"], "mapping": "order"},
        "reservation-read": {
            "operations": ["GET /reservations/{reservation_id}"],
            "mapping": "booking",
        },
        "delivery-location-write": {
            "operations": ["POST /orders/{order_id}/position"],
            "mapping": "position",
        },
        "availability-write": {
            "operations": [
                f"PUT {HOME}/availability",
                {"operation": f"POST {HOME}/busy", "for": ["busy"]},
                {"operation": f"POST {HOME}/resume", "for": ["resume"]},
            ],
            "mapping": "hours",
        },
        "webhook-endpoint": {
            "operations": ["POST /subscriptions", "DELETE /subscriptions/{subscription_id}"]
        },
        "test-account": {"given": "Restaurant g1."},
        **{slug: {"operations": names} for slug, names in BEYOND.items()},
        **{slug: {"events": [f"webhook:{name}"]} for slug, name in EVENTS.items()},
    }
    return {
        "partner": SLUG,
        "title": "Generous",
        "timezone": "Europe/Madrid",
        "currency": "EUR",
        "documents": [{"path": "openapi.json", "sha256": digest}],
        "environments": {"sandbox": _sandbox()},
        "auth": {"scheme": "api-key", "header": "X-Key"},
        "webhooks": {
            "signature": {
                "scheme": "hmac",
                "header": "X-Signature",
                "credentials": ["webhook_secret"],
            },
            "events": {f"webhook:{name}": _rule(name) for name in EVENTS.values()},
        },
        "parameters": {
            "restaurant_id": "restaurant",
            "menu_id": "menu",
            "product_id": "product",
            "group_id": "option-category",
            "option_id": "option",
            "order_id": "order",
            "reservation_id": "reservation",
        },
        "features": features,
    }


def _sandbox() -> dict[str, Any]:
    return {
        "base_url": "http://127.0.0.1:8898/v1",
        "control_url": "http://127.0.0.1:8898/_control",
        "consent": "A test double of ours.",
        "test_account": {
            "restaurant": "g1",
            "values": {"restaurant_id": "g1", "table_id": "t1"},
            "known": {
                "restaurant": ["g1"],
                "order": ["moving"],
                "reservation": ["b1"],
                "option-category": ["x1", "x2"],
            },
        },
        "triggers": {slug: {"control": f"POST /{name}"} for slug, name in EVENTS.items()},
    }


_IDS = {"ids.partner_id": "$.id", "name": "$.name"}
_PRICE = {"from": "$.price", "as": "minor"}
MAPPING: dict[str, Any] = {
    "menu": {
        "into": "Menu",
        "fields": {
            **_IDS,
            "kind": "$.kind",
            "price": _PRICE,
            "translations.fr": "$.name_fr",
            "sections": {"each": "$.sections", "fields": _IDS},
        },
    },
    "dish": {
        "into": "Product",
        "fields": {
            **_IDS,
            "price": _PRICE,
            "stock": "$.portions",
            "allergens": {"each": "$.allergens", "as": "string"},
            "images": {"each": "$.photos", "as": "string"},
            "price_by_order_type.delivery": {"from": "$.price_delivery", "as": "minor"},
        },
    },
    "extra": {
        "into": "Option",
        "fields": {
            **_IDS,
            "price": _PRICE,
            "option_category_ids": {"each": "$.inner_groups", "as": "string"},
        },
    },
    "order": {
        "into": "Order",
        "fields": {
            "ids.partner_id": "$.id",
            "order_type": {"value": "delivery"},
            "status": {"from": "$.status", "enum": {"new": "placed", "moving": "in-delivery"}},
            "placed_at": {"from": "$.at", "as": "instant"},
            "currency": {"value": "EUR"},
            "totals.total": {"from": "$.total", "as": "minor"},
            "remake_of": "$.again",
            "customer.phone": {"value": "+34600000000"},
            "delivery.address.lines": {"each": "$.street", "as": "string"},
        },
    },
    "booking": {
        "into": "Reservation",
        "fields": {
            "ids.partner_id": "$.id",
            "status": {"from": "$.status", "enum": {"asked": "requested"}},
            "starts_at": {"from": "$.at", "as": "instant"},
            "party.adults": "$.guests",
        },
    },
    "position": {
        "into": "DeliveryLocation",
        "fields": {
            "order_id": {"value": "moving"},
            "latitude": "$.lat",
            "longitude": "$.lng",
            "recorded_at": {"from": "$.at", "as": "instant"},
            "courier.name": "$.driver",
        },
    },
    "hours": {
        "into": "Availability",
        "fields": {
            "restaurant_id": {"value": "g1"},
            "timezone": {"value": "Europe/Madrid"},
            "state": {"from": "$.state", "one-way": "in", "use": "state"},
        },
    },
    "state": {
        "into": "AvailabilityState",
        "fields": {
            "accepting": {"from": "$.open", "default": True},
            "busy_extra_min": "$.minutes",
        },
    },
}
_ONE = {"partner_id": "s1"}
_EUROS = {"amount_minor": 900, "currency": "EUR"}
SAMPLES: dict[str, dict[str, Any]] = {
    "menu-write": {
        "ids": {"partner_id": "m1"},
        "name": "Midday",
        "kind": "set-menu",
        "price": _EUROS,
        "translations": {"fr": "Midi"},
        "sections": [{"ids": _ONE, "name": "First"}],
    },
    "product-write": {
        "ids": {"partner_id": "d1"},
        "name": "Soup",
        "price": _EUROS,
        "stock": 4,
        "allergens": ["milk", "celery"],
        "images": ["https://images.example/soup.jpg"],
        "price_by_order_type": {"delivery": _EUROS},
    },
    "option-write": {
        "ids": {"partner_id": "e1"},
        "name": "Bread",
        "price": _EUROS,
        "option_category_ids": ["x2"],
    },
    "delivery-location-write": {
        "order_id": "moving",
        "latitude": 40.4,
        "longitude": -3.7,
        "recorded_at": "2026-11-20T20:00:00Z",
        "courier": {"name": "Somebody"},
    },
}


def write_folder(contracts: Path) -> Path:
    """Write `contracts/generous/`."""
    folder = contracts / SLUG
    folder.mkdir(parents=True)
    document = json.dumps(describe()).encode()
    (folder / "openapi.json").write_bytes(document)
    manifest = _manifest(hashlib.sha256(document).hexdigest())
    (folder / "partner.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False), "utf-8")
    text = yaml.safe_dump({"mappings": MAPPING}, sort_keys=False)
    (folder / "mapping.yaml").write_text(text, "utf-8")
    for slug in (*SAMPLES, *BEYOND):
        place = folder / "samples" / slug
        place.mkdir(parents=True)
        (place / "one.json").write_text(json.dumps({"why": "asked for"}), "utf-8")
        if slug in SAMPLES:
            (place / "one.canonical.json").write_text(json.dumps(SAMPLES[slug]), "utf-8")
    return folder


class _Keeper:
    """Keeps JSON values by their path, and tells of events."""

    def __init__(self, credentials: Mapping[str, str], outbox: Outbox) -> None:
        self.key = credentials["api_key"]
        self.secret = credentials["webhook_secret"].encode()
        self.outbox = outbox
        self.kept: dict[str, Any] = {
            "/v1/restaurants/g1/availability": {"state": {"open": True}},
            "/v1/orders/moving": self.order("moving", "moving"),
            "/v1/reservations/b1": self.booking("b1"),
        }
        self.numbers = itertools.count(1)

    def order(self, name: str, status: str = "new") -> dict[str, Any]:
        """An order of theirs, made again after an earlier one."""
        at = "2026-11-20T19:00:00Z"
        told = {"id": name, "status": status, "at": at, "total": 900, "again": "first"}
        return {**told, "street": ["Calle 1"]}

    def booking(self, name: str, guests: int = 2) -> dict[str, Any]:
        """A reservation of theirs."""
        return {"id": name, "status": "asked", "at": "2026-12-20T20:00:00Z", "guests": guests}

    async def answer(self, request: Request) -> Response:
        """Any operation."""
        if request.headers.get("x-key") != self.key:
            return JSONResponse({"error": "who are you?"}, 401)
        path, method = request.url.path, request.method
        body = json.loads(await request.body() or b"null")
        if path.endswith("/subscriptions"):
            self.outbox.target = body["url"]
            return JSONResponse({"id": "one"})
        if "/subscriptions/" in path:
            self.outbox.forget()
        elif method == "DELETE":
            self.kept.pop(path, None)
        elif method == "PUT":
            state = self.kept.get(path, {}).get("state") if "availability" in path else None
            self.kept[path] = {**body, "state": state} if state else body
        elif path.endswith(("/busy", "/resume")):
            hours = self.kept["/v1/restaurants/g1/availability"]
            hours["state"] = {"open": True, **(body if path.endswith("/busy") else {})}
        elif isinstance(body, list):
            self.kept |= {f"{path}/{item['id']}": item for item in body}
        elif method == "GET" and path.count("/") > _TOP and path not in self.kept:
            is_there = path.endswith("/cancellation")
            return JSONResponse({} if is_there else {"error": "unknown"}, 200 if is_there else 404)
        return JSONResponse(self.kept.get(path, {}))

    def control(self, name: str) -> Callable[[Request], Any]:
        """Makes an event happen."""

        async def act(_: Request) -> Response:
            number = next(self.numbers)
            thing = {"id": f"n{number}"}
            if name.startswith("order"):
                thing = self.order(f"n{number}")
            if name == "reservation.created":
                self.latest, thing = f"n{number}", self.booking(f"n{number}")
            if name == "reservation.changed":
                thing = self.booking(self.latest, guests=5)
            kind = "orders" if name.startswith("order") else "reservations"
            self.kept[f"/v1/{kind}/{thing['id']}"] = thing
            news = {**thing, "event": name, "event_id": f"ev{number}"}
            body = json.dumps(news).encode()
            sign = hmac.new(self.secret, body, hashlib.sha256).hexdigest()
            headers = {"Content-Type": "application/json", "X-Signature": sign}
            self.outbox.send("news", body, headers)
            return JSONResponse({"id": thing["id"]}, 201)

        return act


def _build(credentials: Mapping[str, str], outbox: Outbox) -> tuple[list[Route], list[Route]]:
    keeper = _Keeper(credentials, outbox)
    methods = ["GET", "PUT", "POST", "DELETE"]
    api = [Route("/{rest:path}", keeper.answer, methods=methods)]
    return api, [
        Route(f"/{name}", keeper.control(name), methods=["POST"]) for name in EVENTS.values()
    ]


SIMULATOR = Simulator(SLUG, "/v1", 8898, ("api_key", "webhook_secret"), _build)
