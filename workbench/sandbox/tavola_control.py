"""Tavola's other side, for tests: guests order and book, and support changes what it likes."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.sandbox import tavola_orders as orders
from workbench.sandbox.tavola_market import ORDER_STATUSES, RESERVATION_STATUSES, Market
from workbench.sandbox.tavola_wire import ProblemError, Tokens


class Control:
    """What can be made to happen at Tavola."""

    def __init__(self, market: Market, tokens: Tokens) -> None:
        self._market = market
        self._tokens = tokens

    async def place_order(self, request: Request) -> Response:
        """A guest orders: `{"type": "delivery" | "pickup" | "dine_in"}`, or nothing."""
        kind = (await _read_json(request)).get("type", "delivery")
        order = self._market.place_order(kind)
        return _refuse() if order is None else JSONResponse({"id": order["id"]}, 201)

    async def move_order(self, request: Request) -> Response:
        """An order gets a status, legal or not; a repeat is announced again."""
        order = self._market.orders.get(request.path_params["id"])
        given = await _read_json(request)
        status = str(given.get("status"))
        if order is None or status not in ORDER_STATUSES:
            return _refuse()
        if order["status"] == status:
            report = orders.order_status(order)
            self._market.announce("orders/status", "order.status_changed", report)
        orders.change_order(self._market, order, status, given.get("by", "market"), given)
        return JSONResponse({"id": order["id"], "status": order["status"]})

    async def place_reservation(self, _: Request) -> Response:
        """A guest books a table."""
        return JSONResponse({"id": self._market.place_reservation()["id"]}, 201)

    async def move_reservation(self, request: Request) -> Response:
        """A reservation gets a status, legal or not; a repeat is announced again."""
        booking = self._market.reservations.get(request.path_params["id"])
        given = await _read_json(request)
        status = str(given.get("status"))
        if booking is None or status not in RESERVATION_STATUSES:
            return _refuse()
        if booking["status"] == status:
            report = orders.reservation_status(booking)
            self._market.announce("reservations/status", "reservation.status_changed", report)
        orders.move_reservation(self._market, booking, status, given.get("by", "guest"), given)
        return JSONResponse({"id": booking["id"], "status": booking["status"]})

    async def expire_tokens(self, _: Request) -> Response:
        """All tokens end now."""
        self._tokens.expire()
        return JSONResponse({"expired": True})

    async def reset(self, _: Request) -> Response:
        """Everything is as at the start."""
        self._market.reset()
        return JSONResponse({"reset": True})


def list_controls(market: Market, tokens: Tokens) -> list[Route]:
    """The routes under `/_control`."""
    control = Control(market, tokens)
    acts = {
        "/orders": control.place_order,
        "/orders/{id}/status": control.move_order,
        "/reservations": control.place_reservation,
        "/reservations/{id}/status": control.move_reservation,
        "/tokens/expire": control.expire_tokens,
        "/reset": control.reset,
    }
    return [Route(path, act, methods=["POST"]) for path, act in acts.items()]


def _refuse() -> Response:
    return ProblemError(404, "unknown_resource", "No such resource, type or status.").response()


async def _read_json(request: Request) -> dict[str, Any]:
    body = await request.body()
    given = orjson.loads(body) if body.strip() else {}
    return given if isinstance(given, dict) else {}
