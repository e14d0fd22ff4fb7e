"""Who vouches for a report: Ed25519 keys, kept outside of the project, and signatures with them.

The private key stays on one machine (a file that only its owner reads, the keyring, or a variable);
the public key is given to partners by another way than the report, or it proves nothing.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519
from pydantic import SecretStr

from workbench.errors import CredentialError, InputError
from workbench.model import Record
from workbench.settings import find_root

KEY_VARIABLE = "WORKBENCH_SIGNING_KEY"
PUBLIC = ".pub"

_SERVICE, _NAME = "workbench", "signing-key"
_SEED = 32
_LARGEST = 4096


class Signed(Record):
    """A detached signature over the bytes of the manifest; key and signature are base64."""

    algorithm: Literal["ed25519"] = "ed25519"
    public_key: str
    signature: str


@dataclass(frozen=True)
class KeyPair:
    """A key pair; `place` is where the private key is, in words.

    Attributes:
        is_new: Whether it was made just now.
    """

    public_key: str
    place: str
    is_new: bool


def default_path() -> Path:
    """The file of the private key: in the user's configuration, never in a project."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / _SERVICE / _NAME


def make_keys(path: Path | None = None, *, keyring: bool = False) -> KeyPair:
    """Make a key pair, or tell of the one that is there: a key is never replaced.

    Args:
        path: File of the private key; the public key is written beside it as `.pub`.
        keyring: Keep the private key in the system's keyring instead.

    Raises:
        InputError: The file would stand in a project, where it could be handed on.
        CredentialError: The key cannot be kept, or what is there is no key.
    """
    if keyring:
        stored = _from_keyring()
        key = stored or _generate()
        if stored is None:
            _to_keyring(key)
        place = f"the keyring, as `{_SERVICE}` `{_NAME}`"
        return KeyPair(read_public(key), place, is_new=stored is None)
    path = (path or default_path()).expanduser().absolute()
    _keep_outside(path)
    if path.exists():
        return KeyPair(read_public(_from_file(path)), str(path), is_new=False)
    key = _generate()
    _write(path, key)
    return KeyPair(read_public(key), str(path), is_new=True)


def find_signing_key(path: Path | None = None) -> SecretStr | None:
    """The private key: from the named file, else the environment, the user's file, the keyring.

    Raises:
        CredentialError: The file is missing, or others can read it.
    """
    if path is not None:
        return _from_file(path)
    if value := os.environ.get(KEY_VARIABLE):
        return SecretStr(value)
    if default_path().is_file():
        return _from_file(default_path())
    return _from_keyring()


def read_public(key: SecretStr) -> str:
    """The public key of a private one, as base64.

    Raises:
        CredentialError: It is no key.
    """
    return base64.b64encode(_open(key).public_key().public_bytes_raw()).decode()


def find_public_key(text: str) -> str:
    """A public key as it was given to us: base64, or the path of a file that holds it.

    Raises:
        InputError: It is neither.
    """
    try:
        path = Path(text)
        data = path.read_bytes()[:_LARGEST] if path.is_file() else text.encode()
        given = data.decode().strip()
        if len(base64.b64decode(given, validate=True)) == _SEED:
            return given
    except (OSError, ValueError):
        pass
    raise InputError(
        "The public key is neither the base64 of 32 bytes nor a file that holds it",
        hint="`workbench keys` prints it where the report was signed; ask its sender for it.",
    )


def sign(data: bytes, key: SecretStr) -> Signed:
    """Sign bytes.

    Raises:
        CredentialError: The key is none.
    """
    signature = _open(key).sign(data)
    return Signed(public_key=read_public(key), signature=base64.b64encode(signature).decode())


def fits(data: bytes, signed: Signed) -> bool:
    """Whether the signature fits the bytes and its own public key."""
    try:
        public = ed25519.Ed25519PublicKey.from_public_bytes(
            base64.b64decode(signed.public_key, validate=True)
        )
        public.verify(base64.b64decode(signed.signature, validate=True), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _generate() -> SecretStr:
    made = ed25519.Ed25519PrivateKey.generate().private_bytes_raw()
    return SecretStr(base64.b64encode(made).decode())


def _open(key: SecretStr) -> ed25519.Ed25519PrivateKey:
    try:
        seed = base64.b64decode(key.get_secret_value(), validate=True)
    except binascii.Error:
        seed = b""
    if len(seed) != _SEED:
        raise CredentialError(
            "The signing key is not the base64 of 32 bytes",
            hint=f"Make one with `workbench keys`, or set {KEY_VARIABLE} anew.",
        )
    return ed25519.Ed25519PrivateKey.from_private_bytes(seed)


def _keep_outside(path: Path) -> None:
    is_project = any((find_root(path.parent) / "contracts").glob("*/partner.yaml"))
    if is_project or any((above / ".git").exists() for above in path.parents):
        raise InputError(
            "A private key is not kept in a project: it would be handed on with it",
            location=str(path),
            hint="Leave out --file, or name a file outside of any project or repository.",
        )


def _write(path: Path, key: SecretStr) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key.get_secret_value() + "\n")
        path.with_name(path.name + PUBLIC).write_text(read_public(key) + "\n", "utf-8")
    except OSError as error:
        raise CredentialError(
            f"The key cannot be kept: {error.strerror}",
            location=str(path),
            hint="Name another file with --file, or use --keyring.",
        ) from error


def _from_file(path: Path) -> SecretStr:
    if not path.is_file():
        hint = "Make one with `workbench keys`."
        raise CredentialError("There is no such key file", location=str(path), hint=hint)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise CredentialError(
            "The signing key can be read by others, so it proves nothing",
            location=str(path),
            hint=f"chmod 600 {path}, or make another and tell your partners.",
        )
    return SecretStr(path.read_bytes()[:_LARGEST].decode("utf-8", "replace").strip())


def _from_keyring() -> SecretStr | None:
    import keyring  # noqa: PLC0415 - slow to import
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        stored = keyring.get_password(_SERVICE, _NAME)
    except KeyringError:
        return None
    return SecretStr(stored) if stored else None


def _to_keyring(key: SecretStr) -> None:
    import keyring  # noqa: PLC0415 - slow to import
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        keyring.set_password(_SERVICE, _NAME, key.get_secret_value())
    except KeyringError as error:
        raise CredentialError(
            "This machine has no keyring that keeps a key",
            hint="Leave out --keyring: the key then goes into a file that only you can read.",
        ) from error
