"""When Trattoria Aurora takes orders: weekly hours, shifts, calendar exceptions, pauses."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from workbench.sandbox.resource import Call
from workbench.sandbox.tavola_market import Market
from workbench.sandbox.tavola_seed import Json
from workbench.sandbox.tavola_wire import conflict, unknown

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_REPLACED = ("weekly_hours", "shifts", "exceptions")
_DAY_MINUTES = 1440
_WEEK_MINUTES = 7 * _DAY_MINUTES


def read_availability(market: Market, call: Call) -> Response:
    """Hours, shifts, exceptions and the state of this moment."""
    market.require_restaurant(call.path["restaurant_id"])
    return JSONResponse(market.availability)


def write_availability(market: Market, call: Call) -> Response:
    """Replace the weekly hours; shifts and exceptions too when they are sent."""
    market.require_restaurant(call.path["restaurant_id"])
    whole = call.read_whole()
    stored = market.availability
    for name in ("restaurant_id", "timezone"):
        if whole[name] not in {None, stored[name]}:
            raise conflict("id_mismatch", f"The {name} cannot be changed.")
    fresh = {name: whole[name] for name in _REPLACED if whole[name] is not None}
    for hours in (*fresh["weekly_hours"], *fresh.get("shifts", ())):
        _require_disjoint(hours["openings"])
    for item in fresh.get("exceptions", ()):
        _require_in_order(item)
    for item in fresh.get("exceptions", ()):
        item["id"] = item["id"] or market.exception_id()
    market.availability = {**stored, **fresh}
    return JSONResponse(market.availability)


def create_exception(market: Market, call: Call) -> Response:
    """Add one exception; the others stay."""
    market.require_restaurant(call.path["restaurant_id"])
    item = call.read_whole()
    _require_in_order(item)
    if item["id"] is not None and _place(market, item["id"]) is not None:
        raise conflict("duplicate_id", f"There is an exception {item['id']!r} already.")

    item["id"] = item["id"] or market.exception_id()
    market.availability["exceptions"].append(item)
    location = f"{call.request.url.path}/{item['id']}"
    return JSONResponse(item, 201, {"Location": location})


def read_exception(market: Market, call: Call) -> Response:
    """One exception."""
    return JSONResponse(market.availability["exceptions"][_require_place(market, call)])


def replace_exception(market: Market, call: Call) -> Response:
    """Put another exception in the place of one."""
    place = _require_place(market, call)
    item = call.read_whole()
    _require_in_order(item)
    name = call.path["exception_id"]
    if item["id"] not in {None, name}:
        raise conflict("id_mismatch", "The id of the body is not the one of the path.")
    market.availability["exceptions"][place] = item | {"id": name}
    return JSONResponse(item | {"id": name})


def delete_exception(market: Market, call: Call) -> Response:
    """Remove one exception; the others stay."""
    del market.availability["exceptions"][_require_place(market, call)]
    return Response(status_code=204)


def pause(market: Market, call: Call) -> Response:
    """Stop taking orders, for some order types or all, until an instant or a resume."""
    market.require_restaurant(call.path["restaurant_id"])
    market.availability["state"] = {"accepting": False, **call.read_whole()}
    return JSONResponse(market.availability["state"])


def resume(market: Market, call: Call) -> Response:
    """Take orders again."""
    market.require_restaurant(call.path["restaurant_id"])
    state: Json = {"accepting": True, "until": None, "reason": None, "order_types": []}
    market.availability["state"] = state
    return JSONResponse(state)


def _place(market: Market, name: str) -> int | None:
    names = [item["id"] for item in market.availability["exceptions"]]
    return names.index(name) if name in names else None


def _require_place(market: Market, call: Call) -> int:
    market.require_restaurant(call.path["restaurant_id"])
    place = _place(market, call.path["exception_id"])
    if place is None:
        raise unknown("exception", call.path["exception_id"])
    return place


def _require_in_order(item: Json) -> None:
    if item["first_date"] > item["last_date"]:
        raise conflict("inconsistent_dates", "The last date is before the first.")


def _require_disjoint(openings: list[Json]) -> None:
    taken: set[int] = set()
    for item in openings:
        start = _DAYS.index(item["day"]) * _DAY_MINUTES + _minutes(item["opens"])
        length = (_minutes(item["closes"]) - _minutes(item["opens"])) % _DAY_MINUTES
        minutes = {(start + offset) % _WEEK_MINUTES for offset in range(length or _DAY_MINUTES)}
        if taken & minutes:
            detail = f"The opening of {item['day']} at {item['opens']} overlaps another."
            raise conflict("overlapping_openings", detail)
        taken |= minutes


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
