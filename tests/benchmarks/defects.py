"""Which seeded defects are found: bare Schemathesis beside our sources, with requests and seconds.

`python tests/benchmarks/defects.py` prints the table as Markdown; `--overhead` measures what our
contract source costs beside a bare `schemathesis run` with the same seed and settings, in pairs.
"Found" means, for ours, one of the findings that tell this defect, and for the bare program any
that the clean miniature does not give; "verdicts moved" names the features whose verdict, or whose
criteria or limits, differ from those of the clean one (what a busy machine makes slow is left out,
but where slowness is the defect). Each defect is shown
to the sources that should notice it, and compared with what these said of the clean one; defects
are tried side by side (`--workers`), for most of their time is waiting.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "evidence" / "miniatures"))

from defects import BEHAVIOUR, CONTRACT, RECEIPTS, Defect
from opening import open_miniature, write_folder

from workbench.adapters.session import Session
from workbench.evidence import behaviour, contract, receipts
from workbench.evidence.contract.budget import Budget, divide
from workbench.evidence.contract.configuration import Selection, select, write_configuration
from workbench.evidence.contract.generated_login import secret_environment
from workbench.evidence.contract.schemathesis_program import compose
from workbench.evidence.contract.vetting import vet
from workbench.model.evidence import Evidence, Source
from workbench.model.verdict import Standing, Verdict
from workbench.partners import Partner, load_catalogue, load_partner
from workbench.settings import Settings
from workbench.store import RunFolder, judge_all

CATALOGUE = load_catalogue()
CLEAN = Defect("", "", ())
SLOWNESS = "latency"
RECEIPT_SECONDS = 2.5


class Tried(NamedTuple):
    """What one tool said of one miniature; `lines` is the evidence of our sources."""

    findings: frozenset[str]
    requests: int
    seconds: float
    lines: tuple[Evidence, ...] = ()

    def only(self, sources: frozenset[Source]) -> Tried:
        """The part of it that some sources said."""
        lines = tuple(line for line in self.lines if line.source in sources)
        return self._replace(findings=_found(lines), lines=lines)


NOTHING = Tried(frozenset(), 0, 0.0)
EVERYTHING = frozenset({Source.BEHAVIOUR, Source.RECEIPTS, Source.CONTRACT})
# Fuzzing takes its ids from what behaviour saw.
NEEDED = (
    (BEHAVIOUR, frozenset({Source.BEHAVIOUR})),
    (RECEIPTS, frozenset({Source.RECEIPTS})),
    (CONTRACT, frozenset({Source.BEHAVIOUR, Source.CONTRACT})),
)


class Row(NamedTuple):
    """A defect to try (`CLEAN` for none), with which seed, and which of our sources are asked."""

    defect: Defect
    seed: int
    sources: frozenset[Source] = EVERYTHING


def _found(lines: Iterable[Evidence]) -> frozenset[str]:
    return frozenset(f"{line.feature}:{item.slug}" for line in lines for item in line.findings)


def find_moved(defect: Defect, tried: Tried, clean: Tried, partner: Partner) -> dict[str, Verdict]:
    """Features that are judged otherwise than on the clean miniature, by the same sources."""
    before, after = (
        judge_all(
            CATALOGUE,
            partner.statement,
            [line for line in one.lines if defect.check == SLOWNESS or line.check != SLOWNESS],
        )
        for one in (clean, tried)
    )
    return {
        slug: verdict
        for slug, verdict in after.items()
        if _stand(verdict) != _stand(before.get(slug))
    }


def _stand(verdict: Verdict | None) -> object:
    """What a verdict says of a feature: the word, its criteria that failed, and its limits."""
    if verdict is None:
        return None
    failed = sorted(slug for slug, how in verdict.criteria.items() if how is Standing.FAILED)
    return verdict.status, failed, verdict.limits


def run_bare(settings: Settings, defect: str, seed: int, examples: int | None) -> Tried:
    """Schemathesis as it comes, with our key and nothing else but a number of examples."""
    with open_miniature(settings, *filter(None, [defect])) as (partner, session), _room() as room:
        bundle = partner.description.bundles["openapi.yaml"]
        (room / "schema.json").write_text(json.dumps(bundle), "utf-8")
        key = session.credentials["api_key"].get_secret_value()
        command = [sys.executable, "-m", "schemathesis.cli", "run", "schema.json"]
        command += ["--url", session.client.base_url, "-H", f"X-Key: {key}", "--seed", str(seed)]
        command += ["--max-examples", str(examples)] if examples else []
        command += ["--report", "ndjson", "--report-ndjson-path", "report.ndjson"]
        began = time.monotonic()
        subprocess.run(command, cwd=room, capture_output=True, check=False, timeout=600)
        seconds = time.monotonic() - began
        found, requests = _read(room / "report.ndjson")
    return Tried(found, requests, seconds)


def run_ours(settings: Settings, defect: str, seed: int, sources: frozenset[Source]) -> Tried:
    """Those of our sources that are asked for, in the order of a validation."""
    with (
        open_miniature(settings, *filter(None, [defect]), seed=seed) as (partner, session),
        _room() as room,
    ):
        folder = RunFolder.create(room, "miniature", "run")
        began = time.monotonic()
        lines: list[Evidence] = []
        if Source.BEHAVIOUR in sources:
            lines += behaviour.gather(partner, CATALOGUE, session, patience=0.5)
        if Source.RECEIPTS in sources:
            lines += receipts.gather(partner, CATALOGUE, session, folder, wait=RECEIPT_SECONDS)
        if Source.CONTRACT in sources:
            lines += contract.gather(partner, CATALOGUE, session, folder)
        seconds = time.monotonic() - began
        requests = len(session.recorder.exchanges)
        requests += sum(line.detail.get("cases", 0) for line in lines if line.check == "contract")
    return Tried(_found(lines), requests, seconds, tuple(lines))


def run_row(row: Row, examples: int | None, *, is_bare_left_out: bool) -> tuple[Tried, Tried]:
    """Bare Schemathesis and our sources on one row, each with a folder and a server of its own."""
    with _room() as root:
        settings = write_folder(root)
        bare = (
            NOTHING if is_bare_left_out else run_bare(settings, row.defect.slug, row.seed, examples)
        )
        return bare, run_ours(settings, row.defect.slug, row.seed, row.sources)


def compare(
    settings: Settings,
    seeds: list[int],
    examples: int | None,
    *,
    is_bare_left_out: bool,
    only: frozenset[str] = frozenset(),
    workers: int = 1,
) -> Iterator[str]:
    """The table, line by line."""
    yield "| defect | bare | ours | verdicts moved | requests bare, ours | seconds bare, ours |"
    yield "|---|---|---|---|---|---|"
    rows = [
        Row(defect, seed, sources)
        for seed in seeds
        for defects, sources in NEEDED
        for defect in defects
        if not only or defect.slug in only
    ]
    partner = load_partner("miniature", settings)
    try_row = partial(run_row, examples=examples, is_bare_left_out=is_bare_left_out)
    totals, false = [0, 0, 0], 0
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        clean = {seed: pool.submit(try_row, Row(CLEAN, seed)) for seed in seeds}
        tried = [pool.submit(try_row, row) for row in rows]
        for seed, future in clean.items():
            told = future.result()
            false += len(told[1].findings)
            yield f"| clean, seed {seed} | {' | '.join(map(_words, told))} | |{_cost(told)}"
        for row, future in zip(rows, tried, strict=True):
            line, right = _compare_row(row, future.result(), clean[row.seed].result(), partner)
            totals = [total + one for total, one in zip(totals, right, strict=True)]
            yield line
    sums = " | ".join(f"{total} of {len(rows)}" for total in totals)
    yield f"| **found** | {sums} | | |"
    yield f"| **false on the clean one** | | {false} | | | |"


def _compare_row(
    row: Row, tried: tuple[Tried, Tried], clean: tuple[Tried, Tried], partner: Partner
) -> tuple[str, tuple[bool, bool, bool]]:
    """A line of the table, and whether bare and ours found it and a verdict moved."""
    (bare, ours), (bare_clean, ours_clean) = tried, clean
    ours_clean = ours_clean.only(row.sources)
    new = {name.rpartition(":")[2] for name in ours.findings - ours_clean.findings}
    found = bool(bare.findings - bare_clean.findings), bool(new & {*row.defect.findings})
    moved = find_moved(row.defect, ours, ours_clean, partner)
    marks = " | ".join("found" if one else "no" for one in found)
    shown = ", ".join(f"{slug} {verdict.status}" for slug, verdict in moved.items())
    words = f"| {row.defect.slug}, seed {row.seed} | {marks} | {shown or 'none'} |{_cost(tried)}"
    return words, (*found, bool(moved))


def measure_overhead(settings: Settings, pairs: int) -> Iterator[str]:
    """Seconds of our contract source against the bare program, one after the other."""
    ratios: dict[str, list[float]] = {"wall": [], "CPU": []}
    for number in range(pairs):
        order = (_time_ours, _time_bare) if number % 2 else (_time_bare, _time_ours)
        taken = {run: run(settings) for run in order}
        ours, bare = taken[_time_ours], taken[_time_bare]
        for name, one, other in zip(ratios, ours, bare, strict=True):
            ratios[name].append(one / other)
        yield (
            f"pair {number + 1}: wall {bare[0]:.2f} s bare, {ours[0]:.2f} s ours; "
            f"CPU {bare[1]:.2f} s bare, {ours[1]:.2f} s ours"
        )
    for name, found in ratios.items():
        middle = statistics.median(found)
        yield f"{name}: median ratio {middle:.3f} ({min(found):.3f} to {max(found):.3f})"


def _clock() -> tuple[float, float]:
    """Wall time, and CPU time of this process and of the programs that it has run."""
    times = os.times()
    return time.monotonic(), sum(times[:4])


def _since(began: tuple[float, float]) -> tuple[float, float]:
    wall, cpu = _clock()
    return wall - began[0], cpu - began[1]


def _time_ours(settings: Settings) -> tuple[float, float]:
    with open_miniature(settings, seed=7) as (partner, session), _room() as room:
        folder = RunFolder.create(room, "miniature", "run")
        began = _clock()
        list(contract.gather(partner, CATALOGUE, session, folder))
        return _since(began)


def _time_bare(settings: Settings) -> tuple[float, float]:
    """The same operations, settings and seed, without our reports, hooks and reading."""
    with open_miniature(settings, seed=7) as (partner, session), _room() as room:
        command, environment = _plan(partner, session, room)
        began = _clock()
        subprocess.run(
            command, cwd=room, env=environment, capture_output=True, check=False, timeout=600
        )
        return _since(began)


def _plan(partner: Partner, session: Session, room: Path) -> tuple[list[str], dict[str, str]]:
    selection: Selection = select(partner, CATALOGUE, "openapi.yaml", session)
    vetted = vet(partner.description.bundles["openapi.yaml"])
    share = divide(session, Budget(), [*selection.operations])
    write_configuration(room, session, selection, vetted.bundle, share)
    command = compose(session, share)
    kept = []
    words = iter(command)
    for word in words:
        if word.startswith("--report"):
            next(words)
        else:
            kept.append(word)
    return kept, {**os.environ, **secret_environment(session)}


@contextmanager
def _room() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        yield Path(name)


def _read(report: Path) -> tuple[frozenset[str], int]:
    found: set[str] = set()
    requests = 0
    for line in report.read_text("utf-8").splitlines() if report.is_file() else ():
        recorder = (json.loads(line).get("ScenarioFinished") or {}).get("recorder") or {}
        requests += len(recorder.get("interactions") or {})
        for checks in (recorder.get("checks") or {}).values():
            for check in checks:
                failure = (check.get("failure_info") or {}).get("failure")
                if failure:
                    found.add(f"{recorder.get('label')}:{failure['title']}")
    return frozenset(found), requests


def _words(tried: Tried) -> str:
    return ", ".join(sorted(tried.findings)) or "nothing"


def _cost(tried: Iterable[Tried]) -> str:
    tried = [*tried]
    counts = ", ".join(str(one.requests) for one in tried)
    seconds = ", ".join(f"{one.seconds:.1f}" for one in tried)
    return f" {counts} | {seconds} |"


def main() -> None:
    """Print the table or the overhead."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--only", nargs="+", default=[], metavar="DEFECT")
    parser.add_argument("--ours-only", action="store_true", help="leave bare Schemathesis out")
    parser.add_argument("--workers", type=int, default=3, help="rows tried side by side")
    parser.add_argument("--bare-examples", type=int, metavar="N", help="default: Schemathesis'")
    parser.add_argument("--overhead", type=int, metavar="PAIRS", help="measure this many pairs")
    options = parser.parse_args()
    with _room() as root:
        settings = write_folder(root)
        lines = (
            measure_overhead(settings, options.overhead)
            if options.overhead
            else compare(
                settings,
                options.seeds,
                options.bare_examples,
                is_bare_left_out=options.ours_only,
                only=frozenset(options.only),
                workers=options.workers,
            )
        )
        for line in lines:
            print(line, flush=True)  # noqa: T201 - a command line program


if __name__ == "__main__":
    main()
