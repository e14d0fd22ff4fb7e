"""New orders and reservations: through the sandbox's control address, else as a customer would.

Only what the partner folder names is ever written to.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from workbench.adapters import SAFE, Answer, Session, fill_parameters
from workbench.errors import InputError, PartnerError, TranslationError
from workbench.evidence.bodies import candidates
from workbench.evidence.kinds import EntityKind
from workbench.evidence.relations import collections, last_parameter
from workbench.model import Operation


def send(
    session: Session,
    operation: Operation,
    payload: Any = None,
    *,
    ids: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Answer:
    """Call an operation of the description with a payload as it is.

    Args:
        session: The opened environment.
        operation: What to call.
        payload: JSON body; None for none.
        ids: Entity or parameter name → id; what is missing comes from the test account.
        query: Further query parameters.
        key: Idempotency key, where the operation documents one; default: a new one.

    Raises:
        InputError: A parameter cannot be filled, or it writes and the folder does not name it.
        PartnerError: No answer.
    """
    if operation.method not in SAFE and not session.partner.names(operation):
        raise InputError(
            f"{operation.id} is not named in the partner folder, so nothing is written to it",
            location=f"{session.partner.slug}/partner.yaml",
            partner=session.partner.slug,
            hint="Bind it to a feature, or name it as the `operation` of a trigger.",
        )
    filled = fill_parameters(session.partner, session.environment, operation, ids or {}, payload)
    headers = dict(filled.headers)
    if filled.key_header:
        headers[filled.key_header] = key or str(uuid.uuid4())
    return session.client.send(
        operation.method,
        filled.path,
        query={**filled.query, **(query or {})},
        json=payload,
        headers=headers,
    )


def maker_of(session: Session, kind: EntityKind) -> Operation | None:
    """The operation with which a customer's side places an order or a reservation.

    The one that the trigger of the event names, else a bound one on the collection of what is
    read; None where the folder names neither.
    """
    partner = session.partner
    trigger = partner.environment(session.environment).triggers.get(kind.created_event)
    if trigger is not None and trigger.operation:
        stated = partner.description.exchange(trigger.operation)
        return stated if isinstance(stated, Operation) else None
    operations = partner.operations(kind.read)
    beside = collections(partner, operations[0][1], "POST") if operations else []
    return next((item for item in beside if partner.names(item)), None)


def make(session: Session, operation: Operation) -> tuple[Answer, Any] | None:
    """Place one with the first body that is accepted; None when none is."""
    for body in candidates(session.partner, session.environment, operation):
        try:
            answer = send(session, operation, body)
        except InputError:
            return None
        if answer.status < 300:
            return answer, body
    return None


def fresh(session: Session, kind: EntityKind) -> str | None:
    """The id of a new order or reservation; None when there is no way, or we may not write.

    Raises:
        PartnerError: The control address did not do it.
    """
    if not session.allow_writes:
        return None
    triggers = session.partner.environment(session.environment).triggers
    trigger = triggers.get(kind.created_event)
    control = session.control
    if trigger is not None and trigger.control is not None and control is not None:
        method, _, path = trigger.control.partition(" ")
        answer = control.send(method, path, json=trigger.body, write=True).require()
        identity = identify(session, kind, answer)
        if identity is not None:
            return identity
    operation = maker_of(session, kind)
    placed = make(session, operation) if operation else None
    return identify(session, kind, placed[0]) if placed else None


def identify(session: Session, kind: EntityKind, answer: Answer) -> str | None:
    """The id of what an answer made: in its body, else at the end of its Location."""
    body = answer.json()
    read = session.partner.operations(kind.read)
    parameter = last_parameter(read[0][1].path) if read else None
    names = [name for name in (parameter, f"{kind.noun}_id", f"{kind.noun}Id") if name]
    for level in _levels(body):
        for name in (*names, "id", "Id", "ID"):
            if isinstance(level.get(name), str | int) and not isinstance(level[name], bool):
                return str(level[name])
    translator = session.partner.translator(kind.read)
    if translator is not None and isinstance(body, dict):
        try:
            ids = getattr(translator.translate(body).value, "ids", None)
        except (TranslationError, PartnerError):
            ids = None
        if ids is not None:
            return str(ids.partner_id)
    location = answer.headers.get("location", "").partition("?")[0].rstrip("/")
    return location.rpartition("/")[2] or None


def _levels(body: Any) -> list[Mapping[str, Any]]:
    if not isinstance(body, dict):
        return []
    inner = [value for value in body.values() if isinstance(value, dict)]
    # A wrapper has nothing else in it; a field of the order is no order.
    return [body, *inner] if len(body) <= 3 else [body]
