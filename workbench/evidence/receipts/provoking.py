"""Getting the partner to send: our address registered, an event brought about."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from workbench.adapters import Adapter, Answer, Session
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.bodies import Maker
from workbench.evidence.check_table import say
from workbench.evidence.kinds import ENDPOINT, KINDS, EntityKind
from workbench.evidence.placing import fresh, identify, send
from workbench.evidence.relations import last_parameter
from workbench.model import Feature, Operation, SchemaReader

_MAKES = {"POST", "PUT"}
_ADDRESS = re.compile(r"^(.*_?ur[il]|endpoint|target|address|callback.*)$", re.IGNORECASE)


@dataclass(frozen=True)
class Registration:
    """How our address was told to the partner, and what takes it back.

    Attributes:
        is_theirs: Whether an operation of their API took it, not our sandbox.
    """

    how: str
    is_theirs: bool
    undo: Callable[[], object]


def register(session: Session, url: str) -> Registration | None:
    """Tell the partner our address; None where there is no way.

    An operation of the API that takes an address comes first, where the folder binds it to
    `webhook-endpoint`; then the sandbox's control address (`POST /webhooks`, taken back by
    `DELETE`).

    Raises:
        InputError: A parameter of the bound operation has no value.
        PartnerError: No answer.
    """
    for _, operation in session.partner.operations(ENDPOINT):
        body = _registration(session, operation, url) if operation.method in _MAKES else None
        if body is None:
            continue
        answer = send(session, operation, body)
        if answer.is_success:
            return Registration(
                say("with-operation", operation=operation.id),
                True,
                _removal(session, operation, answer),
            )
    control = session.control
    if control is None:
        return None
    if not control.send("POST", "/webhooks", json={"url": url}, write=True).is_success:
        return None
    return Registration(
        say("by-control"),
        False,
        lambda: control.send("DELETE", "/webhooks", write=True),
    )


def _removal(session: Session, operation: Operation, answer: Answer) -> Callable[[], object]:
    """What removes the subscription that was just made, where that is bound too."""
    body = answer.json()
    given = body if isinstance(body, dict) else {}
    for _, item in session.partner.operations(ENDPOINT):
        name = last_parameter(item.path) or ""
        if item.method != "DELETE":
            continue
        if item.path == operation.path:
            return partial(send, session, item)
        identity = given.get(name, given.get("id"))
        if item.path.rpartition("/")[0] == operation.path and isinstance(identity, str | int):
            return partial(send, session, item, ids={name: str(identity)})
    return lambda: None


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


@dataclass(frozen=True)
class Provoked:
    """What was done to bring an event about, and the id of its subject, where that is known."""

    how: str
    identity: str | None = None


def provoke(session: Session, feature: Feature) -> Provoked:
    """Bring an event about.

    Raises:
        InputError: Nothing brings it about; the message says what a person could do.
        PartnerError: The partner did not do it.
    """
    trigger = session.partner.environment(session.environment).triggers.get(feature.slug)
    if trigger is not None and trigger.ask:
        raise InputError(say("not-provoked", ask=trigger.ask))
    events = ((item, {item.created_event, item.status_event}) for item in KINDS)
    kind = next((item for item, names in events if feature.slug in names), None)
    if trigger is not None and trigger.control and session.control is not None:
        method, _, path = trigger.control.partition(" ")
        answer = session.control.send(method, path, json=trigger.body, write=True).require()
        if kind is None:
            return Provoked(trigger.control)
        about = _named(session, kind, path) or identify(session, kind, answer)
        return Provoked(trigger.control, about)
    identity = fresh(session, kind) if kind else None
    if identity is None or kind is None:
        raise InputError(say("not-provoked", ask=say("nothing-provokes")))
    if feature.slug == kind.created_event:
        return Provoked(say("placing", noun=kind.noun, identity=identity), identity)
    status = change_status(session, kind, identity, 0)
    if status is None:
        raise InputError(say("not-provoked", ask=say("no-status-written", noun=kind.noun)))
    return Provoked(say("setting", noun=kind.noun, identity=identity, state=status), identity)


def _named(session: Session, kind: EntityKind, path: str) -> str | None:
    """A thing of the test account that the path of a trigger names."""
    account = session.partner.environment(session.environment).test_account
    known = account.known.get(kind.noun, ()) if account else ()
    return next((part for part in path.split("/") if part in known), None)


STEPS = {
    "order": ("accepted", "preparing", "ready", "in-delivery", "delivered"),
    "reservation": ("confirmed", "seated", "completed"),
}


def change_status(session: Session, kind: EntityKind, identity: str, step: int) -> str | None:
    """Move an order or reservation one step on; None when that step cannot be written."""
    status = kind.status(STEPS[kind.noun][step])
    try:
        Adapter(session).write(
            kind.status_write, kind.update(identity, status), ids={kind.noun: identity}
        )
    except (InputError, TranslationError, PartnerError):
        return None
    return str(status)
