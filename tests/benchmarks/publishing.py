"""What the door for secrets and the gate cost of publishing a report: with secrets, and without.

    uv run python tests/benchmarks/publishing.py [RUN_FOLDER] [PAIRS]

`workbench report` renders a copy of the run again, notebook, all formats, search and seal, once
with ten secrets in the environment and once with none, where nothing is looked for. The two take
turns; processor time of the command and its kernel counts, not the clock.
"""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from workbench.store import read_header

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "reports" / "example" / "bocado"


def publish(reports: Path, slug: str, values: dict[str, str]) -> float:
    """Processor seconds of one rendering."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "workbench", "report", slug, "--run", "one", "--draft", "--json"],
        cwd=ROOT,
        env=kept | values | {"WORKBENCH_REPORTS": str(reports)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(folder: Path, pairs: int) -> None:
    """Print the median processor seconds of both, and of their ratio pair by pair."""
    slug = read_header(folder / "evidence.jsonl").partner
    variable = f"WORKBENCH_{slug.upper().replace('-', '_')}__SANDBOX__SECRET_"
    values = {f"{variable}{number}": secrets.token_urlsafe(24) for number in range(10)}
    with tempfile.TemporaryDirectory() as scratch:
        reports = Path(scratch)
        shutil.copytree(folder, reports / slug / "one")
        publish(reports, slug, values)  # what is loaded for the first time is paid by neither
        timed = [(publish(reports, slug, {}), publish(reports, slug, values)) for _ in range(pairs)]
    without, guarded = zip(*timed, strict=True)
    ratios = [new / old for old, new in timed]
    print(f"{slug}, {pairs} pairs")  # noqa: T201
    print(f"without {statistics.median(without):.2f} s, with {statistics.median(guarded):.2f} s")  # noqa: T201
    print(f"ratio {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")  # noqa: T201


if __name__ == "__main__":
    asked = Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLE
    measure(asked, int(sys.argv[2]) if len(sys.argv) > 2 else 5)
