"""What a stranger costs: minutes, lines by hand and runs until a true report, against its truth.

`uv run python tests/benchmarks/strangers.py [NAME …]`. Each stranger is started, drafted from the
address of its document, tried as drafted (first run), reviewed (the lines that a person wrote are
counted), and tried again (second run), with the live sources. Minutes are those of the machine;
reading and writing come on top, about half a minute a line.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "strangers"))
from harness import STRANGERS, Stranger, draft, review  # noqa: E402

from workbench.model import Evidence, Status  # noqa: E402
from workbench.settings import Settings, variable_name  # noqa: E402
from workbench.validation import Validation  # noqa: E402

_INTEGRATED = {Status.CONFIRMED, Status.LIMITED}
_MINUTES_A_LINE = 0.5
_COLUMNS = (
    "stranger",
    "machine min",
    "lines by hand",
    "runs",
    "with writing, min",
    "works, proved",
    "false integrated",
    "false failed",
    "defects found",
    "missed",
)


def main() -> int:
    """Print one row per stranger; 1 where a verdict contradicts the truth."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="strangers; all when none is named")
    parser.add_argument("--seconds", type=float, default=60.0, help="time of each live source")
    options = parser.parse_args()
    chosen = [one for one in STRANGERS if not options.names or one.name in options.names]
    _tell(*_COLUMNS)
    _tell(*["---"] * len(_COLUMNS))
    return max([_try(one, options.seconds) for one in chosen], default=0)


def _tell(*cells: object) -> None:
    sys.stdout.write(f"| {' | '.join(map(str, cells))} |\n")
    sys.stdout.flush()


def _try(stranger: Stranger, seconds: float) -> int:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "contracts").mkdir()
        for name, value in stranger.credentials.items():
            os.environ[variable_name(stranger.name, "sandbox", name)] = value
        with stranger.run(root) as url:
            began = time.monotonic()
            settings = Settings(root=root, notebooks=ROOT / "notebooks")
            made = draft(stranger, url, settings)
            _run(stranger, settings, ("documents", "behaviour"), 5.0, allow_writes=False)
            lines = review(stranger, url, made)
            sources = ("documents", "samples", "behaviour")
            verdicts, evidence = _run(stranger, settings, sources, seconds, allow_writes=True)
            minutes = (time.monotonic() - began) / 60
    return _print(stranger, minutes, lines, verdicts, evidence)


def _run(
    stranger: Stranger, settings: Settings, sources: tuple[str, ...], seconds: float, **how: Any
) -> tuple[dict[str, Status], list[Evidence]]:
    with Validation.open(stranger.name, settings=settings, seconds=seconds, **how) as run:
        for source in sources:
            run.gather(source)
        statuses = {name: item.status for name, item in run.verdicts().items()}
        return statuses, list(run.evidence)


def _print(
    stranger: Stranger,
    minutes: float,
    lines: int,
    verdicts: dict[str, Status],
    evidence: list[Evidence],
) -> int:
    truth = stranger.truth
    works = {name for name, stands in truth["features"].items() if stands == "works"}
    integrated = {name for name in truth["features"] if verdicts[name] in _INTEGRATED}
    wrong = integrated - works
    failed = {name for name in works if verdicts[name] is Status.FAILED}
    told = {item.slug for line in evidence for item in line.findings}
    defects = {item["id"]: bool(told & set(item["kinds"])) for item in truth["defects"]}
    missed = [name for name, found in defects.items() if not found]
    cells = (
        stranger.name,
        f"{minutes:.1f}",
        lines,
        2,
        f"{minutes + lines * _MINUTES_A_LINE:.0f}",
        f"{len(integrated & works)} of {len(works)}",
        ", ".join(sorted(wrong)) or 0,
        ", ".join(sorted(failed)) or 0,
        f"{sum(defects.values())} of {len(defects)}",
        ", ".join(missed) or "none",
    )
    _tell(*cells)
    return 1 if wrong or failed else 0


if __name__ == "__main__":
    sys.exit(main())
