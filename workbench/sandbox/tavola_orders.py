"""Orders and reservations of Tavola: read, listed, moved from status to status, tracked."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from workbench.sandbox import tavola_schema as schema
from workbench.sandbox.tavola_market import (
    ORDER_STATUSES,
    RESERVATION_STATUSES,
    Market,
    followers,
    may_follow,
)
from workbench.sandbox.tavola_seed import Json, instant
from workbench.sandbox.tavola_wire import Call, ProblemError, conflict

_LIMIT = re.compile(r"[1-9][0-9]?|100")
_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,64}")


def list_orders(market: Market, call: Call) -> Response:
    """Orders, oldest first, a page at a time."""
    status = _query(call, "status", None)
    cursor = _query(call, "cursor", None)
    limit = _query(call, "limit", "20") or ""
    if status is not None and status not in ORDER_STATUSES:
        raise _bad_query("status", "is not a status")
    if not _LIMIT.fullmatch(limit):
        raise _bad_query("limit", "is a number from 1 to 100")
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise _bad_query("cursor", "is not a cursor")
    found = [order for order in market.orders.values() if status in {None, order["status"]}]
    found = sorted(
        (order for order in found if order["id"] > (cursor or "")), key=lambda item: item["id"]
    )
    page = found[: int(limit)]
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
    body = call.read(schema.ORDER_STATUS)
    _require_reason(body)

    def act(_: Call) -> Response:
        _require_legal(ORDER_STATUSES, order["status"], body.status)
        if body.status == "out_for_delivery" and order["type"] != "delivery":
            raise conflict("illegal_transition", "Only a delivery order goes out for delivery.")
        change_order(market, order, body.status, "restaurant", body.model_dump(exclude_none=True))
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
    body = call.read(schema.KITCHEN_RESULT)
    if order["status"] == "new" or not followers(ORDER_STATUSES, order["status"]):
        raise conflict("not_in_kitchen", "The order is not accepted, or has ended.")
    market.kitchen[order["id"]] = body.result
    return Response(status_code=204)


def record_location(market: Market, call: Call) -> Response:
    """Take note of where the driver of an order is."""
    order = market.order(call.path["order_id"])
    body = call.read(schema.DRIVER_LOCATION)
    if body.order_id not in {None, order["id"]}:
        raise conflict("id_mismatch", "The order_id of the body is not the one of the path.")
    if order["type"] != "delivery" or order["status"] != "out_for_delivery":
        raise conflict("not_in_delivery", "The order is not out for delivery.")
    last = market.positions.get(order["id"])
    if last and datetime.fromisoformat(body.recorded_at) < datetime.fromisoformat(last):
        raise conflict("stale_position", f"A position of {last} is known already.")
    market.positions[order["id"]] = body.recorded_at
    if body.eta:
        order["delivery"] = {**order["delivery"], "eta": body.eta}
    return Response(status_code=204)


def read_reservation(market: Market, call: Call) -> Response:
    """One reservation."""
    return JSONResponse(market.reservation(call.path["reservation_id"]))


def change_reservation(market: Market, call: Call) -> Response:
    """Another time, length or party; the id stays."""
    reservation = market.reservation(call.path["reservation_id"])
    body = call.read(schema.RESERVATION_CHANGE)
    given = body.model_dump(exclude_none=True)
    if not given:
        raise ProblemError(400, "invalid_body", "Name at least one change.")
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
    body = call.read(schema.RESERVATION_STATUS)
    _require_reason(body)

    def act(_: Call) -> Response:
        _require_legal(RESERVATION_STATUSES, reservation["status"], body.status)
        given = body.model_dump(exclude_none=True)
        move_reservation(market, reservation, body.status, "restaurant", given)
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


def _require_reason(body: Any) -> None:
    stops = isinstance(body, schema.OrderStop | schema.ReservationStop)
    if stops and body.reason_code is None and body.reason_note is None:
        raise ProblemError(
            400,
            "invalid_body",
            "Say why.",
            errors=[{"pointer": "/reason_code", "message": "a code or a note is required"}],
        )


def _query(call: Call, name: str, default: str | None) -> str | None:
    given = call.query.getlist(name)
    if len(given) > 1:
        raise _bad_query(name, "may be given once")
    return given[0] if given else default


def _bad_query(name: str, message: str) -> ProblemError:
    error = {"pointer": f"?{name}", "message": message}
    return ProblemError(400, "invalid_query", f"{name} {message}.", errors=[error])
