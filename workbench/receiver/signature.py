"""Is this webhook genuine? One total function over a signature that is data.

A wrong signature and an old timestamp are told apart: the age is looked at only when the
signature is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from workbench.errors import CredentialError, ManifestError, SignatureError
from workbench.partners import Signature
from workbench.receiver.public_keys import is_jose_key, read_public_key
from workbench.receiver.received_message import Headers, ReceivedMessage, check_path, parse_template
from workbench.receiver.schemes import CHECKS, read_key, read_standard_key

Reason = Literal["ok", "missing", "malformed", "mismatch", "too-old", "unsigned"]


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a delivery may be used, and why.

    `ok` with reason `unsigned` means: the partner does not sign, so nothing was proved.
    `too-old`: genuine, but its time is outside the tolerance (past or future).
    """

    ok: bool
    reason: Reason

    @property
    def is_proved(self) -> bool:
        """Whether the sender proved who it is."""
        return self.ok and self.reason == "ok"


def verify(
    signature: Signature,
    secrets: Sequence[bytes],
    *,
    method: str,
    url: str,
    headers: Headers,
    body: bytes,
    now: float,
) -> Verification:
    """Check one delivery; never raises for any method, url, headers or body.

    Args:
        signature: How this partner signs.
        secrets: Keys that are valid now, several while they are rotated; empty ones never match.
        method: HTTP method.
        url: The address that the partner called, for schemes that sign it.
        headers: As a mapping of texts, or as the pairs of bytes of ASGI.
        body: Raw bytes as received.
        now: Unix seconds.

    Raises:
        ManifestError: `signature` itself is wrong (a placeholder or a JSONPath).
    """
    if signature.scheme == "none":
        return Verification(ok=True, reason="unsigned")
    usable = [key for secret in secrets if (key := secret.strip(b"\r\n"))]
    message = ReceivedMessage.read(method, url, headers, body)
    try:
        CHECKS[signature.scheme](signature, usable, message, now)
    except SignatureError as error:
        return Verification(ok=False, reason=_reason(error))
    return Verification(ok=True, reason="ok")


def check_statement(signature: Signature) -> None:
    """Compile what `signature` holds, so that a mistake shows at start and not at a delivery.

    Raises:
        ManifestError: A placeholder or a JSONPath is wrong.
    """
    for template in signature.templates:
        used = {text for is_placeholder, text in parse_template(template) if is_placeholder}
        has_time = (
            signature.timestamp_header or signature.timestamp_parameter or signature.timestamp_json
        )
        if ("timestamp" in used and not has_time) or ("id" in used and not signature.id_header):
            raise ManifestError(
                "a signature template uses {timestamp} or {id} that nothing provides",
                location="partner.yaml#/webhooks/signature/template",
                hint="name its timestamp_header (or _parameter, _json), or its id_header",
            )
    paths = (signature.timestamp_json, signature.token_json, signature.signature_json)
    for path in (*paths, signature.certificate_json):
        if path:
            check_path(path)


def read_secrets(signature: Signature, credential: Callable[[str], SecretStr]) -> tuple[bytes, ...]:
    """The keys that `signature` names.

    Args:
        signature: How this partner signs.
        credential: Finds a credential by name, or raises CredentialError.

    Raises:
        CredentialError: The first key is not to be had (later ones, for rotation, may be absent),
            or a key is not spelt as the scheme wants it.
    """
    width = 2 if signature.scheme == "basic" and len(signature.credentials) > 1 else 1
    names = signature.credentials
    groups = [names[start : start + width] for start in range(0, len(names), width)]
    secrets: list[bytes] = []
    for index, group in enumerate(groups):
        try:
            parts = [credential(name).get_secret_value() for name in group]
        except CredentialError:
            if index == 0:
                raise
            continue
        secret = ":".join(part.strip() for part in parts).encode()
        if secret and not _is_readable(signature, secret):
            raise CredentialError(
                f"the credential {group[0]} is no key of the scheme {signature.scheme}",
                location="partner.yaml#/webhooks/signature",
                hint=_HINTS.get(signature.scheme, "look at `key_encoding`: text, hex or base64"),
            )
        secrets.append(secret)
    return tuple(secrets)


_HINTS = {
    "standard-webhooks": "it is spelt `whsec_` and base64; else state `key_encoding: text`",
    "jwt": "give a PEM public key, a certificate or a JWK set",
    "ed25519": "give a PEM public key, or its 32 bytes in hex or base64",
    "ecdsa": "give a PEM public key or certificate, or its DER in base64",
    "rsa": "give a PEM public key or certificate, or its DER in base64",
}


def _is_readable(signature: Signature, secret: bytes) -> bool:
    """Whether a credential is spelt as the scheme wants its key."""
    match signature.scheme:
        case "ed25519" | "ecdsa" | "rsa":
            return read_public_key(signature.scheme, secret) is not None
        case "standard-webhooks":
            prefixes = (b"whsec_", b"whpk_")
            return any(read_standard_key(signature, secret, prefix) for prefix in prefixes)
        case "jwt" if signature.algorithm[0].isupper():
            return is_jose_key(secret)
        case "hmac" | "jwt":
            return bool(read_key(secret, signature.key_encoding))
        case _:
            return True


def _reason(error: SignatureError) -> Reason:
    reasons: tuple[Reason, ...] = ("missing", "malformed", "mismatch", "too-old")
    return next((reason for reason in reasons if reason == error.reason), "malformed")
