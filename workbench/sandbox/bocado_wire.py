"""How Bocado speaks HTTP: the API key, and errors in the documented form."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from workbench.sandbox.request_rules import UnfitError, open_document
from workbench.sandbox.resource import Gate, RefusedError

DOCUMENT = "swagger.json"


class RefusalError(RefusedError):
    """An answer of the 4xx class: `Codigo`, `Mensaje` and the fields concerned."""

    def __init__(
        self, status: int, code: str, message: str, fields: list[dict[str, str]] | None = None
    ) -> None:
        document: dict[str, Any] = {"Codigo": code, "Mensaje": message}
        super().__init__(status, document | ({"Campos": fields} if fields else {}), message)


def open_gate(key: str) -> Gate:
    """The way into the API: by the key, and by what the document allows."""
    document = open_document("bocado", DOCUMENT)
    return Gate(document, "x-api-key", key, _turn_away, _name_methods, _refuse_unfit)


def _turn_away() -> Response:
    return RefusalError(401, "CLAVE_NO_VALIDA", "Falta X-Api-Key o no es válida.").response()


def _name_methods(allow: str) -> Response:
    refusal = RefusalError(405, "RECURSO_NO_ENCONTRADO", f"Métodos admitidos: {allow}.")
    return refusal.response({"Allow": allow})


def _refuse_unfit(error: UnfitError) -> Response:
    fields = [
        {"Campo": item.pointer.lstrip("/").replace("/", "."), "Problema": item.message}
        for item in error.violations
    ]
    if error.place == "body":
        message = "El cuerpo no cumple el documento."
        return RefusalError(400, "CUERPO_NO_VALIDO", message, fields[:20]).response()
    message = "Un parámetro no cumple el documento."
    return RefusalError(400, "PARAMETRO_NO_VALIDO", message, fields[:20]).response()


class Nowhere:
    """Answers 404 for every path that the API does not have; an ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        refusal = RefusalError(404, "RECURSO_NO_ENCONTRADO", "La API no tiene esa ruta.")
        await refusal.response()(scope, receive, send)
