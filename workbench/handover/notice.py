"""What a new validation changed against an earlier one: for the partner, a restaurant, and us."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from workbench.errors import InputError
from workbench.handover.phrases import load_words, text_environment, write_page
from workbench.handover.sheet import Benefit, read_sheet
from workbench.model import Status
from workbench.reporting import (
    Drift,
    Language,
    Report,
    Row,
    Seen,
    Trend,
    compare_runs,
    list_expiries,
    name_change,
    read_snapshot,
    sentence,
)
from workbench.settings import Settings
from workbench.store import RunFolder, find_run, list_runs, read_protocol

Reader = Literal["partner", "restaurant", "us"]
READERS: tuple[Reader, ...] = ("partner", "restaurant", "us")
# How long before its end a proof is told to be ending.
_SOON = timedelta(days=14)
_MOST = 25
# What a new run may be held against, beside a run by its name.
PREVIOUS_RUN, SIGNED_RUN = "previous", "signed"
_WORKING = frozenset({"works", "partly"})


@dataclass(frozen=True)
class FeatureChange:
    """A feature that stands otherwise than before.

    Attributes:
        before: Its verdict as the report words it; empty: it did not concern the partner.
        now: Likewise.
        why: For what is worse: what the report says of it.
    """

    slug: str
    title: str
    before: str
    now: str
    direction: Trend
    why: str = ""


@dataclass(frozen=True)
class Expiry:
    """When the proofs of a feature become too old."""

    slug: str
    title: str
    until: datetime
    is_late: bool


@dataclass(frozen=True)
class Notice:
    """Two runs of a partner side by side, in one language.

    Attributes:
        old: The run that the new one is held against.
        new: The new run.
        drift: What is otherwise.
        now: Instant against which the age of proofs is measured.
    """

    old: Report
    new: Report
    drift: Drift
    now: datetime

    @classmethod
    def read(
        cls,
        slug: str,
        settings: Settings,
        against: str,
        *,
        run: str | None = None,
        language: str = "",
        now: datetime | None = None,
    ) -> Self:
        """The notice of a run held against another; only run folders are read.

        Args:
            slug: Of the partner.
            settings: Where reports are.
            against: Name of the earlier run.
            run: The new one; None: the latest.
            language: Code; empty: that of the partner's locale.
            now: See above; None: this instant.

        Raises:
            InputError: A run is missing or damaged, or the language is not known.
        """
        old, new = find_run(settings.reports, slug, against), find_run(settings.reports, slug, run)
        before, after = (Report.read(item.path.absolute(), language) for item in (old, new))
        return cls(before, after, compare_runs(old, new), now or datetime.now(UTC))

    @property
    def words(self) -> Language:
        """The language."""
        return load_words(self.new.language.code)

    @cached_property
    def features(self) -> tuple[FeatureChange, ...]:
        """Features with another verdict; what became worse comes first."""
        rows = [{row.feature.slug: row for row in report.rows} for report in (self.old, self.new)]
        found: list[FeatureChange] = []
        for change in self.drift.verdicts:
            was, is_now = (known.get(change.name) for known in rows)
            is_worse = change.direction is Trend.REGRESSION or change.name in self.drift.unshown
            found.append(
                FeatureChange(
                    slug=change.name,
                    title=self.new.name(change.name),
                    before=was.word if was else "",
                    now=is_now.word if is_now else "",
                    direction=change.direction,
                    why=self._explain(is_now) if is_now and is_worse else "",
                )
            )
        order = (Trend.REGRESSION, Trend.NEUTRAL, Trend.IMPROVEMENT)
        return tuple(sorted(found, key=lambda item: order.index(item.direction)))

    def _explain(self, row: Row) -> str:
        """What was stated of a feature that the platform lacks, else what the report says of it."""
        absence = row.verdict.absence
        if absence is not None and row.verdict.status is not Status.FAILED:
            return sentence(self.new.translate(absence.reason))
        return row.explanation if row.is_explained else ""

    @property
    def appeared(self) -> tuple[str, ...]:
        """What the partner's system or documents show now and did not before."""
        return self._tell(item for item in self.drift.appeared if item.matter.is_theirs)

    @property
    def gone(self) -> tuple[str, ...]:
        """What they showed before and do not now."""
        return self._tell(item for item in self.drift.gone if item.matter.is_theirs)

    @property
    def ours(self) -> tuple[str, ...]:
        """What came up in our folder, test data and environment."""
        return self._tell(item for item in self.drift.appeared if not item.matter.is_theirs)

    @property
    def behaviour(self) -> tuple[tuple[str, str, str], ...]:
        """Checks that ended otherwise: (feature and check, before, now)."""
        rows: dict[tuple[str, str, str], None] = {}
        say = self.words.say
        for item in self.drift.behaviour:
            if item.direction is not Trend.NEUTRAL:  # not asked this time, or not answered
                told = say(f"outcomes.{item.before}"), say(f"outcomes.{item.now}")
                rows[name_change(item.name, self.new.catalogue, self.words.code), *told] = None
        return tuple(rows)

    @property
    def documents(self) -> tuple[str, ...]:
        """Files of the partner folder that are new, gone or otherwise."""
        return tuple(item.name for item in self.drift.documents)

    @property
    def contradicted(self) -> tuple[str, ...]:
        """Titles of what was signed as integrated and is not any more."""
        return tuple(map(self.new.name, self.new.meeting.contradicted))

    @cached_property
    def restaurant(self) -> tuple[str, ...]:
        """What is otherwise in the kitchen and at the till, as sentences without a technical word.

        What was lacking and is lacking for another reason is no change for a restaurant.
        """
        before = {item.slug: item for item in read_sheet(self.old).benefits}
        told = (
            self._compare(before.get(item.slug), item) for item in read_sheet(self.new).benefits
        )
        return tuple(text for text in told if text)

    @cached_property
    def expiries(self) -> tuple[Expiry, ...]:
        """Every integrated feature, by the end of its proofs."""
        report = self.new
        found = list_expiries(report.log, report.catalogue, report.verdicts)
        ordered = sorted(found.items(), key=lambda pair: pair[1])
        return tuple(
            Expiry(slug, report.name(slug), until, until < self.now) for slug, until in ordered
        )

    @property
    def ending(self) -> tuple[Expiry, ...]:
        """Those whose proofs are too old, or will be within two weeks."""
        return tuple(item for item in self.expiries if item.until < self.now + _SOON)

    @property
    def kind(self) -> str:
        """What it tells in a word: that nothing could be tried, else which way it goes."""
        return self.drift.direction if self.new.scores.is_tested else "untested"

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to tell anybody."""
        return self.drift.is_empty and not self.ending

    def concerns(self, reader: Reader) -> bool:
        """Whether a reader has anything to hear."""
        if reader == "restaurant":
            return bool(self.restaurant)
        theirs = self.features or self.appeared or self.gone or self.contradicted
        return bool(theirs) if reader == "partner" else not self.is_quiet

    def as_json(self) -> dict[str, Any]:
        """Everything for other tools: the body of a webhook about the change."""
        header, drift = self.new.log.header, self.drift
        return {
            "format": "workbench-changes/1",
            "partner": header.partner,
            "title": header.title,
            "language": self.words.code,
            "environment": header.environment,
            "run": drift.new,
            "against": drift.old,
            "direction": drift.direction.value,
            "tested": self.new.scores.is_tested,
            "quiet": self.is_quiet,
            "partner_changes": {
                "features": [self._tell_feature(item) for item in self.features],
                "appeared": list(self.appeared),
                "gone": list(self.gone),
                "contradicted": list(self.new.meeting.contradicted),
                "unshown": list(drift.unshown),
            },
            "restaurant_changes": list(self.restaurant),
            "our_changes": {
                "findings": list(self.ours),
                "behaviour": [list(row) for row in self.behaviour],
                "documents": list(self.documents),
            },
            "expiries": [
                {"feature": item.slug, "until": item.until.isoformat(), "late": item.is_late}
                for item in self.expiries
            ],
        }

    def _tell_feature(self, item: FeatureChange) -> dict[str, str]:
        return {
            "feature": item.slug,
            "title": item.title,
            "before": self.old.verdicts[item.slug].status.value if item.before else "",
            "now": self.new.verdicts[item.slug].status.value if item.now else "",
            "direction": item.direction.value,
            "why": item.why,
        }

    def _tell(self, found: Iterator[Seen]) -> tuple[str, ...]:
        summaries = (sentence(self.new.translate(item.summary)) for item in found)
        return tuple(dict.fromkeys(summaries))[:_MOST]

    def _compare(self, was: Benefit | None, now: Benefit) -> str:
        before, after = was.state if was else "lacking", now.state
        if before == after or not {before, after} & _WORKING:
            return ""
        if after == "soon" and now.slug in self.drift.unshown:
            return ""  # nobody could try it this time; until its proof ends it is taken to work
        if after not in _WORKING:
            return self.words.say("notice.restaurant.lost", title=now.title, text=now.text)
        names = "; ".join(now.exceptions) or self.words.say("sheet.limit")
        key = "won" if before not in _WORKING else "more" if after == "works" else "less"
        told = self.words.say(
            f"notice.restaurant.{key}", title=now.title, text=now.text, names=names
        )
        if key == "won" and now.exceptions:
            told = f"{told} {self.words.say('sheet.except', names=names)}"
        return told


def pick_baseline(reports: Path, partner: str, name: str, environment: str) -> str:
    """The run that a new validation is held against.

    Args:
        reports: Folder of all runs.
        partner: Slug.
        name: Of a run; `previous`, the latest complete one that tried something, if any did; or
            `signed`, the latest whose session was signed.
        environment: In which the new run is made.

    Returns:
        Name of the run; empty: `previous` was asked for, and there is none yet.

    Raises:
        InputError: There is no such run, it is incomplete, or of another environment.
    """
    if name not in {PREVIOUS_RUN, SIGNED_RUN}:
        found = read_snapshot(find_run(reports, partner, name))
        if not found.is_complete or found.environment != environment:
            what = f"was made in {found.environment}" if found.is_complete else "is incomplete"
            raise InputError(
                f"Run {name} {what}, so nothing of {environment} can be held against it",
                location=str(reports / partner / name),
                hint="Name a complete run of the same environment, `previous`, or `signed`.",
            )
        return name
    known = [(run, read_snapshot(run)) for run in reversed(list_runs(reports, partner))]
    whole = [item for item in known if item[1].is_complete and item[1].environment == environment]
    if name == PREVIOUS_RUN:
        tested = [run for run, found in whole if found.scores.is_tested]
        return next((run.run for run in (*tested, *(run for run, _ in whole))), "")
    signed = next((run.run for run, _ in whole if _is_signed(run)), "")
    if not signed:
        raise InputError(
            f"No session of {partner} was signed in {environment}",
            location=str(reports / partner),
            hint=f"Hold one: `workbench session {partner}`; or name a run.",
        )
    return signed


def _is_signed(run: RunFolder) -> bool:
    protocol = read_protocol(run)
    return bool(protocol and protocol.sign_offs)


def write_notice(notice: Notice) -> str:
    """The notice as a page for all three readers."""
    return write_page("notice", notice.words.code, notice=notice, header=notice.new.log.header)


def write_notice_json(notice: Notice) -> str:
    """The notice as JSON text."""
    return json.dumps(notice.as_json(), ensure_ascii=False, indent=1) + "\n"


def write_notice_text(notice: Notice, reader: Reader | None = None) -> str:
    """The notice as Markdown for everybody, or as a mail to one reader: its subject comes first."""
    template = text_environment(notice.words.code).get_template("notice.txt.j2")
    header = notice.new.log.header
    text = template.render(notice=notice, reader=reader, header=header)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip() + "\n"
