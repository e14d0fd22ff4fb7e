"""Files and folders that nobody but their owner reads, whatever the umask."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

FILE, FOLDER, PASSAGE = 0o600, 0o700, 0o711


def open_private(path: Path, *, new: bool = False) -> BinaryIO:
    """Open a file for writing, empty; it is its owner's alone from its first byte on.

    Args:
        path: The file.
        new: It must not be there yet.

    Raises:
        OSError: It cannot be written, or is there already.
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if new else os.O_TRUNC)
    descriptor = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), FILE)
    os.fchmod(descriptor, FILE)
    return os.fdopen(descriptor, "wb")


def replace_file(path: Path, data: bytes) -> None:
    """Write a file anew, whole or not at all, with the rights that it has.

    Raises:
        OSError: It is not there, or its folder cannot be written.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as target:
        target.write(data)
    Path(name).chmod(stat.S_IMODE(path.stat().st_mode))
    Path(name).replace(path)


@contextmanager
def private_umask() -> Iterator[None]:
    """Within this block all new files are private, also those of programs that are started.

    The umask belongs to the whole process, so this is for commands, not for threads.
    """
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def make_private(folder: Path) -> None:
    """Make a folder that its owner alone lists, with those above it.

    Whoever could pass through an older one still can, to what was published in it by its name.
    """
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    now = stat.S_IMODE(folder.stat().st_mode)
    if now & ~PASSAGE:
        folder.chmod(now & PASSAGE)


def tighten(folder: Path) -> None:
    """Let nobody but the owner into a folder and all that is in it."""
    folder.chmod(FOLDER)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(FOLDER if path.is_dir() else FILE)
