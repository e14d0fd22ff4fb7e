"""How generated requests log in: as our own client does, whatever the document says of logging in.

What is put on each request comes from the manifest, so nothing of it is left to Schemathesis: it
does not see the security schemes, nor the parameters that we fill. Values never stand in a file;
the plan names variables, and the program's environment has them.
"""

from __future__ import annotations

import re
from typing import Any

from workbench.adapters import Session
from workbench.model import follow_reference
from workbench.partners import Partner

HOOKS = "partner_hooks"
"""Name under which the partner folder's `hooks.py` stands beside the program."""

# Signing up at a partner, which some documents describe, is no test; Schemathesis would do it.
NO_SIGN_UP = ["[auth]", "auto-signup = false", ""]

_CREDENTIAL = "WORKBENCH_CONTRACT_CREDENTIAL_"
_HEADER = "WORKBENCH_CONTRACT_HEADER_"
_QUERY = "WORKBENCH_CONTRACT_QUERY_"


def is_signed_by_hook(partner: Partner) -> bool:
    """Whether each request is signed by the partner folder's own code."""
    return partner.manifest.auth.scheme == "hook"


def plan_login(session: Session) -> dict[str, Any]:
    """Headers, query parameters and credentials by the names of their variables.

    Raises:
        PartnerError: No token was given to us.
    """
    if is_signed_by_hook(session.partner):
        names = {name: _variable(_CREDENTIAL, name) for name in session.credentials}
        return {"headers": {}, "query": {}, "credentials": names, "hook": HOOKS}
    proof = session.client.prove()
    return {
        "headers": {name: _variable(_HEADER, name) for name in proof.headers},
        "query": {name: _variable(_QUERY, name) for name in proof.query},
        "credentials": {},
        "hook": "",
    }


def secret_environment(session: Session) -> dict[str, str]:
    """Environment variables that carry the secrets to the program."""
    if is_signed_by_hook(session.partner):
        return {
            _variable(_CREDENTIAL, name): value.get_secret_value()
            for name, value in session.credentials.items()
        }
    proof = session.client.prove()
    return {
        _variable(prefix, name): value.get_secret_value()
        for prefix, values in ((_HEADER, proof.headers), (_QUERY, proof.query))
        for name, value in values.items()
    }


def leave_to_us(bundle: dict[str, Any], session: Session) -> None:
    """Take out of a bundle what says how to log in, and the parameters that we fill ourselves.

    A case without such a parameter would get it from us all the same, and tell nothing.
    """
    filled = {("header", name.lower()) for name in session.partner.manifest.headers}
    if is_signed_by_hook(session.partner):
        # Which headers a hook adds is known only when it is asked.
        signed = session.client.prove().headers
        filled |= {("header", name.lower()) for name in signed}
    else:
        proof = session.client.prove()
        filled |= {("header", name.lower()) for name in proof.headers}
        filled |= {("query", name.lower()) for name in proof.query}
    bundle.pop("security", None)
    bundle.pop("securityDefinitions", None)
    if isinstance(components := bundle.get("components"), dict):
        components.pop("securitySchemes", None)
    for item in (bundle.get("paths") or {}).values():
        for node in (item, *item.values()) if isinstance(item, dict) else ():
            if isinstance(node, dict):
                node.pop("security", None)
                _take_out(node, bundle, filled)


def _take_out(node: dict[str, Any], bundle: dict[str, Any], filled: set[tuple[str, str]]) -> None:
    stated = node.get("parameters")
    if not isinstance(stated, list):
        return
    kept = []
    for item in stated:
        found = item
        if isinstance(item, dict) and isinstance(item.get("$ref"), str):
            found = follow_reference(bundle, item["$ref"])
        is_known = isinstance(found, dict)
        place = (str(found.get("in")), str(found.get("name")).lower()) if is_known else ("", "")
        if place not in filled:
            kept.append(item)
    node["parameters"] = kept


def _variable(prefix: str, name: str) -> str:
    return prefix + re.sub(r"[^A-Z0-9]", "_", name.upper())
