"""The seal of a run folder: `manifest.json` with the hash of every file, and its signature.

The manifest lets anybody see that a file was changed, but anybody can write another. The signature
(Ed25519, detached) lets a partner see who vouches for it, with a public key and no secret of ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr

from workbench.errors import InputError
from workbench.model import Outcome, Record, Status
from workbench.partners import load_catalogue
from workbench.reporting.report_signing import sign
from workbench.store import RunFolder, read_run, stated_verdicts


class SealResult(StrEnum):
    """What is known of a report.

    `signed`: whole, and signed by a key that the reader knows. `consistent`: every page says what
    the evidence says, and anyone could have made both. `altered`: changed, or incomplete.
    """

    SIGNED = "signed"
    CONSISTENT = "consistent"
    ALTERED = "altered"


@dataclass(frozen=True)
class SealCheck:
    """One thing that was checked; `cant-tell` is no reproach, and no proof either."""

    name: str
    outcome: Outcome
    detail: str


@dataclass(frozen=True)
class SealVerification:
    """Everything that was checked of one run folder.

    Attributes:
        signer: Public key of a signature that fits, whether it is known or not.
        is_known: Whether that key is the one that the reader knows.
    """

    partner: str
    run: str
    checks: tuple[SealCheck, ...]
    signer: str | None = None
    is_known: bool = False

    @property
    def result(self) -> SealResult:
        """What can be said of the folder as a whole."""
        outcomes = {check.outcome for check in self.checks if check.name != "signature"}
        is_refuted = any(check.outcome is Outcome.FAILED for check in self.checks)
        files = {check.outcome for check in self.checks if check.name == "files"}
        if not is_refuted and self.is_known and files == {Outcome.PASSED}:
            return SealResult.SIGNED
        is_shown = not is_refuted and outcomes == {Outcome.PASSED}
        return SealResult.CONSISTENT if is_shown else SealResult.ALTERED

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "partner": self.partner,
            "run": self.run,
            "result": self.result.value,
            "signed_by": self.signer,
            "checks": [
                {"name": check.name, "outcome": check.outcome.value, "detail": check.detail}
                for check in self.checks
            ],
        }


MANIFEST, SIGNATURE = "manifest.json", "manifest.json.sig"
# Whose versions decide how the files of a report are spelt.
TOOLS = ("jinja2", "nbconvert", "nh3", "partner-integration-workbench", "typst")

_MOST_FILES = 5_000
_MOST_BYTES = 1024**3
_STEP = 1024**2


class Sealed(Record):
    """One file as it was published."""

    sha256: str
    size: int


class SealManifest(Record):
    """What was published: files by their path in the run folder, and the verdicts.

    `tools` are the versions of what spelt the files.
    """

    format: Literal["workbench-manifest/1"] = "workbench-manifest/1"
    partner: str
    run: str
    files: dict[str, Sealed]
    verdicts: dict[str, Status]
    tools: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Survey:
    """What lies in a folder: plain files with their hashes, and what is no plain file."""

    files: dict[str, Sealed] = field(default_factory=dict)
    strange: tuple[str, ...] = ()


def seal(folder: RunFolder, key: SecretStr | None = None) -> Path:
    """Write the manifest of a run folder, and its signature when there is a key.

    Args:
        folder: Everything in it is listed but the seal itself.
        key: Base64 of the 32 bytes of an Ed25519 private key.

    Raises:
        CredentialError: The key is none.
        InputError: Something in the folder is no plain file, or there is too much.
    """
    log, verdicts = read_run(folder, load_catalogue())
    found = survey(folder)
    if found.strange:
        raise InputError(
            f"Only plain files are sealed, and {', '.join(found.strange[:5])} is none",
            location=str(folder.path),
            hint="Remove it from the folder.",
        )
    manifest = SealManifest(
        partner=log.header.partner,
        run=log.header.run,
        files=found.files,
        verdicts={slug: verdict.status for slug, verdict in stated_verdicts(log, verdicts).items()},
        tools=list_tools(),
    )
    path, signature = folder.path / MANIFEST, folder.path / SIGNATURE
    text = json.dumps(manifest.model_dump(mode="json"), indent=1, sort_keys=True) + "\n"
    signed = sign(text.encode(), key) if key is not None else None
    path.write_bytes(text.encode())
    signature.unlink(missing_ok=True)
    if signed is not None:
        signature.write_text(signed.model_dump_json() + "\n", "utf-8")
    return path


def unseal(folder: RunFolder) -> None:
    """Take the seal away: what stands in the folder is not to be handed over."""
    for name in (MANIFEST, SIGNATURE):
        (folder.path / name).unlink(missing_ok=True)


def survey(folder: RunFolder) -> Survey:
    """Everything in a run folder but its seal; links, pipes and devices are not opened.

    Raises:
        InputError: There are more files, or bytes, than a report has.
    """
    files: dict[str, Sealed] = {}
    strange: list[str] = []
    left = _MOST_BYTES
    for count, path in enumerate(_walk(folder.path, strange)):
        if count >= _MOST_FILES:
            raise _too_much(folder, f"more than {_MOST_FILES:,} files")
        name = _name(path, folder.path)
        if not stat.S_ISREG(path.lstat().st_mode):
            strange.append(name)
        elif name not in {MANIFEST, SIGNATURE}:
            left -= path.stat().st_size
            if left < 0:
                raise _too_much(folder, f"more than {_MOST_BYTES // 1024**2:,} MiB")
            try:
                files[name] = _digest(path)
            except OSError:
                strange.append(name)
    return Survey(files, tuple(strange))


def list_tools() -> dict[str, str]:
    """The versions of what spells the files of a report, as far as it is installed."""
    found: dict[str, str] = {}
    for name in TOOLS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _name(path: Path, root: Path) -> str:
    """The path in the folder, with bytes that are no text spelt out."""
    name = os.fsencode(path.relative_to(root)).decode("utf-8", "backslashreplace")
    return name.replace(os.sep, "/")


def _walk(root: Path, unreadable: list[str]) -> Iterator[Path]:
    """Everything below a folder that is no folder; links to folders are not entered."""

    def note(error: OSError) -> None:
        unreadable.append(_name(Path(error.filename), root))

    for place, folders, names in os.walk(root, followlinks=False, onerror=note):
        here = Path(place)
        yield from (here / name for name in sorted(names))
        yield from (here / name for name in sorted(folders) if (here / name).is_symlink())


def _digest(path: Path) -> Sealed:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while part := file.read(_STEP):
            digest.update(part)
            size += len(part)
    return Sealed(sha256=digest.hexdigest(), size=size)


def _too_much(folder: RunFolder, what: str) -> InputError:
    return InputError(
        f"This is no run folder: it has {what}",
        location=str(folder.path),
        hint="Name the folder of one run: the one that holds evidence.jsonl.",
    )
