"""What a report says in lists: rows as data, and the class that gives each its colour and shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.model import (
    LIVE_SOURCES,
    REFUSAL,
    Criterion,
    Evidence,
    Feature,
    FeatureKind,
    Finding,
    Outcome,
    Reason,
    Requirement,
    Severity,
    Standing,
    Status,
    Verdict,
)
from workbench.partners import load_catalogue
from workbench.reporting.language import Language, name_refusal

# The class that gives a word its colour and its shape; several verdicts share one.
KINDS = {
    Status.CONFIRMED: "good",
    Status.LIMITED: "limited",
    Status.SUPPORTED: "ready",
    Status.FAILED: "bad",
    Status.UNVERIFIED: "open",
    Status.OPEN: "open",
    Status.UNKNOWN: "open",
    Status.UNSUPPORTED: "absent",
    Status.EXEMPT: "mute",
}

# The sign of each class, which says in shape what the colour says; the dash is meant.
SIGNS = {
    "good": "✓",
    "limited": "◐",
    "ready": "◇",
    "bad": "✕",
    "open": "?",
    "absent": "○",
    "mute": "–",  # noqa: RUF001
}


STANDINGS = {
    Standing.PROVED: "good",
    Standing.FAILED: "bad",
    Standing.CANT_TELL: "open",
    Standing.ATTESTED: "ready",
    Standing.REHEARSED: "ready",
    Standing.DOCUMENTED: "ready",
    Standing.UNTESTED: "open",
    Standing.UNSUPPORTED: "absent",
    Standing.INAPPLICABLE: "mute",
}

OUTCOMES = {
    Outcome.PASSED: "good",
    Outcome.FAILED: "bad",
    Outcome.CANT_TELL: "open",
    Outcome.INAPPLICABLE: "mute",
    Outcome.UNTESTED: "open",
}

SEVERITIES = {
    Severity.CRITICAL: "bad",
    Severity.HIGH: "bad",
    Severity.MEDIUM: "limited",
    Severity.LOW: "mute",
    Severity.INFO: "mute",
}

# What is told of a delivery, in this order; any other name is shown as it is.
FACTS = ("delivery_id", "signature_header", "signed_text", "signed_sha256", "reason")


_OUTCOMES = {
    Standing.FAILED: Outcome.FAILED,
    Standing.CANT_TELL: Outcome.CANT_TELL,
    Standing.UNTESTED: Outcome.UNTESTED,
    Standing.INAPPLICABLE: Outcome.INAPPLICABLE,
}


_EXPLAINED = frozenset(Status) - {Status.CONFIRMED, Status.LIMITED, Status.EXEMPT}


@dataclass(frozen=True)
class Subject:
    """An operation or event in the partner's words; `document` is empty for anything else.

    `is_ours`: what we provide ourselves, in the words of the report's language.
    """

    id: str
    summary: str = ""
    document: str = ""
    is_ours: bool = False


def list_subjects(
    feature: Feature, verdict: Verdict, named: Mapping[str, Mapping[str, str]]
) -> tuple[Subject, ...]:
    """What serves a feature, as the partner names it; what we provide, as the catalogue does."""
    # The catalogue is asked in its own words: the feature here is in the reader's language.
    plain = load_catalogue().feature(feature.slug)
    if plain is not None and verdict.subjects == (plain.given,):
        return (Subject(feature.given or "", is_ours=True),)
    found = [(name, named.get(name, {})) for name in verdict.subjects]
    return tuple(
        Subject(words.get("id", name), words.get("summary", ""), words.get("document", ""))
        for name, words in found
    )


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
        """Class of the word: its colour and shape; a paper that is there needs no live proof."""
        is_there = self.is_paperwork and self.verdict.status is Status.SUPPORTED
        return "good" if is_there else KINDS[self.verdict.status]

    @property
    def proof(self) -> str:
        """How the verdict came about, in a few words."""
        return self.language.say(f"proofs.{self.verdict.status}")

    @property
    def explanation(self) -> str:
        """Why a feature that is offered is not integrated yet, as a sentence."""
        status, say = self.verdict.status, self.language.say
        if status is Status.FAILED:
            ours = "why.failed" if self.findings else "why.ours"
            return say("why.contradicted" if self.verdict.absence else ours)
        if status in {Status.UNKNOWN, Status.OPEN}:
            return say(f"why.{status}" + ("_paper" if self.is_paperwork else ""))
        if status is Status.SUPPORTED and not self.is_paperwork:
            return say("why.supported", lacking=self.language.join(self.unproved))
        if self.is_paperwork:
            why = self.language.join(self.doubts)
            return say("why.paper_doubt", why=why) if why else say("why.paper")
        proved = {Outcome.PASSED, Outcome.FAILED, Outcome.INAPPLICABLE}
        lacking = [
            say(f"lacking.{source}")
            for source in self.feature.requires
            if self.verdict.sources.get(source) not in proved
        ]
        lacking += [
            say(f"lacking.{source}")
            for source in self.feature.confirmed_by
            if source in LIVE_SOURCES and self.verdict.sources.get(source) is not Outcome.PASSED
        ]
        return say("why.unverified", lacking=self.language.join(lacking or [say("why.doubt")]))

    @property
    def is_explained(self) -> bool:
        """Whether the report says why it is not integrated; a paper that is there needs no word."""
        status = self.verdict.status
        return status in _EXPLAINED and not (self.is_paperwork and status is Status.SUPPORTED)

    @property
    def doubts(self) -> list[str]:
        """What could not be told live, and why, in words for the partner; each once."""
        return list(
            dict.fromkeys(
                self._doubt(line)
                for line in self.evidence
                if line.outcome is Outcome.CANT_TELL and line.source in LIVE_SOURCES
            )
        )

    def _doubt(self, line: Evidence) -> str:
        refusal = line.detail.get(REFUSAL)
        return name_refusal(str(refusal), self.language) if refusal else line.summary

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong on the partner's side."""
        return tuple(item for item in self.verdict.findings if item.matter.is_theirs)

    @property
    def is_paperwork(self) -> bool:
        """Whether it is about documents and access, not about requests."""
        return self.feature.kind is FeatureKind.PAPERWORK

    @property
    def is_beyond(self) -> bool:
        """Whether the integration does without it."""
        return self.feature.requirement is Requirement.BEYOND

    @property
    def unproved(self) -> list[str]:
        """Titles of what is to be proved live yet: of the core, or of any where all core lacks."""
        settled = {Standing.PROVED, Standing.INAPPLICABLE, Standing.UNSUPPORTED}
        left = [item for item in self.feature.criteria if self.standing(item) not in settled]
        core = [item for item in left if item.core]
        return [item.title for item in core or left] or [self.feature.title]

    @property
    def criteria(self) -> list[tuple[Criterion, Standing]]:
        """Each criterion that was looked at, vouched for or stated absent, and how it stands.

        What fails for a reason of ours alone says nothing of the partner.
        """
        return [
            (item, Standing.CANT_TELL if self._is_our_failure(item, standing) else standing)
            for item in self.feature.criteria
            if (standing := self.standing(item)) is not Standing.UNTESTED
        ]

    def _is_our_failure(self, criterion: Criterion, standing: Standing) -> bool:
        shown = set(self.witnesses(criterion)) if standing is Standing.FAILED else set()
        found = [item for line in self.evidence if line.id in shown for item in line.findings]
        return bool(found) and not any(item.matter.is_theirs for item in found)

    @property
    def exceptions(self) -> list[tuple[Criterion, Standing]]:
        """Criteria that do not work or could not be told: what a reader must not miss."""
        doubtful = {Standing.FAILED, Standing.CANT_TELL}
        return [(item, standing) for item, standing in self.criteria if standing in doubtful]

    @property
    def untested(self) -> list[Criterion]:
        """Criteria that nothing has looked at, although the feature is bound."""
        if not self.verdict.subjects or self.is_paperwork:
            return []
        return [item for item in self.feature.criteria if self.standing(item) is Standing.UNTESTED]

    @property
    def tally(self) -> str:
        """How many of the feature's behaviours that apply are proved live: its depth.

        Those beyond the agreed scope are counted apart, so that the features sum up to the whole.
        """
        beyond = [item for item in self.feature.criteria if _is_extra(item)]
        agreed = [item for item in self.feature.criteria if not _is_extra(item)]
        n, total = self._count(agreed or beyond)
        more, extra = self._count(beyond if agreed else [])
        ending = "_beyond" if extra else ""
        return self.language.say(
            f"features.tally{ending}", n=n, total=total, more=more, extra=extra
        )

    def _count(self, criteria: Sequence[Criterion]) -> tuple[int, int]:
        """How many are proved live, and how many apply."""
        standings = [self.standing(item) for item in criteria]
        return standings.count(Standing.PROVED), sum(standing.counts for standing in standings)

    def standing(self, criterion: Criterion) -> Standing:
        """How one criterion stands in this run."""
        return self.verdict.criteria.get(criterion.slug, Standing.UNTESTED)

    def vouch(self, criterion: Criterion) -> str:
        """Who vouches for a criterion, when, and where that is written."""
        word = self.verdict.attested.get(criterion.slug)
        return f"{word.by}, {word.on.isoformat()}, {word.source}" if word else ""

    def witnesses(self, criterion: Criterion) -> list[str]:
        """Ids of the observations on which the standing of a criterion rests."""
        outcome = _OUTCOMES.get(self.standing(criterion), Outcome.PASSED)
        return [
            line.id
            for line in self.evidence
            if line.outcome is outcome
            and (
                criterion.slug in line.criteria
                or any(finding.criterion == criterion.slug for finding in line.findings)
            )
        ]


def _is_extra(criterion: Criterion) -> bool:
    return criterion.requirement is Requirement.BEYOND
