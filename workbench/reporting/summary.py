"""A report in short: two words, one sentence, the next steps, and the session about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Self

from pydantic import AwareDatetime

from workbench.errors import CredentialError
from workbench.model import (
    LIVE_SOURCES,
    REFUSAL,
    Evidence,
    Feature,
    Finding,
    Lifter,
    Outcome,
    Protocol,
    Record,
    Requirement,
    Scores,
    SignOff,
    Standing,
    Status,
    Verdict,
    find_contradictions,
    find_unshown,
    identify,
)
from workbench.reporting.language import Language, name_refusal
from workbench.reporting.retelling import retell
from workbench.reporting.row import Row
from workbench.store import RunFolder, read_protocol, read_sign_offs

Level = Literal["incomplete", "untested", "none", "full", "reservations", "orders", "partial"]
_PARTS = (
    Status.FAILED,
    Status.SUPPORTED,
    Status.UNVERIFIED,
    Status.OPEN,
    Status.UNKNOWN,
    Status.UNSUPPORTED,
)
_WHOLE = {Standing.PROVED, Standing.INAPPLICABLE}


class Trouble(Record):
    """What kept us from asking: since when, by which refusals, and in how many observations.

    `is_whole`: nothing at all was answered.
    """

    since: AwareDatetime
    kinds: tuple[str, ...]
    observations: int
    is_whole: bool = False

    def tell(self, language: Language) -> str:
        """One sentence for the top of a report."""
        return language.say(
            "access.nothing" if self.is_whole else "access.trouble",
            moment=language.moment(self.since),
            why=language.join([name_refusal(kind, language) for kind in self.kinds]),
            observations=language.count("count.observation", self.observations),
        )


def find_trouble(evidence: Iterable[Evidence]) -> Trouble | None:
    """What kept us from asking; None when nothing did."""
    live = [line for line in evidence if line.source in LIVE_SOURCES]
    hit = [line for line in live if REFUSAL in line.detail]
    if not hit:
        return None
    told = {Outcome.PASSED, Outcome.FAILED}
    kinds = dict.fromkeys(str(line.detail[REFUSAL]) for line in hit)
    since = min(line.observed_at for line in hit)
    is_whole = all(line.outcome not in told for line in live)
    return Trouble(since=since, kinds=tuple(kinds), observations=len(hit), is_whole=is_whole)


def name_level(
    platform: Sequence[tuple[Feature, Verdict]], scores: Scores, *, is_complete: bool
) -> Level:
    """Full, partial, or what kind of integration it is: the end of a key under `level`.

    Args:
        platform: Services and events with their verdicts.
        scores: Figures of the same.
        is_complete: Whether the run came to its end.
    """
    works = [feature for feature, verdict in platform if verdict.status.is_integrated]
    areas = {feature.area for feature in works}
    kinds = {feature.slug.split("-")[0] for feature in works}
    if not is_complete:
        return "incomplete"
    if not scores.is_tested:
        return "untested"
    if not works:
        return "none"
    if scores.integrated == scores.applicable and all(_is_whole(*pair) for pair in platform):
        return "full"
    if "order" not in kinds and "catalogue" not in areas and "reservation" in kinds:
        return "reservations"
    if "reservation" not in kinds and "catalogue" not in areas and "order" in kinds:
        return "orders"
    return "partial"


def _is_whole(feature: Feature, verdict: Verdict) -> bool:
    """Whether every core criterion that applies is proved live; one stated absent is none."""
    if verdict.status is Status.EXEMPT:
        return True
    return all(verdict.criteria.get(item.slug) in _WHOLE for item in feature.criteria if item.core)


def sum_up(
    platform: Sequence[Row], scores: Scores, language: Language, *, is_complete: bool
) -> str:
    """One honest sentence whose figures add up."""
    counted = Counter(row.verdict.status for row in platform)
    features = language.count("count.feature", scores.applicable)
    first = language.count("sum.integrated", scores.integrated, features=features)
    parts = [first if is_complete else language.say("sum.so_far", sentence=first)]
    parts += [
        language.count(f"sum.{status}", counted[status]) for status in _PARTS if counted[status]
    ]
    return "; ".join(parts) + "."


MOST = 5
_UNPROVED = {Status.SUPPORTED, Status.UNVERIFIED}
_UNDECIDED = {Status.OPEN, Status.UNKNOWN}


@dataclass(frozen=True)
class NextStep:
    """One thing to do.

    Attributes:
        action: Who does what, in two or three words.
        task: What exactly.
        about: What it is about: features, mostly.
        anchor: Where the report says more.
        is_recorded: Whether the task is a sentence of the partner folder or of a tool.
    """

    action: str
    task: str
    about: str
    anchor: str
    is_recorded: bool = False


def list_steps(rows: Sequence[Row], questions: int, language: Language) -> list[NextStep]:
    """All steps, those that block most first; what goes beyond the agreement is no step.

    Args:
        rows: Rows of the report.
        questions: How many questions wait for the partner's answer.
        language: In which the steps are written.
    """
    steps = [
        *_mend(rows, language),
        *_provide(rows, language),
        *_settle(questions, language),
        *_prove(rows, language),
        *_decide(rows, language),
    ]
    return list(dict.fromkeys(steps))


def _mend(rows: Sequence[Row], language: Language) -> Iterator[NextStep]:
    """What is there, and does not work; features that one cause breaks are one step."""
    broken: dict[object, list[Row]] = {}
    graves = {row.feature.slug: _grave(row) for row in rows if row.verdict.status is Status.FAILED}
    name = identify(finding for finding in graves.values() if finding)
    for row in rows:
        slug = row.feature.slug
        if slug in graves:
            grave = graves[slug]
            broken.setdefault(name(grave) if grave else slug, []).append(row)
    for found in broken.values():
        first = found[0]
        grave = graves[first.feature.slug]
        action = language.say("steps.mend" if grave else "steps.mend_us")
        task = (grave.hint or grave.summary) if grave else first.explanation
        anchor = f"gap-{first.feature.slug}"
        yield NextStep(action, task, _name(found), anchor, is_recorded=bool(grave))


def _grave(row: Row) -> Finding | None:
    return next((finding for finding in row.findings if finding.severity.breaks), None)


def _provide(rows: Sequence[Row], language: Language) -> Iterator[NextStep]:
    """What is missing and can be lifted; absences with one remedy are one step."""
    wanted: dict[tuple[Lifter, str, bool], list[Row]] = {}
    for row in rows:
        absence, reason = row.verdict.absence, row.reason
        if row.verdict.status is not Status.UNSUPPORTED or absence is None or reason is None:
            continue
        if reason.lifted_by is not Lifter.NOBODY and not row.is_beyond:
            key = (reason.lifted_by, absence.needed or reason.needed, bool(absence.needed))
            wanted.setdefault(key, []).append(row)
    ranked = sorted(wanted.items(), key=lambda entry: min(_weight(row) for row in entry[1]))
    for (lifter, need, is_recorded), found in ranked:
        action = language.say(f"steps.provide_{lifter}")
        anchor = f"gap-{found[0].feature.slug}"
        yield NextStep(action, need, _name(found), anchor, is_recorded=is_recorded)


def _settle(questions: int, language: Language) -> Iterator[NextStep]:
    if questions:
        yield NextStep(
            language.say("steps.answer"),
            language.count("count.question", questions),
            language.say("steps.answer_about"),
            "questions",
        )


def _prove(rows: Sequence[Row], language: Language) -> Iterator[NextStep]:
    """What is connected, and was not tried: one step for all, for the next session."""
    untried = [row for row in rows if row.verdict.status in _UNPROVED and not row.is_paperwork]
    if untried:
        doubts = [
            line for row in untried for line in row.evidence if line.outcome is Outcome.CANT_TELL
        ]
        lacks = any(line.detail.get(REFUSAL) == CredentialError.__name__ for line in doubts)
        ending = "_credentials" if lacks else "_stopped" if doubts else "_task"
        yield NextStep(
            language.say("steps.try"),
            language.say(f"steps.try{ending}"),
            _name(untried),
            f"gap-{untried[0].feature.slug}",
        )


def _decide(rows: Sequence[Row], language: Language) -> Iterator[NextStep]:
    """What nobody has judged: nothing is connected there, so there is nothing to try out."""
    open_ = [row for row in rows if row.verdict.status in _UNDECIDED and not row.is_paperwork]
    if open_:
        yield NextStep(
            language.say("steps.decide"),
            language.say("steps.decide_task"),
            _name(open_),
            f"gap-{open_[0].feature.slug}",
        )


def _name(rows: Sequence[Row]) -> str:
    return "; ".join(row.feature.title for row in rows)


def _weight(row: Row) -> int:
    """Required before conditional; paperwork blocks before services."""
    order = [Requirement.REQUIRED, Requirement.CONDITIONAL, Requirement.BEYOND]
    return 2 * order.index(row.feature.requirement) + (0 if row.is_paperwork else 1)


@dataclass(frozen=True)
class Meeting:
    """Everything of sessions that a run folder holds.

    Attributes:
        protocol: Of the session about this run; None when there was none.
        signatures: The last word of each side, here or in a session before.
        contradicted: Slugs of what was signed as integrated, here or before, and is not any more.
        unshown: Likewise, and this run could not show it.
        lapsed: Last day on which an earlier signature held that does not bind this run any more.
    """

    protocol: Protocol | None = None
    signatures: tuple[SignOff, ...] = ()
    contradicted: tuple[str, ...] = ()
    unshown: tuple[str, ...] = ()
    lapsed: date | None = None

    @classmethod
    def read(
        cls,
        folder: RunFolder,
        verdicts: Mapping[str, Status],
        day: date,
        language: Language | None = None,
    ) -> Self:
        """From the files of a run, and how its features stand.

        Args:
            folder: The run.
            verdicts: Of its features.
            day: On which it was made; what was signed until an earlier one promises nothing.
            language: In which the session is told; None: in which it was begun.

        Raises:
            InputError: A file is damaged.
        """
        protocol = read_protocol(folder)
        own = protocol.sign_offs if protocol else ()
        signed = tuple({item.side: item for item in (*read_sign_offs(folder), *own)}.values())
        holding = [item for item in signed if item.until is None or item.until >= day]
        ended = [item.until for item in signed if item.until is not None and item.until < day]
        lapsed = max(ended, default=None) if not holding else None
        otherwise, unshown = (
            find(holding, verdicts) for find in (find_contradictions, find_unshown)
        )
        told = retell(protocol, language) if protocol and language else protocol
        return cls(told, signed, otherwise, unshown, lapsed)

    @property
    def earlier(self) -> tuple[SignOff, ...]:
        """What was signed in a session before, and is still the last word of its side."""
        own = self.protocol.sign_offs if self.protocol else ()
        return tuple(item for item in self.signatures if item not in own)

    @property
    def minutes(self) -> int:
        """How long the agenda takes."""
        return sum(step.minutes for step in self.protocol.header.steps) if self.protocol else 0


def tell_signature(
    item: SignOff, language: Language, name: Callable[[str], str]
) -> tuple[str, str]:
    """What a side signed: its decision, and who, when, on what conditions, for what, until when.

    Args:
        item: The signature.
        language: Of the reader.
        name: Slug of a feature → its title.
    """
    say = language.say
    day = language.date(item.at)
    parts = [f"{say('session.signed', name=item.name, role=item.role, date=day)}."]
    parts += [
        say("session.conditions", text=f"{text.strip().rstrip('.')}.") for text in item.conditions
    ]
    names = "; ".join(map(name, item.features))
    parts.append(say("session.covers", names=names) if names else say("session.covers_all"))
    if item.until:
        parts.append(say("session.until", date=language.date(item.until)))
    head = f"{say(f'session.sides.{item.side}')}: {say(f'session.words.{item.decision}')}"
    return head, " ".join(parts)
