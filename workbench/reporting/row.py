"""One feature as the report shows it."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.model.evidence import Evidence, Outcome
from workbench.model.feature import Criterion, Feature, FeatureKind, Reason, Requirement
from workbench.model.verdict import Status, Verdict
from workbench.reporting.language import Language
from workbench.reporting.wording import KINDS


@dataclass(frozen=True)
class Subject:
    """An operation or event in the partner's words; `document` is empty for anything else."""

    id: str
    summary: str = ""
    document: str = ""


@dataclass(frozen=True)
class Row:
    """A feature, its verdict, and what in the partner's API serves it.

    Attributes:
        feature: In the words of the language.
        reason: The coded reason of a stated absence.
        evidence: Every observation about the feature.
    """

    feature: Feature
    verdict: Verdict
    reason: Reason | None
    subjects: tuple[Subject, ...]
    evidence: tuple[Evidence, ...]
    language: Language

    @property
    def word(self) -> str:
        """Verdict in the reader's language."""
        table = "papers" if self.is_paperwork else "verdicts"
        return self.language.say(f"{table}.{self.verdict.status}")

    @property
    def kind(self) -> str:
        """Class of the word: its colour and shape."""
        return KINDS[self.verdict.status]

    @property
    def proof(self) -> str:
        """How the verdict came about, in a few words."""
        return self.language.say(f"proofs.{self.verdict.status}")

    @property
    def explanation(self) -> str:
        """Why a feature that is offered is not integrated yet, as a sentence."""
        status, say = self.verdict.status, self.language.say
        if status is Status.FAILED:
            return say("why.contradicted" if self.verdict.absence else "why.failed")
        if status is Status.UNKNOWN:
            return say("why.unknown")
        if self.is_paperwork:
            return say("why.paper")
        proved = {Outcome.PASSED, Outcome.FAILED, Outcome.INAPPLICABLE}
        lacking = [
            say(f"lacking.{source}")
            for source in self.feature.requires
            if self.verdict.sources.get(source) not in proved
        ]
        return say("why.unverified", lacking=self.language.join(lacking or [say("why.doubt")]))

    @property
    def is_paperwork(self) -> bool:
        """Whether it is about documents and access, not about requests."""
        return self.feature.kind is FeatureKind.PAPERWORK

    @property
    def is_beyond(self) -> bool:
        """Whether the integration does without it."""
        return self.feature.requirement is Requirement.BEYOND

    @property
    def criteria(self) -> list[tuple[Criterion, Outcome]]:
        """Each criterion that was looked at, or is stated absent, with its outcome."""
        return [
            (item, outcome)
            for item in self.feature.criteria
            if (outcome := self.outcome(item)) is not Outcome.UNTESTED
        ]

    @property
    def exceptions(self) -> list[tuple[Criterion, Outcome]]:
        """Criteria that do not work or could not be told: what a reader must not miss."""
        doubtful = {Outcome.FAILED, Outcome.CANT_TELL}
        return [(item, outcome) for item, outcome in self.criteria if outcome in doubtful]

    @property
    def untested(self) -> list[Criterion]:
        """Criteria that nothing has looked at, although the feature is bound."""
        if not self.verdict.subjects or self.is_paperwork:
            return []
        return [item for item in self.feature.criteria if self.outcome(item) is Outcome.UNTESTED]

    @property
    def tally(self) -> str:
        """How many of the feature's behaviours work, of those that were looked at."""
        works = sum(outcome is Outcome.PASSED for _, outcome in self.criteria)
        return self.language.say("features.tally", n=works, total=len(self.feature.criteria))

    def outcome(self, criterion: Criterion) -> Outcome:
        """Outcome of one criterion in this run."""
        return self.verdict.criteria.get(criterion.slug, Outcome.UNTESTED)

    def witnesses(self, criterion: Criterion) -> list[str]:
        """Ids of the observations on which the outcome of a criterion rests."""
        outcome = self.outcome(criterion)
        return [
            line.id
            for line in self.evidence
            if line.outcome is outcome
            and (
                criterion.slug in line.criteria
                or any(finding.criterion == criterion.slug for finding in line.findings)
            )
        ]
