"""What can be known of a report that was received: who vouches for it, and whether it is whole.

Evidence and pages come from the same sender, so that they agree proves nothing but that nobody
edited one of them alone. Only a signature by a key that came another way says who made them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr, ValidationError

from workbench.errors import InputError, ReportError, WorkbenchError
from workbench.model import Outcome
from workbench.partners import load_catalogue
from workbench.reporting.document import DOCUMENT
from workbench.reporting.engineer import NOTEBOOK
from workbench.reporting.formats import FILES, recompute
from workbench.reporting.history import PREVIOUS, SNAPSHOT, Snapshot, take_snapshot
from workbench.reporting.language import list_languages
from workbench.reporting.report import PAGE, SECTIONS, Report
from workbench.reporting.report_signing import Signed, fits
from workbench.reporting.seal import (
    MANIFEST,
    SIGNATURE,
    SealCheck,
    SealManifest,
    SealVerification,
    Survey,
    list_tools,
    seal,
    survey,
)
from workbench.store import SESSION, SIGNED_BEFORE, RunFolder, read_run, stated_verdicts

EXECUTED = "report.ipynb"
# What a run keeps beside its log and what is rendered from it: records, which nothing can repeat.
_RECORDS = (NOTEBOOK, EXECUTED, PREVIOUS, SNAPSHOT, "exchange.har")
_RECORD_FOLDERS = ("contract/",)
_LARGEST = {"evidence.jsonl": 64 * 1024**2, MANIFEST: 4 * 1024**2, SIGNATURE: 4096}
_LARGEST_RENDERED = 64 * 1024**2
_MOST_TOLD = 8


def verify(folder: RunFolder, *, public_key: str = "") -> SealVerification:
    """Check a run folder: files, evidence, verdicts, every rendering, and the signature.

    Args:
        folder: As it was received.
        public_key: Base64 key of the one who should have signed; empty: none is known.

    Raises:
        InputError: There is no log at all, so that there is nothing to check; the run was never
            sealed, and nothing speaks against it; or the folder was rendered by other versions than
            those here, and no known key vouches for it.
        ReportError: A rendering cannot be repeated here, as a PDF without Typst.
    """
    found = _examine(folder, public_key)
    open_ = {check.name: check for check in found.checks if check.outcome is not Outcome.PASSED}
    is_refuted = any(check.outcome is Outcome.FAILED for check in open_.values())
    is_sealed = (folder.path / MANIFEST).exists()
    if not is_sealed and not is_refuted and open_.keys() <= {"files", "signature"}:
        raise InputError(
            "This run is not sealed, so nothing says which files belong to it",
            location=str(folder.path),
            hint="Nothing in it contradicts its evidence. A draft is sealed by `workbench report "
            "--draft`, a report without open statements by `workbench report`.",
        )
    return found


def _examine(folder: RunFolder, public_key: str = "") -> SealVerification:
    if not folder.log.is_file():
        raise InputError(
            "There is no evidence log",
            location=str(folder.log),
            hint="Name the folder of a run: the one that holds evidence.jsonl.",
        )
    found = survey(folder)
    unfit = [*_check_kinds(found), *_check_sizes(folder, found)]
    if unfit:
        return SealVerification(folder.path.absolute().parent.name, folder.run, tuple(unfit))
    try:
        report = Report.read(folder.path.absolute(), _read_language(folder))
    except WorkbenchError as error:
        broken = SealCheck("evidence", Outcome.FAILED, str(error))
        return SealVerification(folder.path.absolute().parent.name, folder.run, (broken,))
    manifest = _read_manifest(folder)
    signature, signer, is_known = _check_signature(folder, public_key)
    sealed = (_check_log(report), *_check_manifest(folder, manifest, found), signature)
    # Where that decides it already, a rendering that cannot be repeated here is no error.
    is_decided = is_known or any(check.outcome is Outcome.FAILED for check in sealed)
    checks = (
        *sealed[:-1],
        *_check_renderings(folder, report, manifest, found, is_decided=is_decided),
        *_check_records(folder, report, found),
        signature,
    )
    header = report.log.header
    return SealVerification(header.partner, header.run, checks, signer, is_known)


def sign_folder(folder: RunFolder, key: SecretStr, *, draft: bool = False) -> Path:
    """Seal a run folder and sign the seal, once nothing in it contradicts its evidence.

    Args:
        folder: A finished run, rendered.
        key: Base64 of the 32 bytes of an Ed25519 private key.
        draft: Sign a report of which people still have to judge something.

    Raises:
        CredentialError: The key is none.
        InputError: The run is incomplete, a draft, or says something else than its evidence.
    """
    found = _examine(folder)
    told = [check.detail for check in found.checks if check.outcome is Outcome.FAILED]
    report = Report.read(folder.path.absolute()) if not told else None
    if report and not report.log.is_complete:
        told.append("The run did not come to its end.")
    if told:
        raise InputError(
            f"This is not signed: {' '.join(told)}",
            location=str(folder.path),
            hint="Render it again with `workbench report`, or validate again.",
        )
    if report and report.is_draft and not draft:
        raise InputError(
            "This is a draft, and not signed as one",
            location=str(folder.path),
            hint="Let people judge what is open, or say --draft.",
        )
    return seal(folder, key)


def _check_kinds(found: Survey) -> Iterator[SealCheck]:
    if found.strange:
        told = f"No plain file: {_list(found.strange)}."
        yield SealCheck("files", Outcome.FAILED, told)


def _check_sizes(folder: RunFolder, found: Survey) -> Iterator[SealCheck]:
    """Nothing is read whole that is larger than a report can be."""
    sizes = {name: item.size for name, item in found.files.items()}
    for name in (MANIFEST, SIGNATURE):
        path = folder.path / name
        sizes |= {name: path.stat().st_size} if path.is_file() else {}
    limits = dict.fromkeys((*FILES, SNAPSHOT, PREVIOUS, EXECUTED), _LARGEST_RENDERED) | _LARGEST
    large = [name for name, most in limits.items() if sizes.get(name, 0) > most]
    if large:
        yield SealCheck("files", Outcome.FAILED, f"Larger than a report can be: {_list(large)}.")


def _read_language(folder: RunFolder) -> str:
    """The language that the folder says it is rendered in; the partner's when it says none."""
    try:
        told = json.loads((folder.path / DOCUMENT).read_bytes())["language"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return told if told in list_languages() else ""


def _check_log(report: Report) -> SealCheck:
    if report.log.footer is None:
        detail = "The run did not come to its end, so no digest protects its lines."
        return SealCheck("evidence", Outcome.CANT_TELL, detail)
    lines = len(report.log.evidence)
    digest = report.log.footer.digest
    return SealCheck("evidence", Outcome.PASSED, f"{lines} lines fit the digest {digest}.")


def _read_manifest(folder: RunFolder) -> SealManifest | None:
    """None where it is missing or damaged."""
    try:
        return SealManifest.model_validate_json((folder.path / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        return None


def _check_manifest(
    folder: RunFolder, manifest: SealManifest | None, found: Survey
) -> Iterator[SealCheck]:
    if manifest is None and (folder.path / MANIFEST).exists():
        yield SealCheck("files", Outcome.FAILED, f"{MANIFEST} is damaged.")
        return
    if manifest is None:
        yield SealCheck(
            "files", Outcome.CANT_TELL, f"There is no {MANIFEST}; the run was not sealed."
        )
        return
    now = found.files
    changed = sorted(name for name in manifest.files if manifest.files[name] != now.get(name))
    added = sorted(now.keys() - manifest.files.keys())
    if changed or added:
        told = [f"{name} was {'changed' if name in now else 'removed'}" for name in changed]
        told += [f"{name} was added" for name in added]
        yield SealCheck("files", Outcome.FAILED, "; ".join(told[:_MOST_TOLD]) + ".")
    else:
        yield SealCheck("files", Outcome.PASSED, f"{len(now)} files have the hash in {MANIFEST}.")
    log, verdicts = read_run(folder, load_catalogue())
    computed = {slug: verdict.status for slug, verdict in stated_verdicts(log, verdicts).items()}
    yield _compare("verdicts", dict(manifest.verdicts), dict(computed))


def _compare(name: str, told: dict[str, str], computed: dict[str, str]) -> SealCheck:
    differing = [
        f"{slug} is told to be {told.get(slug)}, and computes to {computed.get(slug)}"
        for slug in sorted(told.keys() | computed.keys())
        if told.get(slug) != computed.get(slug)
    ]
    if not differing:
        return SealCheck(name, Outcome.PASSED, f"{len(told)} verdicts compute to what is told.")
    return SealCheck(name, Outcome.FAILED, "; ".join(differing[:_MOST_TOLD]) + ".")


def _check_renderings(
    folder: RunFolder,
    report: Report,
    manifest: SealManifest | None,
    found: Survey,
    *,
    is_decided: bool,
) -> Iterator[SealCheck]:
    """Every rendering byte for byte, made again from the evidence."""
    if missing := [name for name in (PAGE, DOCUMENT) if name not in found.files]:
        yield SealCheck("renderings", Outcome.FAILED, f"Missing: {_list(missing)}.")
    names = [name for name in FILES if name in found.files]
    try:
        wrong = _list_wrong(folder, report, names)
    except ReportError as error:
        if not is_decided:
            raise
        yield SealCheck("renderings", Outcome.CANT_TELL, error.message)
        return
    others = _list_others(report, manifest)
    if wrong and others and not is_decided:
        raise InputError(
            f"{_list(wrong)} cannot be checked here: spelt by {others}",
            location=str(folder.path),
            hint="Install those versions, or ask for a signed report and name its --public-key.",
        )
    if wrong:
        outcome = Outcome.CANT_TELL if others else Outcome.FAILED
        spelt = f" Spelt by {others}, so only the signature speaks for them." if others else ""
        detail = f"Says something else than the evidence: {_list(wrong)}.{spelt}"
        yield SealCheck("renderings", outcome, detail)
    elif not missing:
        detail = f"{len(names)} files are what the evidence gives: {_list(names)}."
        yield SealCheck("renderings", Outcome.PASSED, detail)


def _list_wrong(folder: RunFolder, report: Report, names: list[str]) -> list[str]:
    """The renderings that are not what the evidence gives."""
    try:
        wrong = [
            name
            for name, made in recompute(report, names)
            if _plain(made) != _plain((folder.path / name).read_bytes())
        ]
    except ReportError:
        raise
    except Exception:  # noqa: BLE001 - a stranger's evidence may break any template
        return names
    if (folder.path / SNAPSHOT).is_file() and not _is_own_snapshot(folder):
        wrong.append(SNAPSHOT)
    if (folder.path / EXECUTED).is_file() and not _shows_sections(folder, report):
        wrong.append(EXECUTED)
    return wrong


def _list_others(report: Report, manifest: SealManifest | None) -> str:
    """The versions that made the folder, where they are not those that are here."""
    here = list_tools()
    made = dict(manifest.tools) if manifest else {}
    made["partner-integration-workbench"] = report.log.header.workbench
    told = [f"{name} {number}" for name, number in made.items() if here.get(name) != number]
    if report.log.header.catalogue != load_catalogue().digest:
        told.append("another feature catalogue")
    return ", ".join(told)


def _plain(data: bytes) -> bytes:
    """Without the line ends of the system on which it was written."""
    return data if data.startswith(b"%PDF") else data.replace(b"\r\n", b"\n")


def _check_records(folder: RunFolder, report: Report, found: Survey) -> Iterator[SealCheck]:
    """What stands beside the renderings: belongs there, and agrees as far as it can be told."""
    named = {*FILES, *_RECORDS, SESSION, SIGNED_BEFORE, *report.artefacts, folder.log.name}
    strange = sorted(
        name for name in found.files if name not in named and not name.startswith(_RECORD_FOLDERS)
    )
    if strange:
        yield SealCheck("records", Outcome.CANT_TELL, f"No part of a report: {_list(strange)}.")
        return
    kept = [name for name in found.files if name not in {*FILES, SNAPSHOT, folder.log.name}]
    yield SealCheck("records", Outcome.PASSED, f"Kept as they were, not repeated: {_list(kept)}.")


def _is_own_snapshot(folder: RunFolder) -> bool:
    try:
        kept = Snapshot.model_validate_json((folder.path / SNAPSHOT).read_bytes())
    except ValidationError:
        return False
    return kept == take_snapshot(folder)


def _shows_sections(folder: RunFolder, report: Report) -> bool:
    """Whether the notebook that made the page shows its sections in order, and no other markup."""
    try:
        cells = json.loads((folder.path / EXECUTED).read_bytes())["cells"]
        outputs = [output for cell in cells for output in cell.get("outputs", ())]
        data = [output["data"] for output in outputs if output["data"].keys() != {"text/plain"}]
        shown = ["".join(item["text/html"]) for item in data]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    return shown == [report.section(name)._repr_html_() for name in SECTIONS]


def _check_signature(folder: RunFolder, public_key: str) -> tuple[SealCheck, str | None, bool]:
    """The check, the key that signed, and whether that is the known one."""
    path = folder.path / SIGNATURE
    if not path.is_file():
        outcome = Outcome.FAILED if public_key else Outcome.CANT_TELL
        return SealCheck("signature", outcome, "The manifest is not signed."), None, False
    try:
        signed = Signed.model_validate_json(path.read_bytes())
        genuine = fits((folder.path / MANIFEST).read_bytes(), signed)
    except (ValidationError, OSError):
        detail = "The signature is damaged, or signs nothing."
        return SealCheck("signature", Outcome.FAILED, detail), None, False
    if not genuine:
        detail = "The signature does not fit the manifest."
        return SealCheck("signature", Outcome.FAILED, detail), None, False
    key = signed.public_key
    if not public_key:
        detail = f"Signed by {key}, a key that is not known here, as anybody can make one."
        return SealCheck("signature", Outcome.CANT_TELL, detail), key, False
    if key != public_key:
        return SealCheck("signature", Outcome.FAILED, f"Signed by another key: {key}."), key, False
    return SealCheck("signature", Outcome.PASSED, f"Signed by the known key {key}."), key, True


def _list(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else ""
    return (", ".join(names[:_MOST_TOLD]) or "nothing") + more
