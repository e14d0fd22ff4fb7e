"""A report that was edited is found out."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from workbench.errors import CredentialError, InputError
from workbench.model.evidence import Outcome
from workbench.reporting.document import DOCUMENT
from workbench.reporting.formats import Format, write_formats
from workbench.reporting.report import Report
from workbench.reporting.seal import KEY_VARIABLE, MANIFEST, SIGNATURE, find_signing_key, seal
from workbench.reporting.verification import Verification, verify
from workbench.store import RunFolder

from .conftest import Build, make_page

KEY = SecretStr(base64.b64encode(bytes(range(32))).decode())


@pytest.fixture
def sealed(report: Report, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """The run of the invented partner, rendered, sealed and signed."""
    make_page(report, report.folder.path / "report.html")
    list(write_formats(report, [Format.JSON, Format.MARKDOWN, Format.JUNIT]))
    seal(report.folder, KEY)
    return report.folder


def outcomes(found: Verification) -> dict[str, Outcome]:
    """Outcome by name of the check."""
    return {check.name: check.outcome for check in found.checks}


def replace(path: Path, old: str, new: str) -> None:
    """Edit a file by hand, as a forger would."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def make_current(folder: RunFolder) -> None:
    """Let the run be of the installed version, without which a page cannot be compared."""
    from importlib.metadata import version  # noqa: PLC0415

    assert version("partner-integration-workbench") == Report.read(folder.path).log.header.workbench


def test_an_untouched_report_is_genuine(sealed: RunFolder) -> None:
    """Evidence, files, verdicts, document, page and signature agree."""
    make_current(sealed)
    found = verify(sealed)
    assert found.is_genuine
    assert outcomes(found) == dict.fromkeys(
        ("evidence", "files", "verdicts", "document", "page", "signature"), Outcome.PASSED
    )
    assert json.dumps(found.as_json())


@pytest.mark.parametrize(
    ("name", "old", "new", "check"),
    [
        ("evidence.jsonl", '"outcome":"failed"', '"outcome":"passed"', "evidence"),
        ("report.html", "Not working", "Integrated", "page"),
        ("report.html", "</main>", "<p>Certified.</p></main>", "page"),
        ("report.json", '"verdict": "failed"', '"verdict": "confirmed"', "document"),
        ("report.md", "Partial integration", "Full integration", "files"),
        ("manifest.json", '"failed"', '"confirmed"', "verdicts"),
        ("manifest.json", '"run"', '"Run"', "files"),
        ("manifest.json.sig", '"signature":"', '"signature":"AAAA', "signature"),
        ("manifest.json.sig", '"public_key"', '"key"', "signature"),
    ],
)
def test_every_edit_is_found(sealed: RunFolder, name: str, old: str, new: str, check: str) -> None:
    """Whatever file is edited, the check of that file fails, and the report is not genuine."""
    replace(sealed.path / name, old, new)
    found = verify(sealed)
    assert not found.is_genuine
    assert outcomes(found)[check] is Outcome.FAILED


def test_a_forger_without_the_key_is_found(sealed: RunFolder) -> None:
    """Page and manifest edited together still contradict the evidence and the signature."""
    replace(sealed.path / "report.html", "Not working", "Integrated")
    seal(sealed, SecretStr(base64.b64encode(bytes(32)).decode()))
    assert outcomes(verify(sealed))["files"] is Outcome.PASSED
    assert outcomes(verify(sealed))["page"] is Outcome.FAILED
    signed = json.loads((sealed.path / SIGNATURE).read_text("utf-8"))
    assert outcomes(verify(sealed, public_key=signed["public_key"]))["signature"] == "passed"
    assert outcomes(verify(sealed, public_key="A" * 44))["signature"] is Outcome.FAILED


def test_added_and_removed_files_are_named(sealed: RunFolder) -> None:
    """A file that was not published, and one that is gone, are told by name."""
    (sealed.path / "certificate.html").write_text("Certified", "utf-8")
    (sealed.path / DOCUMENT).unlink()
    [files] = [check for check in verify(sealed).checks if check.name == "files"]
    assert files.outcome is Outcome.FAILED
    assert "certificate.html was added" in files.detail
    assert "report.json was removed" in files.detail


def test_what_cannot_be_told_is_no_reproach(build_run: Build) -> None:
    """An incomplete run without a seal is not called forged; who names a key asks for more."""
    folder = build_run(complete=False)
    found = verify(folder)
    assert found.is_genuine
    assert set(outcomes(found).values()) == {Outcome.CANT_TELL}
    assert not verify(folder, public_key="A" * 44).is_genuine
    with pytest.raises(InputError, match="no evidence log"):
        verify(RunFolder(folder.path / "nothing"))


def test_a_missing_signature_is_told(sealed: RunFolder) -> None:
    """Sealing again without a key removes the old signature."""
    seal(sealed)
    assert not (sealed.path / SIGNATURE).exists()
    assert outcomes(verify(sealed))["signature"] is Outcome.CANT_TELL
    assert (sealed.path / MANIFEST).is_file()


@pytest.mark.parametrize("key", ["", "no base64!", base64.b64encode(b"short").decode()])
def test_a_bad_key_is_a_credential_error(run: RunFolder, key: str) -> None:
    """The message says how to make one, and never the key."""
    with pytest.raises(CredentialError) as caught:
        seal(run, SecretStr(key))
    assert "openssl rand" in str(caught.value.hint)
    assert not key or key not in f"{caught.value}{caught.value.hint}"


def test_the_key_comes_from_the_environment_or_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment comes first; without either there is no signature."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert find_signing_key() is None
    monkeypatch.setenv(KEY_VARIABLE, KEY.get_secret_value())
    assert find_signing_key() == KEY
