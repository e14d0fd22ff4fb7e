"""From receipts to events: bodies are read once, batches split, and known events left out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import RowMapping, literal_column, null, select, update

from workbench.partners import Webhooks
from workbench.receiver.database import SPLITTING, Database, lock
from workbench.receiver.events import ReceivedEvent, digest, read_events
from workbench.receiver.inbox_tables import EVENTS, RECEIPTS
from workbench.receiver.receipt import Receipt
from workbench.receiver.store import read_receipt
from workbench.receiver.upsert import BulkInsert

PULLED = "pulled:"  # reference of an event that we synthesised: this, and the feature that read it
OURS = "GET"  # method of a receipt that we wrote ourselves: no webhook has it
_KEY_LENGTH = 200
_LOG = logging.getLogger(__name__)


def split(
    database: Database,
    webhooks: Mapping[str, Webhooks],
    *,
    notice: Callable[[Receipt], None] | None = None,
    limit: int = 500,
) -> int:
    """Make events of the oldest unread receipts; returns how many receipts were read.

    A receipt that is read again, since its ping came again or a person asked for it, opens its
    events for a new run. An event of another receipt with the same id of theirs is left alone.

    Args:
        database: The inbox.
        webhooks: Partner → its rules.
        notice: Is shown each receipt that a partner sent, in order of arrival.
        limit: How many receipts at most.

    Raises:
        StoreError: The database is in trouble; nothing was changed.
    """
    unread = (
        select(RECEIPTS)
        .where(RECEIPTS.c.state == "new", RECEIPTS.c.partner.in_(list(webhooks)))
        .order_by(RECEIPTS.c.id)
        .limit(limit)
        .with_for_update()
    )
    with database.transact() as connection:
        lock(connection, SPLITTING)  # ids of events must follow those of receipts
        states: dict[str, list[int]] = {"read": [], "unknown": []}
        rows: list[dict[str, Any]] = []
        for row in connection.execute(unread).mappings():
            events = _read(webhooks[row["partner"]], row, notice)
            rows += events
            states["read" if events else "unknown"].append(row["id"])
        _OPEN.execute(connection, rows)
        for state, ids in states.items():
            those = update(RECEIPTS).where(RECEIPTS.c.id.in_(ids)).values(state=state)
            connection.execute(those)
    return sum(map(len, states.values()))


def short_key(text: str) -> str:
    """An id of theirs as a key: as it is, or its hash where no database would take it."""
    is_fit = len(text) <= _KEY_LENGTH and "\0" not in text
    return text if is_fit else digest([text])


def _open_again(given: Any) -> dict[str, Any]:
    return {
        "state": literal_column("'new'"),
        "run": EVENTS.c.run + literal_column("1"),
        "attempts": literal_column("0"),
        "lease": null(),
        "error": null(),
        "due_at": given.due_at,
    }


# Of the same receipt; an event of another one with its key is the same told before.
_OPEN = BulkInsert(
    EVENTS,
    key=("pos_code", "event_key"),
    conflict=_open_again,
    where=lambda given: EVENTS.c.receipt_id == given.receipt_id,
)


def _read(
    webhooks: Webhooks, row: RowMapping, notice: Callable[[Receipt], None] | None
) -> list[dict[str, Any]]:
    try:
        receipt = read_receipt(row)
        if notice is not None and receipt.method != OURS:
            notice(receipt)
        return list(_rows(webhooks, receipt, row["received_at"]))
    except Exception as error:  # noqa: BLE001  one odd body must not hold up all the others
        _LOG.error("receipt %s cannot be read: %s", row["id"], type(error).__name__)
        return []


def _rows(webhooks: Webhooks, receipt: Receipt, received_at: int) -> Iterator[dict[str, Any]]:
    common = {
        "receipt_id": receipt.id,
        "partner": receipt.partner,
        "pos_code": receipt.pos_code,
        "received_at": received_at,
        "run": 1,
        "state": "new",
        "due_at": 0,
        "lease": None,
        "attempts": 0,
        "error": None,
    }
    if receipt.method == OURS:
        feature, _, entity = receipt.tail.partition("/")
        key, reference = f"receipt:{receipt.id}", PULLED + feature
        yield common | _names(key, reference, "$", entity)
        return
    for event in read_events(webhooks, receipt):
        key = _event_key(receipt, event)
        yield common | _names(key, event.reference, event.location, event.entity_id)


def _names(key: str, reference: str, location: str, entity: str | None) -> dict[str, Any]:
    order_key = short_key(entity) if entity else None
    return {
        "event_key": key,
        "reference": reference,
        "location": location,
        "order_key": order_key,
    }


def _event_key(receipt: Receipt, event: ReceivedEvent) -> str:
    if event.event_id is None:
        return f"receipt:{receipt.id}:" + digest([event.location])[:40]
    return "event:" + digest([event.reference, event.event_id])
