"""What can be known of a received report: signed, consistent, or altered; and never more."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from workbench.errors import InputError, ReportError
from workbench.model.evidence import Outcome
from workbench.reporting.document import DOCUMENT
from workbench.reporting.formats import Format, choose_formats, write_formats
from workbench.reporting.history import write_snapshot
from workbench.reporting.report_signing import read_public, sign
from workbench.reporting.seal import (
    MANIFEST,
    SIGNATURE,
    SealManifest,
    SealResult,
    SealVerification,
    list_tools,
    seal,
    survey,
)
from workbench.reporting.verification import sign_folder, verify
from workbench.store import RunFolder

from .conftest import Build, builder, make_page, read

KEY = SecretStr(base64.b64encode(bytes(range(32))).decode())
OTHER = SecretStr(base64.b64encode(bytes(32)).decode())
PUBLIC = read_public(KEY)


@pytest.fixture(scope="module")
def sealed_once(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The run of the invented partner, rendered, sealed and signed."""
    report = read(builder(tmp_path_factory.mktemp("sealed"))().path)
    make_page(report, report.folder.path / "report.html")
    list(write_formats(report, choose_formats((), report.folder.path)))
    write_snapshot(report.folder)
    seal(report.folder, KEY)
    return report.folder


@pytest.fixture
def sealed(sealed_once: RunFolder, tmp_path: Path) -> RunFolder:
    """A copy of it, for the test to alter."""
    place = tmp_path / "reports" / sealed_once.path.parent.name / sealed_once.run
    shutil.copytree(sealed_once.path, place)
    return RunFolder(place)


def outcomes(found: SealVerification) -> dict[str, Outcome]:
    """Outcome by name of the check."""
    return {check.name: check.outcome for check in found.checks}


def edit(name: str, pattern: str, text: str) -> Callable[[Path], None]:
    """An edit of the first place that fits, as a forger would make it."""

    def change(folder: Path) -> None:
        path = folder / name
        old = path.read_text("utf-8")
        new = re.sub(pattern, lambda _: text, old, count=1, flags=re.DOTALL)
        assert new != old
        path.write_text(new, "utf-8")

    return change


def overwrite(name: str, data: bytes) -> Callable[[Path], None]:
    """Other content under the same name."""
    return lambda folder: (folder / name).write_bytes(data) and None


def rename_reasons(folder: Path) -> None:
    """Other words beside the same verdicts."""
    path = folder / DOCUMENT
    data = json.loads(path.read_text("utf-8"))
    for item in data["features"]:
        item["because"] = "forged"
    path.write_text(json.dumps(data), "utf-8")


def say_more(folder: Path) -> None:
    """A further output in the notebook that made the page."""
    path = folder / "report.ipynb"
    data = json.loads(path.read_text("utf-8"))
    data["cells"][0]["outputs"][0]["data"]["text/html"] += "<p>All integrated</p>"
    path.write_text(json.dumps(data), "utf-8")


# Each is an edit by somebody who then writes the manifest anew, as anybody can.
ATTACKS: dict[str, Callable[[Path], None]] = {
    "text in main": edit("report.html", "<main[^>]*>", "<main><p>All integrated</p>"),
    "banner before main": edit("report.html", "<body[^>]*>", "<body><h1>CERTIFIED</h1>"),
    "footer after main": edit("report.html", "</main>", "</main><h1>CERTIFIED</h1>"),
    "style shows other words": edit(
        "report.html",
        "</head>",
        "<style>main{display:none}body::before{content:'ok'}</style></head>",
    ),
    "policy becomes a script": edit(
        "report.html", "<meta[^>]*Content-Security-Policy[^>]*>", "<script>alert(1)</script>"
    ),
    "title": edit("report.html", "<title>[^<]*", "<title>Certified"),
    "hidden section": edit("report.html", "<section", '<section style="display:none"'),
    "link elsewhere": edit("report.html", 'href="', 'href="https://evil.example/?'),
    "comment": edit("report.html", "</body>", "<!-- x --></body>"),
    "attribute": edit("report.html", "<body", '<body onload="alert(1)"'),
    "one letter": edit("report.html", "Not working", "Now working"),
    "space in a word": edit("report.html", "Not working", "Notworking"),
    "page of mains": overwrite("report.html", b"<main>" * 40_000),
    "page removed": lambda folder: (folder / "report.html").unlink(),
    "document removed": lambda folder: (folder / DOCUMENT).unlink(),
    "document of another language": edit(DOCUMENT, '"language": "en"', '"language": "es"'),
    "reasons in the document": rename_reasons,
    "document is no JSON": overwrite(DOCUMENT, b"[" * 100_000),
    "pdf replaced": overwrite("report.pdf", b"%PDF-1.7 forged"),
    "markdown replaced": overwrite("report.md", b"# All integrated"),
    "tests replaced": overwrite("report.junit.xml", b"<testsuites/>"),
    "sarif replaced": overwrite("report.sarif", b"{}"),
    "summary replaced": overwrite("summary.md", b"All integrated"),
    "badge replaced": overwrite("badge.svg", b"<svg/>"),
    "badge data replaced": edit("badge.json", "false|true", "null"),
    "snapshot replaced": edit("snapshot.json", '"failed"', '"confirmed"'),
    "notebook says more": say_more,
    "notebook is none": overwrite("report.ipynb", b"{}"),
    "certificate beside": overwrite("certificate.html", b"All integrated"),
    "page beside": overwrite("report.html.old", b"All integrated"),
    "log replaced": edit("evidence.jsonl", '"outcome":"failed"', '"outcome":"passed"'),
}


def seal_anew(folder: RunFolder) -> None:
    """Hash every file again, as a forger without the key does: the old signature stays."""
    manifest = json.loads((folder.path / MANIFEST).read_text("utf-8"))
    manifest["files"] = {
        name: item.model_dump(mode="json") for name, item in survey(folder).files.items()
    }
    (folder.path / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")


@pytest.mark.parametrize("attack", ATTACKS)
def test_forged_rendering_is_altered(sealed: RunFolder, attack: str) -> None:
    """No rendering says anything but its evidence, although every hash in the manifest fits."""
    (sealed.path / SIGNATURE).unlink()
    ATTACKS[attack](sealed.path)
    seal_anew(sealed)
    found = verify(sealed)

    assert found.result is SealResult.ALTERED
    assert outcomes(found).get("files", Outcome.PASSED) is Outcome.PASSED


@pytest.mark.parametrize("attack", ATTACKS)
def test_edit_of_a_signed_report_is_altered(sealed: RunFolder, attack: str) -> None:
    """With the known key any edit shows, whether the manifest was written anew or not."""
    ATTACKS[attack](sealed.path)
    assert verify(sealed, public_key=PUBLIC).result is SealResult.ALTERED
    seal_anew(sealed)
    assert verify(sealed, public_key=PUBLIC).result is SealResult.ALTERED


def test_signed_and_whole(sealed: RunFolder) -> None:
    """With the key that the reader knows, everything is told to be so."""
    found = verify(sealed, public_key=PUBLIC)
    assert found.result is SealResult.SIGNED
    assert outcomes(found) == dict.fromkeys(
        ("files", "evidence", "verdicts", "renderings", "records", "signature"), Outcome.PASSED
    )
    assert found.as_json()["result"] == "signed"
    assert found.as_json()["signed_by"] == PUBLIC


def test_signature_of_an_unknown_key_proves_nothing(sealed: RunFolder) -> None:
    """Anybody can make a key, so without a known one the report is consistent, no more."""
    found = verify(sealed)
    assert found.result is SealResult.CONSISTENT
    assert found.signer == PUBLIC
    assert outcomes(found)["signature"] is Outcome.CANT_TELL


def test_whole_forgery_is_consistent_at_best(build_run: Build) -> None:
    """Who invents evidence and renders it is not found out, and is not called genuine either."""
    folder = build_run([])
    report = read(folder.path)
    make_page(report, folder.path / "report.html")
    list(write_formats(report, [Format.JSON]))
    seal(folder, OTHER)
    assert verify(folder).result is SealResult.CONSISTENT
    assert verify(folder, public_key=PUBLIC).result is SealResult.ALTERED


def test_page_of_the_other_language_is_consistent(run: RunFolder) -> None:
    """The language is that of the document, and page and document agree."""
    report = read(run.path, "es")
    make_page(report, run.path / "report.html")
    list(write_formats(report, [Format.JSON, Format.MARKDOWN]))
    seal(run)
    assert verify(run).result is SealResult.CONSISTENT


def test_line_ends_of_another_system_are_no_edit(sealed: RunFolder) -> None:
    """A page that was written with carriage returns says the same."""
    page = sealed.path / "report.html"
    page.write_bytes(page.read_bytes().replace(b"\n", b"\r\n"))
    seal(sealed)
    assert verify(sealed).result is SealResult.CONSISTENT


def test_incomplete_folders_are_not_called_consistent(build_run: Build, sealed: RunFolder) -> None:
    """Without end, or without seal, there is no whole report."""
    (sealed.path / SIGNATURE).unlink()
    (sealed.path / MANIFEST).unlink()
    with pytest.raises(InputError, match="not sealed") as caught:
        verify(sealed)
    assert "--draft" in (caught.value.hint or "")
    assert verify(sealed, public_key=PUBLIC).result is SealResult.ALTERED
    overwrite("report.md", b"# All integrated")(sealed.path)
    assert verify(sealed).result is SealResult.ALTERED
    cut = build_run(complete=False, run="cut")
    found = verify(cut)
    assert found.result is SealResult.ALTERED
    assert outcomes(found)["evidence"] is Outcome.CANT_TELL
    with pytest.raises(InputError, match="no evidence log"):
        verify(RunFolder(cut.path / "nothing"))


def link(folder: Path) -> None:
    """A link that leads out of the folder."""
    (folder / "contract").mkdir()
    (folder / "contract" / "x.har").symlink_to("/etc/hosts")


def link_folder(folder: Path) -> None:
    """A folder elsewhere, as if it were one of the run."""
    (folder / "contract").symlink_to("/etc", target_is_directory=True)


def replace_by_link(folder: Path) -> None:
    """The page, led elsewhere."""
    (folder / "report.html").rename(folder.parent / "elsewhere.html")
    (folder / "report.html").symlink_to(folder.parent / "elsewhere.html")


def pipe(folder: Path) -> None:
    """A pipe that nobody writes: who opens it waits for ever."""
    os.mkfifo(folder / "exchange.har")


def pipe_document(folder: Path) -> None:
    """A pipe in place of a file that is read early."""
    (folder / DOCUMENT).unlink()
    os.mkfifo(folder / DOCUMENT)


def pipe_manifest(folder: Path) -> None:
    """A pipe in place of the seal."""
    (folder / MANIFEST).unlink()
    os.mkfifo(folder / MANIFEST)


@pytest.mark.parametrize(
    "attack", [link, link_folder, replace_by_link, pipe, pipe_document, pipe_manifest]
)
def test_what_is_no_plain_file_is_refused(
    sealed: RunFolder, attack: Callable[[Path], None]
) -> None:
    """Links and pipes are named, and never opened."""
    attack(sealed.path)
    found = verify(sealed, public_key=PUBLIC)
    assert found.result is SealResult.ALTERED
    assert "No plain file" in found.checks[0].detail
    with pytest.raises(InputError, match=r"[Nn]o plain file|none"):
        sign_folder(sealed, KEY)


@pytest.mark.parametrize("name", ["report.html", MANIFEST, SIGNATURE, "evidence.jsonl"])
def test_hostile_sizes_are_refused_unread(sealed: RunFolder, name: str) -> None:
    """A file larger than a report can have is named; holes cost the sender nothing."""
    os.truncate(sealed.path / name, 65 * 1024**2)
    found = verify(sealed)
    assert found.result is SealResult.ALTERED
    assert f"Larger than a report can be: {name}" in found.checks[0].detail


def test_too_many_files_are_no_run(sealed: RunFolder) -> None:
    """A folder of thousands of files is not walked to its end."""
    (sealed.path / "contract").mkdir()
    for number in range(5_001):
        (sealed.path / "contract" / str(number)).touch()
    with pytest.raises(InputError, match="5,000 files"):
        verify(sealed)


def test_a_folder_may_fill_its_bounds_and_not_one_more(
    sealed: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many files and bytes as there are are not too many; one fewer allowed, and they are."""
    files = survey(sealed).files
    bounds = {
        "_MOST_FILES": sum(path.is_file() for path in sealed.path.rglob("*")),
        "_MOST_BYTES": sum(item.size for item in files.values()),
    }
    for name, most in bounds.items():
        with monkeypatch.context() as patch:
            patch.setattr(f"workbench.reporting.seal.{name}", most)
            assert survey(sealed).files == files
            patch.setattr(f"workbench.reporting.seal.{name}", most - 1)
            with pytest.raises(InputError, match="no run folder"):
                survey(sealed)


def test_evidence_that_no_template_can_show_is_altered(build_run: Build) -> None:
    """A header of another shape ends in an answer, not in a traceback."""
    folder = build_run(context={"documents": 7, "questions": {"a": 1}, "mappings": [1]})
    for name in ("report.html", DOCUMENT):
        (folder.path / name).write_text("x")
    seal(folder)
    assert verify(folder).result is SealResult.ALTERED


def test_names_that_are_no_text_are_told(sealed: RunFolder) -> None:
    """File names of any bytes can be printed."""
    Path(os.fsdecode(os.fsencode(sealed.path) + b"/\xff\x1b.html")).touch()
    told = json.dumps(verify(sealed).as_json())
    assert "xff" in told


def test_other_versions_are_no_forgery(sealed: RunFolder) -> None:
    """What another version spelt is an error here, and the signature's word where it is known."""
    folder = sealed.path
    manifest = SealManifest.model_validate_json((folder / MANIFEST).read_bytes())
    assert dict(manifest.tools) == list_tools()
    other = manifest.model_copy(update={"tools": {**manifest.tools, "nh3": "0.0.1"}})
    (folder / "report.html").write_text("spelt in another way")
    other = other.model_copy(update={"files": dict(survey(sealed).files)})
    data = other.model_dump_json().encode()
    (folder / MANIFEST).write_bytes(data)
    (folder / SIGNATURE).write_text(sign(data, KEY).model_dump_json())

    assert verify(sealed, public_key=PUBLIC).result is SealResult.SIGNED
    with pytest.raises(InputError, match=r"nh3 0\.0\.1"):
        verify(sealed)
    (folder / "certificate.html").touch()
    assert verify(sealed).result is SealResult.ALTERED


def test_what_cannot_be_rendered_here_is_an_error(
    sealed: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine without Typst says so, and takes the word of a known key."""
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ReportError, match="Typst"):
        verify(sealed)
    assert verify(sealed, public_key=PUBLIC).result is SealResult.SIGNED


def test_signing_makes_a_report_signed(sealed: RunFolder) -> None:
    """A sealed run is signed afterwards, and then known by the new key."""
    seal(sealed)
    assert verify(sealed, public_key=PUBLIC).result is SealResult.ALTERED
    sign_folder(sealed, KEY, draft=True)
    assert verify(sealed, public_key=PUBLIC).result is SealResult.SIGNED


@pytest.mark.parametrize("attack", ["one letter", "pdf replaced", "log replaced", "page removed"])
def test_altered_report_is_not_signed(sealed: RunFolder, attack: str) -> None:
    """Nobody vouches by mistake for what contradicts its evidence."""
    seal(sealed)
    ATTACKS[attack](sealed.path)
    with pytest.raises(InputError, match="not signed"):
        sign_folder(sealed, KEY, draft=True)
    assert not (sealed.path / SIGNATURE).exists()


def test_draft_is_signed_only_as_one(build_run: Build) -> None:
    """What people still have to judge is no report to vouch for."""
    folder = build_run([], statements={})
    report = read(folder.path)
    make_page(report, folder.path / "report.html")
    list(write_formats(report, [Format.JSON]))
    assert report.is_draft
    with pytest.raises(InputError, match="draft"):
        sign_folder(folder, KEY)
    sign_folder(folder, KEY, draft=True)
    assert verify(folder, public_key=PUBLIC).result is SealResult.SIGNED


def test_cut_run_is_not_signed(build_run: Build) -> None:
    """A run without end is no report."""
    folder = build_run(complete=False)
    report = read(folder.path)
    make_page(report, folder.path / "report.html")
    list(write_formats(report, [Format.JSON]))
    with pytest.raises(InputError, match="did not come to its end"):
        sign_folder(folder, KEY, draft=True)


def test_added_and_removed_files_are_named(sealed: RunFolder) -> None:
    """A file that was not published, and one that is gone, are told by name."""
    (sealed.path / "certificate.html").write_text("Certified", "utf-8")
    (sealed.path / DOCUMENT).unlink()
    [files] = [check for check in verify(sealed).checks if check.name == "files"]
    assert files.outcome is Outcome.FAILED
    assert "certificate.html was added" in files.detail
    assert "report.json was removed" in files.detail


@pytest.mark.parametrize(
    ("name", "old", "new", "check"),
    [
        ("manifest.json", '"failed"', '"confirmed"', "verdicts"),
        ("manifest.json", '"run"', '"Run"', "files"),
        ("manifest.json.sig", '"signature":"', '"signature":"AAAA', "signature"),
        ("manifest.json.sig", '"public_key"', '"key"', "signature"),
    ],
)
def test_edited_seal_is_found(sealed: RunFolder, name: str, old: str, new: str, check: str) -> None:
    """An edit of manifest or signature fails the check of that file."""
    edit(name, re.escape(old), new)(sealed.path)
    found = verify(sealed)
    assert found.result is SealResult.ALTERED
    assert outcomes(found)[check] is Outcome.FAILED


def test_a_missing_signature_is_told(sealed: RunFolder) -> None:
    """Sealing again without a key removes the old signature."""
    seal(sealed)
    assert not (sealed.path / SIGNATURE).exists()
    assert outcomes(verify(sealed))["signature"] is Outcome.CANT_TELL
    assert verify(sealed).result is SealResult.CONSISTENT
