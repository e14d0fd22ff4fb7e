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
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from workbench.errors import SignatureError
from workbench.partners.manifest import Signature
from workbench.receiver.message import (
    Message,
    octets,
    parameters,
    signed_text,
    timestamp_text,
)

LEEWAY_SECONDS = 60  # clocks differ; only for claims of a JSON Web Token
STANDARD_TOLERANCE_SECONDS = 300
_DIGEST_BYTES = {"sha256": 32, "sha1": 20, "sha512": 64}
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_URL_BASE64 = re.compile(rb"[A-Za-z0-9_-]+")
_SECONDS = re.compile(rb"[0-9]{1,10}")
_MILLISECONDS = re.compile(rb"[0-9]{11,14}")

Check = Callable[[Signature, Sequence[bytes], Message, float], None]


def check_hmac(
    signature: Signature, secrets: Sequence[bytes], message: Message, now: float
) -> None:
    """`header` = prefix + HMAC of a template."""
    value = message.header(signature.header or "")
    spelt = parameters(value, signature.parameter) if signature.parameter else [value]
    size = _DIGEST_BYTES[signature.algorithm]
    given = [
        digest
        for text in spelt
        if (digest := _decode(_after(signature.prefix, text), signature.encoding, size))
    ]
    if not given:
        raise SignatureError("the signature cannot be read", reason="malformed")
    texts = [
        signed_text(template, signature, message)
        for template in (signature.template, *signature.alternatives)
    ]
    keys = [key for secret in secrets if (key := _key(secret, signature.key_encoding))]
    expected = [_proof(key, text, signature.algorithm) for key in keys for text in texts]
    _require_match(given, expected)
    _require_fresh(timestamp_text(signature, message), signature.tolerance_seconds, now)


def check_token(
    signature: Signature,
    secrets: Sequence[bytes],
    message: Message,
    now: float,  # noqa: ARG001  the shape of every check
) -> None:
    """`header` = prefix + the shared token itself."""
    value = _after(signature.prefix, message.header(signature.header or ""))
    if not value:
        raise SignatureError("the token cannot be read", reason="malformed")
    _require_same_text([value], secrets)


def check_basic(
    signature: Signature,
    secrets: Sequence[bytes],
    message: Message,
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
    signature: Signature, secrets: Sequence[bytes], message: Message, now: float
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
    shared = [key for secret in secrets if (key := _standard_key(secret, b"whsec_"))]
    public = [key for secret in secrets if (key := _standard_key(secret, b"whpk_"))]
    is_signed = any(
        _is_ed25519(key, candidate, text) for key in public for candidate in given[b"v1a"]
    )
    if not is_signed:
        _require_match(given[b"v1"], [_proof(key, text, "sha256") for key in shared])
    _require_fresh(sent_at, signature.tolerance_seconds or STANDARD_TOLERANCE_SECONDS, now)


def check_jwt(signature: Signature, secrets: Sequence[bytes], message: Message, now: float) -> None:
    """A JSON Web Token with a shared key, in the body or in a header."""
    if signature.token_json:
        token = message.json_text(signature.token_json)
    else:
        token = _after(signature.prefix, message.header(signature.header or ""))
    parts = token.split(b".")
    if len(parts) != 3:
        raise SignatureError("not a JSON Web Token", reason="malformed")
    header, claims, given = _json_part(parts[0]), _json_part(parts[1]), _url_base64(parts[2])
    is_expected = header.get("alg") == f"HS{signature.algorithm.removeprefix('sha')}"
    if not given or not is_expected or "crit" in header:
        raise SignatureError("not a token of the agreed kind", reason="malformed")
    text = b".".join(parts[:2])
    keys = [key for secret in secrets if (key := _key(secret, signature.key_encoding))]
    _require_match([given], [_proof(key, text, signature.algorithm) for key in keys])
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
    "token": check_token,
    "basic": check_basic,
    "standard-webhooks": check_standard_webhooks,
    "jwt": check_jwt,
}


def _proof(key: bytes, text: bytes, algorithm: str) -> bytes:
    # Not hmac.digest: it lets other threads in for every text, however short, and waiting to be
    # let in again costs a busy receiver a tenth of its events.
    return hmac.new(key, text, algorithm).digest()


def _after(prefix: str, value: bytes) -> bytes:
    start = octets(prefix)
    return value[len(start) :] if value.startswith(start) else b""


def _key(secret: bytes, encoding: str) -> bytes | None:
    if encoding == "text":
        return secret
    if encoding == "hex":
        return bytes.fromhex(secret.decode("ascii")) if _HEX.fullmatch(secret) else None
    return _base64(secret)


def _standard_key(secret: bytes, prefix: bytes) -> bytes | None:
    # A secret without prefix is a shared key: the reference libraries take it so.
    if not secret.startswith((b"whsec_", b"whpk_")) and prefix == b"whsec_":
        return _base64(secret)
    return _base64(secret.removeprefix(prefix)) if secret.startswith(prefix) else None


def _decode(text: bytes, encoding: str, size: int) -> bytes | None:
    if encoding == "hex":
        digest = bytes.fromhex(text.decode("ascii")) if _HEX.fullmatch(text) else b""
    else:
        digest = _base64(text) or b""
    return digest if len(digest) == size else None


def _base64(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
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


def _is_ed25519(key: bytes, given: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(given, text)
    except (InvalidSignature, ValueError):
        return False
    return True


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
    if abs(now - _seconds(sent_at)) > tolerance:
        raise SignatureError("sent too long ago, or in the future", reason="too-old")


def _seconds(text: bytes) -> float:
    if _SECONDS.fullmatch(text):
        return float(text)
    if _MILLISECONDS.fullmatch(text):
        return float(text) / 1000
    try:
        instant = datetime.fromisoformat(text.decode("ascii"))
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
