"""One receipt, looked at closely: how its signature was checked, and what its events became."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import select

from workbench.errors import SignatureError, StoreError, WorkbenchError
from workbench.model import find_nodes
from workbench.partners import Partner
from workbench.receiver import ledger
from workbench.receiver.body import read_json
from workbench.receiver.certificates import fetch_certificates
from workbench.receiver.database import Database
from workbench.receiver.events import read_payload
from workbench.receiver.inbox_tables import EVENTS, RECEIPTS
from workbench.receiver.masking import MASK
from workbench.receiver.process import Party, process_event
from workbench.receiver.queries import show_receipt
from workbench.receiver.receipt import Receipt
from workbench.receiver.received_message import (
    ReceivedMessage,
    octets,
    signed_text,
    timestamp_text,
)
from workbench.receiver.routes import Endpoint
from workbench.receiver.schemes import read_place, read_seconds
from workbench.receiver.signature import verify
from workbench.receiver.store import read_receipt

_SHOWN = 300  # characters of a signed text
_WITH_TEMPLATE = frozenset({"hmac", "hash", "ed25519", "ecdsa", "rsa"})


def inspect_receipt(
    database: Database, number: int, partner: Partner, endpoint: Endpoint | None
) -> dict[str, Any] | None:
    """As `show_receipt`, with `checks` of the signature, and each event in their words and ours.

    What a partner would have to be asked for is not asked for. Nothing is written.

    Args:
        database: The inbox.
        number: Of the receipt.
        partner: Whose it is.
        endpoint: With the keys of today; None where they are not set.
    """
    shown = show_receipt(database, number)
    if shown is None:
        return None
    with database.transact() as connection:
        row = connection.execute(select(RECEIPTS).where(RECEIPTS.c.id == number)).mappings().one()
        of_it = select(EVENTS).where(EVENTS.c.receipt_id == number).order_by(EVENTS.c.id)
        events = connection.execute(of_it).mappings().all()
    receipt = read_receipt(row)
    if endpoint is not None:
        shown["checks"] = explain_signature(endpoint, receipt)
    for told, event in zip(shown["events"], events, strict=True):
        told.update(_translate(database, partner, receipt, event))
    return shown


def explain_signature(endpoint: Endpoint, receipt: Receipt) -> list[dict[str, Any]]:
    """The check of a signature step by step, at the time when it came, with the keys of today.

    Returns:
        Steps with `step`, `is_right` (None: it cannot be told) and `detail`; no key is in them.
    """
    signature = endpoint.webhooks.signature
    message = _read_message(endpoint, receipt)
    steps: list[dict[str, Any]] = []

    def tell(step: str, is_right: bool | None, detail: str) -> None:
        steps.append({"step": step, "is_right": is_right, "detail": detail})

    keys = len([secret for secret in endpoint.secrets if secret])
    has_key = keys > 0 or signature.scheme == "none" or bool(signature.certificate_hosts)
    tell("keys", has_key, f"scheme {signature.scheme}, keys: {keys}")
    if signature.scheme == "none":
        return steps
    is_masked = _tell_place(endpoint, message, tell)
    for template in signature.templates if signature.scheme in _WITH_TEMPLATE else ():
        try:
            text = signed_text(template, signature, message, b"{secret}")
            tell("signed text", True, text[:_SHOWN].decode("utf-8", "replace"))
        except SignatureError as error:
            tell("signed text", False, f"{template}: {error}")
    _tell_age(endpoint, message, receipt, tell)
    secrets = endpoint.secrets
    if signature.certificate_hosts:
        secrets = (*secrets, *fetch_certificates(signature, message))
        tell("certificate", bool(secrets), "from a pinned host" if secrets else "not to be had")
    found = verify(
        signature,
        secrets,
        method=message.method,
        url=message.url,
        headers=message.headers,
        body=message.body,
        now=receipt.received_at.timestamp(),
    )
    tell("result", None if is_masked else found.ok, f"now: {found.reason}; then: {receipt.reason}")
    return steps


def _tell_place(endpoint: Endpoint, message: ReceivedMessage, tell: Any) -> bool:
    """Say whether the signature is where it should be; returns whether it was masked."""
    signature = endpoint.webhooks.signature
    places = (signature.header, signature.query, signature.signature_json, signature.token_json)
    if not any(places):
        return False
    try:
        is_masked = read_place(signature, message) == octets(MASK)
    except SignatureError as error:
        tell("signature", False, str(error))
        return False
    words = "its value was masked when it was stored" if is_masked else "is there"
    tell("signature", None if is_masked else True, words)
    return is_masked


def _tell_age(endpoint: Endpoint, message: ReceivedMessage, receipt: Receipt, tell: Any) -> None:
    signature = endpoint.webhooks.signature
    try:
        sent_at = timestamp_text(signature, message)
        if sent_at is None:
            return
        age = receipt.received_at.timestamp() - read_seconds(sent_at)
    except SignatureError as error:
        tell("time", False, str(error))
        return
    most = signature.tolerance
    bound = f"at most {most} s" if most is not None else "any"
    tell("time", most is None or abs(age) <= most, f"{age:.0f} s before it came; allowed: {bound}")


def _read_message(endpoint: Endpoint, receipt: Receipt) -> ReceivedMessage:
    host = receipt.header("host") or ""
    root = endpoint.public_url or f"http://{host}/{quote(receipt.pos_code)}/webhooks"
    headers: Sequence[tuple[bytes, bytes]] = [
        (octets(name), octets(value)) for name, value in receipt.headers
    ]
    return ReceivedMessage.read(receipt.method, f"{root}/{receipt.target}", headers, receipt.body)


def _translate(
    database: Database, partner: Partner, receipt: Receipt, event: Mapping[Any, Any]
) -> dict[str, Any]:
    """An event in their words, and in ours or why it cannot be said."""
    webhooks = partner.manifest.webhooks
    found = find_nodes(event["location"], read_payload(webhooks, receipt)) if webhooks else []
    theirs = found[0][1] if found else None

    recall = ledger.open_recall(database, event["pos_code"])
    try:
        result = process_event(Party(partner), receipt, event, recall)
    except StoreError:
        raise
    except WorkbenchError as error:
        return {"theirs": theirs, "ours": None, "why": str(error)}
    return {"theirs": theirs, "ours": read_json(result.body)}
