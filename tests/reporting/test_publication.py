"""From a job to a report that may be handed over, through real notebooks and real kernels."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from workbench.errors import CredentialError, InputError, ReportError
from workbench.model.verdict import Status
from workbench.reporting.formats import FILES
from workbench.reporting.publication import (
    Job,
    Published,
    publish,
    render_report,
    summarise,
)
from workbench.settings import Settings, load_settings
from workbench.store import RunFolder, list_runs, read_log
from workbench.validation import Validation

from .conftest import Build

ROOT = Path(__file__).parents[2]
CANARY = "canary/Qx7+secret=value"
PARAMETERS = """\
partner: str = "comanda"
environment: str = "sandbox"
seed: int = 1
run: str = ""
allow_writes: bool = False
seconds: float = 120.0"""
# A miniature of `validation.ipynb`: it writes the log of a run, without partner or network.
MINIATURE = """\
import os
from datetime import UTC, datetime
from pathlib import Path
from workbench.model.log import RunHeader
from workbench.store import EvidenceLog
header = RunHeader(
    run=run, partner=partner, title="Comanda", environment=environment, seed=seed,
    started_at=datetime.now(UTC), workbench="0", python="3", catalogue="0",
)
with EvidenceLog(Path("reports", partner, run, "evidence.jsonl"), header):
    pass
print(partner, environment, seed, run, allow_writes)"""
MANIFEST = """\
partner: comanda
title: Comanda
kind: marketplace
timezone: Europe/Madrid
currency: EUR
documents: [{path: api.json, sha256: "%s"}]
environments: {sandbox: {base_url: "http://127.0.0.1:9"}}
auth: {scheme: api-key, header: X-Key, credentials: [api_key]}
features: {}
"""
DOCUMENT = '{"openapi": "3.1.0", "info": {"title": "Comanda", "version": "1"}, "paths": {}}'

DIGEST = hashlib.sha256(DOCUMENT.encode()).hexdigest()


def make_checkout(root: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A checkout with one partner folder, a miniature validation and the real report notebook."""
    folder = root / "contracts" / "comanda"
    folder.mkdir(parents=True)
    (folder / "api.json").write_text(DOCUMENT, "utf-8")
    (folder / "partner.yaml").write_text(MANIFEST % DIGEST, "utf-8")
    (root / "notebooks").mkdir()
    report = (ROOT / "notebooks" / "report.ipynb").read_text("utf-8")
    (root / "notebooks" / "report.ipynb").write_text(report, "utf-8")
    monkeypatch.chdir(root)
    monkeypatch.setenv("WORKBENCH_COMANDA__SANDBOX__API_KEY", CANARY)
    write_validation(root, MINIATURE)
    return load_settings()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A checkout of one test."""
    return make_checkout(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """One job that was published; the checkout stays the current folder."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        make_checkout(tmp_path_factory.mktemp("checkout"), monkeypatch)
        yield publish(Job("comanda", run="one", seed=7, allow_writes=True, draft=True))


def write_validation(root: Path, *sources: str) -> None:
    """Put a `validation.ipynb` with these cells into a checkout."""
    first = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(
        cells=[first, *(new_code_cell(source) for source in sources)],
        metadata={"kernelspec": kernel},
    )
    nbformat.write(notebook, root / "notebooks" / "validation.ipynb")


def test_a_job_becomes_a_report(published: Published) -> None:
    """The notebook gets the job's parameters, and the page is made from what it wrote."""
    folder = published.report.parent
    assert published.report.name == "report.html"
    assert "<h1>Comanda</h1>" in published.report.read_text("utf-8")
    executed = (folder / "validation.ipynb").read_text("utf-8")
    assert "comanda sandbox 7 one True" in executed
    assert published.has_failures  # the folder states nothing
    assert published.as_json()["run"] == "one"
    assert read_log(folder / "evidence.jsonl").header.seed == 7


def test_nothing_tells_where_a_report_was_made(published: Published) -> None:
    """Neither page nor executed notebooks, nor any other file, hold a path of this machine."""
    files = list(published.report.parent.iterdir())
    of_some_runs = {"report.pdf", "session.md", "session.json", "session.pdf"}
    assert {path.name for path in files} >= {
        *FILES,
        "manifest.json",
        "snapshot.json",
    } - of_some_runs
    for path in files:
        assert str(path.parents[3]).encode() not in path.read_bytes(), path.name


def test_a_draft_is_published_only_on_demand(checkout: Settings, build_run: Build) -> None:
    """A report with open statements is rendered and marked, and sealed only when asked for."""
    folder = build_run(statements={})
    render_report(folder, checkout, formats=["markdown"])
    assert "**Borrador.**" in (folder.path / "report.md").read_text("utf-8")
    assert not (folder.path / "manifest.json").exists()
    render_report(folder, checkout, formats=["markdown"], draft=True)
    assert (folder.path / "manifest.json").exists()
    render_report(folder, checkout, formats=["markdown"])
    assert not (folder.path / "manifest.json").exists()


def test_a_run_is_never_overwritten(published: Published) -> None:
    """A second run of the same name is refused before anything is touched."""
    before = {path: path.read_bytes() for path in published.report.parent.iterdir()}
    with pytest.raises(InputError, match="exists already"):
        publish(Job("comanda", run="one"))
    assert before == {path: path.read_bytes() for path in published.report.parent.iterdir()}


def test_a_run_that_is_done_is_taken_as_it_is(published: Published) -> None:
    """To resume it changes nothing and gives its result; other options are not the same run."""
    before = {path: path.read_bytes() for path in published.report.parent.iterdir()}
    job = Job("comanda", run="one", seed=7, allow_writes=True, draft=True, resume=True)
    assert publish(job).as_json() == published.as_json()
    with pytest.raises(InputError, match="with other options"):
        publish(replace(job, seed=8))
    assert before == {path: path.read_bytes() for path in published.report.parent.iterdir()}


def test_an_interrupted_run_begins_anew(checkout: Settings) -> None:
    """What a killed process left is kept beside it and is no run; a living one is not disturbed."""
    half = RunFolder.create(checkout.reports, "comanda", "one")
    half.log.write_text('{"kind": "header"', "utf-8")
    note = half.path.with_name(".one.unsearched")
    note.write_text(f"{os.getppid()} {platform.node()}", "utf-8")
    job = Job("comanda", run="one", resume=True)
    with pytest.raises(InputError, match=f"being written by process {os.getppid()}"):
        publish(job)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    note.write_text(f"{gone.pid} {platform.node()}", "utf-8")
    assert publish(job).run == "one"
    assert [folder.run for folder in list_runs(checkout.reports, "comanda")] == ["one"]
    assert (
        half.path.with_name("one.interrupted") / half.log.name
    ).read_text() == '{"kind": "header"'


def test_an_unknown_partner_leaves_nothing_behind(checkout: Settings) -> None:
    """A mistyped slug is an input error with a hint, and no folder is made."""
    with pytest.raises(InputError, match="no partner 'comanca'") as caught:
        publish(Job("comanca", run="one"))
    assert caught.value.hint == "Did you mean 'comanda'?"
    assert not checkout.reports.exists()


def test_a_failing_cell_is_named_and_kept(checkout: Settings) -> None:
    """The error says which cell of which notebook; the executed copy stays for the engineer."""
    write_validation(checkout.root, MINIATURE, "raise RuntimeError('no')")
    with pytest.raises(ReportError, match=r"In \[4\]: RuntimeError: no"):
        publish(Job("comanda", run="one"))
    folder = checkout.reports / "comanda" / "one"
    assert "RuntimeError" in (folder / "validation.ipynb").read_text("utf-8")
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize("ending", ["", "\nraise RuntimeError('no')"])
def test_a_secret_in_an_output_stops_the_publication(checkout: Settings, ending: str) -> None:
    """A credential that a cell printed, in whatever spelling, withholds the run, failed or not."""
    leak = "import base64\nkey = os.environ['WORKBENCH_COMANDA__SANDBOX__API_KEY']\n"
    write_validation(
        checkout.root, MINIATURE, f"{leak}print(base64.b64encode(b'k:' + key.encode())){ending}"
    )
    with pytest.raises(ReportError, match=r"validation\.ipynb: api_key \(base64") as caught:
        publish(Job("comanda", run="one"))
    aside = checkout.reports / "comanda" / "one.withheld"
    assert not (checkout.reports / "comanda" / "one").exists()
    assert (aside / "validation.ipynb").stat().st_mode & 0o777 == 0o600
    assert aside.stat().st_mode & 0o777 == 0o700
    assert CANARY not in str(caught.value)


def test_a_check_searches_the_run_that_was_killed_before(checkout: Settings) -> None:
    """What a killed process left is read by the next command, and set aside with its secret."""
    write_validation(checkout.root, MINIATURE)
    killed = RunFolder.create(checkout.reports, "comanda", "one")
    (killed.path / "notes.txt").write_text(CANARY[::-1], "utf-8")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    note = killed.path.with_name(".one.unsearched")
    note.write_text(f"{gone.pid} {platform.node()}", "utf-8")
    with pytest.raises(ReportError, match=r"notes\.txt: api_key \(reversed\)"):
        Validation.open("comanda", run="two", settings=checkout)
    assert (checkout.reports / "comanda" / "one.withheld" / "notes.txt").is_file()
    assert not killed.path.exists()
    with Validation.open("comanda", run="two", settings=checkout) as validation:
        assert not validation.evidence


def test_a_secret_in_the_folder_stops_a_run_before_it_begins(checkout: Settings) -> None:
    """What would be found at the end is found at the start, with its name and its file."""
    manifest = checkout.contracts / "comanda" / "partner.yaml"
    manifest.write_text(manifest.read_text("utf-8") + f"contacts: [{CANARY}]\n", "utf-8")
    with pytest.raises(InputError):
        publish(Job("comanda", run="one"))
    manifest.write_text(MANIFEST % DIGEST + f"# {CANARY}\n", "utf-8")
    with pytest.raises(CredentialError, match=r"api_key \(raw\) stands in partner\.yaml") as caught:
        publish(Job("comanda", run="one"))
    assert CANARY not in f"{caught.value} {caught.value.hint} {caught.value.location}"
    assert not checkout.reports.exists()


def test_a_word_as_credential_stops_nothing(
    checkout: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A credential that is a word of the report is not looked for in it."""
    monkeypatch.setenv("WORKBENCH_COMANDA__SANDBOX__API_KEY", "Comanda")
    assert publish(Job("comanda", run="one", draft=True)).is_published


def test_the_report_notebook_renders_a_run(checkout: Settings, build_run: Build) -> None:
    """The real notebook, executed on a synthetic run, gives all sections and the page's place."""
    folder = build_run()
    page, executed, *_ = render_report(folder, checkout, language="en")
    text = page.read_text("utf-8")
    assert text.count("<h2") == 13
    assert len(text) < 300_000
    last = nbformat.read(executed, as_version=4).cells[-1]
    assert "report.html" in last.outputs[0].data["text/plain"]
    assert "report.html" not in text
    published = summarise(folder, page)
    assert published.verdicts["order-status-read"] is Status.FAILED
    assert (published.reach, published.score) == (9 / 12, 6 / 12)
    assert published.counts["unsupported"] == 4


def test_unnamed_jobs_are_named_after_the_time(tmp_path: Path) -> None:
    """A name that sorts by time is given once, kept when there is one, and shared by no two."""
    names = [Job("a").named(tmp_path).run for _ in range(3)]
    assert len(set(names)) == 3
    assert names == sorted(names)
    assert names[0].endswith("Z")
    assert Job("a", run="x").named(tmp_path).run == "x"


def test_only_failures_and_silence_count_as_failures() -> None:
    """A platform that lacks a service has not failed."""
    published = Published(
        partner="a",
        title="A",
        run="r",
        report=Path("p"),
        verdicts={"x": Status.UNSUPPORTED},
        reach=0.0,
        score=0.0,
        depth=0.0,
        level="Not tested yet",
        is_tested=False,
        is_draft=False,
        is_published=True,
    )
    assert not published.has_failures
