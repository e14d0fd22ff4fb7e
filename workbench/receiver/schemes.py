"""The ways in which a webhook proves its sender: each check returns, or raises SignatureError.

Everything is compared as bytes and in constant time: `hmac.compare_digest` refuses texts that are
not ASCII, and an attacker chooses the header.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from workbench.errors import SignatureError
from workbench.partners import SIGNED_TOLERANCE_SECONDS, Signature
from workbench.receiver.public_keys import is_signed, is_token_of, read_public_key
from workbench.receiver.received_message import (
    ReceivedMessage,
    octets,
    parameters,
    signed_text,
    timestamp_text,
)

LEEWAY_SECONDS = 60  # clocks differ; only for claims of a JSON Web Token
_DIGEST_BYTES = {"sha256": 32, "sha1": 20, "sha384": 48, "sha512": 64}
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_URL_BASE64 = re.compile(rb"[A-Za-z0-9_-]+")
_SECONDS = re.compile(rb"[0-9]{1,10}")
# Seconds with a fraction, or a count of milli-, micro- or nanoseconds by its length.
_FRACTION = re.compile(rb"[0-9]{1,10}\.[0-9]{1,9}")
_FINER = re.compile(rb"[0-9]{11,20}")
_UNITS = ((14, 1e3), (17, 1e6), (20, 1e9))

Check = Callable[[Signature, Sequence[bytes], ReceivedMessage, float], None]


def check_hmac(
    signature: Signature, secrets: Sequence[bytes], message: ReceivedMessage, now: float
) -> None:
    """HMAC of a template."""
    given = _given(signature, message, _DIGEST_BYTES[signature.algorithm])
    keys = [key for secret in secrets if (key := read_key(secret, signature.key_encoding))]
    texts = _texts(signature, message)
    expected = [_proof(key, text, signature.algorithm) for key in keys for text in texts]
    _require_match(given, expected)
    _require_fresh(timestamp_text(signature, message), signature.tolerance, now)


def check_hash(
    signature: Signature, secrets: Sequence[bytes], message: ReceivedMessage, now: float
) -> None:
    """The digest of a template that holds the secret."""
    given = _given(signature, message, _DIGEST_BYTES[signature.algorithm])
    expected = [
        hashlib.new(signature.algorithm, text).digest()
        for secret in secrets
        for text in _texts(signature, message, secret)
    ]
    _require_match(given, expected)
    _require_fresh(timestamp_text(signature, message), signature.tolerance, now)


def check_public(
    signature: Signature, secrets: Sequence[bytes], message: ReceivedMessage, now: float
) -> None:
    """A signature of a template, checked with a public key: ed25519, ecdsa or rsa."""
    given, texts = _given(signature, message), _texts(signature, message)
    keys = [key for secret in secrets if (key := read_public_key(signature.scheme, secret))]
    if not any(
        is_signed(key, one, text, signature.algorithm)
        for key in keys
        for one in given
        for text in texts
    ):
        raise SignatureError("the signature does not match", reason="mismatch")
    _require_fresh(timestamp_text(signature, message), signature.tolerance, now)


def check_token(
    signature: Signature,
    secrets: Sequence[bytes],
    message: ReceivedMessage,
    now: float,  # noqa: ARG001  the shape of every check
) -> None:
    """The shared token itself."""
    value = _after(signature.prefix, read_place(signature, message))
    if not value:
        raise SignatureError("the token cannot be read", reason="malformed")
    _require_same_text([value], secrets)


def check_basic(
    signature: Signature,
    secrets: Sequence[bytes],
    message: ReceivedMessage,
    now: float,  # noqa: ARG001  the shape of every check
) -> None:
    """HTTP Basic; each secret is `username:password`."""
    value = message.header(signature.header or "authorization")
    kind, _, encoded = value.partition(b" ")
    decoded = _base64(encoded.strip()) if kind.lower() == b"basic" else None
    if not decoded or b":" not in decoded:
        raise SignatureError("no HTTP Basic credentials", reason="malformed")
    _require_same_text([decoded], secrets)


def check_standard_webhooks(
    signature: Signature, secrets: Sequence[bytes], message: ReceivedMessage, now: float
) -> None:
    """Standard Webhooks 1.0: `v1` and `v1a` signatures of `id.timestamp.body`."""
    identity = message.header(signature.id_header or "webhook-id")
    sent_at = message.header(signature.timestamp_header or "webhook-timestamp")
    given: dict[bytes, list[bytes]] = {b"v1": [], b"v1a": []}
    for part in message.header(signature.header or "webhook-signature").split(b" "):
        version, comma, encoded = part.partition(b",")
        decoded = _base64(encoded) if comma else None
        if decoded and version in given:
            given[version].append(decoded)
    if not (given[b"v1"] or given[b"v1a"]) or not identity or not _SECONDS.fullmatch(sent_at):
        raise SignatureError("no signature of a known version", reason="malformed")
    text = b".".join((identity, sent_at, message.body))
    # A few senders sign with the text of the key instead of the bytes that it spells.
    texts = [secret for secret in secrets if secret.startswith(b"whsec_")]
    shared = [key for secret in secrets if (key := read_standard_key(signature, secret))] + texts
    public = [key for secret in secrets if (key := read_standard_key(signature, secret, b"whpk_"))]
    is_public = any(
        is_signed(edwards, candidate, text)
        for raw in public
        if (edwards := read_public_key("ed25519", raw))
        for candidate in given[b"v1a"]
    )
    if not is_public:
        _require_match(given[b"v1"], [_proof(key, text, "sha256") for key in shared])
    tolerance = signature.tolerance_seconds or SIGNED_TOLERANCE_SECONDS
    _require_fresh(sent_at, tolerance, now)


def check_jwt(
    signature: Signature, secrets: Sequence[bytes], message: ReceivedMessage, now: float
) -> None:
    """A JSON Web Token, in the body or in a header."""
    token = _after(signature.prefix, read_place(signature, message))
    parts = token.split(b".")
    if len(parts) != 3:
        raise SignatureError("not a JSON Web Token", reason="malformed")
    header, claims, given = _json_part(parts[0]), _json_part(parts[1]), _url_base64(parts[2])
    is_shared = signature.algorithm in _DIGEST_BYTES
    expected = f"HS{signature.algorithm.removeprefix('sha')}" if is_shared else signature.algorithm
    if not given or header.get("alg") != expected or "crit" in header:
        raise SignatureError("not a token of the agreed kind", reason="malformed")
    if is_shared:
        text = b".".join(parts[:2])
        keys = [key for secret in secrets if (key := read_key(secret, signature.key_encoding))]
        _require_match([given], [_proof(key, text, signature.algorithm) for key in keys])
    elif not any(is_token_of(secret, token, expected) for secret in secrets):
        raise SignatureError("the signature does not match", reason="mismatch")
    _require_valid_claims(claims, signature.tolerance_seconds, now)


def read_claims(token: str | None) -> Any:
    """The claims of a token whose signature was checked before; None when it has none."""
    parts = octets(token or "").split(b".")
    try:
        return _json_part(parts[1]) if len(parts) == 3 else None
    except SignatureError:
        return None


CHECKS: Mapping[str, Check] = {
    "hmac": check_hmac,
    "hash": check_hash,
    "ed25519": check_public,
    "ecdsa": check_public,
    "rsa": check_public,
    "token": check_token,
    "basic": check_basic,
    "standard-webhooks": check_standard_webhooks,
    "jwt": check_jwt,
}


def _proof(key: bytes, text: bytes, algorithm: str) -> bytes:
    # Not hmac.digest: it lets other threads in for every text, however short, and waiting to be
    # let in again costs a busy receiver a tenth of its events.
    return hmac.new(key, text, algorithm).digest()


def read_place(signature: Signature, message: ReceivedMessage) -> bytes:
    """What proves the sender, as it stands in the header, the query or the body."""
    path = signature.signature_json or signature.token_json
    if path:
        return message.json_text(path)
    if signature.query:
        return message.parameter(signature.query)
    return message.header(signature.header or "")


def _given(signature: Signature, message: ReceivedMessage, size: int = 0) -> list[bytes]:
    """The signatures of a delivery, decoded; of so many bytes, unless 0."""
    value = read_place(signature, message)
    spelt = parameters(value, signature.parameter) if signature.parameter else [value]
    decoded = [_decode(_after(signature.prefix, text), signature.encoding) for text in spelt]
    given = [digest for digest in decoded if digest and size in {0, len(digest)}]
    if not given:
        raise SignatureError("the signature cannot be read", reason="malformed")
    return given


def _texts(signature: Signature, message: ReceivedMessage, secret: bytes = b"") -> list[bytes]:
    texts: list[bytes] = []
    missing: SignatureError | None = None
    for template in signature.templates:
        try:
            texts.append(signed_text(template, signature, message, secret))
        except SignatureError as error:
            missing = error
    if missing is not None and not texts:
        raise missing
    return texts


def _after(prefix: str, value: bytes) -> bytes:
    """The value behind a prefix; names of schemes are compared without case (RFC 9110)."""
    start = octets(prefix)
    has_prefix = value[: len(start)].lower() == start.lower()
    return value[len(start) :].strip() if has_prefix else b""


def read_key(secret: bytes, encoding: str) -> bytes | None:
    """The bytes of a shared key; None when the credential is not spelt so."""
    if encoding == "text":
        return secret
    if encoding == "hex":
        return bytes.fromhex(secret.decode("ascii")) if _HEX.fullmatch(secret) else None
    return _base64(secret)


def read_standard_key(
    signature: Signature, secret: bytes, prefix: bytes = b"whsec_"
) -> bytes | None:
    """The bytes of a key of Standard Webhooks: shared (`whsec_`) or public (`whpk_`).

    Some libraries show keys with the version of the signature before it, as in `v1,whsec_…`; a
    secret without prefix is a shared key: the reference libraries take it so.
    """
    if "key_encoding" in signature.model_fields_set and signature.key_encoding == "text":
        return secret if prefix == b"whsec_" else None
    secret = secret.removeprefix(b"v1a,").removeprefix(b"v1,")
    if not secret.startswith((b"whsec_", b"whpk_")) and prefix == b"whsec_":
        return _base64(secret)
    return _base64(secret.removeprefix(prefix)) if secret.startswith(prefix) else None


# Of base64url (RFC 4648) in base64: senders mix them up, and both are plain to read.
_ALPHABET = bytes.maketrans(b"-_", b"+/")


def _decode(text: bytes, encoding: str) -> bytes:
    if encoding == "hex":
        return bytes.fromhex(text.decode("ascii")) if _HEX.fullmatch(text) else b""
    return _base64(text.translate(_ALPHABET)) or b""


def _base64(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _url_base64(text: bytes) -> bytes | None:
    if not _URL_BASE64.fullmatch(text):
        return None
    try:
        return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None


def _json_part(text: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(_url_base64(text) or b"")
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise SignatureError("not a JSON Web Token", reason="malformed")
    return value


def _require_match(given: Iterable[bytes], expected: Sequence[bytes]) -> None:
    # No early end: the time taken does not tell which key, or which candidate, came close.
    matches = [hmac.compare_digest(one, other) for one in given for other in expected]
    if not any(matches):
        raise SignatureError("the signature does not match", reason="mismatch")


def _require_same_text(given: Iterable[bytes], secrets: Iterable[bytes]) -> None:
    # Hashed first, so that the comparison does not tell the length of the secret.
    _require_match(
        [hashlib.sha256(value).digest() for value in given],
        [hashlib.sha256(secret).digest() for secret in secrets],
    )


def _require_fresh(sent_at: bytes | None, tolerance: int | None, now: float) -> None:
    if sent_at is None or tolerance is None:
        return
    if abs(now - read_seconds(sent_at)) > tolerance:
        raise SignatureError("sent too long ago, or in the future", reason="too-old")


def read_seconds(text: bytes) -> float:
    """A time as senders spell it, in seconds since 1970; raises SignatureError for another."""
    if _SECONDS.fullmatch(text) or _FRACTION.fullmatch(text):
        return float(text)
    if _FINER.fullmatch(text):
        return int(text) / next(unit for length, unit in _UNITS if len(text) <= length)
    try:
        spelt = text.decode("ascii")
        instant = parsedate_to_datetime(spelt) if "," in spelt else datetime.fromisoformat(spelt)
        return instant.timestamp() if instant.tzinfo else _unreadable_time()
    except (ValueError, OverflowError):
        return _unreadable_time()


def _unreadable_time() -> float:
    raise SignatureError("the time of sending cannot be read", reason="malformed")


def _require_valid_claims(claims: dict[str, Any], tolerance: int | None, now: float) -> None:
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    if not all(type(value) in {int, float} for value in times.values()):
        raise SignatureError("a time claim is no number", reason="malformed")
    is_over = "exp" in times and times["exp"] < now - LEEWAY_SECONDS
    is_early = "nbf" in times and times["nbf"] > now + LEEWAY_SECONDS
    is_stale = tolerance is not None and "iat" in times and abs(now - times["iat"]) > tolerance
    if is_over or is_early or is_stale:
        raise SignatureError("the token is not valid at this time", reason="too-old")
