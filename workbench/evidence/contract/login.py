"""How Schemathesis logs in: by the schemes that the document declares, by headers, or by a hook.

Values never stand in a file: the configuration names variables, and the program's environment has
them. A token is fetched by our own client beforehand.
"""

from __future__ import annotations

import json
import re

from workbench.adapters.session import Session
from workbench.model.description import SecurityScheme
from workbench.partners import Partner

TOKEN_VARIABLE = "WORKBENCH_CONTRACT_TOKEN"  # noqa: S105 - a name, not a token
_CREDENTIAL = "WORKBENCH_CONTRACT_CREDENTIAL_"
_HEADER = "WORKBENCH_CONTRACT_HEADER_"
_QUERY = "WORKBENCH_CONTRACT_QUERY_"

# Runs inside Schemathesis. Signing comes last, when the body is what will be sent.
_SIGNING = """

import os

import partner_hooks
import schemathesis

_CREDENTIALS = {names}


def _sign(request):
    values = {{name: os.environ[variable] for name, variable in _CREDENTIALS.items()}}
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    request.headers.update(partner_hooks.auth(request.method, request.url, body, values))
    return request


@schemathesis.hook("before_call")
def sign_request(context, case, kwargs):
    kwargs["auth"] = _sign
"""


# A query parameter that the document does not declare is not one that the configuration can set.
_ASKING = """

import os

import schemathesis

_QUERY = {names}


@schemathesis.hook("before_call")
def add_query(context, case, kwargs):
    case.query = {{**(case.query or {{}}), **{{name: os.environ[v] for name, v in _QUERY.items()}}}}
"""


def is_signed_by_hook(partner: Partner) -> bool:
    """Whether each request is signed by the partner folder's own code."""
    return partner.manifest.auth.scheme == "hook"


def login_source(session: Session) -> str:
    """Text of the hook that logs in where the configuration cannot; empty when it can.

    That is the partner's `hooks.py`, or a key in a query parameter that the document leaves out.
    """
    if not is_signed_by_hook(session.partner):
        declared = {scheme.parameter for scheme in session.partner.description.security}
        undeclared = [name for name in session.client.prove().query if name not in declared]
        names = {name: _variable(_QUERY, name) for name in undeclared}
        return _ASKING.format(names=repr(names)) if names else ""
    names = {name: _variable(_CREDENTIAL, name) for name in session.credentials}
    return _SIGNING.format(names=repr(names))


def compose_login(partner: Partner, session: Session, document: str) -> list[str]:
    """Configuration lines: a table per declared scheme, and plain headers for the rest."""
    if is_signed_by_hook(partner):
        # Every request is signed, so leaving out credentials cannot be tried from here.
        return ["[checks.ignored_auth]", "enabled = false", ""]
    proof = session.client.prove()
    left = {name: _variable(_HEADER, name) for name in proof.headers}
    queries = {name: _variable(_QUERY, name) for name in proof.query}
    lines: list[str] = []
    for scheme in partner.description.security:
        if scheme.document != document:
            continue
        table = _table(scheme, partner, left, queries)
        if table:
            lines += [f"[auth.openapi.{json.dumps(scheme.id)}]", *table, ""]
    if left:
        lines += ["[headers]", *(f'{json.dumps(k)} = "${{{v}}}"' for k, v in left.items()), ""]
    return lines


def _table(
    scheme: SecurityScheme, partner: Partner, left: dict[str, str], queries: dict[str, str]
) -> list[str]:
    """The body of one scheme's table; what it covers is taken out of `left` and `queries`."""
    if scheme.kind == "apiKey":
        pool = queries if scheme.place == "query" else left
        wanted = (scheme.parameter or "").lower()
        name = next((item for item in pool if item.lower() == wanted), None)
        return [f'api_key = "${{{pool.pop(name)}}}"'] if name else []
    is_basic = scheme.kind == "http" and scheme.scheme == "basic"
    if is_basic and partner.manifest.auth.scheme == "basic":
        left.pop("Authorization", None)
        user, word = (_variable(_CREDENTIAL, name) for name in ("username", "password"))
        return [f'username = "${{{user}}}"', f'password = "${{{word}}}"']
    is_bearer = scheme.kind == "oauth2" or (scheme.kind == "http" and scheme.scheme == "bearer")
    if is_bearer and partner.manifest.auth.scheme in {"bearer", "oauth2-client-credentials"}:
        left.pop("Authorization", None)
        return [f'bearer = "${{{TOKEN_VARIABLE}}}"']
    return []


def secret_environment(session: Session) -> dict[str, str]:
    """Environment variables that carry the secrets to the program."""
    environment = {
        _variable(_CREDENTIAL, name): value.get_secret_value()
        for name, value in session.credentials.items()
    }
    if is_signed_by_hook(session.partner):
        return environment
    proof = session.client.prove()
    for prefix, values in ((_HEADER, proof.headers), (_QUERY, proof.query)):
        environment |= {
            _variable(prefix, name): value.get_secret_value() for name, value in values.items()
        }
    bearer = proof.headers.get("Authorization")
    if bearer is not None:
        environment[TOKEN_VARIABLE] = bearer.get_secret_value().removeprefix("Bearer ")
    return environment


def _variable(prefix: str, name: str) -> str:
    return prefix + re.sub(r"[^A-Z0-9]", "_", name.upper())
