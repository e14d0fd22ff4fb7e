"""A folder with a secret is set aside whole, whatever holds the secret."""

from __future__ import annotations

import base64
import gzip
import os
from pathlib import Path

import pytest

from workbench.errors import ReportError
from workbench.secrecy import Redactor, guard_folder, open_private, private_umask

CANARY = "canary/Qx7+secret=value"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a clean file, and one below."""
    run = tmp_path / "one"
    (run / "sub").mkdir(parents=True)
    (run / "clean.txt").write_text("nothing", "utf-8")
    (run / "sub" / "page.html").write_text("<p>nothing</p>", "utf-8")
    return run


@pytest.mark.parametrize(
    "spelt",
    [
        CANARY.encode(),
        base64.b64encode(CANARY.encode()),
        b"canary%2FQx7%2Bsecret%3Dvalue",
        b"canary\\/Qx7+secret=value",
        b"<w:t>canary/Qx7</w:t>" + gzip.compress(CANARY.encode(), mtime=0),
        b"canary/Qx7+\nsecret=value",
    ],
)
def test_every_spelling_in_any_file_sets_the_folder_aside(folder: Path, spelt: bytes) -> None:
    """Text, binary and packed files count; nothing of the run stays where it would be taken."""
    (folder / "sub" / "body.bin").write_bytes(b"\xff\x00" + spelt + b"\xfe")
    with pytest.raises(ReportError, match=r"sub/body\.bin: api_key") as caught:
        guard_folder(folder, Redactor({"api_key": CANARY}))
    told = f"{caught.value} {caught.value.hint} {caught.value.location}"
    assert CANARY not in told
    assert [path.name for path in folder.parent.iterdir()] == ["one.withheld"]
    for path in (folder.with_name("one.withheld")).rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


def test_a_name_of_a_file_counts(folder: Path) -> None:
    """A secret in the name of a file, or of a folder, is found, and not told again."""
    secret = "x7-Gq29-tR-canary"
    (folder / f"{secret}.txt").write_text("nothing", "utf-8")
    with pytest.raises(ReportError) as caught:
        guard_folder(folder, Redactor([secret]))
    assert secret not in str(caught.value)


def test_two_runs_of_one_name_are_both_kept(folder: Path) -> None:
    """What was set aside before is not overwritten."""
    folder.with_name("one.withheld").mkdir()
    (folder / "leak").write_text(CANARY, "utf-8")
    with pytest.raises(ReportError):
        guard_folder(folder, Redactor([CANARY]))
    assert (folder.with_name("one-2.withheld") / "leak").is_file()


def test_a_clean_folder_passes(folder: Path) -> None:
    """Without a secret, and without any to look for, nothing is moved."""
    for values in ([CANARY, ""], []):
        guard_folder(folder, Redactor(values))
    assert (folder / "sub" / "page.html").is_file()


def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    """A file that is opened so, and any file within the block, is its owner's alone."""
    before = os.umask(0)
    try:
        with open_private(tmp_path / "a") as file:
            file.write(b"1")
        with private_umask():
            (tmp_path / "b").write_text("2", "utf-8")
        (tmp_path / "c").write_text("3", "utf-8")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"a": 0o600, "b": 0o600, "c": 0o666}
