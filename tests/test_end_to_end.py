"""The main job, whole: three partners from their documents to the rendered report, offline.

Run as a user runs it, as a program, against the sandbox over real HTTP, with canary credentials
that must be in nothing that a run leaves behind.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from workbench.model.evidence import Source
from workbench.sandbox.server import Sandbox
from workbench.sandbox.simulators import SIMULATORS
from workbench.store import read_log

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
SLUGS = ("tavola", "bocado", "mesa")
CANARY = "c4n4ry+/=&{slug}~{name}"  # changes when URL-encoded, survives in a header


class Run:
    """What the program left: its answer, its folders, and the secrets that it was given."""

    def __init__(
        self, reports: Path, secrets: list[str], done: subprocess.CompletedProcess
    ) -> None:
        self.reports = reports
        self.secrets = secrets
        self.code = done.returncode
        self.stdout = done.stdout
        self.stderr = done.stderr

    def folder(self, slug: str) -> Path:
        """The only run of a partner."""
        return next(path.parent for path in (self.reports / slug).glob("*/evidence.jsonl"))

    @property
    def answer(self) -> dict[str, Any]:
        """The JSON document on standard output."""
        return json.loads(self.stdout)


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """`workbench validate` of all partners, with canary credentials."""
    reports = tmp_path_factory.mktemp("reports")
    credentials = {
        slug: {name: CANARY.format(slug=slug, name=name) for name in SIMULATORS[slug].credentials}
        for slug in SLUGS
    }
    with Sandbox(SIMULATORS.values(), credentials=credentials) as sandbox:
        environment = {**os.environ, **sandbox.environment(), "WORKBENCH_REPORTS": str(reports)}
        command = [
            sys.executable,
            "-m",
            "workbench",
            "validate",
            *SLUGS,
            "--allow-writes",
            "--json",
        ]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
    secrets = [value for names in credentials.values() for value in names.values()]
    return Run(reports, secrets, done)


def test_it_ends_clean(validated: Run) -> None:
    """Exit code 0, and one JSON document of the promised shape on standard output."""
    assert validated.code == 0, validated.stderr
    runs = validated.answer["runs"]
    assert [run["partner"] for run in runs] == list(SLUGS)
    for run in runs:
        assert Path(run["report"]).is_file()
        assert run["verdicts"]
        assert run["score"] <= run["reach"]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_source_was_asked(validated: Run, slug: str) -> None:
    """The log is complete and holds evidence of all five sources."""
    log = read_log(validated.folder(slug) / "evidence.jsonl")
    assert log.is_complete
    assert {line.source for line in log.evidence} == set(Source)


@pytest.mark.parametrize("slug", SLUGS)
def test_integrated_features_were_proved(validated: Run, slug: str) -> None:
    """No feature is called integrated without evidence that passed."""
    verdicts = next(r for r in validated.answer["runs"] if r["partner"] == slug)["verdicts"]
    log = read_log(validated.folder(slug) / "evidence.jsonl")
    passed = {line.feature for line in log.evidence if line.outcome == "passed"}
    integrated = {
        name for name, word in verdicts.items() if word in {"confirmed", "supported", "limited"}
    }
    assert integrated
    assert integrated <= passed


def test_between_them_all_features_work(validated: Run) -> None:
    """The three partners together prove all eighteen services and events."""
    working = {
        name
        for run in validated.answer["runs"]
        for name, word in run["verdicts"].items()
        if word in {"confirmed", "limited"}
    }
    assert {
        "order-read", "order-status-read", "order-status-write", "reservation-read",
        "reservation-status-read", "reservation-status-write", "menu-write", "menu-section-write",
        "product-write", "product-variant-write", "option-category-write", "option-write",
        "delivery-location-write", "availability-write", "order-created-event",
        "reservation-created-event", "order-status-event", "reservation-status-event",
    } <= working  # fmt: skip


def test_gaps_are_reported_honestly(validated: Run) -> None:
    """Bocado's report names what it lacks, and does not count it as integrated."""
    run = next(run for run in validated.answer["runs"] if run["partner"] == "bocado")
    assert run["verdicts"]["menu-section-write"] == "unsupported"
    assert run["verdicts"]["reservation-read"] == "exempt"
    assert run["score"] < 1
    report = json.loads(Path(run["report"]).with_name("report.json").read_text("utf-8"))
    gap = next(item for item in report["features"] if item["slug"] == "menu-section-write")
    assert gap["gap"]["code"] == "R5"
    assert gap["gap"]["lifted_by"] == "partner"
    page = Path(run["report"]).read_text("utf-8")
    assert '<html lang="es">' in page  # Bocado reads Spanish
    assert "Secciones" in page


@pytest.mark.parametrize("slug", SLUGS)
def test_the_report_needs_nothing_else(validated: Run, slug: str) -> None:
    """The page has no script and asks for nothing over the network."""
    page = (validated.folder(slug) / "report.html").read_text("utf-8").lower()
    assert "<script" not in page
    assert "src=" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page


def _spellings(secret: str) -> Iterator[bytes]:
    yield secret.encode()
    yield quote(secret, safe="").encode()
    yield quote_plus(secret).encode()
    yield json.dumps(secret)[1:-1].encode()
    for shift in range(3):  # base64 of a longer text may begin in the middle of a group
        encoded = base64.b64encode(b"\0" * shift + secret.encode())
        yield encoded[4 if shift else 0 : -4]


def test_no_credential_is_left_behind(validated: Run) -> None:
    """No canary is in any file, nor in what was printed: raw, URL-encoded or in base64."""
    files = [path for path in validated.reports.rglob("*") if path.is_file()]
    assert len(files) > 12
    texts = {str(path): path.read_bytes() for path in files}
    texts["stdout"] = validated.stdout.encode()
    texts["stderr"] = validated.stderr.encode()
    leaks = [
        (name, secret)
        for secret in validated.secrets
        for spelling in _spellings(secret)
        for name, content in texts.items()
        if spelling in content
    ]
    assert leaks == []


def test_the_executed_notebook_is_readable(validated: Run) -> None:
    """The engineer's record has a table for every step, and no error."""
    notebook = json.loads((validated.folder("tavola") / "validation.ipynb").read_text("utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    tables = [output for output in outputs if "text/html" in output.get("data", {})]
    assert len(tables) >= 8
    assert not [output for output in outputs if output["output_type"] == "error"]
