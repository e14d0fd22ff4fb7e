"""How Mesa speaks HTTP: basic authentication, a handler per method, bodies, errors."""

from __future__ import annotations

import base64
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from workbench.sandbox.resource import Gate, Handler, RefusedError, Resource

B = TypeVar("B", bound=BaseModel)


def _check_date(value: str) -> str:
    date.fromisoformat(value)
    return value


def _whole(value: object) -> object:
    # JSON calls 2.0 an integer, a strict int does not.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Day = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_check_date)
]
State = Annotated[
    str, StringConstraints(pattern="^(confirmed|refused|seated|completed|noShow|cancelled)$")
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Body(BaseModel):
    """Base of all bodies: strict types, closed, and no null."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)

    @model_validator(mode="before")
    @classmethod
    def _has_no_null(cls, data: Any) -> Any:
        if isinstance(data, dict) and None in data.values():
            raise ValueError("null is not a value here")
        return data

    def stored(self) -> dict[str, Any]:
        """The body as it came, with the partner's names."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class StateChange(Body):
    """A new state for a reservation."""

    state: State
    reason: Text | None = None
    table: Text | None = None


class Sitting(Body):
    """A weekday on which a shift is served; 1 is Monday."""

    weekday: Annotated[Whole, Field(ge=1, le=7)]
    opens: Clock
    closes: Clock


class Turn(Body):
    """A shift: lunch or dinner, with the covers that can be booked online."""

    name: Text
    capacity: Annotated[Whole, Field(ge=0, le=1000)]
    slot_minutes: Annotated[Whole, Field(ge=5, le=240)]
    days: list[Sitting] = Field(max_length=21)


class Closure(Body):
    """Closed dates, both included."""

    kind: Annotated[str, StringConstraints(pattern="^closed$")]
    first_date: Day
    last_date: Day
    reason: Text | None = None


class Booking(Body):
    """When tables can be booked online."""

    timezone: Text
    shifts: list[Turn] = Field(max_length=6)
    closures: list[Closure] = Field(max_length=60)


class RefusalError(RefusedError):
    """An answer of the 4xx class: `error.code` and `error.message`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, {"error": {"code": code, "message": message}}, message)


def basic(username: str, password: str) -> str:
    """Value of an `Authorization` header."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def resource(authorization: str, **handlers: Handler) -> Resource:
    """One path of the API behind basic authentication."""
    return Resource(Gate("authorization", authorization, _turn_away, _name_methods), handlers)


def _turn_away() -> Response:
    refusal = RefusalError(401, "unauthorized", "Username or password is wrong.")
    return refusal.response({"WWW-Authenticate": 'Basic realm="mesa"'})


def _name_methods(allow: str) -> Response:
    return RefusalError(405, "methodNotAllowed", f"Use {allow}.").response({"Allow": allow})


def read(model: type[B], body: bytes) -> B:
    """Parse a JSON body into a model.

    Raises:
        RefusalError: 400 for a body that cannot be read, 409 for a value that is not possible.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        first = min(faults, key=lambda fault: not _is_unreadable(fault["type"]))
        place = ".".join(str(part) for part in first["loc"]) or "body"
        message = f"{place}: {first['msg']}"
        if _is_unreadable(first["type"]):
            raise RefusalError(400, "invalidBody", message) from None
        raise RefusalError(409, "valueNotPossible", message) from None


def _is_unreadable(fault: str) -> bool:
    return fault in {"json_invalid", "missing"} or fault.endswith("_type")


class Nowhere:
    """Answers 404 for every path that the API does not have; an ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        refusal = RefusalError(404, "notFound", "There is no such path.")
        await refusal.response()(scope, receive, send)
