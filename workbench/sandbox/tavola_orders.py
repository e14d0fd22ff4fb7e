"""Orders and reservations of Tavola: read, listed, moved from status to status, tracked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from workbench.sandbox.resource import Call
from workbench.sandbox.tavola_market import (
    ORDER_STATUSES,
    RESERVATION_STATUSES,
    Market,
    followers,
    may_follow,
)
from workbench.sandbox.tavola_seed import Json, instant
from workbench.sandbox.tavola_wire import conflict


def list_orders(market: Market, call: Call) -> Response:
    """Orders, oldest first, a page at a time."""
    status, cursor = call.query.get("status"), call.query.get("cursor", "")
    found = [order for order in market.orders.values() if status in {None, order["status"]}]
    found = sorted((order for order in found if order["id"] > cursor), key=lambda item: item["id"])
    page = found[: call.query["limit"]]
    following = page[-1]["id"] if len(page) < len(found) else None
    return JSONResponse({"orders": page, "next_cursor": following})


def read_order(market: Market, call: Call) -> Response:
    """One order."""
    return JSONResponse(market.order(call.path["order_id"]))


def read_order_status(market: Market, call: Call) -> Response:
    """The status of one order."""
    return JSONResponse(order_status(market.order(call.path["order_id"])))


def write_order_status(market: Market, call: Call) -> Response:
    """Move an order on, once per idempotency key."""
    order = market.order(call.path["order_id"])
    given = _stated(call)

    def act(_: Call) -> Response:
        _require_legal(ORDER_STATUSES, order["status"], given["status"])
        if given["status"] == "out_for_delivery" and order["type"] != "delivery":
            raise conflict("illegal_transition", "Only a delivery order goes out for delivery.")
        change_order(market, order, given["status"], "restaurant", given)
        return JSONResponse(order_status(order))

    return market.replays.answer(call, act)


def change_order(market: Market, order: Json, status: str, by: str, given: Json) -> None:
    """Give an order a status and tell the subscriber; a repeat may only promise another time."""
    if "ready_at" in given:
        order["timing"] = {**order["timing"], "ready_at": given["ready_at"]}
    if order["status"] == status:
        return
    step = {"status": status, "at": instant(), "by": by}
    if reason := given.get("reason_note") or given.get("reason_code"):
        step["reason"] = reason
    order["status"] = status
    order["status_history"] = [*order["status_history"], step]
    if status in {"declined", "cancelled", "failed"}:
        code, text = given.get("reason_code", "other"), given.get("reason_note", "")
        order["cancellation"] = {"by": by, "code": code, "text": text}
    market.announce("orders/status", "order.status_changed", order_status(order))


def order_status(order: Json) -> Json:
    """The status resource of an order."""
    last = order["status_history"][-1]
    status: dict[str, Any] = {
        "order_id": order["id"],
        "restaurant_id": order["restaurant_id"],
        "status": order["status"],
        "changed_at": last["at"],
        "changed_by": last["by"],
        "next_statuses": followers(ORDER_STATUSES, order["status"]),
    }
    if "cancellation" in order:
        status["reason_code"] = order["cancellation"]["code"]
        status["reason_note"] = order["cancellation"]["text"]
    if "ready_at" in order["timing"]:
        status["ready_at"] = order["timing"]["ready_at"]
    return status


def record_kitchen_result(market: Market, call: Call) -> Response:
    """Take note of whether the kitchen has an order."""
    order = market.order(call.path["order_id"])
    body = call.read()
    if order["status"] == "new" or not followers(ORDER_STATUSES, order["status"]):
        raise conflict("not_in_kitchen", "The order is not accepted, or has ended.")
    market.kitchen[order["id"]] = body["result"]
    return Response(status_code=204)


def record_location(market: Market, call: Call) -> Response:
    """Take note of where the driver of an order is."""
    order = market.order(call.path["order_id"])
    body = call.read()
    if body.get("order_id") not in {None, order["id"]}:
        raise conflict("id_mismatch", "The order_id of the body is not the one of the path.")
    if order["type"] != "delivery" or order["status"] != "out_for_delivery":
        raise conflict("not_in_delivery", "The order is not out for delivery.")
    last = market.positions.get(order["id"])
    recorded = body["recorded_at"]
    if last and datetime.fromisoformat(recorded) < datetime.fromisoformat(last):
        raise conflict("stale_position", f"A position of {last} is known already.")
    market.positions[order["id"]] = recorded
    if body.get("eta"):
        order["delivery"] = {**order["delivery"], "eta": body["eta"]}
    return Response(status_code=204)


def read_reservation(market: Market, call: Call) -> Response:
    """One reservation."""
    return JSONResponse(market.reservation(call.path["reservation_id"]))


def change_reservation(market: Market, call: Call) -> Response:
    """Another time, length or party; the id stays."""
    reservation = market.reservation(call.path["reservation_id"])
    given = _stated(call)
    if not followers(RESERVATION_STATUSES, reservation["status"]):
        raise conflict("reservation_over", "The reservation has ended.")
    reservation.update(given, updated_at=instant())
    return JSONResponse(reservation)


def read_reservation_status(market: Market, call: Call) -> Response:
    """The status of one reservation."""
    return JSONResponse(reservation_status(market.reservation(call.path["reservation_id"])))


def write_reservation_status(market: Market, call: Call) -> Response:
    """Move a reservation on, once per idempotency key."""
    reservation = market.reservation(call.path["reservation_id"])
    given = _stated(call)

    def act(_: Call) -> Response:
        _require_legal(RESERVATION_STATUSES, reservation["status"], given["status"])
        move_reservation(market, reservation, given["status"], "restaurant", given)
        return JSONResponse(reservation_status(reservation))

    return market.replays.answer(call, act)


def move_reservation(market: Market, reservation: Json, status: str, by: str, given: Json) -> None:
    """Give a reservation a status and tell the subscriber; a repeat changes nothing."""
    if reservation["status"] == status:
        return
    now = instant()
    reservation.update(status=status, updated_at=now, status_changed_at=now, changed_by=by)
    if status in {"refused", "cancelled", "expired"}:
        reservation["reason_code"] = given.get("reason_code", "other")
        reservation["reason_note"] = given.get("reason_note", "")
    if "table" in given:
        reservation["tables"] = [given["table"]]
    body = reservation_status(reservation)
    market.announce("reservations/status", "reservation.status_changed", body)


def reservation_status(reservation: Json) -> Json:
    """The status resource of a reservation."""
    status: dict[str, Any] = {
        "reservation_id": reservation["id"],
        "restaurant_id": reservation["restaurant_id"],
        "status": reservation["status"],
        "changed_at": reservation["status_changed_at"],
        "changed_by": reservation.get("changed_by", "guest"),
        "next_statuses": followers(RESERVATION_STATUSES, reservation["status"]),
    }
    for name in ("reason_code", "reason_note"):
        if name in reservation:
            status[name] = reservation[name]
    if reservation["tables"]:
        status["table"] = reservation["tables"][0]
    return status


def _require_legal(table: Any, current: str, following: str) -> None:
    if not may_follow(table, current, following):
        detail = f"{following!r} cannot follow {current!r}."
        raise conflict("illegal_transition", detail)


def _stated(call: Call) -> Json:
    """The body without what is null, which leaves things as they are."""
    return {name: value for name, value in call.read_whole().items() if value is not None}
