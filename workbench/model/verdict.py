"""Verdict words, and the three figures of a partner: reach, score and depth."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field

from workbench.model.evidence import LIVE_SOURCES, Finding, Outcome, Record, Source
from workbench.model.feature import Catalogue, Requirement
from workbench.model.statement import Absence, Attestation, Limit


class Proof(StrEnum):
    """How far a thing is proved; the levels are kept apart in every output."""

    NONE = "none"
    DOCUMENTED = "documented"  # statements and documents say so
    REHEARSED = "rehearsed"  # recorded samples pass through our mapping
    LIVE = "live"  # the partner's system answered or sent, and it was right


class Status(StrEnum):
    """The verdict words."""

    CONFIRMED = "confirmed"  # all core criteria proved live
    LIMITED = "limited"  # proved live, within named limits
    SUPPORTED = "supported"  # rehearsed: ready, not proved; never counted as integrated
    FAILED = "failed"  # proved live to be wrong
    UNVERIFIED = "unverified"  # bound, not proved
    OPEN = "open"  # nobody has judged it yet
    UNSUPPORTED = "unsupported"
    EXEMPT = "exempt"
    UNKNOWN = "unknown"

    @property
    def is_integrated(self) -> bool:
        """Whether a report may call the feature integrated: only what was proved live."""
        return self in {Status.CONFIRMED, Status.LIMITED}


class Standing(StrEnum):
    """How one criterion stands. A word never exceeds its proof."""

    PROVED = "proved"
    FAILED = "failed"
    CANT_TELL = "cant-tell"
    ATTESTED = "attested"
    REHEARSED = "rehearsed"
    DOCUMENTED = "documented"
    UNTESTED = "untested"
    UNSUPPORTED = "unsupported"
    INAPPLICABLE = "inapplicable"

    @property
    def counts(self) -> bool:
        """Whether the criterion applies, so that depth counts it."""
        return self is not Standing.INAPPLICABLE


class Verdict(Record):
    """What is known of one feature of one partner, and why.

    Attributes:
        proof: The highest level that anything of the feature has reached.
        sources: Outcome per source that was asked.
        criteria: How each criterion of the feature stands.
        attested: Criterion slug → who vouches for it.
        limits: Every limit, stated and observed.
        absence: The stated absence, when there is one.
        candidates: What may serve it, where nobody has judged yet.
        reviewed: Whether a person has looked at the statement.
        basis: Ids of the evidence lines that decided.
        stale: Ids of evidence lines that were too old or rest on other inputs.
        because: One sentence that says which rule decided.
    """

    feature: str
    status: Status
    proof: Proof = Proof.NONE
    subjects: tuple[str, ...] = ()
    sources: dict[Source, Outcome] = Field(default_factory=dict)
    criteria: dict[str, Standing] = Field(default_factory=dict)
    attested: dict[str, Attestation] = Field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    findings: tuple[Finding, ...] = ()
    absence: Absence | None = None
    candidates: tuple[str, ...] = ()
    reviewed: bool = True
    basis: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    because: str

    @property
    def is_settled(self) -> bool:
        """Whether people have judged it: neither open, nor a proposal, nor silence."""
        return self.reviewed and self.status not in {Status.OPEN, Status.UNKNOWN}

    @property
    def is_tested(self) -> bool:
        """Whether the partner's system has shown anything of it, right or wrong."""
        # What fails in samples fails without the partner's system.
        has_failed = any(self.sources.get(source) is Outcome.FAILED for source in LIVE_SOURCES)
        return has_failed or Standing.PROVED in self.criteria.values()


class Scores(Record):
    """Counts behind reach, score and depth; a figure of nothing is 0.

    Attributes:
        applicable: Services and events that are not exempt.
        bound: Those of them with operations or events.
        integrated: Those of them that are proved live.
        tested: Those of them of which the partner's system has shown anything.
        criteria: Criteria of the applicable ones that apply, without those beyond the scope.
        proved: Those of them that are proved live.
    """

    applicable: int
    bound: int
    integrated: int
    tested: int = 0
    criteria: int = 0
    proved: int = 0

    @property
    def reach(self) -> float:
        """Share of the applicable features that the partner's platform offers."""
        return self.bound / self.applicable if self.applicable else 0.0

    @property
    def score(self) -> float:
        """Share of the applicable features that are proved live; never above reach."""
        return self.integrated / self.applicable if self.applicable else 0.0

    @property
    def depth(self) -> float:
        """Share of the applicable criteria that are proved live."""
        return self.proved / self.criteria if self.criteria else 0.0

    @property
    def figures(self) -> dict[str, float]:
        """The three figures as shares from 0 to 1, to four digits."""
        shares = {"reach": self.reach, "score": self.score, "depth": self.depth}
        return {name: round(share, 4) for name, share in shares.items()}

    @property
    def is_tested(self) -> bool:
        """Whether anything at all could be tested live."""
        return self.tested > 0


def count_scores(catalogue: Catalogue, verdicts: Mapping[str, Verdict]) -> Scores:
    """Count features and criteria among those that can be bound.

    A feature without a verdict counts as applicable, with all its criteria unproved, so that a
    partial run never looks better than a whole one.
    """
    counts = dict.fromkeys(Scores.model_fields, 0)
    for feature in catalogue.bindable():
        found = verdicts.get(feature.slug)
        if found is not None and found.status is Status.EXEMPT:
            continue
        standings = [
            found.criteria.get(item.slug, Standing.UNTESTED) if found else Standing.UNTESTED
            for item in feature.criteria
            if item.requirement is not Requirement.BEYOND
        ]
        counts["applicable"] += 1
        counts["criteria"] += sum(standing.counts for standing in standings)
        counts["proved"] += standings.count(Standing.PROVED)
        if found is not None and found.subjects:
            counts["bound"] += 1
            counts["integrated"] += found.status.is_integrated
            counts["tested"] += found.is_tested
    return Scores(**counts)
