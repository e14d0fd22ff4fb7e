"""Refused deliveries, looked at again: with the right key they are as good as new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import Connection, RowMapping, delete, select, update

from workbench.receiver.certificates import fetch_certificates
from workbench.receiver.database import Database
from workbench.receiver.events import identify
from workbench.receiver.inbox_tables import RECEIPTS
from workbench.receiver.queries import ReceiptFilter, list_numbers
from workbench.receiver.receipt import Receipt
from workbench.receiver.received_message import ReceivedMessage, octets
from workbench.receiver.routes import Endpoint
from workbench.receiver.signature import verify
from workbench.receiver.store import read_receipt
from workbench.receiver.upsert import upsert


@dataclass(frozen=True, slots=True)
class Review:
    """How many were found genuine, how many had come again meanwhile, how many stay refused."""

    accepted: int = 0
    known: int = 0
    refused: int = 0


def reverify(
    database: Database, endpoints: Mapping[str, Endpoint], chosen: ReceiptFilter
) -> Review:
    """Check the quarantine with the keys of today, as of the time when each delivery came.

    Deliveries whose credential itself was in a header (`token`, `basic`) stay refused: it was
    masked before they were stored.

    Args:
        database: The inbox.
        endpoints: Pos-code, or slug → who sends there, with the keys.
        chosen: Which receipts; only quarantined ones are looked at.
    """
    counts = {"accepted": 0, "known": 0, "refused": 0}
    for numbers in list_numbers(database, chosen):
        query = (
            select(RECEIPTS)
            .where(RECEIPTS.c.id.in_(numbers), RECEIPTS.c.state == "quarantined")
            .order_by(RECEIPTS.c.id)
        )
        with database.transact() as connection:
            for row in connection.execute(query).mappings().all():
                counts[_review(connection, endpoints, row)] += 1
    return Review(**counts)


def _review(connection: Connection, endpoints: Mapping[str, Endpoint], row: RowMapping) -> str:
    receipt = read_receipt(row)
    endpoint = endpoints.get(receipt.pos_code) or endpoints.get(receipt.partner)
    if endpoint is None or not _is_genuine(endpoint, receipt):
        return "refused"
    identity = identify(endpoint.webhooks, receipt, receipt.target)
    same = select(RECEIPTS.c.id).where(
        RECEIPTS.c.pos_code == receipt.pos_code, RECEIPTS.c.dedup_key == identity.key
    )
    this = RECEIPTS.c.id == receipt.id
    now = {
        "verified": 1,
        "reason": "ok",
        "state": "new",
        "sender": "",
        "reopens": int(identity.reopens),
    }
    if connection.scalar(same) is None:
        fresh = now | {"dedup_key": identity.key}
        connection.execute(update(RECEIPTS).where(this).values(**fresh))
        return "accepted"
    connection.execute(delete(RECEIPTS).where(this))
    repeat = {name: value for name, value in row.items() if name != "id"}
    upsert(connection, [repeat | now | {"dedup_key": identity.key, "seen_again": 0, "differed": 0}])
    return "known"


def _is_genuine(endpoint: Endpoint, receipt: Receipt) -> bool:
    host = receipt.header("host") or ""
    root = endpoint.public_url or f"http://{host}/{quote(receipt.pos_code)}/webhooks"
    headers = [(octets(name), octets(value)) for name, value in receipt.headers]
    message = ReceivedMessage.read(receipt.method, root, headers, receipt.body)
    signature, secrets = endpoint.webhooks.signature, endpoint.secrets
    if signature.certificate_hosts:
        secrets = (*secrets, *fetch_certificates(signature, message))
    return verify(
        signature,
        secrets,
        method=receipt.method,
        url=f"{root}/{receipt.target}",
        headers=headers,
        body=receipt.body,
        now=receipt.received_at.timestamp(),
    ).is_proved
