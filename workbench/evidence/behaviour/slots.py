"""Offered times of tables: what is offered can be booked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workbench.errors import InputError
from workbench.evidence.behaviour.check_context import CheckContext, finding
from workbench.evidence.bodies import Maker
from workbench.evidence.check_table import say
from workbench.evidence.kinds import RESERVATION
from workbench.evidence.placing import maker_of, send
from workbench.model import Evidence, Operation, Outcome, Parameter, SchemaReader

_SLOTS = re.compile(r"slot|availab|free|tables?$|times?$", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:\d{2})?$")
_CHECK = "offered-slot-booked"


def book_offered(context: CheckContext) -> Iterator[Evidence]:
    """Ask for free tables tomorrow and in the days after, and book the first one."""
    if not context.has(RESERVATION.read):
        return
    offer, book = _offer(context), maker_of(context.session, RESERVATION)
    if offer is None or book is None:
        why = say("offered-slot-booked.not-offered")
        yield context.tell(RESERVATION.read, _CHECK, why, outcome=Outcome.INAPPLICABLE)
        return
    if not context.session.allow_writes:
        why = say("writing-not-allowed")
        yield context.tell(RESERVATION.read, _CHECK, why, outcome=Outcome.UNTESTED)
        return
    slot = _first_slot(context, offer)
    body = _body(context, book, *slot) if slot else None
    if body is None:
        why = say("offered-slot-booked.none-free", offer=offer.id)
        yield context.tell(RESERVATION.read, _CHECK, why, outcome=Outcome.UNTESTED)
        return
    yield _book(context, offer, book, body)


def _book(context: CheckContext, offer: Operation, book: Operation, body: Any) -> Evidence:
    answer = send(context.session, book, body)
    findings = []
    if answer.status >= 400:
        findings.append(
            finding(
                "offered-slot-refused",
                operation=book.id,
                observed=f"{answer.status} {answer.excerpt}",
                answer=answer,
                asked=offer.id,
                status=answer.status,
            )
        )
    return context.tell(
        RESERVATION.read,
        _CHECK,
        say("offered-slot-booked.booked", book=book.id, status=answer.status),
        subject=book.id,
        findings=findings,
    )


def _offer(context: CheckContext) -> Operation | None:
    for operation in context.partner.callable_operations:
        words = f"{operation.path.rpartition('/')[2]} {operation.operation_id or ''}"
        dated = any(_is_date(item) for item in operation.parameters)
        if operation.method == "GET" and dated and _SLOTS.search(words):
            return operation
    return None


def _is_date(item: Parameter) -> bool:
    form = str(item.schema_.get("format", ""))
    return item.place == "query" and (form.startswith("date") or "date" in item.name.lower())


def _first_slot(context: CheckContext, offer: Operation) -> tuple[str, str] | None:
    """The first offered time, and the day that was asked for."""
    zone = ZoneInfo(context.partner.manifest.timezone)
    maker = Maker(context.partner, context.session.environment, offer.document, full=False)
    for ahead in (1, 2, 3, 7, 13):
        day = (datetime.now(zone) + timedelta(days=ahead)).date().isoformat()
        query = {
            item.name: day if _is_date(item) else maker.make(item.schema_, item.name)
            for item in offer.parameters
            if item.place == "query" and (item.required or _is_date(item))
        }
        try:
            answer = send(
                context.session, offer, query=query, ids={k: str(v) for k, v in query.items()}
            )
        except InputError:
            return None
        found = next(_times(answer.json()), None) if answer.status < 300 else None
        if found is not None:
            return found, day
    return None


def _times(node: Any) -> Iterator[str]:
    """Times in an answer, in order, leaving out what says of itself that it is not free."""
    if isinstance(node, dict):
        flags = [value for key, value in node.items() if re.search("avail|free|bookable", key)]
        if any(flag is False or flag == 0 for flag in flags):
            return
        for value in node.values():
            yield from _times(value)
    elif isinstance(node, list):
        for value in node:
            yield from _times(value)
    elif isinstance(node, str) and (_MOMENT.match(node) or _CLOCK.match(node)):
        yield node


def _body(context: CheckContext, book: Operation, moment: str, day: str) -> Any:
    """A booking for that time: its date-time field, or its date and time fields."""
    body = Maker(context.partner, context.session.environment, book.document, full=False).make(
        book.request_schema
    )
    if not isinstance(body, dict):
        return None
    reader = SchemaReader.of(context.partner.description, book.document)
    schema = reader.first(book.request_schema)
    clock = moment[11:16] if _MOMENT.match(moment) else moment
    put = False
    for name, part in schema.get("properties", {}).items():
        form = reader.first(part).get("format")
        required = name in schema.get("required", [])
        if form == "date-time" and required and _MOMENT.match(moment):
            body[name], put = moment, True
        elif form == "date" and required:
            body[name] = day
        elif required and (form == "time" or name.lower() in {"time", "hour", "hora"}):
            body[name], put = clock, True
    return body if put else None
