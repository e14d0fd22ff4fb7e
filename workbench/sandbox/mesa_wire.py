"""How Mesa speaks HTTP: basic authentication, and errors in the documented form."""

from __future__ import annotations

import base64

from starlette.responses import Response

from workbench.sandbox.request_rules import UnfitError, open_document
from workbench.sandbox.resource import AnswerError, Gate

DOCUMENT = "mesa.postman_collection.json"


def refusal(status: int, code: str, message: str) -> AnswerError:
    """An answer of the 4xx class: `error.code` and `error.message`."""
    return AnswerError(status, {"error": {"code": code, "message": message}}, message)


def basic(username: str, password: str) -> str:
    """Value of an `Authorization` header."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def open_gate(authorization: str) -> Gate:
    """The way into the API: by basic authentication, and by what the document allows."""
    document = open_document("mesa", DOCUMENT)
    return Gate(document, "authorization", authorization, _turn_away, _name_methods, _refuse_unfit)


def _turn_away() -> Response:
    refused = refusal(401, "unauthorized", "Username or password is wrong.")
    return refused.response({"WWW-Authenticate": 'Basic realm="mesa"'})


def _name_methods(allow: str) -> Response:
    return refusal(405, "methodNotAllowed", f"Use {allow}.").response({"Allow": allow})


def _refuse_unfit(error: UnfitError) -> Response:
    first = error.violations[0]
    place = first.pointer.lstrip("/").replace("/", ".") or error.place
    return refusal(400, "invalidBody", f"{place}: {first.message}").response()


def refuse_path() -> Response:
    """The answer where the API has no such path."""
    return refusal(404, "notFound", "There is no such path.").response()
