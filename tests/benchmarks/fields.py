"""Scores field suggestions against labels made by hand; `--misses` lists every error.

Run as `python tests/benchmarks/fields.py`. The labels are `tests/suggest/field_labels.yaml`; the
documents stand beside a checkout, as for `binding.py`. A rule is *active* where the draft writes
it as a rule, and not as a comment.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from workbench.canonical import ENTITIES
from workbench.description import describe, load_text

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "suggest"))
from binding import DOCUMENTS, plain_reference
from field_list import list_fields

LABELS = Path(__file__).resolve().parents[1] / "suggest" / "field_labels.yaml"


def measure() -> tuple[Counter[str], Counter[str], list[str], dict[int, list[int]]]:
    """Counts over all payloads, counts by partner, errors, and how often which score was right."""
    total: Counter[str] = Counter()
    partners: Counter[str] = Counter()
    errors: list[str] = []
    bins: dict[int, list[int]] = {}
    for key, wanted in load_text(LABELS.read_text("utf-8"), LABELS.name).items():
        stem, reference, name = key.split(" | ")
        label = load_text((DOCUMENTS / "labels" / f"{stem}.yaml").read_text("utf-8"), stem)
        description = describe([DOCUMENTS / label["document"]])
        items = {item.id: item for item in (*description.operations, *description.events)}
        plain = {plain_reference(ref): item for ref, item in items.items()}
        item = items.get(reference) or plain[plain_reference(reference)]
        found = list_fields(description, item, ENTITIES[name])
        right = {
            field: paths if isinstance(paths, list) else [paths] for field, paths in wanted.items()
        }
        active = {one.field: one.path for one in found if one.accepted}
        hits = {field for field, path in active.items() if path in right.get(field, ())}
        for one in found:
            counts = bins.setdefault(min(9, int(one.confidence * 10)), [0, 0])
            counts[0] += 1
            counts[1] += one.path in right.get(one.field, ())
        total += Counter(hits=len(hits), wrong=len(active) - len(hits))
        total += Counter(missed=len(right) - len(hits))
        partners[label["slug"]] += len(hits)
        errors += [f"{key}: active {f} <- {active[f]}" for f in sorted(set(active) - hits)]
        errors += [f"{key}: missed {f} <- {right[f]}" for f in sorted(set(right) - hits)]
    return total, partners, errors, bins


def main(arguments: list[str] | None = None) -> int:
    """Print precision and recall; exit code 2 when the documents are not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list every error")
    chosen = parser.parse_args(arguments)
    if not DOCUMENTS.is_dir():
        sys.stderr.write(f"no documents at {DOCUMENTS}: nothing to measure\n")
        return 2
    total, partners, errors, bins = measure()
    precision = total["hits"] / max(1, total["hits"] + total["wrong"])
    recall = total["hits"] / max(1, total["hits"] + total["missed"])
    lines = [f"  {error}" for error in errors] if chosen.misses else []
    lines += [
        f"{score / 10:.1f}: {seen} seen, {right / seen:.2f} right"
        for score, (seen, right) in sorted(bins.items())
    ]
    lines.append(
        f"active rules of {len(partners)} partners: precision {precision:.3f}, recall {recall:.3f} "
        f"({total['hits']} right, {total['wrong']} wrong, {total['missed']} missed)"
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
