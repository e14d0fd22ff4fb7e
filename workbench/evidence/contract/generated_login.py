"""How generated requests log in: as our own client does, whatever the document says of logging in.

What is put on each request comes from the manifest, so nothing of it is left to Schemathesis: it
does not see the security schemes, nor the parameters that we fill. Values never stand in a file;
the plan names variables, and the program's environment has them.
"""

from __future__ import annotations

import re
from typing import Any

from workbench.adapters import Session, SigningLogin
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

    `narrow` has the logins of single operations, `signers` what signs each request.

    Raises:
        PartnerError: No token was given to us.
    """
    plan: dict[str, Any] = {
        "headers": {},
        "query": {},
        "credentials": {},
        "hook": "",
        "narrow": [],
        "signers": [],
    }
    if is_signed_by_hook(session.partner):
        names = {name: _variable(_CREDENTIAL, name) for name in session.credentials}
        return plan | {"credentials": names, "hook": HOOKS}
    for number, (share, proof) in enumerate(session.client.prove_each()):
        only = [item.pattern for item in share.operations]
        if isinstance(share.login, SigningLogin):
            values = {place: _variable(_CREDENTIAL, place, number) for place in share.login.values}
            statement = share.login.statement
            plan["signers"].append({"only": only, "statement": statement, "values": values})
            continue
        named = {
            "headers": {name: _variable(_HEADER, name, number) for name in proof.headers},
            "query": {name: _variable(_QUERY, name, number) for name in proof.query},
        }
        if only:
            plan["narrow"].append({"only": only, **named})
        else:
            plan |= {place: named[place] | plan[place] for place in named}
    return plan


def secret_environment(session: Session) -> dict[str, str]:
    """Environment variables that carry the secrets to the program."""
    if is_signed_by_hook(session.partner):
        return {
            _variable(_CREDENTIAL, name): value.get_secret_value()
            for name, value in session.credentials.items()
        }
    found: dict[str, str] = {}
    for number, (share, proof) in enumerate(session.client.prove_each()):
        if isinstance(share.login, SigningLogin):
            values = share.login.values.items()
            found |= {_variable(_CREDENTIAL, place, number): value for place, value in values}
            continue
        for prefix, given in ((_HEADER, proof.headers), (_QUERY, proof.query)):
            for name, value in given.items():
                found[_variable(prefix, name, number)] = value.get_secret_value()
    return found


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
        for _, proof in session.client.prove_each():
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


def _variable(prefix: str, name: str, number: int = 0) -> str:
    beside = f"{number}_" if number else ""
    return prefix + beside + re.sub(r"[^A-Z0-9]", "_", name.upper())
