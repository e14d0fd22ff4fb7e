"""How Mesa speaks HTTP: basic authentication, and errors in the documented form."""

from __future__ import annotations

import base64

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from workbench.sandbox.request_rules import UnfitError, open_document
from workbench.sandbox.resource import Gate, RefusedError

DOCUMENT = "mesa.postman_collection.json"


class RefusalError(RefusedError):
    """An answer of the 4xx class: `error.code` and `error.message`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, {"error": {"code": code, "message": message}}, message)


def basic(username: str, password: str) -> str:
    """Value of an `Authorization` header."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def open_gate(authorization: str) -> Gate:
    """The way into the API: by basic authentication, and by what the document allows."""
    document = open_document("mesa", DOCUMENT)
    return Gate(document, "authorization", authorization, _turn_away, _name_methods, _refuse_unfit)


def _turn_away() -> Response:
    refusal = RefusalError(401, "unauthorized", "Username or password is wrong.")
    return refusal.response({"WWW-Authenticate": 'Basic realm="mesa"'})


def _name_methods(allow: str) -> Response:
    return RefusalError(405, "methodNotAllowed", f"Use {allow}.").response({"Allow": allow})


def _refuse_unfit(error: UnfitError) -> Response:
    first = error.violations[0]
    place = first.pointer.lstrip("/").replace("/", ".") or error.place
    return RefusalError(400, "invalidBody", f"{place}: {first.message}").response()


class Nowhere:
    """Answers 404 for every path that the API does not have; an ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        refusal = RefusalError(404, "notFound", "There is no such path.")
        await refusal.response()(scope, receive, send)
