"""The gate at the end: every file of a run is searched; a run that holds a secret is set aside."""

from __future__ import annotations

import itertools
from pathlib import Path

from workbench.errors import ReportError
from workbench.secrecy.private import tighten
from workbench.secrecy.redactor import Hit, Redactor

WITHHELD = ".withheld"


def guard_folder(folder: Path, redactor: Redactor) -> None:
    """Refuse a folder in which a secret stands, in any of its spellings.

    Args:
        folder: Every file in it is read, file names and what is packed included.
        redactor: Knows the secrets.

    Raises:
        ReportError: Names secrets, spellings and files, never a value; the whole folder is moved
            aside, so that nothing of it is handed over by mistake.
    """
    leaks = search_folder(folder, redactor)
    if not leaks:
        return
    aside = withhold(folder)
    found = "; ".join(
        f"{redactor.text(name)}: {', '.join(map(str, hits))}" for name, hits in leaks.items()
    )
    raise ReportError(
        f"A credential stands in what the run wrote, so it is not published: {found}",
        location=str(aside),
        hint="Find out what wrote it there, let the partner renew the credential, delete the "
        "folder, and validate again.",
    )


def search_folder(folder: Path, redactor: Redactor) -> dict[str, list[Hit]]:
    """Files that hold a secret, in their bytes, in what is packed in them, or in their names.

    Returns:
        Path inside the folder → what was found; empty when it is clean.
    """
    found: dict[str, list[Hit]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hits = redactor.find(name.encode("utf-8", "surrogateescape"))
        if path.is_file() and not path.is_symlink():
            hits = sorted({*hits, *redactor.find(path.read_bytes())})
        if hits:
            found[name] = hits
    return found


def withhold(folder: Path) -> Path:
    """Move a folder aside, out of the way of what is handed over; returns where it is now."""
    tighten(folder)
    for number in itertools.count(1):
        count = "" if number == 1 else f"-{number}"
        aside = folder.with_name(f"{folder.name}{count}{WITHHELD}")
        if not aside.exists():
            return folder.rename(aside)
    raise AssertionError  # pragma: no cover - numbers do not end
