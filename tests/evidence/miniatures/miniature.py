"""A small partner of our own, with a switch for every defect that the evidence must notice."""

from __future__ import annotations

import copy
import json
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from answering import FOLDER, list_routes
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from state import RefusedError, State

from workbench.sandbox.outbox import Outbox
from workbench.sandbox.server import Simulator

__all__ = ["FOLDER", "build_simulator"]

CREDENTIALS = ("api_key", "second_api_key", "expired_api_key", "webhook_secret")
_LATENESS = 0.1  # seconds in which a change does not show yet, where it is late
_NEXT = {
    "new": {"accepted", "rejected", "cancelled"},
    "accepted": {"cooking", "ready", "on_the_way", "delivered", "cancelled"},
    "cooking": {"ready", "on_the_way", "delivered", "cancelled"},
    "ready": {"on_the_way", "delivered", "cancelled"},
    "on_the_way": {"delivered", "cancelled"},
    "asked": {"confirmed", "refused", "cancelled"},
    "confirmed": {"seated", "done", "no_show", "cancelled"},
    "seated": {"done", "cancelled"},
}
SERVED = {
    "/orders": {"GET": "list_orders", "POST": "create_order"},
    "/orders/{order_id}": {"GET": "read_order"},
    "/orders/{order_id}/status": {"GET": "read_status", "PUT": "change_status"},
    "/orders/{order_id}/position": {"POST": "take_position"},
    "/restaurants/{restaurant_id}/menu": {"GET": "read_menu", "PUT": "replace_menu"},
    "/restaurants/{restaurant_id}/menu/imports/{import_id}": {"GET": "read_import"},
    "/restaurants/{restaurant_id}/products/{product_id}": {
        "GET": "read_product",
        "PUT": "put_product",
        "PATCH": "patch_product",
        "DELETE": "delete_product",
    },
    "/restaurants/{restaurant_id}/availability": {
        "GET": "read_hours",
        "PUT": "replace_hours",
    },
    "/restaurants/{restaurant_id}/slots": {"GET": "offer_slots"},
    "/reservations": {"POST": "create_booking"},
    "/reservations/{reservation_id}": {"GET": "read_booking"},
    "/reservations/{reservation_id}/status": {
        "GET": "read_booking_status",
        "PUT": "change_booking_status",
    },
    "/subscriptions": {"POST": "subscribe"},
}


def build_simulator(defects: frozenset[str] = frozenset()) -> Simulator:
    """The miniature with these defects switched on."""

    def build(credentials: Mapping[str, str], outbox: Outbox) -> tuple[list[Route], list[Route]]:
        mini = Miniature(credentials, outbox, defects)
        served = {
            path: {method: getattr(mini, name) for method, name in methods.items()}
            for path, methods in SERVED.items()
        }
        return list_routes(mini, served), mini.controls()

    return Simulator("miniature", "/v1", 8899, CREDENTIALS, build)


class Miniature(State):
    """Its operations."""

    def list_orders(self, request: Request, _: Any) -> Response:
        """`GET /orders`."""
        query = request.query_params
        found = [*self.orders.values()]
        if self.is_second(request):
            found = found if self.has("second-lists") else []
        if self.has("created-not-listed"):
            found = [order for order in found if len(order["id"]) == 2]
        if "status" in query and not self.has("filter-ignored"):
            found = [order for order in found if order["status"] == query["status"]]
        if "placed_from" in query and not self.has("date-filter-ignored"):
            since = _instant(query["placed_from"])
            found = [order for order in found if _instant(order["placed_at"]) >= since]
        start, limit = int(query.get("offset", 0)), int(query.get("limit", 20))
        if self.has("pages-overlap") and start:
            start -= 1
        if self.has("pages-skip") and start:
            start += 1
        if self.has("limit-ignored"):
            limit = 50
        total = len(found) + (5 if self.has("total-lies") else 0)
        return JSONResponse({"items": found[start : start + limit], "total": total})

    def create_order(self, request: Request, body: Any) -> Response:
        """`POST /orders`."""
        key = request.headers.get("idempotency-key")
        if body["restaurant_id"] != "r1":
            raise RefusedError(422, "not your restaurant")
        self._break_at_empty(body.get("note"))
        if self.has("maximum-refused") and any(item["quantity"] == 99 for item in body["items"]):
            raise RefusedError(422, "too many")
        if key in self.keyed and not self.has("key-ignored"):
            order = self.orders.get(self.keyed[key]) or next(iter(self.orders.values()))
        else:
            order = self.place(body)
            if "note" not in body:
                order["note"] = ""
            if "address" not in body:
                order.pop("address", None)
            self.keyed[key or str(uuid.uuid4())] = order["id"]
            self.announce(order)
        headers = {} if self.has("location-missing") else {"Location": f"/v1/orders/{order['id']}"}
        return JSONResponse(order, 200 if self.has("status-undocumented") else 201, headers)

    def _break_at_empty(self, text: str | None) -> None:
        """Of what may be placed and of what is bound, as only the latter is fuzzed."""
        if self.has("empty-text-breaks") and text == "":
            raise ZeroDivisionError

    def read_order(self, request: Request, _: Any) -> Response:
        """`GET /orders/{order_id}`."""
        if self.has("unknown-answered") and request.path_params["order_id"] not in self.orders:
            return JSONResponse({**self.orders["o1"], "id": request.path_params["order_id"]})
        if self.has("unknown-breaks") and request.path_params["order_id"] not in self.orders:
            raise ZeroDivisionError
        order = copy.deepcopy(self._order(request))
        order |= {"restaurant_id": "r9"} if self.has("of-another") else {}
        order["status"] = self._shown(order)
        if self.has("read-stale"):
            order["status"] = self.stale.setdefault(order["id"], order["status"])
        if self.has("geo-implausible") and "address" in order:
            order["address"] |= {"lat": -3.7, "lng": 40.4}
        if self.has("off-schema"):
            order["total"] = str(order["total"])
        if self.has("status-unknown"):
            order["status"] = "zombie"
        if self.has("time-without-zone"):
            order["placed_at"] = order["placed_at"][:19]
        if self.has("lines-missing"):
            order["items"] = []
        return JSONResponse(order)

    def read_status(self, request: Request, _: Any) -> Response:
        """`GET /orders/{order_id}/status`."""
        order = self._order(request)
        status = self._shown(order)
        if self.has("status-read-stale"):
            status = self.stale.setdefault(order["id"], status)
        body = {"order_id": order["id"], "status": status}
        if self.has("content-type-other"):
            return Response(json.dumps(body), media_type="text/html")
        return JSONResponse(body)

    def change_status(self, request: Request, body: Any) -> Response:
        """`PUT /orders/{order_id}/status`."""
        order = self._order(request, write=True)
        if order["status"] == body["status"] and self.has("repeat-breaks"):
            raise ZeroDivisionError
        self.stale.setdefault(order["id"], order["status"])
        self._move(order, body["status"], "reservation" in request.url.path)
        if order["status"] == body["status"]:
            self.announce_status(order)
        return JSONResponse({"order_id": order["id"], "status": body["status"]})

    def _move(self, thing: dict[str, Any], status: str, is_booking: bool = False) -> None:
        current = thing["status"]
        if status == current:
            return
        legal = status in _NEXT.get(current, ())
        skipped = current == "new" and status == "delivered" and self.has("skip-accepted")
        revived = current in {"rejected", "cancelled", "refused"} and self.has("end-revived")
        back = current == "delivered" and self.has("illegal-accepted")
        back = back or (is_booking and current == "done" and self.has("booking-illegal-accepted"))
        if status == "cooking" and self.has("legal-refused"):
            legal = False
        if not (legal or skipped or revived or back):
            raise RefusedError(409, f"not from {current} to {status}")
        if status == "accepted" and self.has("status-not-kept"):
            return
        if is_booking and self.has("booking-status-not-kept"):
            return
        self.changed[thing["id"]] = time.monotonic(), current
        thing["status"] = status

    def _shown(self, thing: dict[str, Any]) -> str:
        """The status that reading shows, which may be the one of a moment ago."""
        since, before = self.changed.get(thing["id"], (0.0, ""))
        is_late = self.has("status-late") and time.monotonic() < since + _LATENESS
        return before if is_late else thing["status"]

    def take_position(self, request: Request, body: Any) -> Response:
        """`POST /orders/{order_id}/position`."""
        order = self._order(request, write=True)
        if order["status"] != "on_the_way" and not self.has("position-always"):
            raise RefusedError(409, "not on its way")
        if self.has("position-refused"):
            raise RefusedError(422, "no")
        if self.has("position-moves-order"):
            order["status"] = "delivered"
        if self.has("position-swapped"):
            body = {**body, "lat": body["lng"], "lng": body["lat"]}
        return JSONResponse(body)

    def read_menu(self, request: Request, _: Any) -> Response:
        """`GET /restaurants/{restaurant_id}/menu`."""
        self._restaurant(request)
        products = [item for name, item in self.products.items() if name in self.card]
        return JSONResponse({"menus": self.menus, "products": products})

    def replace_menu(self, request: Request, body: Any) -> Response:
        """`PUT /restaurants/{restaurant_id}/menu`."""
        self._restaurant(request, write=True)
        name = f"i{len(self.imports) + 1}"
        state = "completed"
        if self.has("import-fails"):
            state = "failed"
        elif self.has("import-endless"):
            state = "running"
        elif not self.has("import-without-effect"):
            self.menus = body["menus"]
            # What is no longer on the card can still be ordered, so that other checks go on.
            self.products |= {item["id"]: item for item in body["products"]}
            self.card = {item["id"] for item in body["products"]}
        self.imports[name] = {"state": state}
        where = f"/v1/restaurants/r1/menu/imports/{name}"
        headers = {} if self.has("location-missing") else {"Location": where}
        return JSONResponse({"import_id": name}, 202, headers)

    def read_import(self, request: Request, _: Any) -> Response:
        """`GET …/imports/{import_id}`."""
        self._restaurant(request)
        found = self.imports.get(request.path_params["import_id"])
        if found is None:
            raise RefusedError(404, "no such import")
        return JSONResponse(found)

    def read_product(self, request: Request, _: Any) -> Response:
        """`GET …/products/{product_id}`."""
        self._restaurant(request)
        return JSONResponse(self._product(request))

    def put_product(self, request: Request, body: Any) -> Response:
        """`PUT …/products/{product_id}`."""
        self._restaurant(request, write=True)
        name = request.path_params["product_id"]
        self._break_at_empty(body.get("description"))
        is_new = name not in self.products
        if self.has("new-not-stored" if is_new else "put-without-effect"):
            return JSONResponse({**body, "id": name})
        before = self.products.get(name, {}) if self.has("put-merges") else {}
        self.products[name] = {**before, **body, "id": name}
        if self.has("put-loses-price") and before is not None:
            self.products[name]["price"] = 0
        return JSONResponse(self.products[name], 202 if self.has("status-undocumented") else 200)

    def patch_product(self, request: Request, body: Any) -> Response:
        """`PATCH …/products/{product_id}`."""
        self._restaurant(request, write=True)
        product = self._product(request)
        self._break_at_empty(body.get("description"))
        if self.has("patch-without-effect"):
            return JSONResponse(product)
        if self.has("patch-clears-others"):
            product.pop("description", None)
            product["price"] = 0
        product.update(body)
        return JSONResponse(product)

    def delete_product(self, request: Request, _: Any) -> Response:
        """`DELETE …/products/{product_id}`."""
        self._restaurant(request, write=True)
        name = request.path_params["product_id"]
        if name not in self.products:
            if self.has("second-delete-breaks"):
                raise ZeroDivisionError
            raise RefusedError(404, "no such product")
        if not self.has("deleted-still-there"):
            del self.products[name]
        return Response(status_code=204)

    def read_hours(self, request: Request, _: Any) -> Response:
        """`GET …/availability`."""
        self._restaurant(request)
        return JSONResponse(self.hours)

    def replace_hours(self, request: Request, body: Any) -> Response:
        """`PUT …/availability`."""
        self._restaurant(request, write=True)
        self.hours = copy.deepcopy(body)
        if self.has("closures-last-only"):
            self.hours["closures"] = self.hours["closures"][-1:]
        if self.has("closure-shifted"):
            for item in self.hours["closures"]:
                moved = date.fromisoformat(item["date"])
                item["date"] = (
                    (moved + timedelta(days=1)).isoformat() if moved < date.max else item["date"]
                )
        return JSONResponse(self.hours)

    def offer_slots(self, request: Request, _: Any) -> Response:
        """`GET …/slots`."""
        self._restaurant(request)
        day = request.query_params["date"]
        return JSONResponse(
            {"slots": [{"starts_at": f"{day}T{hour}:00:00+01:00"} for hour in (20, 21)]}
        )

    def create_booking(self, request: Request, body: Any) -> Response:
        """`POST /reservations`."""
        if body["restaurant_id"] != "r1":
            raise RefusedError(422, "not your restaurant")
        if self.has("slot-refused") and "T20:00:00" in body["starts_at"]:
            raise RefusedError(409, "taken")
        return JSONResponse(self.book(body), 201)

    def read_booking(self, request: Request, _: Any) -> Response:
        """`GET /reservations/{reservation_id}`."""
        return JSONResponse(self._booking(request))

    def read_booking_status(self, request: Request, _: Any) -> Response:
        """`GET /reservations/{reservation_id}/status`."""
        booking = self._booking(request)
        return JSONResponse({"reservation_id": booking["id"], "status": booking["status"]})

    def change_booking_status(self, request: Request, body: Any) -> Response:
        """`PUT /reservations/{reservation_id}/status`."""
        booking = self._booking(request, write=True)
        self._move(booking, body["status"], is_booking=True)
        return JSONResponse({"reservation_id": booking["id"], "status": body["status"]})

    def subscribe(self, _: Request, body: Any) -> Response:
        """`POST /subscriptions`."""
        if body["url"].startswith("http://127.0.0.1"):
            self.outbox.target = body["url"]
        return JSONResponse(body, 201)

    def _order(self, request: Request, write: bool = False) -> dict[str, Any]:
        order = self.orders.get(request.path_params["order_id"])
        allowed = self.has("second-writes") if write else self.has("second-reads")
        if order is None or (self.is_second(request) and not allowed):
            raise RefusedError(404, "no such order")
        return self.orders["o1"] if self.has("first-always") else order

    def _booking(self, request: Request, write: bool = False) -> dict[str, Any]:
        booking = self.bookings.get(request.path_params["reservation_id"])
        if booking is None or (self.is_second(request) and not self.has("second-reads-bookings")):
            raise RefusedError(404, "no such reservation")
        return booking

    def _restaurant(self, request: Request, write: bool = False) -> None:
        if request.path_params["restaurant_id"] != "r1" or (
            self.is_second(request) and not (write and self.has("second-writes"))
        ):
            raise RefusedError(404, "no such restaurant")

    def _product(self, request: Request) -> dict[str, Any]:
        product = self.products.get(request.path_params["product_id"])
        if product is None:
            raise RefusedError(404, "no such product")
        return product

    def is_second(self, request: Request) -> bool:
        """Whether the other restaurant asks."""
        return request.headers.get("x-key") == self.keys["second_api_key"]

    def controls(self) -> list[Route]:
        """What the test account's owner can do."""
        return [
            Route("/orders", _control(self._place_by_hand), methods=["POST"]),
            Route("/orders/{order_id}/status", _control(self._move_by_hand), methods=["POST"]),
            Route(
                "/reservations",
                _control(lambda *_: {"id": self.book({})["id"]}),
                methods=["POST"],
            ),
            Route("/reset", _control(lambda *_: self.reset() or {}), methods=["POST"]),
        ]

    def _place_by_hand(self, _: Request, body: Any) -> Any:
        order = self.place(body)
        self.orders[order["id"]] = order
        self.announce(order)
        return {"id": order["id"]}

    def _move_by_hand(self, request: Request, body: Any) -> Any:
        order = self.orders[request.path_params["order_id"]]
        order["status"] = body["status"]
        self.announce_status(order)
        return {}


def _control(act: Callable[[Request, Any], Any]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        return JSONResponse(act(request, json.loads(await request.body() or b"{}")))

    return answer


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
