"""How many requests a contract run may make, and how they are spread over the operations."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.adapters import Session
from workbench.evidence.check_table import say

_ENOUGH = 40  # for one operation: more of them find next to nothing more
_LEAST = 3  # below that, fewer operations are asked instead
_SPARE = 0.8  # of the time is planned for requests; the rest is for starting, and for slow answers
_STATEFUL_FROM = 12  # cases of an operation from which scenarios are worth their requests
_STEPS = 6  # requests in one scenario
_SAMPLE = 50


@dataclass(frozen=True)
class Budget:
    """How much one document may cost.

    There is no `--max-time`: it would repeat fuzzing until the time is spent.

    Attributes:
        examples: Most generated cases per operation in the fuzzing phase, and stateful scenarios.
        seconds: Wall time after which the run is stopped; its report so far still counts.
        requests_per_minute: Ceiling, beside that of the manifest.
        phases: Schemathesis phases, in order. That of examples is not among them: the
            systematic one sends every documented example, too.
        per_operation: Most requests to one operation.
    """

    examples: int = 10
    seconds: int = 300
    requests_per_minute: int | None = None
    phases: tuple[str, ...] = ("coverage", "fuzzing", "stateful")
    per_operation: int = _ENOUGH


@dataclass(frozen=True)
class BudgetShare:
    """What each operation gets of a budget.

    Attributes:
        reached: Operations that are asked; the others have to wait for another run.
        each: Most requests to one of them, scenarios aside.
        coverage, fuzzing: How `each` is divided over the phases.
        scenarios: How many scenarios of several requests there are, over all operations.
        pace: Seconds from one request to the next.
        why: What set the limit, in words for the report; empty where nothing did.
    """

    reached: tuple[str, ...]
    each: int
    coverage: int
    fuzzing: int
    scenarios: int
    pace: float = 0.0
    why: str = ""

    @property
    def phases(self) -> dict[str, int]:
        """Phase → its share, those that get one."""
        given = {
            "coverage": self.coverage,
            "fuzzing": self.fuzzing,
            "stateful": self.scenarios,
        }
        return {name: count for name, count in given.items() if count}


def divide(session: Session, budget: Budget, operations: Sequence[str]) -> BudgetShare:
    """Spread a budget evenly; where it is too small for all, the first operations come first."""
    rates = (session.partner.manifest.limits.requests_per_minute, budget.requests_per_minute)
    rate = min((item for item in rates if item), default=None)
    pace = 60 / rate if rate else 0.0
    usual = _usual_seconds(session)
    most = int(budget.seconds * _SPARE / max(pace, usual)) if max(pace, usual) else None
    count = max(1, len(operations))
    each = budget.per_operation if most is None else min(budget.per_operation, most // count)
    reached = tuple(operations)
    why = ""
    if each < budget.per_operation and most is not None:
        reason = (
            say("contract-reach.per-minute", rate=rate)
            if pace >= usual
            else say("contract-reach.per-answer", usual=f"{usual:.1f}")
        )
        why = say("contract-reach.allow", seconds=budget.seconds, reason=reason, n=most)
    if each < _LEAST:
        each = min(_LEAST, budget.per_operation)
        reached = reached[: max(1, (most or 0) // each)]
    return _phase(budget, reached, each, pace, why)


def _phase(
    budget: Budget, reached: tuple[str, ...], each: int, pace: float, why: str
) -> BudgetShare:
    """Chance takes a part, what is systematic takes the rest."""
    fuzzing = min(budget.examples, max(1, each // 12)) if "fuzzing" in budget.phases else 0
    coverage = max(1, each - fuzzing) if "coverage" in budget.phases else 0
    is_worth = "stateful" in budget.phases and each >= _STATEFUL_FROM
    scenarios = min(budget.examples, max(1, len(reached) * each // 20 // _STEPS)) if is_worth else 0
    return BudgetShare(reached, each, coverage, fuzzing, scenarios, pace, why)


def _usual_seconds(session: Session) -> float:
    """What an answer took of late in this run; 0 where nothing was asked before."""
    taken = [entry.seconds for entry in session.recorder.unmasked()[-_SAMPLE:] if entry.status]
    return statistics.median(taken) if taken else 0.0
