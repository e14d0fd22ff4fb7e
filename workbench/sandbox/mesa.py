"""Mesa, a booking platform: reservations only, basic authentication, ping-and-pull webhooks."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.sandbox import mesa_seed as seed
from workbench.sandbox.mesa_wire import basic, open_gate, refusal, refuse_path
from workbench.sandbox.outbox import Outbox
from workbench.sandbox.resource import Call, Handler, UnknownPath
from workbench.sandbox.server import Simulator

_BASE_PATH = "/rest"
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_NEXT_STATES: Mapping[str, frozenset[str]] = {
    "pending": frozenset({"confirmed", "refused", "cancelled"}),
    "confirmed": frozenset({"seated", "completed", "noShow", "cancelled"}),
    "seated": frozenset({"completed", "cancelled"}),
}
_SETTABLE = frozenset().union(*_NEXT_STATES.values())


class Mesa:
    """The state of the platform for one restaurant, and what its API does with it."""

    def __init__(self, authorization: str, outbox: Outbox) -> None:
        self._authorization = authorization
        self._outbox = outbox
        self.reset()

    def reset(self) -> None:
        """Back to the seeded state."""
        self.reservations = seed.reservations()
        self.availability = seed.availability()
        self._next = seed.FIRST_FREE_RESERVATION

    def read_restaurant(self, call: Call) -> Response:
        """`GET /restaurants/:restaurantId`."""
        _require_restaurant(call)
        return JSONResponse(seed.RESTAURANT)

    def read_availability(self, call: Call) -> Response:
        """`GET /restaurants/:restaurantId/availability`."""
        _require_restaurant(call)
        return JSONResponse(self.availability)

    def replace_availability(self, call: Call) -> Response:
        """`PUT /restaurants/:restaurantId/availability`."""
        _require_restaurant(call)
        booking = call.read()
        if booking["timezone"] != seed.RESTAURANT["timezone"]:
            raise refusal(409, "otherTimezone", "The restaurant is in another time zone.")
        for shift in booking["shifts"]:
            _require_bookable(shift)
        for closure in booking["closures"]:
            if closure["kind"] != "closed":
                raise refusal(409, "valueNotPossible", "A closure is always closed.")
            if closure["lastDate"] < closure["firstDate"]:
                raise refusal(409, "reversedClosure", "A closure ends before it starts.")
        self.availability = {"restaurantId": seed.RESTAURANT["restaurantId"]} | booking
        return JSONResponse(self.availability)

    def read_reservation(self, call: Call) -> Response:
        """`GET /reservations/:reservationId`."""
        return JSONResponse(self._reservation(call))

    def read_state(self, call: Call) -> Response:
        """`GET /reservations/:reservationId/status`."""
        return JSONResponse(_state(self._reservation(call)))

    def change_state(self, call: Call) -> Response:
        """`PUT /reservations/:reservationId/status`."""
        reservation = self._reservation(call)
        change = call.read()
        current, following = reservation["state"], change["state"]
        if following != current or following not in _SETTABLE:
            if following not in _NEXT_STATES.get(current, ()):
                message = f"A reservation that is {current} cannot become {following}."
                raise refusal(409, "stateNotAllowed", message)
            if not change.get("table", "T"):
                raise refusal(409, "valueNotPossible", "A table has a name.")
            if "table" in change:
                reservation["tables"] = [change["table"]]
            self.change(call.request, reservation, following)
        return JSONResponse(_state(reservation))

    def place(self, request: Request) -> str:
        """Make a new reservation and announce it; the id."""
        made = seed.reservation(self._next, int(time.time()))
        self._next += 1
        self.reservations[made["reservationId"]] = made
        self._ping(request, "reservations", "reservation.created", made)
        return str(made["reservationId"])

    def change(self, request: Request, reservation: dict[str, Any], state: str) -> None:
        """Set a state, whatever it was before, and announce it."""
        reservation["state"] = state
        reservation["updatedAt"] = int(time.time())
        self._ping(request, "reservations/status", f"reservation.{state}", reservation)

    def _ping(self, request: Request, tail: str, event: str, about: Mapping[str, Any]) -> None:
        name = about["reservationId"]
        link = f"http://{request.url.netloc}{_BASE_PATH}/reservations/{name}"
        body = json.dumps({"event": event, "reservationId": name, "link": link}).encode()
        headers = {"Content-Type": "application/json", "Authorization": self._authorization}
        self._outbox.send(tail, body, headers)

    def _reservation(self, call: Call) -> dict[str, Any]:
        found = self.reservations.get(call.path["reservationId"])
        if found is None:
            raise refusal(404, "notFound", "There is no such reservation.")
        return found


def _state(reservation: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "reservationId": reservation["reservationId"],
        "state": reservation["state"],
        "changedAt": reservation["updatedAt"],
    }


def _require_restaurant(call: Call) -> None:
    if call.path["restaurantId"] != seed.RESTAURANT["restaurantId"]:
        raise refusal(404, "notFound", "There is no such restaurant.")


def _require_bookable(shift: Mapping[str, Any]) -> None:
    """Refuse a shift that no calendar can hold: the collection shows shapes, not bounds."""
    is_possible = shift["capacity"] >= 0 and shift["slotMinutes"] > 0
    for day in shift["days"]:
        is_possible = is_possible and 1 <= day["weekday"] <= 7
        is_possible = is_possible and all(_CLOCK.fullmatch(day[end]) for end in ("opens", "closes"))
    if not is_possible:
        message = f"The shift {shift['name']!r} cannot be held."
        raise refusal(409, "valueNotPossible", message)


def _control(platform: Mesa) -> list[Route]:
    async def place(request: Request) -> Response:
        return JSONResponse({"id": platform.place(request)}, 201)

    async def change(request: Request) -> Response:
        body = await request.body()
        state = json.loads(body).get("status") if body else None
        reservation = platform.reservations.get(request.path_params["reservation"])
        if reservation is None or state not in seed.STATES:
            known = {"error": "no such reservation or state", "states": seed.STATES}
            return JSONResponse(known, 404)
        platform.change(request, reservation, state)
        return JSONResponse({"id": reservation["reservationId"], "status": state})

    async def reset(_: Request) -> Response:
        platform.reset()
        return JSONResponse({"reset": True})

    return [
        Route("/reservations", place, methods=["POST"]),
        Route("/reservations/{reservation}/status", change, methods=["POST"]),
        Route("/reset", reset, methods=["POST"]),
    ]


def _build(credentials: Mapping[str, str], outbox: Outbox) -> tuple[list[Route], list[Route]]:
    ours = basic(credentials["webhook_username"], credentials["webhook_password"])
    platform = Mesa(ours, outbox)
    gate = open_gate(basic(credentials["username"], credentials["password"]))
    home = "/restaurants/{restaurantId}"
    booking = "/reservations/{reservationId}"
    served: dict[str, dict[str, Handler]] = {
        home: {"get": platform.read_restaurant},
        f"{home}/availability": {
            "get": platform.read_availability,
            "put": platform.replace_availability,
        },
        booking: {"get": platform.read_reservation},
        f"{booking}/status": {"get": platform.read_state, "put": platform.change_state},
    }
    api = [Route(path, gate.resource(path, **handlers)) for path, handlers in served.items()]
    return api, _control(platform)


SIMULATOR = Simulator(
    slug="mesa",
    base_path=_BASE_PATH,
    port=8803,
    credentials=("username", "password", "webhook_username", "webhook_password"),
    build=_build,
    unknown=UnknownPath(refuse_path),
)
