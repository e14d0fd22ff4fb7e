"""Getting the partner to send: our address registered, an event brought about."""

from __future__ import annotations

import re
from typing import Any

from workbench.adapters.adapter import Adapter
from workbench.adapters.session import Session
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.bodies import Maker
from workbench.evidence.kinds import KINDS, Kind
from workbench.evidence.placing import fresh, send
from workbench.evidence.relations import is_collection, outbound, stem
from workbench.model.description import Operation
from workbench.model.feature import Feature
from workbench.model.schema import SchemaReader

_HOOKS = re.compile(r"web-?hook|subscription|callback|notification|hooks?$", re.IGNORECASE)
_ADDRESS = re.compile(r"^(.*_?ur[il]|endpoint|target|address|callback.*)$", re.IGNORECASE)


def register(session: Session, url: str) -> str | None:
    """Tell the partner our address; returns how, or None where there is no way.

    The sandbox's control address (`POST /webhooks`) comes first, then an operation of the API that
    takes an address.
    """
    if session.control is not None:
        answer = session.control.send("POST", "/webhooks", json={"url": url}, write=True)
        if answer.status < 300:
            return "by the sandbox's control address"
    for operation in outbound(session.partner.description):
        is_hook = operation.method in {"POST", "PUT"} and _HOOKS.search(stem(operation.path))
        body = _registration(session, operation, url) if is_hook else None
        if body is None or not is_collection(operation.path):
            continue
        try:
            if send(session, operation, body).status < 300:
                return f"with {operation.id}"
        except InputError:
            continue
    return None


def _registration(session: Session, operation: Operation, url: str) -> dict[str, Any] | None:
    partner = session.partner
    reader = SchemaReader.of(partner.description, operation.document)
    schema = reader.first(operation.request_schema)
    fields = schema.get("properties", {})
    place = next((name for name in fields if _ADDRESS.match(name)), None)
    if place is None:
        return None
    body = Maker(partner, session.environment, operation.document, full=False).make(schema)
    for name, part in fields.items():
        inner = reader.first(part)
        listed = reader.first(inner.get("items", {}))
        if inner.get("type") == "array" and listed.get("enum"):
            body[name] = listed["enum"]
    secret = next((item for item in session.credentials if "webhook" in item), None)
    for name in fields:
        if "secret" in name.lower() and secret is not None:
            body[name] = session.credentials[secret].get_secret_value()
    return {**body, place: url}


def provoke(session: Session, feature: Feature) -> str:
    """Bring an event about, and return what was done.

    Raises:
        InputError: Nothing brings it about; the message says what a person could do.
        PartnerError: The partner did not do it.
    """
    trigger = session.partner.environment(session.environment).triggers.get(feature.slug)
    if trigger is not None and trigger.ask:
        raise InputError(f"The event was not provoked: {trigger.ask}")
    if trigger is not None and trigger.control and session.control is not None:
        method, _, path = trigger.control.partition(" ")
        session.control.send(method, path, json=trigger.body, write=True).require()
        return trigger.control
    kind = next(item for item in KINDS if feature.slug.startswith(item.noun))
    identity = fresh(session, kind)
    if identity is None:
        raise InputError("The event was not provoked: nothing provokes it")
    if feature.slug == kind.created_event:
        return f"placing {kind.noun} {identity}"
    status = change_status(session, kind, identity, 0)
    if status is None:
        raise InputError(f"The event was not provoked: no status of the {kind.noun} can be written")
    return f"setting {kind.noun} {identity} to {status}"


STEPS = {
    "order": ("accepted", "preparing", "ready", "in-delivery", "delivered"),
    "reservation": ("confirmed", "seated", "completed"),
}


def change_status(session: Session, kind: Kind, identity: str, step: int) -> str | None:
    """Move an order or reservation one step on; None when that step cannot be written."""
    status = kind.status(STEPS[kind.noun][step])
    try:
        Adapter(session).write(
            kind.status_write, kind.update(identity, status), ids={kind.noun: identity}
        )
    except (InputError, TranslationError, PartnerError):
        return None
    return str(status)
