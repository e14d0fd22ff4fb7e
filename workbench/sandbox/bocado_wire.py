"""How Bocado speaks HTTP: the API key, one handler per method, errors in the documented form."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from workbench.sandbox.resource import Gate, Handler, RefusedError, Resource

B = TypeVar("B", bound=BaseModel)


class RefusalError(RefusedError):
    """An answer of the 4xx class: `Codigo`, `Mensaje` and the fields concerned."""

    def __init__(
        self, status: int, code: str, message: str, fields: list[dict[str, str]] | None = None
    ) -> None:
        document: dict[str, Any] = {"Codigo": code, "Mensaje": message}
        super().__init__(status, document | ({"Campos": fields} if fields else {}), message)


def resource(key: str, **handlers: Handler) -> Resource:
    """One path of the API behind the key."""
    return Resource(Gate("x-api-key", key, _turn_away, _name_methods), handlers)


def _turn_away() -> Response:
    return RefusalError(401, "CLAVE_NO_VALIDA", "Falta X-Api-Key o no es válida.").response()


def _name_methods(allow: str) -> Response:
    refusal = RefusalError(405, "RECURSO_NO_ENCONTRADO", f"Métodos admitidos: {allow}.")
    return refusal.response({"Allow": allow})


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
