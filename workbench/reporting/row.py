"""One feature as the report shows it."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.model.evidence import Evidence, Outcome
from workbench.model.feature import Criterion, Feature, FeatureKind, Reason
from workbench.model.verdict import Status, Verdict
from workbench.reporting.wording import KINDS, LACKING, PAPERS, PROOFS, VERDICTS


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
        reason: The coded reason of a stated absence.
        evidence: Every observation about the feature.
    """

    feature: Feature
    verdict: Verdict
    reason: Reason | None
    subjects: tuple[Subject, ...]
    evidence: tuple[Evidence, ...]

    @property
    def word(self) -> str:
        """Verdict in the partner's language."""
        return (PAPERS if self.is_paperwork else VERDICTS)[self.verdict.status]

    @property
    def kind(self) -> str:
        """Class of the word: its colour and shape."""
        return KINDS[self.verdict.status]

    @property
    def proof(self) -> str:
        """How the verdict came about, in a few words."""
        return PROOFS[self.verdict.status]

    @property
    def explanation(self) -> str:
        """Why a feature that is offered is not integrated yet, as a sentence."""
        status = self.verdict.status
        if status is Status.FAILED and self.verdict.absence:
            return "We had noted that you do not offer this, but it worked when we tried it."
        if status is Status.FAILED:
            return "It is there, but when we tested it, it did not work as restaurants need it to."
        if status is Status.UNKNOWN:
            return "We have not looked for it in your documents yet."
        if self.is_paperwork:
            return "It is in place, but was not checked in this run."
        proved = {Outcome.PASSED, Outcome.FAILED, Outcome.INAPPLICABLE}
        lacking = [
            LACKING[source]
            for source in self.feature.requires
            if self.verdict.sources.get(source) not in proved
        ]
        why = ", and ".join(lacking) or "a grave doubt is open"
        return f"It is connected, but not proved yet: {why}."

    @property
    def is_paperwork(self) -> bool:
        """Whether it is about documents and access, not about requests."""
        return self.feature.kind is FeatureKind.PAPERWORK

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
        return f"{works} of {len(self.feature.criteria)} behaviours proved"

    def outcome(self, criterion: Criterion) -> Outcome:
        """Outcome of one criterion in this run."""
        return self.verdict.criteria.get(criterion.slug, Outcome.UNTESTED)
