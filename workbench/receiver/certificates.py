"""Certificates that a delivery names by an address: fetched from pinned hosts only, and kept a day.

Senders that rotate keys often sign with a certificate and say where it is. Whoever could name any
address could name their own, so the folder pins the hosts, and TLS proves the host.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509

from workbench.adapters import RetryPolicy, call_once
from workbench.errors import SignatureError, StoreError, WorkbenchError
from workbench.partners import Signature
from workbench.receiver.received_message import ReceivedMessage

KEPT_SECONDS = 24 * 3600.0
REFUSED_SECONDS = 30.0  # after which an address that gave no certificate is asked again
MOST_KEPT = 64
MOST_BYTES = 64 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_known: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
_lock = threading.Lock()
_fetching = threading.BoundedSemaphore(4)
WAIT_SECONDS = 1.0
POLICY = RetryPolicy(total=4.0, attempts=2)


def find_certificates(signature: Signature, message: ReceivedMessage) -> tuple[bytes, ...] | None:
    """The certificate that a delivery names, as PEM, where it was fetched before.

    Returns:
        The certificate; nothing where the address is not one of the pinned hosts, or gave none;
        None where it is still to be fetched.
    """
    address = _read_address(signature, message)
    if address is None:
        return ()
    with _lock:
        until, pem = _known.get(address, (0.0, b""))
    if until < time.monotonic():
        return None
    return (pem,) if pem else ()


def fetch_certificates(signature: Signature, message: ReceivedMessage) -> tuple[bytes, ...]:
    """As `find_certificates`; fetches it where that is needed, which takes seconds at most.

    Raises:
        StoreError: Its host does not answer; the sender has to come again.
    """
    known = find_certificates(signature, message)
    address = _read_address(signature, message)
    if known is not None or address is None:
        return known or ()
    # Anybody may name new addresses on a pinned host: they are not fetched all at once.
    if not _fetching.acquire(timeout=WAIT_SECONDS):
        raise StoreError("too many certificates are fetched at once")
    try:
        told = call_once(address, policy=POLICY)
    except WorkbenchError as error:
        raise StoreError("a certificate cannot be fetched", location=address[:200]) from error
    finally:
        _fetching.release()
    pem = told if len(told) <= MOST_BYTES and _is_valid(told) else b""
    with _lock:
        kept = KEPT_SECONDS if pem else REFUSED_SECONDS
        _known[address] = (time.monotonic() + kept, pem)
        while len(_known) > MOST_KEPT:
            _known.popitem(last=False)
    return (pem,) if pem else ()


def _is_valid(pem: bytes) -> bool:
    """Whether it is a certificate that is valid today."""
    try:
        found = x509.load_pem_x509_certificate(pem)
    except ValueError:
        return False
    return found.not_valid_before_utc <= datetime.now(UTC) <= found.not_valid_after_utc


def _read_address(signature: Signature, message: ReceivedMessage) -> str | None:
    """The address that a delivery names, if it is on a host that the folder pins."""
    try:
        raw = (
            message.json_text(signature.certificate_json)
            if signature.certificate_json
            else message.header(signature.certificate_header or "")
        )
        address = raw.decode("ascii")
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except (SignatureError, ValueError):
        return None
    is_local = parts.scheme == "http" and host in _LOOPBACK
    is_plain = parts.scheme == "https" and port in {None, 443} and parts.username is None
    is_pinned = any(_fits(pattern, host) for pattern in signature.certificate_hosts)
    return address if is_pinned and (is_plain or is_local) else None


def _fits(pattern: str, host: str) -> bool:
    """Whether a host is the pinned one; `*` stands for one part of a name."""
    parts = (
        re.escape(part) if part != "*" else "[a-z0-9-]+" for part in pattern.lower().split(".")
    )
    return re.fullmatch(r"\.".join(parts), host) is not None
