"""Keys that vouch for reports: made once, kept private, known by their public half."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from workbench.errors import CredentialError, InputError
from workbench.reporting.report_signing import (
    KEY_VARIABLE,
    default_path,
    find_public_key,
    find_signing_key,
    fits,
    make_keys,
    read_public,
    sign,
)
from workbench.reporting.seal import seal
from workbench.store import RunFolder

KEY = SecretStr(base64.b64encode(bytes(range(32))).decode())


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without keys."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    return tmp_path


def test_keys_are_made_once_and_private(home: Path) -> None:
    """The private key is for its owner alone; asking again shows the same public key."""
    made = make_keys()
    path = default_path()
    assert made.is_new
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.is_relative_to(home)
    again = make_keys()
    assert (again.public_key, again.is_new) == (made.public_key, False)
    key = find_signing_key()
    assert key is not None
    assert read_public(key) == made.public_key
    assert find_public_key(f"{path}.pub") == find_public_key(made.public_key) == made.public_key
    assert key.get_secret_value() not in f"{made!r}{path.with_name('signing-key.pub').read_text()}"


def test_file_of_ones_own_choice(home: Path) -> None:
    """A key may stand in another file, and signs from there."""
    made = make_keys(home / "keys" / "mine")
    key = find_signing_key(home / "keys" / "mine")
    assert key is not None
    assert read_public(key) == made.public_key
    assert find_signing_key() is None


@pytest.mark.parametrize("place", ["contracts/acme/key", "key", "deep/er/key"])
def test_key_does_not_stand_in_a_project(home: Path, place: str) -> None:
    """What is handed on with a project is not private."""
    (home / "contracts" / "acme").mkdir(parents=True)
    (home / "contracts" / "acme" / "partner.yaml").touch()
    with pytest.raises(InputError, match="not kept in a project"):
        make_keys(home / place)
    assert not (home / place).exists()


def test_key_does_not_stand_in_a_repository(home: Path) -> None:
    """Nor where it could be committed."""
    (home / ".git").mkdir()
    with pytest.raises(InputError, match="repository"):
        make_keys(home / "keys" / "mine")


def test_key_that_others_can_read_is_refused() -> None:
    """A key that somebody else may have copied signs nothing."""
    make_keys()
    default_path().chmod(0o644)
    with pytest.raises(CredentialError, match="read by others"):
        find_signing_key()


def test_keyring_that_keeps_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a keyring nothing is made, and the file is named as the way out."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    import keyring  # noqa: PLC0415
    from keyring.backends.fail import Keyring  # noqa: PLC0415

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        with pytest.raises(CredentialError, match="no keyring"):
            make_keys(keyring=True)
    finally:
        keyring.set_keyring(before)


def test_signature_fits_its_bytes_and_its_key_alone() -> None:
    """One bit of the bytes, the key or the signature makes it another."""
    signed = sign(b"a report", KEY)
    assert fits(b"a report", signed)
    assert not fits(b"A report", signed)
    other = read_public(SecretStr(base64.b64encode(bytes(32)).decode()))
    assert not fits(b"a report", signed.model_copy(update={"public_key": other}))
    assert not fits(b"a report", signed.model_copy(update={"signature": "AAAA"}))
    assert not fits(b"a report", signed.model_copy(update={"public_key": "no key"}))


@pytest.mark.parametrize("key", ["", "no base64!", base64.b64encode(b"short").decode()])
def test_a_bad_key_is_a_credential_error(run: RunFolder, key: str) -> None:
    """The message says how to make one, and never the key."""
    with pytest.raises(CredentialError) as caught:
        seal(run, SecretStr(key))
    assert "workbench keys" in str(caught.value.hint)
    assert not key or key not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize("text", ["", "no base64!", base64.b64encode(b"short").decode(), "/etc"])
def test_a_bad_public_key_is_an_input_error(text: str) -> None:
    """What was given as a public key and is none says how to get one."""
    with pytest.raises(InputError, match="public key"):
        find_public_key(text)


def test_the_key_comes_from_the_environment_or_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment comes first; without any there is no signature."""
    assert find_signing_key() is None
    make_keys()
    assert find_signing_key() != KEY
    monkeypatch.setenv(KEY_VARIABLE, KEY.get_secret_value())
    assert find_signing_key() == KEY
