"""The partner's report as data: everything that a rendering needs, from a run folder alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from workbench.errors import InputError
from workbench.model import (
    Catalogue,
    Evidence,
    Feature,
    Lifter,
    Outcome,
    Scores,
    Status,
    Verdict,
    count_scores,
)
from workbench.partners import load_catalogue
from workbench.reporting.defect import (
    Defect,
    Limitation,
    Loss,
    collect,
    list_limits,
    list_losses,
    list_statuses,
)
from workbench.reporting.drift import Drift, compare
from workbench.reporting.exchange import repeat_finding, repeat_run
from workbench.reporting.history import (
    Snapshot,
    find_validity,
    read_previous,
    take_snapshot,
)
from workbench.reporting.language import Language, choose_language, translate
from workbench.reporting.phrase import translate_phrase
from workbench.reporting.publisher import Publisher
from workbench.reporting.row import KINDS, Row, list_subjects
from workbench.reporting.section import ReportSection
from workbench.reporting.summary import (
    MOST,
    Level,
    Meeting,
    NextStep,
    find_trouble,
    list_steps,
    name_level,
    sum_up,
)
from workbench.secrecy import MASK
from workbench.settings import current_root
from workbench.store import Log, RunFolder, read_run, stated_verdicts

PAGE = "report.html"
# In the order of the page.
SECTIONS = (
    "cover", "summary", "changes", "features", "gaps", "limits", "defects", "questions",
    "benefits", "sign_off", "model", "statuses", "log", "provenance",
)  # fmt: skip

_PENDING = (Status.FAILED, Status.SUPPORTED, Status.UNVERIFIED, Status.OPEN, Status.UNKNOWN)
_CONTEXT: dict[str, Any] = {
    "base_url": "",
    "documents": (),
    "locale": "",
    "mappings": {},
    "questions": (),
    "restaurant": None,
    "subjects": {},
    "translations": {},
}


@dataclass(frozen=True)
class Report:
    """A report about one run, as its log tells it.

    Attributes:
        catalogue: In the words of the language.
        verdicts: Those that concern the partner, in the order of the catalogue.
        previous: The run before, when the folder knows one.
        most_defects: How many findings are shown; the rest is counted, and stands in the log.
        most_lines: How many observations of one feature are shown.
    """

    folder: RunFolder
    log: Log
    catalogue: Catalogue
    verdicts: dict[str, Verdict]
    language: Language
    previous: Snapshot | None = None
    most_defects: int = 40
    most_lines: int = 60

    @classmethod
    def read(cls, folder: str | Path, language: str = "") -> Self:
        """Read a run folder; a relative one is looked for from the root of the checkout.

        Args:
            folder: The run folder.
            language: Code such as `es`; empty: that of the partner's locale, else English.

        Raises:
            InputError: There is no log, it is damaged, or the language is not known.
        """
        run = RunFolder(current_root() / folder)
        if not run.log.is_file():
            raise InputError(
                "There is no evidence log",
                location=str(run.log),
                hint="Name the folder of a run: the one that holds evidence.jsonl.",
            )
        catalogue = load_catalogue()
        log, verdicts = read_run(run, catalogue)
        chosen = choose_language(language, log.header.context.get("locale"))
        words = translate(catalogue, chosen)
        return cls(run, log, words, stated_verdicts(log, verdicts), chosen, read_previous(run))

    @property
    def page(self) -> Path:
        """Where the rendered page stands, from the root of the checkout where that is possible."""
        path, root = self.folder.path / PAGE, current_root()
        return path.relative_to(root) if path.is_relative_to(root) else path

    @property
    def title(self) -> str:
        """Title of the window."""
        return self.language.say("page.title", partner=self.log.header.title)

    def section(self, name: str) -> ReportSection:
        """A section by the name of its template, such as `cover` or `features`."""
        values = {"report": self, "header": self.log.header}
        return ReportSection(name, values, self.language.code)

    def translate(self, text: str) -> str:
        """A sentence in the reader's language, when the partner folder or our phrases have it."""
        known: Mapping[str, str] = self.context["translations"].get(self.language.code) or {}
        return known[text] if text in known else translate_phrase(text, self.language.code)

    def convert(self, words: str) -> str:
        """How a value is converted, in the reader's language."""
        return ", ".join(self.translate(part) for part in words.split(", "))

    @cached_property
    def context(self) -> dict[str, Any]:
        """What the header says of the partner; what it does not say is empty."""
        return _CONTEXT | self.log.header.context

    @cached_property
    def scores(self) -> Scores:
        """Applicable, bound and integrated features."""
        return count_scores(self.catalogue, self.verdicts)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every feature that concerns the partner, in the order of the catalogue."""
        return tuple(
            self._row(feature)
            for feature in self.catalogue.features
            if feature.slug in self.verdicts
        )

    @cached_property
    def platform(self) -> tuple[Row, ...]:
        """The services and events that count for reach and score."""
        slugs = {feature.slug for feature in self.catalogue.bindable()}
        return tuple(row for row in self.rows if row.feature.slug in slugs)

    @property
    def areas(self) -> list[tuple[str, list[Row]]]:
        """Rows by area, titled."""
        grouped: dict[str, list[Row]] = {}
        for row in self.rows:
            grouped.setdefault(row.feature.area, []).append(row)
        return [(self.catalogue.areas[area], rows) for area, rows in grouped.items()]

    @property
    def counts(self) -> list[tuple[str, str, int]]:
        """Word, class and number of services and events; the two main words also when none."""
        counted = Counter(row.word for row in self.platform)
        words = {status: self.language.say(f"verdicts.{status}") for status in KINDS}
        kinds = {words[status]: kind for status, kind in KINDS.items()}
        always = {words[Status.CONFIRMED], words[Status.UNSUPPORTED]}
        return [
            (word, kind, counted[word])
            for word, kind in kinds.items()
            if counted[word] or word in always
        ]

    @cached_property
    def _level(self) -> Level:
        pairs = [(row.feature, row.verdict) for row in self.platform]
        return name_level(pairs, self.scores, is_complete=self.log.is_complete)

    @property
    def level(self) -> str:
        """Full, partial, not tested, or what kind of integration this is."""
        return self.language.say(f"level.{self._level}")

    @property
    def is_full(self) -> bool:
        """Whether every feature that applies is integrated, with all core criteria proved."""
        return self._level == "full"

    @property
    def depth_word(self) -> str:
        """The word for depth, as a badge shows it."""
        return self.language.say("summary.depth").lower()

    @cached_property
    def undecided(self) -> tuple[Row, ...]:
        """Features of which the folder states nothing final: open, proposed, or silent."""
        return tuple(
            row for row in self.rows if row.feature.needs_statement and not row.verdict.is_settled
        )

    @property
    def is_draft(self) -> bool:
        """Whether people still have to judge something, so that this is no report yet."""
        return bool(self.undecided)

    @property
    def sentence(self) -> str:
        """One honest sentence that sums the report up; its figures add up."""
        complete = self.log.is_complete
        return sum_up(self.platform, self.scores, self.language, is_complete=complete)

    @property
    def access_trouble(self) -> str:
        """One sentence on what kept us from asking, and from when on; empty when nothing did."""
        trouble = find_trouble(self.log.evidence)
        return trouble.tell(self.language) if trouble else ""

    @property
    def repeat(self) -> str:
        """The command that makes such a run again."""
        return repeat_run(self.log)

    def command(self, defect: Defect) -> str:
        """What shows a finding again when pasted: its own request, else its sources asked again."""
        own = defect.finding.reproduction
        return own if own and MASK not in own else self.ask_again(defect)

    def ask_again(self, defect: Defect) -> str:
        """The command that asks the sources of a finding again, from their first request on."""
        shown = [line for line in self.log.evidence if line.id in defect.evidence]
        return repeat_finding(self.log, shown) if shown else self.repeat

    @cached_property
    def meeting(self) -> Meeting:
        """The session about this run, and what was signed in it or before."""
        statuses = {slug: item.status for slug, item in self.verdicts.items()}
        return Meeting.read(self.folder, statuses, self.log.header.started_at.date(), self.language)

    @cached_property
    def publisher(self) -> Publisher:
        """Who hands it over."""
        return Publisher.read(self.context)

    @cached_property
    def valid_until(self) -> datetime | None:
        """When the first live proof becomes too old."""
        return find_validity(self.log, self.catalogue, self.verdicts)

    @cached_property
    def drift(self) -> Drift | None:
        """What has changed since the run before; None when there is none."""
        return compare(self.previous, take_snapshot(self.folder)) if self.previous else None

    @cached_property
    def steps(self) -> list[NextStep]:
        """What to do next, most urgent first."""
        return list_steps(self.rows, len(self.context["questions"]), self.language)

    @property
    def first_steps(self) -> list[NextStep]:
        """The few of them that a summary names."""
        return self.steps[:MOST]

    @property
    def gaps(self) -> list[Row]:
        """What is not integrated; what somebody can lift comes first."""
        found = [row for row in self.rows if row.verdict.status is Status.UNSUPPORTED]
        order = list(Lifter)
        return sorted(found, key=lambda row: order.index(row.reason.lifted_by) if row.reason else 0)

    @property
    def pending(self) -> list[Row]:
        """What is offered, and not integrated yet."""
        return [row for row in self.rows if row.verdict.status in _PENDING and row.is_explained]

    @property
    def exempt(self) -> dict[str, list[Row]]:
        """What does not apply, by the reason."""
        grouped: dict[str, list[Row]] = {}
        for row in self.rows:
            if row.verdict.status is Status.EXEMPT and row.verdict.absence:
                grouped.setdefault(row.verdict.absence.reason, []).append(row)
        return grouped

    @property
    def benefits(self) -> list[Row]:
        """Integrated services and events, for the restaurant."""
        return [row for row in self.platform if row.verdict.status.is_integrated]

    @cached_property
    def defects(self) -> tuple[Defect, ...]:
        """Findings that the partner should look at."""
        return tuple(item for item in self._findings if item.is_grave)

    @property
    def remarks(self) -> tuple[Defect, ...]:
        """Findings that are good to know."""
        return tuple(item for item in self._findings if not item.is_grave)

    @cached_property
    def _findings(self) -> tuple[Defect, ...]:
        return tuple(item for item in self._all_findings if item.is_theirs)

    @property
    def ours(self) -> tuple[Defect, ...]:
        """Findings about our folder, test data and environment: for the engineer alone."""
        return tuple(item for item in self._all_findings if not item.is_theirs)

    @cached_property
    def _all_findings(self) -> tuple[Defect, ...]:
        return collect(self.log.evidence, self.verdicts.values())

    def name(self, feature: str) -> str:
        """Title of a feature; the slug, when the catalogue does not know it."""
        found = self.catalogue.feature(feature)
        return found.title if found else feature

    @property
    def limits(self) -> list[Limitation]:
        """Named limits of integrated features."""
        return list_limits(self.rows, self.catalogue)

    @property
    def losses(self) -> dict[str, Loss]:
        """Mapping → fields that do not come across."""
        return list_losses(self.log.evidence, self.catalogue)

    @property
    def status_tables(self) -> dict[str, list[tuple[str, str]]]:
        """Mapping → their value, our status."""
        return list_statuses(self.context["mappings"])

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """Number of observations per outcome."""
        counted = Counter(line.outcome for line in self.log.evidence)
        return {outcome: counted[outcome] for outcome in Outcome if counted[outcome]}

    @property
    def stale(self) -> int:
        """Number of observations that were too old to count."""
        return sum(len(verdict.stale) for verdict in self.verdicts.values())

    @property
    def tested(self) -> list[tuple[str, str, tuple[Evidence, ...]]]:
        """Slug, title and observations of each feature that was looked at."""
        grouped: dict[str, list[Evidence]] = {}
        for line in self.log.evidence:
            grouped.setdefault(line.feature, []).append(line)
        order = {feature.slug: place for place, feature in enumerate(self.catalogue.features)}
        slugs = sorted(grouped, key=lambda slug: order.get(slug, len(order)))
        return [(slug, self.name(slug), tuple(grouped[slug])) for slug in slugs]

    @cached_property
    def shown(self) -> frozenset[str]:
        """Ids of the observations that stand in the test log, so that a link finds them."""
        return frozenset(
            line.id for _, _, lines in self.tested for line in lines[: self.most_lines]
        )

    @property
    def artefacts(self) -> list[str]:
        """Files in the run folder that evidence names."""
        return sorted({name for line in self.log.evidence for name in line.artefacts})

    def _row(self, feature: Feature) -> Row:
        verdict = self.verdicts[feature.slug]
        return Row(
            feature=feature,
            verdict=verdict,
            reason=self.catalogue.reason(verdict.absence.code) if verdict.absence else None,
            subjects=list_subjects(feature, verdict, self.context["subjects"]),
            evidence=tuple(line for line in self.log.evidence if line.feature == feature.slug),
            language=self.language,
        )
