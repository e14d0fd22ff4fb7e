"""What the door for secrets costs: a run folder searched in one pass, and once per spelling.

    uv run python tests/benchmarks/gate.py [RUN_FOLDER] [PAIRS]

Both ways look for the same spellings of the same ten secrets in the same files, in turns, so that
the machine's state weighs on both; processor time counts, not the clock. Without a folder, one of
the size of a full run is made up.
"""

from __future__ import annotations

import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path

from workbench.secrecy import Redactor
from workbench.secrecy.gate import search_folder
from workbench.secrecy.spelling import spell

_SIZES = {"evidence.jsonl": 600_000, "exchange.har": 4_000_000, "report.html": 900_000}


def make_folder(room: Path) -> Path:
    """Files as large as those of a full run, of JSON-like text."""
    line = '{"id": "%s", "status": "accepted", "lines": [{"name": "Patatas", "price": 1250}]}\n'
    for name, size in _SIZES.items():
        text = "".join(line % secrets.token_hex(8) for _ in range(size // len(line)))
        (room / name).write_text(text, "utf-8")
    return room


def search_one_by_one(folder: Path, values: dict[str, str]) -> int:
    """As the gate did before: every spelling is looked for by itself."""
    forms = {form.text for name, value in values.items() for form in spell(name, value)}
    held = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return sum(form in data for data in held for form in forms)


def measure(folder: Path, pairs: int) -> None:
    """Print the median processor seconds of both ways, and of their ratio pair by pair."""
    values = {f"secret_{number}": secrets.token_urlsafe(24) for number in range(10)}
    before, after = [], []
    for _ in range(pairs):
        clock = time.process_time()
        assert search_one_by_one(folder, values) == 0
        before.append(time.process_time() - clock)
        clock = time.process_time()
        assert search_folder(folder, Redactor(values)) == {}
        after.append(time.process_time() - clock)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    ratios = [old / new for old, new in zip(before, after, strict=True)]
    print(f"{size / 1e6:.1f} MB, {pairs} pairs")  # noqa: T201
    print(f"one by one {statistics.median(before):.2f} s, at once {statistics.median(after):.2f} s")  # noqa: T201
    print(f"ratio {statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})")  # noqa: T201


if __name__ == "__main__":
    pairs_asked = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]), pairs_asked)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            measure(make_folder(Path(scratch)), pairs_asked)
