"""How the miniature answers: who may come in, what its document allows, what errors look like."""

from __future__ import annotations

import asyncio
import json
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from state import RefusedError, State

from workbench.description import describe
from workbench.description.schema_validation import as_json_schema
from workbench.model.description import Operation, Parameter
from workbench.model.schema import SchemaReader

FOLDER = Path(__file__).parent / "partner"
Handler = Callable[[Request, Any], Response]
_MIDWAY = 40  # requests after which something may come to stand in for it
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD", "QUERY"]
_DESCRIPTION = describe([FOLDER / "openapi.yaml"])
_BUNDLE = _DESCRIPTION.bundles["openapi.yaml"]


def list_routes(state: State, served: Mapping[str, Mapping[str, Handler]]) -> list[Route]:
    """The API: paths and methods of the document, everything else refused."""
    door = Door(state)
    return [
        Route(path, door.answer(path, handlers), methods=_METHODS)
        for path, handlers in served.items()
    ]


class Door:
    """Stands before every operation."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._requests = 0

    def answer(self, path: str, handlers: Mapping[str, Handler]) -> Callable[[Request], Any]:
        """Answers one path."""
        operations = {item.method: item for item in _DESCRIPTION.operations if item.path == path}

        async def answer(request: Request) -> Response:
            try:
                self._admit(request)
                if request.method not in handlers:
                    allowed = {"Allow": ", ".join(handlers)}
                    return JSONResponse({"error": "method"}, 405, headers=allowed)
                if self._state.has("slow") and path == "/reservations/{reservation_id}/status":
                    await asyncio.sleep(0.15)
                body = self._check(operations[request.method], request, await request.body())
                response = handlers[request.method](request, body)
            except RefusedError as refusal:
                response = JSONResponse({"error": str(refusal)}, refusal.status)
            except ZeroDivisionError:
                response = JSONResponse({"error": "broken"}, 500)
            return self._disguise(self._count(response))

        return answer

    def _disguise(self, response: Response) -> Response:
        """What stands before the miniature makes of its answer."""
        if self._state.has("errors-midway") and self._requests > _MIDWAY:
            return JSONResponse({"error": "your session has ended"})
        if self._state.has("marked") and response.body:
            kind = response.headers["content-type"]
            return Response(BOM_UTF8 + response.body, response.status_code, media_type=kind)
        return response

    def _count(self, response: Response) -> Response:
        self._requests += 1
        if not self._state.has("rate-headers-missing"):
            response.headers["X-RateLimit-Limit"] = "100000"
            left = 200000 if self._state.has("rate-headers-lie") else 100000 - self._requests
            response.headers["X-RateLimit-Remaining"] = str(left)
        if self._state.has("key-in-header"):
            response.headers["X-Debug"] = f"key={self._state.keys['api_key']}"
        return response

    def _check(self, operation: Operation, request: Request, raw: bytes) -> Any:
        for item in operation.parameters:
            self._check_parameter(item, request)
        schema = operation.request_schema
        if schema is None:
            return None
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise RefusedError(415, "JSON, please")
        try:
            body = json.loads(raw)
        except ValueError:
            raise RefusedError(400, "not JSON") from None
        if self._state.has("invalid-accepted") and isinstance(body, dict):
            return (
                {"restaurant_id": "r1", "items": [], **body}
                if operation.path == "/orders"
                else body
            )
        self._check_body(schema, body)
        return body

    def _check_body(self, schema: Mapping[str, Any], body: Any) -> None:
        validator = jsonschema_rs.Draft202012Validator(
            as_json_schema(dict(schema), _BUNDLE), validate_formats=True
        )
        for error in validator.iter_errors(body):
            if self._state.has("long-text-accepted") and "longer than" in error.message:
                continue
            if (
                self._state.has("above-maximum-accepted")
                and "greater than the maximum" in error.message
            ):
                continue
            raise RefusedError(422, error.message[:200])

    def _check_parameter(self, item: Parameter, request: Request) -> None:
        place = {"query": request.query_params, "header": request.headers}.get(item.place)
        if place is None:
            return
        values = place.getlist(item.name)
        if not values:
            if item.required:
                raise RefusedError(422, f"{item.name} is missing")
            return
        schema = SchemaReader.of(_DESCRIPTION, "openapi.yaml").resolve(item.schema_)
        value: Any = values[0]
        if schema.get("type") == "integer":
            if not value.lstrip("-").isascii() or not value.lstrip("-").isdigit():
                raise RefusedError(422, f"{item.name} is no number")
            value = int(value)
        self._check_body(schema, value)
        if len(values) > 1:
            raise RefusedError(422, f"{item.name} twice")

    def _admit(self, request: Request) -> None:
        """Refuse who may not come in."""
        key = request.headers.get("x-key")
        if key in {self._state.keys["api_key"], self._state.keys["second_api_key"]}:
            return
        writes = request.method not in {"GET", "HEAD"}
        open_doors = {
            "open-to-nobody": key is None,
            "open-to-wrong": key is not None and key != self._state.keys["expired_api_key"],
            "open-to-expired": key == self._state.keys["expired_api_key"],
            "writes-open": key is None and writes,
        }
        if not any(self._state.has(name) and applies for name, applies in open_doors.items()):
            raise RefusedError(401, "who are you?")
