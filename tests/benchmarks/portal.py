"""How long the portal takes: `python tests/benchmarks/portal.py [PARTNERS] [RUNS]`.

Synthetic runs with the verdicts, findings and checks of a real partner's size; prints one line of
JSON with seconds and megabytes.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workbench.model.verdict import Scores, Status
from workbench.partners import load_catalogue
from workbench.reporting.history import SNAPSHOT, Snapshot
from workbench.reporting.portal import build_portal

NOW = datetime(2026, 11, 23, tzinfo=UTC)
WORDS = list(Status)


def write_run(folder: Path, partner: str, number: int, dice: random.Random) -> None:
    """One run folder: a stub of a log, and the snapshot that stands for it."""
    folder.mkdir(parents=True)
    (folder / "evidence.jsonl").write_text("{}\n", "utf-8")
    features = load_catalogue().bindable()
    started = NOW - timedelta(days=20 - number)
    snapshot = Snapshot(
        partner=partner,
        title=partner.title(),
        run=folder.name,
        environment="sandbox",
        started_at=started,
        valid_until=started + timedelta(days=30),
        scores=Scores(applicable=18, bound=16, integrated=dice.randint(6, 16)),
        verdicts={feature.slug: dice.choice(WORDS) for feature in features},
        findings=tuple(
            {"slug": f"finding-{place}", "severity": "medium", "summary": "It differs", "operation":
             f"GET /orders/{place}"} for place in dice.sample(range(40), 15)
        ),
        checks={
            f"{feature.slug}/behaviour/check-{place}": dice.choice(["passed", "failed"])
            for feature in features
            for place in range(8)
        },
        inputs={"openapi.yaml": "0" * 64},
        size=3,
        digest="0" * 64,
    )  # fmt: skip
    (folder / SNAPSHOT).write_text(snapshot.model_dump_json(), "utf-8")


def main(partners: int = 1_000, runs: int = 20) -> None:
    """Write the runs, build the portal, and say what it cost."""
    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as root:
        reports = Path(root)
        for partner in range(partners):
            slug = f"partner-{partner:04}"
            for number in range(runs):
                write_run(reports / slug / f"run-{number:02}", slug, number, dice)
        begun = time.perf_counter()
        pages = build_portal(reports, now=NOW)
        seconds = time.perf_counter() - begun
        sizes = [page.stat().st_size for page in pages]
    measured = {
        "partners": partners,
        "runs": partners * runs,
        "seconds": round(seconds, 2),
        "index_mb": round(sizes[0] / 1e6, 2),
        "pages_mb": round(sum(sizes) / 1e6, 2),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
