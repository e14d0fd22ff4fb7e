"""Seconds and megabytes to load large documents: `python tests/benchmarks/load.py [--json]`.

Each tool loads each document in a process of its own, several times in turn; the best run counts.
`load` is the processor time from the path to all operations, `whole` adds the start of Python and
the imports, `wall` is the same by the clock, `MB` is the peak of the process. What each tool does
meanwhile differs, and is said in the table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LARGE = ROOT.parent / "shared" / "partner-docs" / "large"
LIMIT = 180.0  # seconds for one run

_FRAME = """
import resource, sys, time
{imports}
path = sys.argv[1]
start = time.process_time()
{load}
whole = time.process_time()
print(whole - start, whole, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, count)
"""
_READ = """
import json, yaml
from pathlib import Path
text = Path(path).read_text()
data = json.loads(text) if path.endswith(".json") else yaml.load(text, yaml.CSafeLoader)
methods = "get put post delete patch head options".split()
count = sum(method in item for item in data["paths"].values() for method in methods)
"""
_VALIDATOR = """
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
"""
_VALIDATE = f"""{_READ}
try:
    validate(data)
except OpenAPIValidationError:
    pass
"""
TOOLS = {
    "workbench": (
        "guards, bundles, lists operations, reports defects",
        "from pathlib import Path\nfrom workbench.description import describe",
        "count = len(describe([Path(path)]).operations)",
    ),
    "schemathesis": (
        "lists operations",
        "import schemathesis",
        "count = sum(1 for _ in schemathesis.openapi.from_path(path).get_all_operations())",
    ),
    "openapi-spec-validator": (
        "validates, up to the first error",
        _VALIDATOR,
        _VALIDATE,
    ),
    "prance": (
        "resolves references",
        "from prance import ResolvingParser\nfrom prance.util.resolver import RESOLVE_INTERNAL",
        f"{_READ}ResolvingParser(path, backend='openapi-spec-validator', strict=False)",
    ),
}


def measure(tool: str, path: Path) -> dict[str, Any]:
    """One run of one tool on one document; `error` when it did not succeed."""
    _, imports, load = TOOLS[tool]
    start = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, "-c", _FRAME.format(imports=imports, load=load), str(path)],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    except subprocess.TimeoutExpired:
        return {"error": f"over {LIMIT:.0f} s"}
    wall = time.perf_counter() - start
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        return {"error": "not installed" if "No module named" in last else last[:80]}
    load_seconds, whole, megabytes, count = done.stdout.split()[-4:]
    return {
        "load": round(float(load_seconds), 3),
        "whole": round(float(whole), 3),
        "wall": round(wall, 3),
        "mb": round(float(megabytes)),
        "operations": int(count),
    }


def best_of(rounds: int, paths: list[Path]) -> list[dict[str, Any]]:
    """For each document and tool the run with the least processor time; tools take turns."""
    best: dict[tuple[str, str], dict[str, Any]] = {}
    for path in paths:
        for _ in range(rounds):
            for tool in TOOLS:
                known = best.setdefault((path.name, tool), {})
                if "error" in known:
                    continue
                found = measure(tool, path)
                if "error" in found or found["whole"] < known.get("whole", LIMIT):
                    known.update(found)
    return [
        {"document": document, "tool": tool, **figures}
        for (document, tool), figures in best.items()
    ]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--runs", type=int, default=3, help="runs of each tool and document")
    options = parser.parse_args()
    if not LARGE.is_dir():
        sys.stderr.write(f"The large documents are not here: {LARGE}\n")
        return 2
    results = best_of(options.runs, sorted(LARGE.iterdir()))
    if options.json:
        sys.stdout.write(json.dumps({"results": results}) + "\n")
        return 0
    titles = f"{'load s':>8}{'whole s':>9}{'wall s':>8}{'MB':>6}  what it does"
    sys.stdout.write(f"{'document':<18}{'tool':<24}{titles}\n")
    for row in results:
        head = f"{row['document']:<18}{row['tool']:<24}"
        figures = row.get("error") or (
            f"{row['load']:>8.2f}{row['whole']:>9.2f}{row['wall']:>8.2f}{row['mb']:>6}"
            f"  {TOOLS[row['tool']][0]}"
        )
        sys.stdout.write(f"{head}{figures}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
