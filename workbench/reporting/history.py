"""What one run amounts to, kept beside it; `drift` compares two of them.

`snapshot.json` stands beside the log it was taken from, and is taken again when the log differs.
`previous.json` is the snapshot of the run before: it travels in the run folder, so that a report
can tell what has changed and is still a function of that folder alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field, ValidationError

from workbench.errors import InputError
from workbench.model import (
    LIVE_SOURCES,
    Catalogue,
    Evidence,
    Matter,
    Outcome,
    Record,
    Scores,
    Severity,
    Source,
    Status,
    Verdict,
    combine_outcomes,
    count_scores,
)
from workbench.partners import load_catalogue
from workbench.reporting.defect import collect
from workbench.reporting.summary import Level, Trouble, find_trouble, name_level
from workbench.store import (
    Log,
    RunFolder,
    list_runs,
    read_run,
    stated_verdicts,
)

SNAPSHOT, PREVIOUS = "snapshot.json", "previous.json"
ANSWERS = frozenset({Outcome.PASSED, Outcome.FAILED})


class Seen(Record):
    """A distinct finding of a run; two runs show the same one when their keys agree.

    `checks` are those that showed it, as `Snapshot.checks` has them; snapshots of old have none.
    """

    slug: str
    severity: Severity
    summary: str
    operation: str | None = None
    pointer: str | None = None
    matter: Matter = Matter.PLATFORM  # snapshots of old do not tell
    checks: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """Kind, operation and place."""
        return (self.slug, self.operation, self.pointer)


class Snapshot(Record):
    """One run in figures.

    Attributes:
        verdicts: Those that concern the partner.
        level: End of a key under `level` in the language files; empty in snapshots of old.
        trouble: What kept us from asking; None when nothing did.
        checks: `feature/source/check` → outcome.
        fuzzed: Operations that generated requests had an answer of; empty in snapshots of old.
        valid_until: When the first live proof becomes too old; None when there is none.
        size: Bytes of the log that it was taken from.
        digest: Digest in the footer of that log; empty when the run is incomplete.
    """

    format: Literal["workbench-snapshot/1"] = "workbench-snapshot/1"
    partner: str
    title: str
    run: str
    environment: str
    started_at: AwareDatetime
    valid_until: AwareDatetime | None = None
    scores: Scores
    level: Level | Literal[""] = ""
    trouble: Trouble | None = None
    verdicts: dict[str, Status]
    findings: tuple[Seen, ...] = ()
    checks: dict[str, Outcome] = Field(default_factory=dict)
    fuzzed: tuple[str, ...] = ()
    inputs: dict[str, str] = Field(default_factory=dict)
    size: int = 0
    digest: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether the run came to its end."""
        return bool(self.digest)


def take_snapshot(folder: RunFolder, catalogue: Catalogue | None = None) -> Snapshot:
    """Compute the snapshot of a run from its log.

    Raises:
        InputError: The log is missing or damaged.
    """
    catalogue = catalogue or load_catalogue()
    log, verdicts = read_run(folder, catalogue)
    concerned = stated_verdicts(log, verdicts)
    header, scores = log.header, count_scores(catalogue, verdicts)
    bindable = catalogue.bindable()
    pairs = [(item, concerned[item.slug]) for item in bindable if item.slug in concerned]
    keys = {line.id: _name_check(line) for line in log.evidence}
    return Snapshot(
        partner=header.partner,
        title=header.title,
        run=header.run,
        environment=header.environment,
        started_at=header.started_at,
        valid_until=find_validity(log, catalogue, verdicts),
        scores=scores,
        level=name_level(pairs, scores, is_complete=log.is_complete),
        trouble=find_trouble(log.evidence),
        verdicts={slug: item.status for slug, item in concerned.items()},
        findings=tuple(
            Seen(
                **item.finding.model_dump(include=set(Seen.model_fields)),
                checks=tuple(dict.fromkeys(keys[name] for name in item.evidence if name in keys)),
            )
            for item in collect(log.evidence, concerned.values())
        ),
        checks=_combine_checks(log.evidence),
        fuzzed=_list_fuzzed(log.evidence),
        inputs=header.inputs,
        size=folder.log.stat().st_size,
        digest=log.footer.digest if log.footer else "",
    )


def read_snapshot(folder: RunFolder) -> Snapshot:
    """The snapshot that stands in a run folder, taken anew when it does not fit its log.

    Raises:
        InputError: The log is missing or damaged.
    """
    try:
        kept = Snapshot.model_validate_json((folder.path / SNAPSHOT).read_bytes())
        if kept.size == folder.log.stat().st_size:
            return kept
    except (OSError, ValidationError):
        pass
    return take_snapshot(folder)


def write_snapshot(folder: RunFolder) -> Path:
    """Take the snapshot of a run and keep it in its folder."""
    path = folder.path / SNAPSHOT
    path.write_text(take_snapshot(folder).model_dump_json(exclude_none=True) + "\n", "utf-8")
    return path


def remember_previous(reports: Path, folder: RunFolder, against: str = "") -> Snapshot | None:
    """Put into a run's folder the snapshot of the run that it is compared with.

    Only a run of the same environment is a measure; the folder is left as it is when there is none.

    Args:
        reports: Folder of all runs.
        folder: The run that is to know.
        against: Name of the other run; empty: the last complete one before this.
    """
    own = take_snapshot(folder)
    for other in reversed(list_runs(reports, own.partner)):
        if other.path == folder.path or (against and other.run != against):
            continue
        try:
            found = read_snapshot(other)
        except InputError:
            continue
        is_before = found.started_at < own.started_at
        if is_before and found.is_complete and found.environment == own.environment:
            text = found.model_dump_json(exclude_none=True) + "\n"
            (folder.path / PREVIOUS).write_text(text, "utf-8")
            return found
    return None


def read_previous(folder: RunFolder) -> Snapshot | None:
    """The snapshot of the run before, when one stands in the folder.

    Raises:
        InputError: It is damaged.
    """
    path = folder.path / PREVIOUS
    if not path.is_file():
        return None
    try:
        return Snapshot.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(
            "The snapshot of the previous run is damaged",
            location=str(path),
            hint="Remove the file; the report then tells nothing about changes.",
        ) from error


def find_validity(log: Log, catalogue: Catalogue, verdicts: dict[str, Verdict]) -> datetime | None:
    """When the first live proof of an integrated feature becomes too old."""
    return min(list_expiries(log, catalogue, verdicts).values(), default=None)


def list_expiries(
    log: Log, catalogue: Catalogue, verdicts: dict[str, Verdict]
) -> dict[str, datetime]:
    """Integrated feature → when the first live proof that it rests on becomes too old."""
    ages = {feature.slug: feature.max_age_days for feature in catalogue.features}
    found: dict[str, datetime] = {}
    for line in log.evidence:
        slug = line.feature
        if (
            line.source in LIVE_SOURCES
            and line.outcome is Outcome.PASSED
            and slug in ages
            and verdicts[slug].status.is_integrated
            and line.id in verdicts[slug].basis
        ):
            end = line.observed_at + timedelta(days=ages[slug])
            found[slug] = min(end, found.get(slug, end))
    return found


def _combine_checks(evidence: tuple[Evidence, ...]) -> dict[str, Outcome]:
    grouped: dict[str, list[Outcome]] = {}
    for line in evidence:
        grouped.setdefault(_name_check(line), []).append(line.outcome)
    return {key: combine_outcomes(outcomes) for key, outcomes in sorted(grouped.items())}


def _list_fuzzed(evidence: tuple[Evidence, ...]) -> tuple[str, ...]:
    """The operations whose answers to generated requests were judged."""
    judged = (line for line in evidence if line.source is Source.CONTRACT)
    return tuple(sorted({line.subject for line in judged if line.outcome in ANSWERS}))


def _name_check(line: Evidence) -> str:
    return "/".join((line.feature, line.source, line.check or line.subject))
