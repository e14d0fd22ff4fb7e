"""Binds rows of certification lists by their words to the embedded Tavola; `--misses` lists errors.

Run as `python tests/benchmarks/list_rows.py`. The rows are `list_rows.yaml`. *Sure* rows need no
person to agree with their binding, so one of them that is wrong is worse than any that is left.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from workbench.description import load_text
from workbench.handover.certification import ListRow, bind_rows
from workbench.partners import load_catalogue, load_partner
from workbench.settings import Settings

ROWS = Path(__file__).with_name("list_rows.yaml")


def measure(group: str) -> tuple[Counter[str], list[str]]:
    """Counts over the rows of one group, and every row that is not right."""
    partner = load_partner("tavola", Settings(root=ROWS.parents[2]), run_hooks=False)
    rows = load_text(ROWS.read_text("utf-8"), ROWS.name)[group]
    steps = bind_rows([ListRow(row[0]) for row in rows], partner, load_catalogue(), "en")
    counted: Counter[str] = Counter()
    told: list[str] = []
    for (title, *wanted), step in zip(rows, steps, strict=True):
        right = step.feature in wanted if step.feature else not wanted
        name = "right" if right else "wrong" if step.feature else "left"
        counted[name] += 1
        counted[f"sure and {name}"] += bool(step.feature) and not step.is_proposed
        if name != "right":
            told.append(f"{name}: {title} -> {step.feature or '-'} {' '.join(step.criteria)}")
    return counted, told


def main(arguments: list[str] | None = None) -> int:
    """Print the counts of each group."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list every row that is not right")
    parser.add_argument("groups", nargs="*", default=["first", "held", "seen"])
    chosen = parser.parse_args(arguments)
    lines = []
    for group in chosen.groups:
        counted, told = measure(group)
        lines.append(f"{group}: {', '.join(f'{n} {name}' for name, n in counted.items() if n)}")
        lines += [f"  {line}" for line in told if chosen.misses]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
