"""Signatures that are checked with a public key: how keys are spelt, and what they signed.

Everything here is total: a key, a signature or a token of any bytes is right or it is not.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc import jwk, jws
from joserfc.errors import JoseError

PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey | RSAPublicKey

_KINDS: dict[str, type[PublicKey]] = {
    "ed25519": Ed25519PublicKey,
    "ecdsa": ec.EllipticCurvePublicKey,
    "rsa": RSAPublicKey,
}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 some senders still use it, and say so in their documents
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_JOSE: dict[str, type[jwk.RSAKey | jwk.ECKey | jwk.OKPKey]] = {
    "rsa": jwk.RSAKey,
    "ecdsa": jwk.ECKey,
    "ed25519": jwk.OKPKey,
}
_RAW_BYTES = 32  # of an Ed25519 key


@lru_cache(maxsize=256)
def read_public_key(kind: str, text: bytes) -> PublicKey | None:
    """The public key that a credential spells.

    Args:
        kind: `ed25519`, `ecdsa` or `rsa`.
        text: PEM of a key or a certificate; base64 of DER; for `ed25519` also the 32 bytes
            themselves, in hex, in base64 or as they are.

    Returns:
        The key; None when the text is no key of that kind.
    """
    readers: tuple[Callable[[bytes], object], ...] = (
        serialization.load_pem_public_key,
        lambda raw: x509.load_pem_x509_certificate(raw).public_key(),
        lambda raw: serialization.load_der_public_key(_from_base64(raw)),
        lambda raw: _read_raw(bytes.fromhex(raw.decode("ascii"))),
        lambda raw: _read_raw(_from_base64(raw)),
        _read_raw,
    )
    for read in readers:
        try:
            key = read(text)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        if isinstance(key, _KINDS[kind]):
            return key
    return None


def is_signed(key: PublicKey, given: bytes, text: bytes, algorithm: str = "sha256") -> bool:
    """Whether a key signed a text; `ecdsa` takes DER and the plain pair of numbers."""
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(given, text)
        elif isinstance(key, RSAPublicKey):
            key.verify(given, text, padding.PKCS1v15(), _HASHES[algorithm])
        else:
            key.verify(_to_der(key, given), text, ec.ECDSA(_HASHES[algorithm]))
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def is_token_of(secret: bytes, token: bytes, algorithm: str) -> bool:
    """Whether a JSON Web Token was signed with the key, or with one of a JWK set."""
    try:
        jws.deserialize_compact(token, _read_jwk(secret), algorithms=[algorithm])
    except (JoseError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
        return False
    return True


@lru_cache(maxsize=64)
def _read_jwk(secret: bytes) -> jwk.Key | jwk.KeySet:
    if secret.lstrip().startswith(b"{"):
        data = json.loads(secret)
        if "keys" in data:
            return jwk.KeySet.import_key_set(data)
        single: jwk.Key = jwk.import_key(data)
        return single
    for kind, reader in _JOSE.items():
        key = read_public_key(kind, secret)
        if key is not None:
            form = serialization.PublicFormat.SubjectPublicKeyInfo
            return reader.import_key(key.public_bytes(serialization.Encoding.PEM, form))
    raise ValueError("no public key and no JWK set")


def is_jose_key(secret: bytes) -> bool:
    """Whether a credential can be read as the key of a JSON Web Token."""
    try:
        return bool(_read_jwk(secret))
    except (JoseError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
        return False


def _to_der(key: ec.EllipticCurvePublicKey, given: bytes) -> bytes:
    size = (key.curve.key_size + 7) // 8
    if len(given) != 2 * size:
        return given
    from cryptography.hazmat.primitives.asymmetric.utils import (  # noqa: PLC0415 seldom needed
        encode_dss_signature,
    )

    return encode_dss_signature(
        int.from_bytes(given[:size], "big"), int.from_bytes(given[size:], "big")
    )


def _read_raw(raw: bytes) -> Ed25519PublicKey:
    if len(raw) != _RAW_BYTES:
        raise ValueError("not the bytes of an Ed25519 key")
    return Ed25519PublicKey.from_public_bytes(raw)


def _from_base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
