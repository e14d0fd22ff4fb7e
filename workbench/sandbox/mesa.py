"""Mesa, a booking platform: reservations only, basic authentication, ping-and-pull webhooks."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.sandbox import mesa_seed as seed
from workbench.sandbox.mesa_wire import (
    Booking,
    Nowhere,
    RefusalError,
    StateChange,
    basic,
    read,
    resource,
)
from workbench.sandbox.outbox import Outbox
from workbench.sandbox.server import Simulator

_BASE_PATH = "/rest"
_NEXT_STATES: Mapping[str, frozenset[str]] = {
    "pending": frozenset({"confirmed", "refused", "cancelled"}),
    "confirmed": frozenset({"seated", "completed", "noShow", "cancelled"}),
    "seated": frozenset({"completed", "cancelled"}),
}


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

    def read_restaurant(self, request: Request, _: bytes) -> Response:
        """`GET /restaurants/:restaurantId`."""
        _require_restaurant(request)
        return JSONResponse(seed.RESTAURANT)

    def read_availability(self, request: Request, _: bytes) -> Response:
        """`GET /restaurants/:restaurantId/availability`."""
        _require_restaurant(request)
        return JSONResponse(self.availability)

    def replace_availability(self, request: Request, body: bytes) -> Response:
        """`PUT /restaurants/:restaurantId/availability`."""
        _require_restaurant(request)
        booking = read(Booking, body)
        if booking.timezone != seed.RESTAURANT["timezone"]:
            raise RefusalError(409, "otherTimezone", "The restaurant is in another time zone.")
        if any(closure.last_date < closure.first_date for closure in booking.closures):
            raise RefusalError(409, "reversedClosure", "A closure ends before it starts.")
        self.availability = {"restaurantId": seed.RESTAURANT["restaurantId"]} | booking.stored()
        return JSONResponse(self.availability)

    def read_reservation(self, request: Request, _: bytes) -> Response:
        """`GET /reservations/:reservationId`."""
        return JSONResponse(self._reservation(request))

    def read_state(self, request: Request, _: bytes) -> Response:
        """`GET /reservations/:reservationId/status`."""
        return JSONResponse(_state(self._reservation(request)))

    def change_state(self, request: Request, body: bytes) -> Response:
        """`PUT /reservations/:reservationId/status`."""
        reservation = self._reservation(request)
        change = read(StateChange, body)
        current = reservation["state"]
        if change.state != current:
            if change.state not in _NEXT_STATES.get(current, ()):
                message = f"A reservation that is {current} cannot become {change.state}."
                raise RefusalError(409, "stateNotAllowed", message)
            if change.table is not None:
                reservation["tables"] = [change.table]
            self.change(request, reservation, change.state)
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

    def _reservation(self, request: Request) -> dict[str, Any]:
        found = self.reservations.get(request.path_params["reservation"])
        if found is None:
            raise RefusalError(404, "notFound", "There is no such reservation.")
        return found


def _state(reservation: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "reservationId": reservation["reservationId"],
        "state": reservation["state"],
        "changedAt": reservation["updatedAt"],
    }


def _require_restaurant(request: Request) -> None:
    if request.path_params["restaurant"] != seed.RESTAURANT["restaurantId"]:
        raise RefusalError(404, "notFound", "There is no such restaurant.")


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
    key = basic(credentials["username"], credentials["password"])
    home = "/restaurants/{restaurant}"
    booking = "/reservations/{reservation}"
    api = [
        Route(home, resource(key, get=platform.read_restaurant)),
        Route(
            f"{home}/availability",
            resource(key, get=platform.read_availability, put=platform.replace_availability),
        ),
        Route(booking, resource(key, get=platform.read_reservation)),
        Route(
            f"{booking}/status",
            resource(key, get=platform.read_state, put=platform.change_state),
        ),
    ]
    return api, _control(platform)


SIMULATOR = Simulator(
    slug="mesa",
    base_path=_BASE_PATH,
    port=8803,
    credentials=("username", "password", "webhook_username", "webhook_password"),
    build=_build,
    unknown=Nowhere(),
)
