"""Is every read closed to those who do not log in? Asked with our own client, once per operation.

Schemathesis would take away what the document calls security; a login that a hook adds, or constant
headers, would still open the door, and be told as a fault of the partner.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from workbench.adapters import Session
from workbench.errors import InputError, PartnerError
from workbench.model import Finding, Operation, follow_reference, make_finding


def try_door(
    session: Session, bundle: dict[str, Any], operation: Operation, opened: str
) -> Finding | None:
    """Ask for what was answered once more, without credentials; None unless it is answered again.

    Args:
        session: The opened environment.
        bundle: The document, which may say that nobody has to log in.
        operation: A read.
        opened: The address with which it succeeded.
    """
    if session.partner.manifest.auth.scheme == "none" or _is_open(bundle, operation):
        return None
    try:
        answer = session.client.send("GET", _bare(session, opened), authenticated=False)
    except (InputError, PartnerError):
        return None
    if not answer.is_success or answer.is_refusal:
        return None
    return make_finding(
        "credentials-not-needed",
        operation=operation.id,
        observed=str(answer.status),
        reproduction=answer.curl,
        exchange=answer.exchange,
        status=answer.status,
    )


def _bare(session: Session, opened: str) -> str:
    """The address without the credentials that stand in its query."""
    secret = set(session.client.prove().query)
    parts = urlsplit(opened)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in secret]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _is_open(bundle: dict[str, Any], operation: Operation) -> bool:
    """Whether the document lets anybody in, or does not say who is let in."""
    node = follow_reference(bundle, f"#{operation.pointer}")
    stated = node.get("security") if isinstance(node, dict) else None
    wanted = bundle.get("security") if stated is None else stated
    return not isinstance(wanted, list) or not wanted or {} in wanted
