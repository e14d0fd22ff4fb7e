"""Checks that a report was not edited: everything is computed again from the evidence."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from pydantic import ValidationError

from workbench.errors import InputError, WorkbenchError
from workbench.model.evidence import Outcome
from workbench.partners import load_catalogue
from workbench.reporting.document import DOCUMENT
from workbench.reporting.report import PAGE, SECTIONS, Report
from workbench.reporting.seal import (
    MANIFEST,
    SIGNATURE,
    Manifest,
    Signed,
    is_genuine,
    list_files,
)
from workbench.store import RunFolder, read_run, stated

_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Check:
    """One thing that was checked; `cant-tell` is no reproach, and no proof either."""

    name: str
    outcome: Outcome
    detail: str


@dataclass(frozen=True)
class Verification:
    """Everything that was checked of one run folder."""

    partner: str
    run: str
    checks: tuple[Check, ...]

    @property
    def is_genuine(self) -> bool:
        """Whether nothing contradicts the evidence."""
        return not any(check.outcome is Outcome.FAILED for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "partner": self.partner,
            "run": self.run,
            "genuine": self.is_genuine,
            "checks": [
                {"name": check.name, "outcome": check.outcome.value, "detail": check.detail}
                for check in self.checks
            ],
        }


def verify(folder: RunFolder, *, public_key: str = "") -> Verification:
    """Check a run folder: evidence, verdicts, files, page and signature.

    Args:
        folder: As it was received.
        public_key: Base64 key of the one who should have signed; empty: any, or none.

    Raises:
        InputError: There is no log at all, so that there is nothing to check.
    """
    if not folder.log.is_file():
        raise InputError(
            "There is no evidence log",
            location=str(folder.log),
            hint="Name the folder of a run: the one that holds evidence.jsonl.",
        )
    try:
        report = Report.read(folder.path.absolute())
    except WorkbenchError as error:
        broken = Check("evidence", Outcome.FAILED, str(error))
        return Verification(folder.path.parent.name, folder.run, (broken,))
    header = report.log.header
    checks = (
        _check_log(report),
        *_check_manifest(folder),
        _check_document(folder, report),
        _check_page(folder, report),
        _check_signature(folder, public_key),
    )
    return Verification(header.partner, header.run, checks)


def _check_log(report: Report) -> Check:
    if report.log.footer is None:
        detail = "The run did not come to its end, so no digest protects its lines."
        return Check("evidence", Outcome.CANT_TELL, detail)
    lines = len(report.log.evidence)
    digest = report.log.footer.digest
    return Check("evidence", Outcome.PASSED, f"{lines} lines fit the digest {digest}.")


def _check_manifest(folder: RunFolder) -> Iterator[Check]:
    path = folder.path / MANIFEST
    if not path.is_file():
        yield Check("files", Outcome.CANT_TELL, f"There is no {MANIFEST}; the run was not sealed.")
        return
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        yield Check(
            "files", Outcome.FAILED, f"{MANIFEST} is damaged: {error.error_count()} errors."
        )
        return
    now = list_files(folder)
    changed = sorted(name for name in manifest.files if manifest.files[name] != now.get(name))
    added = sorted(now.keys() - manifest.files.keys())
    if changed or added:
        told = [f"{name} was {'changed' if name in now else 'removed'}" for name in changed]
        told += [f"{name} was added" for name in added]
        yield Check("files", Outcome.FAILED, "; ".join(told) + ".")
    else:
        yield Check(
            "files", Outcome.PASSED, f"{len(now)} files have the hash of their publication."
        )
    log, verdicts = read_run(folder, load_catalogue())
    computed = {slug: verdict.status for slug, verdict in stated(log, verdicts).items()}
    yield _compare("verdicts", dict(manifest.verdicts), dict(computed))


def _check_document(folder: RunFolder, report: Report) -> Check:
    path = folder.path / DOCUMENT
    if not path.is_file():
        return Check("document", Outcome.CANT_TELL, f"There is no {DOCUMENT}.")
    try:
        features = json.loads(path.read_bytes())["features"]
        told = {entry["slug"]: entry["verdict"] for entry in features}
    except (ValueError, KeyError, TypeError):
        return Check("document", Outcome.FAILED, f"{DOCUMENT} is damaged.")
    return _compare(
        "document", told, {slug: item.status.value for slug, item in report.verdicts.items()}
    )


def _compare(name: str, told: dict[str, str], computed: dict[str, str]) -> Check:
    differing = [
        f"{slug} is told to be {told.get(slug)}, and computes to {computed.get(slug)}"
        for slug in sorted(told.keys() | computed.keys())
        if told.get(slug) != computed.get(slug)
    ]
    if not differing:
        return Check(name, Outcome.PASSED, f"{len(told)} verdicts compute to what is told.")
    return Check(name, Outcome.FAILED, "; ".join(differing) + ".")


def _check_page(folder: RunFolder, report: Report) -> Check:
    path = folder.path / PAGE
    header = report.log.header
    if not path.is_file():
        return Check("page", Outcome.CANT_TELL, f"There is no {PAGE}.")
    own = version("partner-integration-workbench")
    if header.workbench != own or header.catalogue != load_catalogue().digest:
        detail = f"Made by version {header.workbench}; only that version writes the same page."
        return Check("page", Outcome.CANT_TELL, detail)
    page = path.read_text("utf-8", "replace")
    language = re.search(r'<html lang="([a-z]{2})"', page)
    written = Report.read(report.folder.path, language[1] if language else "")
    sections = {name: _read_text(written.section(name)._repr_html_()) for name in SECTIONS}
    main = re.search(r"<main[^>]*>(.*)</main>", page, re.DOTALL)
    shown = _read_text(main[1]) if main else ""
    # The text alone: a renderer may write the same tags in another way.
    if shown == "".join(sections.values()):
        detail = f"{len(SECTIONS)} sections say what the evidence says."
        return Check("page", Outcome.PASSED, detail)
    strange = [name for name, text in sections.items() if text not in shown]
    where = ", ".join(strange) or "what stands between the sections"
    return Check("page", Outcome.FAILED, f"Says something else than the evidence in: {where}.")


def _read_text(markup: str) -> str:
    return "".join(html.unescape(_TAG.sub(" ", markup)).split())


def _check_signature(folder: RunFolder, public_key: str) -> Check:
    path = folder.path / SIGNATURE
    if not path.is_file():
        outcome = Outcome.FAILED if public_key else Outcome.CANT_TELL
        return Check("signature", outcome, "The manifest is not signed.")
    try:
        signed = Signed.model_validate_json(path.read_bytes())
        genuine = is_genuine((folder.path / MANIFEST).read_bytes(), signed)
    except (ValidationError, OSError):
        return Check("signature", Outcome.FAILED, "The signature is damaged, or signs nothing.")
    if not genuine:
        return Check("signature", Outcome.FAILED, "The signature does not fit the manifest.")
    if public_key and signed.public_key != public_key:
        return Check("signature", Outcome.FAILED, f"Signed by another key: {signed.public_key}.")
    known = "" if public_key else "; compare that key with the one you were given"
    return Check("signature", Outcome.PASSED, f"Signed by {signed.public_key}{known}.")
