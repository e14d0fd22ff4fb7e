"""The committed example: what its evidence says, rendered again, is what stands there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from workbench.partners import load_catalogue
from workbench.reporting.seal import SealResult
from workbench.reporting.verification import verify
from workbench.store import RunFolder, judge_all, read_run, stated_verdicts

EXAMPLE = Path(__file__).resolve().parent.parent / "reports" / "example" / "bocado"


def test_its_verdicts_compute_to_what_it_tells() -> None:
    """The verdicts of `report.json` follow from `evidence.jsonl` alone."""
    log, verdicts = read_run(RunFolder(EXAMPLE), load_catalogue())
    told = json.loads((EXAMPLE / "report.json").read_text("utf-8"))["features"]
    computed = {slug: item.status.value for slug, item in stated_verdicts(log, verdicts).items()}
    assert log.is_complete
    assert {item["slug"]: item["verdict"] for item in told} == computed


def test_it_was_not_edited() -> None:
    """Nothing in the folder contradicts the evidence; nobody vouches for it."""
    verification = verify(RunFolder(EXAMPLE))
    assert verification.result is SealResult.CONSISTENT, verification.as_json()


def test_its_notebook_gives_the_same_outputs_again() -> None:
    """Executed again by nbval, the stored notebook gives every output as it is stored."""
    options = ["--nbval", "--nbval-current-env", "-p", "no:schemathesis", "-q"]
    options += ["--override-ini=addopts=", "--override-ini=filterwarnings="]
    command = [sys.executable, "-m", "pytest", *options, str(EXAMPLE / "report.ipynb")]
    done = subprocess.run(
        command, cwd=EXAMPLE.parents[2], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_evidence_on_a_mapping_that_is_another_now_counts_no_more() -> None:
    """A run is judged by the files that it began with; samples rest on the mapping of theirs."""
    catalogue = load_catalogue()
    log, verdicts = read_run(RunFolder(EXAMPLE), catalogue)
    assert not any(verdict.stale for verdict in verdicts.values())
    other = log.header.inputs | {"mapping.yaml": "0" * 64}
    judged = judge_all(catalogue, log.header.statement, log.evidence, inputs=other)
    resting = {line.id for line in log.evidence if "mapping.yaml" in line.inputs}
    assert resting
    assert resting <= {name for verdict in judged.values() for name in verdict.stale}
