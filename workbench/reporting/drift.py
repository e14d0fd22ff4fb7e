"""What changed between two runs of a partner, and which way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from workbench.errors import InputError
from workbench.model import Outcome, Record, Severity, Source, Status
from workbench.reporting.history import ANSWERS, Seen, Snapshot, read_snapshot
from workbench.store import RunFolder


class Trend(StrEnum):
    """Which way a change goes."""

    REGRESSION = "regression"
    IMPROVEMENT = "improvement"
    NEUTRAL = "neutral"


# How far each verdict is from what was promised; what does not apply is no step on this way.
_RANKS: Mapping[str, int] = {
    Status.CONFIRMED: 5,
    Status.LIMITED: 4,
    Status.SUPPORTED: 3,
    Status.UNVERIFIED: 2,
    Status.OPEN: 1,
    Status.UNKNOWN: 1,
    Status.UNSUPPORTED: 1,
    Status.FAILED: 0,
}
_BEHAVIOUR: Mapping[str, int] = {Outcome.PASSED: 1, Outcome.FAILED: 0}
# Verdicts of what was shown, right or wrong, and of what a run could not show. From the one
# to the other nothing became worse or better: nobody has seen it.
_SHOWN = frozenset({Status.CONFIRMED, Status.LIMITED, Status.FAILED})
_UNSHOWN = frozenset({Status.SUPPORTED, Status.UNVERIFIED})


class Drifted(Record):
    """One thing that is not as it was; an empty side was not there.

    Attributes:
        name: Feature, file, or `feature/source/check`.
        direction: Which way it goes.
    """

    name: str
    before: str
    now: str
    direction: Trend


class Drift(Record):
    """All changes from one run to another.

    Attributes:
        verdicts: By feature.
        appeared: Findings that are new.
        gone: Findings that are no longer there.
        documents: Files of the partner folder whose hash changed.
        behaviour: Checks with another outcome.
    """

    old: str
    new: str
    verdicts: tuple[Drifted, ...] = ()
    appeared: tuple[Seen, ...] = ()
    gone: tuple[Seen, ...] = ()
    documents: tuple[Drifted, ...] = ()
    behaviour: tuple[Drifted, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed."""
        parts = (self.verdicts, self.appeared, self.gone, self.documents, self.behaviour)
        return not any(parts)

    @property
    def unshown(self) -> tuple[str, ...]:
        """Features that were integrated, and of which the new run shows nothing."""
        return tuple(
            item.name
            for item in self.verdicts
            if item.now in _UNSHOWN and item.before in _SHOWN - {Status.FAILED}
        )

    @property
    def direction(self) -> Trend:
        """The worst that happened."""
        seen = {change.direction for change in (*self.verdicts, *self.behaviour)}
        worse = any(item.severity.rank <= Severity.MEDIUM.rank for item in self.appeared)
        if worse or Trend.REGRESSION in seen:
            return Trend.REGRESSION
        if self.gone or Trend.IMPROVEMENT in seen:
            return Trend.IMPROVEMENT
        return Trend.NEUTRAL

    @property
    def has_regressions(self) -> bool:
        """Whether something became worse; the exit code of `workbench diff` depends on it."""
        return self.direction is Trend.REGRESSION


def compare_runs(old: RunFolder, new: RunFolder) -> Drift:
    """What changed from one run to another.

    Raises:
        InputError: A log is missing or damaged, or the runs are of two partners.
    """
    return compare(read_snapshot(old), read_snapshot(new))


def compare(old: Snapshot, new: Snapshot) -> Drift:
    """As `compare_runs`, on snapshots.

    Raises:
        InputError: The runs are of two partners.
    """
    if old.partner != new.partner:
        raise InputError(
            f"Run {old.run} is of {old.partner}, and run {new.run} of {new.partner}",
            hint="Compare two runs of the same partner.",
        )
    before = {item.key: item for item in old.findings}
    now = {item.key: item for item in new.findings}
    return Drift(
        old=old.run,
        new=new.run,
        verdicts=tuple(_changes(old.verdicts, new.verdicts, _RANKS)),
        appeared=tuple(item for key, item in now.items() if key not in before),
        gone=tuple(
            item for key, item in before.items() if key not in now and _was_asked(item, new)
        ),
        documents=tuple(_changes(old.inputs, new.inputs, {})),
        behaviour=tuple(
            change
            for change in _changes(old.checks, new.checks, _BEHAVIOUR)
            if change.before and change.now  # a check that was not made tells nothing
        ),
    )


def _was_asked(item: Seen, new: Snapshot) -> bool:
    """Whether a check that showed a finding was made again, so that its absence says something.

    Generated requests are one check for many operations: the finding's own must have answered.
    """
    again = [key for key in item.checks if new.checks.get(key) in ANSWERS]
    if again and new.fuzzed and all(key.split("/")[1] == Source.CONTRACT for key in again):
        return item.operation is None or item.operation in new.fuzzed
    return not item.checks or bool(again)


def _changes(
    old: Mapping[str, str], new: Mapping[str, str], ranks: Mapping[str, int]
) -> Iterable[Drifted]:
    for name in dict.fromkeys((*old, *new)):
        before, now = old.get(name, ""), new.get(name, "")
        if before != now:
            yield Drifted(name=name, before=before, now=now, direction=_judge(before, now, ranks))


def _judge(before: str, now: str, ranks: Mapping[str, int]) -> Trend:
    was, is_now = ranks.get(before), ranks.get(now)
    if before in _SHOWN and now in _UNSHOWN:
        return Trend.NEUTRAL
    if was is None or is_now is None or was == is_now:
        return Trend.NEUTRAL
    return Trend.IMPROVEMENT if is_now > was else Trend.REGRESSION
