"""What the miniature keeps: orders, reservations, the menu; and the webhooks that it sends."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from workbench.sandbox.outbox import Outbox


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class State:
    """The test account, and what is wrong with it."""

    def __init__(
        self, credentials: Mapping[str, str], outbox: Outbox, defects: frozenset[str]
    ) -> None:
        self.keys = credentials
        self.outbox = outbox
        self.defects = defects
        self.requests = 0
        if "webhook-not-repeated" in defects:
            outbox.pauses = ()
        outbox.patience = 1.0
        if "webhook-dropped-on-silence" in defects:
            outbox.accepted |= {0}
        self.reset()

    def has(self, defect: str) -> bool:
        """Whether a defect is switched on."""
        return defect in self.defects

    def reset(self) -> None:
        """The test account as it was."""
        self.products = {
            "p1": {
                "id": "p1",
                "name": "Pizza",
                "description": "L",
                "price": 900,
                "available": True,
            },
            "p2": {
                "id": "p2",
                "name": "Water",
                "description": "S",
                "price": 150,
                "available": True,
            },
        }
        self.menus: list[Any] = []
        self.card = {"p1", "p2"}
        self.imports = {"i1": {"state": "completed"}}
        self.hours: dict[str, Any] = {"weeks": [], "closures": []}
        self.orders: dict[str, dict[str, Any]] = {}
        self.bookings: dict[str, dict[str, Any]] = {}
        self.stale: dict[str, str] = {}
        self.changed: dict[str, tuple[float, str]] = {}
        self.keyed: dict[str, str] = {}
        self.number = 0
        self.place({}, "o1", "new")
        self.place({}, "o2", "accepted")
        self.place({}, "o3", "delivered")
        self.orders["o3"]["placed_at"] = "2026-11-01T10:00:00Z"
        self.place({}, "o4", "on_the_way")
        self.book({}, "b1")

    def place(self, body: Mapping[str, Any], name: str = "", status: str = "new") -> dict[str, Any]:
        """A new order, priced from the menu."""
        self.number += 1
        new = "" if name else "-new"  # what only new orders have
        items = body.get("items") or [
            {"product_id": "p1", "quantity": 2},
            {"product_id": "p2", "quantity": 1},
        ]
        order = {
            "id": name or f"o{100 + self.number}",
            "restaurant_id": "r1",
            "status": status,
            "placed_at": datetime.now(UTC).isoformat(),
            "currency": "USD"
            if self.has("currency-other") or self.has(f"currency-other{new}")
            else "EUR",
            "items": [self._line(item, new) for item in items],
            "note": body.get("note", "Ring twice"),
            "address": dict(
                body.get("address")
                or {
                    "street": "Calle 1",
                    "city": "Madrid",
                    "country": "ES",
                    "lat": 40.4,
                    "lng": -3.7,
                }
            ),
        }
        order["total"] = sum(line["line_total"] for line in order["items"])
        if "deliver_at" in body:
            order["deliver_at"] = body["deliver_at"]
        self._spoil_order(order)
        if not self.has("created-not-found") or name:
            self.orders[order["id"]] = order
        return order

    def _line(self, item: Mapping[str, Any], new: str = "") -> dict[str, Any]:
        product = self.products.get(item["product_id"])
        if product is None:
            raise RefusedError(422, "no such product")
        price = product["price"]
        if self.has("price-in-other-unit") or self.has(f"price-in-other-unit{new}"):
            price = price * 100
        if self.has("price-not-of-menu"):
            price += 30
        total = price * item["quantity"] + (7 if self.has("line-total-wrong") else 0)
        return {
            "product_id": product["id"],
            "name": product["name"],
            "quantity": item["quantity"],
            "unit_price": price,
            "line_total": total,
        }

    def _spoil_order(self, order: dict[str, Any]) -> None:
        if self.has("total-not-sum"):
            order["total"] += 11
        if self.has("fee-on-top"):
            order["service_fee"] = 250
            order["total"] += 250
        if self.has("note-lost"):
            order["note"] = ""
        if self.has("note-cut"):
            order["note"] = order["note"][:3]
        where = order["address"]
        if self.has("coordinates-swapped") and "lat" in where and "lng" in where:
            where["lat"], where["lng"] = where["lng"], where["lat"]
        if self.has("due-time-shifted") and "deliver_at" in order:
            moved = datetime.fromisoformat(order["deliver_at"]) + timedelta(hours=1)
            order["deliver_at"] = moved.isoformat()

    def book(self, body: Mapping[str, Any], name: str = "") -> dict[str, Any]:
        """A new reservation."""
        self.number += 1
        booking = {
            "id": name or f"b{100 + self.number}",
            "restaurant_id": "r1",
            "status": "asked",
            "starts_at": body.get("starts_at", "2026-12-24T20:00:00+01:00"),
            "party_size": body.get("party_size", 2),
            "name": body.get("name", "Ana"),
        }
        if "birthday" in body:
            day = date.fromisoformat(body["birthday"])
            shifted = (
                day - timedelta(days=1) if self.has("date-shifted") and day > date.min else day
            )
            booking["birthday"] = shifted.isoformat()
        if self.has("party-lost"):
            booking["party_size"] = 2
        self.bookings[booking["id"]] = booking
        return booking

    def announce(self, order: Mapping[str, Any]) -> None:
        """Tell of a new order."""
        told = copy.deepcopy(dict(order))
        if self.has("webhook-content-differs"):
            told["items"] = [
                {**line, "quantity": 1, "line_total": line["unit_price"]} for line in told["items"]
            ]
            told["total"] = sum(line["line_total"] for line in told["items"])
        if self.has("webhook-off-schema"):
            told["currency"] = None
            told.pop("restaurant_id")
        self._post("orders", {"order": told})

    def announce_status(self, order: Mapping[str, Any]) -> None:
        """Tell of a changed status."""
        status = "accepted" if self.has("webhook-status-stale") else order["status"]
        self._post("orders/status", {"order_id": order["id"], "status": status})

    def _post(self, tail: str, content: dict[str, Any]) -> None:
        if self.has("webhook-missing"):
            return
        times = 2 if self.has("webhook-doubled") else 1
        for _ in range(times):
            stamp = str(int(time.time()) - (4000 if self.has("webhook-old-stamp") else 0))
            news = {
                "event_id": str(uuid.uuid4()),
                "sent_at": datetime.now(UTC).isoformat(),
                **content,
            }
            if self.has("webhook-id-reused"):
                news["event_id"] = "always-the-same"
            if self.has("webhook-tells-key"):
                news["debug"] = {"was": self.keys["api_key"][::-1]}
            body = json.dumps(news).encode()
            secret = (
                b"wrong"
                if self.has("webhook-wrongly-signed")
                or (self.has("webhook-wrongly-signed-changes") and tail == "orders/status")
                else self.keys["webhook_secret"].encode()
            )
            sign = hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
            headers = {"Content-Type": "application/json", "X-Timestamp": stamp}
            if not self.has("webhook-unsigned"):
                headers["X-Signature"] = sign
            if self.has("webhook-late"):
                later = asyncio.get_running_loop().call_later
                later(1.2, self.outbox.send, tail, body, headers)
            else:
                self.outbox.send(tail, body, headers)
