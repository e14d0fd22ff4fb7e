"""The seal of a run folder: `manifest.json` with the hash of every file, and its signature.

The manifest lets anybody see that a file was changed. The signature (Ed25519, detached) lets a
partner see who vouches for the manifest, with a public key and without any secret of ours.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519
from pydantic import SecretStr

from workbench.errors import CredentialError
from workbench.model.evidence import Record
from workbench.model.verdict import Status
from workbench.partners import load_catalogue
from workbench.store import RunFolder, read_run, stated

MANIFEST, SIGNATURE = "manifest.json", "manifest.json.sig"
KEY_VARIABLE = "WORKBENCH_SIGNING_KEY"

_WITHHELD = ".withheld"
_SEED = 32


class Sealed(Record):
    """One file as it was published."""

    sha256: str
    size: int


class Manifest(Record):
    """What was published: files by their path in the run folder, and the verdicts."""

    format: Literal["workbench-manifest/1"] = "workbench-manifest/1"
    partner: str
    run: str
    files: dict[str, Sealed]
    verdicts: dict[str, Status]


class Signed(Record):
    """A detached signature over the bytes of the manifest; key and signature are base64."""

    algorithm: Literal["ed25519"] = "ed25519"
    public_key: str
    signature: str


def seal(folder: RunFolder, key: SecretStr | None = None) -> Path:
    """Write the manifest of a run folder, and its signature when there is a key.

    Args:
        folder: Everything in it is listed but the seal itself and what was withheld.
        key: Base64 of the 32 bytes of an Ed25519 private key.

    Raises:
        CredentialError: The key is none.
    """
    log, verdicts = read_run(folder, load_catalogue())
    manifest = Manifest(
        partner=log.header.partner,
        run=log.header.run,
        files=list_files(folder),
        verdicts={slug: verdict.status for slug, verdict in stated(log, verdicts).items()},
    )
    path, signature = folder.path / MANIFEST, folder.path / SIGNATURE
    text = json.dumps(manifest.model_dump(mode="json"), indent=1, sort_keys=True) + "\n"
    path.write_text(text, "utf-8")
    signature.unlink(missing_ok=True)
    if key is not None:
        signature.write_text(sign(text.encode(), key).model_dump_json() + "\n", "utf-8")
    return path


def unseal(folder: RunFolder) -> None:
    """Take the seal away: what stands in the folder is not to be handed over."""
    for name in (MANIFEST, SIGNATURE):
        (folder.path / name).unlink(missing_ok=True)


def list_files(folder: RunFolder) -> dict[str, Sealed]:
    """Every published file of a run folder with its hash; links are not followed."""
    found: dict[str, Sealed] = {}
    for path in sorted(folder.path.rglob("*")):
        name = path.relative_to(folder.path).as_posix()
        skipped = name in {MANIFEST, SIGNATURE} or path.suffix == _WITHHELD
        if path.is_file() and not path.is_symlink() and not skipped:
            data = path.read_bytes()
            found[name] = Sealed(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    return found


def find_signing_key() -> SecretStr | None:
    """The private key, from the environment or the keyring (`workbench` `signing-key`)."""
    if value := os.environ.get(KEY_VARIABLE):
        return SecretStr(value)
    import keyring  # noqa: PLC0415 - slow to import
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        stored = keyring.get_password("workbench", "signing-key")
    except KeyringError:
        return None
    return SecretStr(stored) if stored else None


def sign(data: bytes, key: SecretStr) -> Signed:
    """Sign bytes; see `seal`."""
    try:
        seed = base64.b64decode(key.get_secret_value(), validate=True)
    except binascii.Error:
        seed = b""
    if len(seed) != _SEED:
        raise CredentialError(
            "The signing key is not the base64 of 32 bytes",
            hint=f"Make one with `openssl rand -base64 32`, and set {KEY_VARIABLE}.",
        )
    private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes_raw()
    return Signed(
        public_key=base64.b64encode(public).decode(),
        signature=base64.b64encode(private.sign(data)).decode(),
    )


def is_genuine(data: bytes, signed: Signed) -> bool:
    """Whether the signature fits the bytes and its own public key."""
    try:
        public = ed25519.Ed25519PublicKey.from_public_bytes(
            base64.b64decode(signed.public_key, validate=True)
        )
        public.verify(base64.b64decode(signed.signature, validate=True), data)
    except (InvalidSignature, ValueError):
        return False
    return True
