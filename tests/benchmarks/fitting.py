"""Fits the weights of the suggestions on labelled documents; `--write` stores them in the package.

Run as `python tests/benchmarks/fitting.py --write`. Two models, both logistic regressions that are
pulled towards a prior: who sends a request (`workbench/description/senders.json`), and which
exchange serves which feature (`workbench/suggest/weights.json`). The priors (`priors.py`)
are what a person knows before any document is seen. A signal
counts once it was seen in the documents of `PARTNERS` partners, so that no partner's private words
are learned; a partner with many rows does not outvote the others.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from workbench.description import describe, load_text
from workbench.description.senders import group_signals, judge_senders, own_signals, weigh
from workbench.model.description import ApiDescription
from workbench.suggest.interaction_signals import read_all
from workbench.suggest.ranking import signals_of
from workbench.suggest.scoring import Weights
from workbench.suggest.signals import AIMS, look_around

sys.path.insert(0, str(Path(__file__).parent))
from priors import bounds_of, counts, feature_priors, sender_priors

ROOT = Path(__file__).resolve().parents[2]
PARTNERS = 3  # partners in whose documents a signal must be seen to count
STRENGTH = 8.0  # of the pull towards the prior: features
STRENGTH_SENDERS = 9.0
SMALLEST = 0.02  # weight that is worth storing
ROWS = 700  # rows of one partner that count in full
EXCHANGES = 12
PLAIN = "plain-"  # starts the names of the documents that are always learned from
BARE = 0.5  # weight of an example without bodies and text beside the one that has them
FEATURE_PRIORS = feature_priors()
SignalValues = Mapping[str, float]


@dataclass
class Row:
    """One example: its signals, whether it is so, and how much it counts."""

    signals: dict[str, float]
    is_so: bool
    weight: float = 1.0


def fit(
    rows: Sequence[Row],
    *,
    priors: Mapping[str, float],
    strength: float,
    start: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Fit one logistic regression; returns signal → weight."""
    listed = sorted({name for row in rows for name in row.signals} | priors.keys())
    place = {name: number for number, name in enumerate(listed)}
    cells = [
        (number, place[name], value)
        for number, row in enumerate(rows)
        for name, value in row.signals.items()
        if name in place
    ]
    at, column, values = (np.array(part) for part in zip(*cells, strict=True))
    matrix = sparse.csr_matrix((values, (at, column)), shape=(len(rows), len(listed)))
    truth = np.array([row.is_so for row in rows], float)
    weight = np.array([row.weight for row in rows])
    return _solve(matrix, truth, weight, listed, priors=priors, strength=strength, start=start)


def _solve(
    matrix: sparse.csr_matrix,
    truth: np.ndarray,
    weight: np.ndarray,
    names: Sequence[str],
    *,
    priors: Mapping[str, float],
    strength: float,
    start: Mapping[str, float] | None,
) -> dict[str, float]:
    """The weights of the columns that cost least: errors, and the way from the prior."""
    prior = np.array([priors.get(name, 0.0) for name in names])
    pull = np.array([0.01 if name.endswith("always") else strength for name in names])
    turned = matrix.T.tocsr()

    def loss(guess: np.ndarray) -> tuple[float, np.ndarray]:
        odds = matrix @ guess
        shares = 1 / (1 + np.exp(-np.clip(odds, -40, 40)))
        away = guess - prior
        cost = (weight * (np.logaddexp(0, odds) - truth * odds)).sum() + (pull * away**2).sum() / 2
        return cost, turned @ (weight * (shares - truth)) + pull * away

    limits = [bounds_of(name) for name in names]
    first = np.array([(start or priors).get(name, 0.0) for name in names])
    first = np.clip(first, *np.array(limits).T)
    steps = 60 if start else 400
    found = minimize(
        loss, first, jac=True, method="L-BFGS-B", bounds=limits, options={"maxiter": steps}
    )
    return dict(zip(names, map(float, found.x), strict=True))


@dataclass
class Case:
    """One labelled document.

    `sends` says for numbers of exchanges whether the partner sends it. `wanted`, `accepted`: pairs
    of plain reference and feature. `same` makes a reference plain.
    """

    name: str
    partner: str
    description: ApiDescription
    sends: dict[int, bool]
    wanted: set[tuple[str, str]]
    accepted: set[tuple[str, str]]
    same: Callable[[str], str]
    own: list[dict[str, float]] = field(default_factory=list)
    rows: list[tuple[str, str, dict[str, float]]] = field(default_factory=list)


def fit_senders(
    cases: Sequence[Case], start: Mapping[str, Any] | None = None
) -> dict[str, dict[str, float]]:
    """Fit who sends: first by what an exchange says itself, then with its neighbours."""
    priors = sender_priors()
    own = fit(
        list(_sender_rows(cases, lambda case: case.own)),
        priors=priors,
        strength=STRENGTH_SENDERS,
        start=start["own"] if start else None,
    )

    def joined(case: Case) -> list[dict[str, float]]:
        first = [weigh(signals, own) for signals in case.own]
        around = group_signals(case.description, first)
        return [{**one, **two} for one, two in zip(case.own, around, strict=True)]

    both = fit(
        list(_sender_rows(cases, joined)),
        priors=priors,
        strength=STRENGTH_SENDERS,
        start=start["all"] if start else None,
    )
    return {"own": own, "all": both}


def _sender_rows(
    cases: Sequence[Case], signals: Callable[[Case], list[dict[str, float]]]
) -> Iterator[Row]:
    counts: dict[str, int] = defaultdict(int)
    for case in cases:
        counts[case.partner] += len(case.sends)
    for case in cases:
        found = signals(case)
        weight = min(1.0, EXCHANGES / max(1, counts[case.partner])) ** 0.5
        yield from (Row(found[number], is_so, weight) for number, is_so in case.sends.items())


def read_rows(case: Case, senders: Mapping[str, Any]) -> None:
    """Read the signals of every exchange of a document for every feature."""
    interactions = read_all(
        case.description, senders=judge_senders(case.description, weights=senders, own=case.own)
    )
    around = look_around(list(interactions))
    case.rows = [
        (seen.item.id, feature, signals)
        for seen in interactions
        for feature in AIMS
        if (signals := signals_of(seen, feature, around)) is not None
    ]


class FeatureTable:
    """The examples of all documents as one matrix, so that a fit without a partner is a mask.

    Attributes:
        names: SignalValues of the columns, `family|signal`; `all` is shared by the families.
        partners: Whose examples there are, in the order of the rows of `seen`.
        seen: Whether a partner's documents show a signal: partners by signals.
    """

    def __init__(self, cases: Sequence[Case]) -> None:
        rows: list[tuple[Row, str]] = []
        for partner, weight, case in _weighted(cases):
            rows.extend((row, partner) for row in _feature_rows(case, weight))
        self.names = sorted({name for row, _ in rows for name in row.signals})
        place = {name: number for number, name in enumerate(self.names)}
        self.partners = sorted({partner for _, partner in rows})
        whose = {partner: number for number, partner in enumerate(self.partners)}
        self.seen = np.zeros((len(self.partners), len(self.names)), bool)
        self._of = np.array([whose[partner] for _, partner in rows])
        at: list[int] = []
        column: list[int] = []
        values: list[float] = []
        for number, (row, _) in enumerate(rows):
            columns = [place[name] for name in row.signals]
            self.seen[self._of[number], columns] = True
            at += [number] * len(columns)
            column += columns
            values += row.signals.values()
        shape = (len(rows), len(self.names))
        self._matrix = sparse.csr_matrix((values, (at, column)), shape=shape)
        self._truth = np.array([row.is_so for row, _ in rows], float)
        self._weight = np.array([row.weight for row, _ in rows])

    def fit(
        self,
        without: Iterable[str] = (),
        *,
        strength: float = STRENGTH,
        start: Mapping[str, Mapping[str, float]] | None = None,
    ) -> dict[str, dict[str, float]]:
        """Fit on the examples of all partners but some: family → signal → weight."""
        left = frozenset(without)
        kept = np.array([partner not in left for partner in self.partners])
        least = min(
            PARTNERS, sum(not name.startswith(PLAIN) for name in self.partners if name not in left)
        )
        known = np.array([name in FEATURE_PRIORS for name in self.names])
        columns = (self.seen[kept].sum(0) >= least) | (known & self.seen[kept].any(0))
        rows = kept[self._of]
        names = [name for name, is_used in zip(self.names, columns, strict=True) if is_used]
        flat = {
            f"{family}|{name}": weight
            for family, table in (start or {}).items()
            for name, weight in table.items()
        }
        found = _solve(
            self._matrix[rows][:, columns],
            self._truth[rows],
            self._weight[rows],
            names,
            priors=FEATURE_PRIORS,
            strength=strength,
            start=flat,
        )
        tables: dict[str, dict[str, float]] = {"all": {}}
        for name, weight in found.items():
            family, _, signal = name.partition("|")
            tables.setdefault(family, {})[signal] = weight
        return tables


def _weighted(cases: Sequence[Case]) -> Iterator[tuple[str, float, Case]]:
    """Every document with its partner and how much each of its examples counts."""
    counts: dict[str, int] = defaultdict(int)
    for case in cases:
        counts[case.partner] += len(case.rows)
    for case in (*cases, *plain_cases()):
        yield case.partner, min(1.0, ROWS / max(1, counts[case.partner])) ** 0.5, case


def _feature_rows(case: Case, weight: float) -> Iterator[Row]:
    """Every example of a document, and the same without bodies and text."""
    for reference, feature, signals in case.rows:
        pair = (case.same(reference), feature)
        if pair in case.accepted and pair not in case.wanted:
            continue
        family, is_so = AIMS[feature].family, pair in case.wanted
        yield Row(dict(_spread(family, signals)), is_so, weight)
        yield Row(dict(_spread(family, _without_bodies(signals))), is_so, BARE * weight)


def _without_bodies(signals: SignalValues) -> dict[str, float]:
    """The same exchange in a document that shows no bodies and describes nothing."""
    silent = ("body ", "answer ", "text ", "type field", "event types")
    kept = {name: value for name, value in signals.items() if not name.startswith(silent)}
    return kept | {"body is not described": 1.0, "answer is not described": 1.0}


def _spread(family: str, signals: SignalValues) -> Iterator[tuple[str, float]]:
    for name, value in signals.items():
        if counts(name):
            if name != "sent to us":
                yield f"all|{name}", value
            yield f"{family}|{name}", value


@cache
def plain_cases() -> tuple[Case, ...]:
    """The documents of `plain_cases.yaml`, with their signals: they are always learned from."""
    listed = load_text((Path(__file__).parent / "plain_cases.yaml").read_text("utf-8"), "plain")
    return tuple(_plain_case(number, table) for number, table in enumerate(listed))


def _plain_case(number: int, table: Mapping[str, list[str]]) -> Case:
    document: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Plain", "version": "1"}}
    document |= {"paths": {}, "webhooks": {}}
    wanted: set[tuple[str, str]] = set()
    for key, features in table.items():
        reference, _, summary = key.partition(" | ")
        node = {"summary": summary, "responses": {"200": {"description": "done"}}}
        if reference.startswith("webhook:"):
            document["webhooks"][reference.partition(":")[2]] = {"post": node}
        else:
            method, path = reference.split(" ")
            document["paths"].setdefault(path, {})[method.lower()] = node
        wanted |= {(reference, feature) for feature in features}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "plain.json"
        path.write_text(json.dumps(document), "utf-8")
        description = describe([path])
    name = f"{PLAIN}{number}"
    case = Case(name, name, description, {}, wanted, set(), str)
    case.own = own_signals(description)
    senders = {"own": sender_priors(), "all": sender_priors()}
    read_rows(case, senders)
    return case


def fit_all(
    cases: Sequence[Case],
    table: FeatureTable,
    *,
    without: Iterable[str] = (),
    strength: float = STRENGTH,
    start: Weights | None = None,
) -> Weights:
    """Fit both models on all partners but some; `table` holds the examples of all cases."""
    left = frozenset(without)
    kept = [case for case in cases if case.partner not in left]
    senders = fit_senders(kept, start.senders if start else None)
    features = table.fit(left, strength=strength, start=start.features if start else None)
    return Weights(senders, features)


def prepare(cases: Sequence[Case]) -> None:
    """Read the signals of all cases, each with senders that were fitted without its partner."""
    for case in cases:
        case.own = own_signals(case.description)
    everyone = fit_senders(cases)
    for partner in sorted({case.partner for case in cases}):
        others = [case for case in cases if case.partner != partner]
        senders = fit_senders(others, everyone) if others else everyone
        for case in cases:
            if case.partner == partner:
                read_rows(case, senders)


def store(weights: Weights) -> None:
    """Write both files of the package."""
    for path, tables in (
        (ROOT / "workbench" / "description" / "senders.json", weights.senders),
        (ROOT / "workbench" / "suggest" / "weights.json", weights.features),
    ):
        kept = {
            family: {
                name: round(weight, 3)
                for name, weight in sorted(table.items())
                if abs(weight) >= SMALLEST
            }
            for family, table in tables.items()
        }
        path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Fit on all labelled documents; exit code 2 when they are not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="store the weights in the package")
    chosen = parser.parse_args(arguments)
    sys.path.insert(0, str(Path(__file__).parent))
    from binding import DOCUMENTS, read_cases  # noqa: PLC0415 - the two scripts use each other

    if not (DOCUMENTS / "labels").is_dir():
        sys.stderr.write(f"no labels at {DOCUMENTS / 'labels'}: nothing to fit\n")
        return 2
    cases = [labelled.case for labelled in read_cases(DOCUMENTS)]
    prepare(cases)
    weights = fit_all(cases, FeatureTable(cases))
    if chosen.write:
        store(weights)
    counts = {family: len(table) for family, table in weights.features.items()}
    sys.stdout.write(json.dumps({"documents": len(cases), "signals": counts}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
