"""Scores binding suggestions against hand-made labels; `--json` prints one JSON document.

Run as `python tests/benchmarks/binding.py`: with the shipped weights (in-sample), and with weights
that were fitted without the partner (leave-one-partner-out); `--curve` adds what 5, 10 and 20
partners give, `--nested` chooses the strength of the priors without the partner as well. The
labels stand beside a checkout, at `../shared/partner-docs/labels`, and are not part of it; their
README says how to score:

- recall over `features`; precision counts what is neither there nor in `also_acceptable`;
- `hard_negatives` hit: what looks right for a feature, is wrong, and was proposed for it;
- direction accuracy over `served_by`;
- features that a note of the label calls doubtful are also counted apart;
- of a document that cannot be read, every label is missed and every direction wrong;
- `read`: share of the labelled exchanges that the description holds at all. What is not read cannot
  be suggested, so this figure is the ceiling of the others.

In prose, people write `/orders/:id`, `[id]` and `ORDER_ID` where others write `/orders/{id}`, and
name an event without saying what kind it is. References to prose are compared without these.

Partners of `HELD_OUT` were kept out of the tuning of words and weights. When their errors were
looked at for the first time, they stood at precision 0.89, recall 0.77, F1 0.82; the figures of
today come after that. Partners in neither `DEVELOPMENT` nor `HELD_OUT` form the set `new`, which
is also counted apart by what was read: prose, or a machine-readable description. `--misses` lists
every error.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.description import describe, load_text
from workbench.errors import WorkbenchError
from workbench.model.description import ApiDescription
from workbench.partners.catalogue import load_catalogue
from workbench.suggest import Suggestion, Weights, judge_directions, suggest

sys.path.insert(0, str(Path(__file__).parent))
from fitting import STRENGTH, Case, FeatureTable, fit_all, prepare

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT.parent / "shared" / "partner-docs"
DEVELOPMENT = frozenset({"doordash", "flipdish", "opendelivery-v1", "opendelivery-v2", "toast"})
HELD_OUT = frozenset({"just-eat-uk", "tablecheck", "thefork"})
STRENGTHS = (3.0, 8.0, 20.0)  # of the pull to the priors, from which the nested figure chooses
DRAWS = 3  # of partners, for each point of the learning curve
PROSE_MARK = "prose:"  # before references to prose, whose operations we name like all others
PROSE = frozenset({".htm", ".html", ".md", ".pdf", ".txt"})
VARIABLE = re.compile(r":[\w-]+|\{[^{}]+\}|\[[^\]]+\]|<[^<>]+>|[A-Z]+(?:_[A-Z]+)+")
LABEL_IDS = {
    "get_order": "order-read",
    "get_order_status": "order-status-read",
    "update_order_status": "order-status-write",
    "get_reservation": "reservation-read",
    "get_reservation_status": "reservation-status-read",
    "update_reservation_status": "reservation-status-write",
    "push_menu": "menu-write",
    "upsert_menu_section": "menu-section-write",
    "upsert_product": "product-write",
    "upsert_product_variant": "product-variant-write",
    "upsert_option_category": "option-category-write",
    "upsert_option": "option-write",
    "update_delivery_location": "delivery-location-write",
    "update_restaurant_availability": "availability-write",
    "webhook_new_order": "order-created-event",
    "webhook_new_reservation": "reservation-created-event",
    "webhook_order_status_changed": "order-status-event",
    "webhook_reservation_status_changed": "reservation-status-event",
}


@dataclass
class Score:
    """Counts of one document, feature or set of documents."""

    hits: int = 0
    wrong: int = 0
    missed: int = 0
    negatives: int = 0
    negatives_hit: int = 0
    directions: int = 0
    directions_right: int = 0
    labelled: int = 0
    read: int = 0
    errors: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """Add the counts of another."""
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def precision(self) -> float | None:
        """Share of the proposals that are right; None without proposals."""
        return _share(self.hits, self.hits + self.wrong)

    @property
    def recall(self) -> float | None:
        """Share of the labels that were proposed; None without labels."""
        return _share(self.hits, self.hits + self.missed)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None without labels and proposals."""
        return _share(2 * self.hits, 2 * self.hits + self.wrong + self.missed)

    @property
    def direction_accuracy(self) -> float | None:
        """Share of the directions that are right."""
        return _share(self.directions_right, self.directions)

    @property
    def read_share(self) -> float | None:
        """Share of the labelled exchanges that were read."""
        return _share(self.read, self.labelled)

    @property
    def hard_negative_rate(self) -> float | None:
        """Share of the hard negatives that were proposed."""
        return _share(self.negatives_hit, self.negatives)

    def row(self) -> dict[str, Any]:
        """The figures, for JSON."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "hard_negatives": self.negatives,
            "hard_negatives_hit": self.negatives_hit,
            "hard_negative_rate": self.hard_negative_rate,
            "direction_accuracy": self.direction_accuracy,
            "read_share": self.read_share,
            "labelled": self.labelled,
            "read": self.read,
            "hits": self.hits,
            "wrong": self.wrong,
            "missed": self.missed,
        }


@dataclass
class Board:
    """All scores: per document, per feature, and the sums."""

    documents: dict[str, Score] = field(default_factory=dict)
    features: dict[str, Score] = field(default_factory=dict)
    sets: dict[str, Score] = field(default_factory=dict)
    partners: dict[str, Score] = field(default_factory=dict)
    bins: dict[int, list[int]] = field(default_factory=dict)
    slowest: float = 0.0

    @property
    def macro(self) -> float:
        """Mean F1 over the partners that have labels or proposals."""
        known = [score.f1 for score in self.partners.values() if score.f1 is not None]
        return sum(known) / len(known) if known else 0.0

    def trust(self, found: list[Suggestion], case: Case) -> None:
        """Count how often a score of about this size was right."""
        for item in found:
            pair = (case.same(item.reference), item.feature)
            if pair in case.accepted and pair not in case.wanted:
                continue
            counts = self.bins.setdefault(min(9, int(item.score * 10)), [0, 0])
            counts[0] += 1
            counts[1] += pair in case.wanted


@dataclass
class Labelled:
    """A labelled document, read."""

    label: dict[str, Any]
    trouble: str
    written: str
    case: Case


def read_cases(folder: Path) -> list[Labelled]:
    """Read every labelled document of a folder."""
    found = []
    for path in sorted((folder / "labels").glob("*.yaml")):
        label = load_text(path.read_text("utf-8").replace(PROSE_MARK, ""), path.name)
        written = "prose" if Path(label["document"]).suffix in PROSE else "machine-readable"
        same = _same(label, written)
        description, trouble = _read(folder / label["document"])
        sends = {same(ref): side == "us" for ref, side in label["served_by"].items()}
        items = (*description.operations, *description.events)
        case = Case(
            name=path.stem,
            partner=label["slug"],
            description=description,
            sends={
                number: sends[same(item.id)]
                for number, item in enumerate(items)
                if same(item.id) in sends
            },
            wanted=_pairs(label["features"], same),
            accepted=_pairs(label["also_acceptable"] or {}, same),
            same=same,
        )
        found.append(Labelled(label, trouble, written, case))
    return found


def _pairs(table: dict[str, Any], same: Callable[[str], str]) -> set[tuple[str, str]]:
    return {
        (same(ref), LABEL_IDS[name])
        for name, refs in table.items()
        if name in LABEL_IDS
        for ref in refs or ()
    }


def _same(label: dict[str, Any], written: str) -> Callable[[str], str]:
    """How references of this document are compared: a message counts as its labelled channel."""
    channels = {ref for ref in label["served_by"] if ref.startswith("asyncapi:")}

    def same(reference: str) -> str:
        channel = reference.rpartition("#")[0]
        if channel in channels and reference not in channels:
            return channel
        return plain_reference(reference) if written == "prose" else reference

    return same


def measure(
    folder: Path = DOCUMENTS,
    *,
    cases: list[Labelled] | None = None,
    weights: Mapping[str, Weights] | None = None,
) -> Board:
    """Score every labelled document of a folder.

    Args:
        folder: What holds documents and labels.
        cases: What `read_cases` gave for it.
        weights: Partner → weights that were fitted without it; those of the package by default.
    """
    board = Board()
    for one in read_cases(folder) if cases is None else cases:
        label, case = one.label, one.case
        used = weights[case.partner] if weights is not None else None
        start = time.perf_counter()
        found = suggest(case.description, load_catalogue(), weights=used)
        board.slowest = max(board.slowest, time.perf_counter() - start)
        total = Score(errors=[f"not read: {one.trouble}"] if one.trouble else [])
        name = _set(label["slug"])
        doubtful = _doubtful(label)
        for label_id, slug in LABEL_IDS.items():
            score = _score(label, label_id, found[slug], case.same)
            total.add(score)
            board.features.setdefault(slug, Score()).add(score)
            kind = "doubtful" if label_id in doubtful else "certain"
            board.sets.setdefault(f"{name}, {kind}", Score()).add(score)
            board.trust(found[slug], case)
        total.add(_directions(label, case.description, case.same, used))
        board.documents[case.name] = total
        board.partners.setdefault(case.partner, Score()).add(total)
        for key in ("all", one.written, name, f"{name}, {one.written}"):
            board.sets.setdefault(key, Score()).add(total)
    return board


def leave_one_out(
    cases: list[Labelled], table: FeatureTable, strength: float = STRENGTH
) -> dict[str, Weights]:
    """Partner → weights that were fitted on all other partners."""
    every = [one.case for one in cases]
    first = fit_all(every, table, strength=strength)
    return {
        partner: fit_all(every, table, without={partner}, strength=strength, start=first)
        for partner in _partners(cases)
    }


def nested(
    cases: list[Labelled],
    boards: Mapping[float, Board],
    weights: Mapping[float, dict[str, Weights]],
) -> tuple[dict[str, Weights], dict[str, float]]:
    """For each partner the strength of the pull that is best for all others, and its weights.

    Args:
        cases: The documents.
        boards: Strength → what `measure` gave with the weights of `leave_one_out`.
        weights: Strength → those weights.
    """
    chosen: dict[str, float] = {}
    for partner in _partners(cases):
        totals = {}
        for strength, board in boards.items():
            totals[strength] = Score()
            for other, score in board.partners.items():
                if other != partner:
                    totals[strength].add(score)
        chosen[partner] = max(totals, key=lambda strength: totals[strength].f1 or 0.0)
    return {partner: weights[strength][partner] for partner, strength in chosen.items()}, chosen


def learning_curve(
    cases: list[Labelled], table: FeatureTable, sizes: tuple[int, ...] = (5, 10, 20)
) -> dict[str, dict[str, float]]:
    """F1 on partners that were left out, by the number of partners that were learned from."""
    partners = _partners(cases)
    curve: dict[str, dict[str, float]] = {}
    for size in sizes:
        total, macros = Score(), []
        for seed in range(DRAWS):
            chosen = set(random.Random(seed).sample(partners, size))
            left = set(partners) - chosen
            weights = fit_all([one.case for one in cases], table, without=left)
            others = [one for one in cases if one.case.partner not in chosen]
            board = measure(cases=others, weights=dict.fromkeys(partners, weights))
            total.add(board.sets["all"])
            macros.append(board.macro)
        curve[str(size)] = {"micro": total.f1 or 0.0, "macro": sum(macros) / len(macros)}
    return curve


def _partners(cases: list[Labelled]) -> list[str]:
    return sorted({one.case.partner for one in cases})


def _read(document: Path) -> tuple[ApiDescription, str]:
    """What a document says, or an empty description and why it could not be read."""
    try:
        return describe([document]), ""
    except WorkbenchError as error:
        return ApiDescription(), str(error)


def _set(slug: str) -> str:
    if slug in HELD_OUT:
        return "held-out"
    return "development" if slug in DEVELOPMENT else "new"


def plain_reference(reference: str) -> str:
    """A reference to prose without the spelling of its variables and the kind of its event."""
    method, _, path = reference.rpartition(" ")
    if not re.fullmatch("[A-Z]+", method):
        return re.sub(r"^(?:webhook|callback):", "", reference)
    parts = path.strip("/").split("/")
    return f"{method} /" + "/".join("{}" if VARIABLE.fullmatch(part) else part for part in parts)


def _score(
    label: dict[str, Any], label_id: str, found: list[Suggestion], same: Callable[[str], str]
) -> Score:
    wanted = set(map(same, label["features"].get(label_id) or ()))
    accepted = wanted | set(map(same, (label["also_acceptable"] or {}).get(label_id) or ()))
    proposed = {same(item.reference) for item in found if item.proposed}
    negatives = {
        same(item["op"])
        for item in label["hard_negatives"] or ()
        if label_id in _looks_like(item["looks_like"])
    }
    errors = [f"{label_id}: proposed {ref}" for ref in sorted(proposed - accepted)]
    errors += [f"{label_id}: missed {ref}" for ref in sorted(wanted - proposed)]
    errors += [f"{label_id}: HARD NEGATIVE {ref}" for ref in sorted(proposed & negatives)]
    return Score(
        hits=len(wanted & proposed),
        wrong=len(proposed - accepted),
        missed=len(wanted - proposed),
        negatives=len(negatives),
        negatives_hit=len(negatives & proposed),
        errors=errors,
    )


def _directions(
    label: dict[str, Any],
    description: ApiDescription,
    same: Callable[[str], str],
    weights: Weights | None,
) -> Score:
    judged = {
        same(key): side for key, side in judge_directions(description, weights=weights).items()
    }
    served = {same(key): side for key, side in label["served_by"].items()}
    held = {same(item.id) for item in (*description.operations, *description.events)}
    lost = sorted(served.keys() - held)
    score = Score(
        labelled=len(served),
        read=len(served) - len(lost),
        errors=[f"not read: {ref}" for ref in lost],
    )
    for reference, side in served.items():
        expected = "inbound" if side == "us" else "outbound"
        score.directions += 1
        if judged.get(reference) == expected:
            score.directions_right += 1
        else:
            score.errors.append(f"direction: {reference} is {expected}")
    return score


def _looks_like(text: str) -> set[str]:
    """The features of `get_order / create order`; words that are no feature count for none."""
    return {part.strip() for part in text.split("/")} & set(LABEL_IDS)


def _doubtful(label: dict[str, Any]) -> set[str]:
    """Features that a note starting with `doubtful:` speaks of, by name or by reference."""
    notes = [str(note) for note in label["notes"] if str(note).startswith("doubtful:")]
    if any("every label here" in note for note in notes):
        return set(LABEL_IDS)
    found = {name for note in notes for name in re.findall(r"[a-z]+(?:_[a-z]+)+", note)}
    if any("upsert_*" in note for note in notes):
        found |= {name for name in LABEL_IDS if name.startswith("upsert_")}
    return found & set(LABEL_IDS)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _show(name: str, score: Score) -> str:
    shares = (
        score.precision,
        score.recall,
        score.f1,
        score.direction_accuracy,
        score.read_share,
    )
    cells = "  ".join("   -" if share is None else f"{share:.2f}" for share in shares)
    counts = f"{score.hits:3d} {score.wrong:3d} {score.missed:3d}"
    return f"{name:44s} {cells}  {counts}  {score.negatives_hit}/{score.negatives}"


def main(arguments: list[str] | None = None) -> int:
    """Print the scores; exit code 2 when the labels are not there."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--misses", action="store_true", help="list every error")
    parser.add_argument("--in-sample", action="store_true", help="only with the shipped weights")
    parser.add_argument("--leave-one-out", action="store_true", help="only leave-one-partner-out")
    parser.add_argument("--curve", action="store_true", help="also the learning curve")
    parser.add_argument(
        "--nested", action="store_true", help="also with the strength chosen inside"
    )
    chosen = parser.parse_args(arguments)
    if not (DOCUMENTS / "labels").is_dir():
        sys.stderr.write(f"no labels at {DOCUMENTS / 'labels'}: nothing to measure\n")
        return 2
    cases = read_cases(DOCUMENTS)
    boards: dict[str, Board] = {}
    curve: dict[str, dict[str, float]] = {}
    if not chosen.leave_one_out:
        boards["in-sample"] = measure(cases=cases)
    if not chosen.in_sample:
        curve = _hold_out(cases, boards, curve=chosen.curve, inside=chosen.nested)
    if chosen.json:
        rows = {name: _board_row(board) for name, board in boards.items()}
        sys.stdout.write(json.dumps({**rows, "learning_curve": curve}, indent=1) + "\n")
        return 0
    lines = [line for name, board in boards.items() for line in _lines(name, board, chosen.misses)]
    lines += ["", *(_summary(name, board) for name, board in boards.items())]
    lines += [
        f"learned from {size} partners: F1 {one['micro']:.3f} micro, {one['macro']:.3f} macro"
        for size, one in curve.items()
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _hold_out(
    cases: list[Labelled], boards: dict[str, Board], *, curve: bool, inside: bool
) -> dict[str, dict[str, float]]:
    """Add the boards of what was left out; returns the learning curve, where it is wanted."""
    prepare([one.case for one in cases])
    table = FeatureTable([one.case for one in cases])
    weights = {STRENGTH: leave_one_out(cases, table)}
    tried = {STRENGTH: measure(cases=cases, weights=weights[STRENGTH])}
    board = boards["leave-one-partner-out"] = tried[STRENGTH]
    if inside:
        for strength in STRENGTHS:
            if strength not in weights:
                weights[strength] = leave_one_out(cases, table, strength)
                tried[strength] = measure(cases=cases, weights=weights[strength])
        best, _ = nested(cases, tried, weights)
        boards["leave-one-partner-out, strength chosen inside"] = measure(cases=cases, weights=best)
    if not curve:
        return {}
    found = learning_curve(cases, table)
    return found | {"all others": {"micro": board.sets["all"].f1 or 0.0, "macro": board.macro}}


def _summary(name: str, board: Board) -> str:
    """The figures that are asked for, in one line."""
    total, prose = board.sets["all"], board.sets["prose"]
    shares = {
        "F1 micro": total.f1,
        "macro": board.macro,
        "prose": prose.f1,
        "direction": total.direction_accuracy,
        "hard negatives": total.hard_negative_rate,
    }
    return f"{name}: " + ", ".join(f"{key} {share or 0:.3f}" for key, share in shares.items())


def _groups(board: Board) -> dict[str, dict[str, Score]]:
    return {
        "sets": board.sets,
        "partners": board.partners,
        "documents": board.documents,
        "features": board.features,
    }


def _board_row(board: Board) -> dict[str, Any]:
    groups = {
        name: {key: score.row() for key, score in group.items()}
        for name, group in _groups(board).items()
    }
    return {
        **groups,
        "macro_f1": board.macro,
        "reliability": {f"{part / 10:.1f}": row for part, row in sorted(board.bins.items())},
        "slowest_seconds": board.slowest,
    }


def _lines(title: str, board: Board, misses: bool) -> list[str]:
    lines = [f"\n===== {title}: macro F1 over partners {board.macro:.3f}"]
    for name, group in _groups(board).items():
        lines.append(f"\n{name:44s} prec  rec   F1    dir   read   ok bad miss  hard negatives")
        for key, score in group.items():
            lines.append(_show(key, score))
            if misses and name == "documents":
                lines.extend(f"      {error}" for error in score.errors)
    lines.append("\nscore of   seen  right")
    for part, (seen, right) in sorted(board.bins.items()):
        lines.append(f"{part / 10:.1f}-{part / 10 + 0.1:.1f}  {seen:6d}  {right / seen:.2f}")
    lines.append(f"\nslowest document: {board.slowest:.3f} s")
    return lines


if __name__ == "__main__":
    sys.exit(main())
