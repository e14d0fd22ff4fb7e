"""Every kind of attack that was tried has its tests: `attacks.yaml` is the table."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TABLE: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "attacks.yaml").read_text("utf-8")
)
# The nine promises, and what was promised before them.
PROMISES = {
    "secrets", "persons", "contract", "time", "verify", "code", "production", "files",
    "quarantine", "documents",
}  # fmt: skip


@pytest.fixture(scope="module")
def collected(request: pytest.FixtureRequest) -> Counter[tuple[str, str]]:
    """File and test → number of its cases, as pytest collects them."""
    files = sorted({file for row in TABLE for file in row["tests"]})
    here = request.session.items
    if {*files} <= {item.location[0] for item in here}:
        return Counter((item.location[0], item.location[2].partition("[")[0]) for item in here)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n0", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    names = (line.split("::", 1) for line in done.stdout.splitlines() if "::" in line)
    return Counter((file, name.partition("[")[0]) for file, name in names)


def test_every_promise_has_attacks() -> None:
    """No promise stands in the table without an attack, and no attack without a promise."""
    assert {row["of"] for row in TABLE} == PROMISES
    assert len({row["attack"] for row in TABLE}) == len(TABLE)


@pytest.mark.slow
def test_every_attack_is_tried(collected: Counter[tuple[str, str]]) -> None:
    """Each row names tests that exist, with as many cases as it says."""
    wrong = []
    for row in TABLE:
        counts = []
        for file, names in row["tests"].items():
            known = {name: count for (place, name), count in collected.items() if place == file}
            wanted = known if names == "all" else names
            missing = [name for name in wanted if name not in known]
            wrong += [f"{row['attack']}: {file} has no {name}" for name in missing]
            counts += [known.get(name, 0) for name in wanted]
        if sum(counts) < row.get("cases", 1):
            wrong.append(f"{row['attack']}: {sum(counts)} cases, not {row['cases']}")
    assert wrong == []
