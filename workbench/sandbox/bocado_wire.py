"""How Bocado speaks HTTP: the API key, one handler per method, errors in the documented form."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

Handler = Callable[[Request, bytes], Response]
B = TypeVar("B", bound=BaseModel)


class RefusalError(Exception):
    """An answer of the 4xx class: `Codigo`, `Mensaje` and the fields concerned."""

    def __init__(
        self, status: int, code: str, message: str, fields: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.document: dict[str, Any] = {"Codigo": code, "Mensaje": message}
        if fields:
            self.document["Campos"] = fields

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """The answer to send."""
        return JSONResponse(self.document, self.status, headers)


class Resource:
    """One path of the API behind the key; an ASGI application."""

    def __init__(self, key: str, **handlers: Handler) -> None:
        self._key = key.encode()
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        request = Request(scope, receive)
        handler = self._handlers.get(request.method.lower())
        if handler is None:
            allow = ", ".join(sorted(name.upper() for name in self._handlers))
            refusal = RefusalError(405, "RECURSO_NO_ENCONTRADO", f"Métodos admitidos: {allow}.")
            response = refusal.response({"Allow": allow})
        else:
            response = self._answer(handler, request, await request.body())
        await response(scope, receive, send)

    def _answer(self, handler: Handler, request: Request, body: bytes) -> Response:
        given = request.headers.get("x-api-key", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._key):
            message = "Falta X-Api-Key o no es válida."
            return RefusalError(401, "CLAVE_NO_VALIDA", message).response()
        try:
            return handler(request, body)
        except RefusalError as refusal:
            return refusal.response()


def read(model: type[B], body: bytes) -> B:
    """Parse a JSON body into a model.

    Raises:
        RefusalError: 400, with every field that does not fit.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        fields = [
            {"Campo": ".".join(str(part) for part in item["loc"]), "Problema": item["msg"]}
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        message = "El cuerpo no cumple el documento."
        raise RefusalError(400, "CUERPO_NO_VALIDO", message, fields[:20]) from None


class Nowhere:
    """Answers 404 for every path that the API does not have; an ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        refusal = RefusalError(404, "RECURSO_NO_ENCONTRADO", "La API no tiene esa ruta.")
        await refusal.response()(scope, receive, send)
