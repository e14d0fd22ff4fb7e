"""The partner's report as data: everything that a rendering needs, from a run folder alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from workbench.model.evidence import Evidence, Outcome
from workbench.model.feature import Catalogue, Feature, Lifter
from workbench.model.verdict import Limit, Scores, Status, Verdict, score
from workbench.partners import load_catalogue
from workbench.reporting.defect import Defect, collect
from workbench.reporting.row import Row, Subject
from workbench.reporting.section import Section
from workbench.reporting.step import MOST, Step, list_steps
from workbench.reporting.wording import KINDS, VERDICTS, count
from workbench.settings import find_root
from workbench.store import Log, RunFolder, read_run, stated

PAGE = "report.html"

_PENDING = (Status.FAILED, Status.UNVERIFIED, Status.UNKNOWN)
_CONTEXT: dict[str, Any] = {
    "base_url": "",
    "documents": (),
    "locale": "",
    "mappings": {},
    "questions": (),
    "restaurant": None,
    "subjects": {},
}


@dataclass(frozen=True)
class Report:
    """A report about one run, as its log tells it.

    Attributes:
        verdicts: Those that concern the partner, in the order of the catalogue.
        most_defects: How many findings are shown; the rest is counted, and stands in the log.
        most_lines: How many observations of one feature are shown.
    """

    folder: RunFolder
    log: Log
    catalogue: Catalogue
    verdicts: dict[str, Verdict]
    most_defects: int = 40
    most_lines: int = 60

    @classmethod
    def read(cls, folder: str | Path) -> Self:
        """Read a run folder; a relative one is looked for from the root of the checkout.

        Raises:
            InputError: There is no log, or it is damaged.
        """
        run = RunFolder(find_root(Path.cwd()) / folder)
        catalogue = load_catalogue()
        log, verdicts = read_run(run, catalogue)
        return cls(run, log, catalogue, stated(log, verdicts))

    @property
    def page(self) -> Path:
        """Where the rendered page stands, from the root of the checkout where that is possible."""
        path, root = self.folder.path / PAGE, find_root(Path.cwd())
        return path.relative_to(root) if path.is_relative_to(root) else path

    def section(self, name: str) -> Section:
        """A section by the name of its template, such as `cover` or `features`."""
        return Section(name, {"report": self, "header": self.log.header})

    @cached_property
    def context(self) -> dict[str, Any]:
        """What the header says of the partner; what it does not say is empty."""
        return _CONTEXT | self.log.header.context

    @cached_property
    def scores(self) -> Scores:
        """Applicable, bound and integrated features."""
        return score(self.catalogue, self.verdicts)

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
        kinds = {word: KINDS[status] for status, word in VERDICTS.items()}
        always = {VERDICTS[Status.SUPPORTED], VERDICTS[Status.UNSUPPORTED]}
        return [
            (word, kind, counted[word])
            for word, kind in kinds.items()
            if counted[word] or word in always
        ]

    @property
    def level(self) -> str:
        """Full, partial, or what kind of integration this is."""
        if not self.log.is_complete:
            return "Incomplete run"
        works = {row.feature.area: row for row in self.benefits}
        kinds = {row.feature.slug.split("-")[0] for row in self.benefits}
        if not works:
            return "No integration yet"
        if self.scores.integrated == self.scores.applicable:
            return "Full integration"
        if "order" not in kinds and "catalogue" not in works and "reservation" in kinds:
            return "Reservations only"
        if "reservation" not in kinds and "catalogue" not in works and "order" in kinds:
            return "Orders only"
        return "Partial integration"

    @property
    def sentence(self) -> str:
        """One honest sentence that sums the report up; its figures add up."""
        scores = self.scores
        counted = Counter(row.verdict.status for row in self.platform)
        verb = "is" if scores.integrated == 1 else "are"
        so_far = "" if self.log.is_complete else " so far"
        applicable = count(scores.applicable, "feature")
        first = f"{scores.integrated} of {applicable} that apply to your platform {verb} integrated"
        parts = [f"{first}{so_far}"]
        for status, words in (
            (Status.FAILED, "not working yet"),
            (Status.UNVERIFIED, "connected but not tested"),
            (Status.UNKNOWN, "not decided"),
            (Status.UNSUPPORTED, "not integrated"),
        ):
            if number := counted[status]:
                parts.append(f"{number} {'is' if number == 1 else 'are'} {words}")
        return "; ".join(parts) + "."

    @cached_property
    def steps(self) -> list[Step]:
        """What to do next, most urgent first."""
        return list_steps(self.rows, len(self.context["questions"]))

    @property
    def first_steps(self) -> list[Step]:
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
        return [row for row in self.rows if row.verdict.status in _PENDING]

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
        return collect(self.log.evidence, self.verdicts.values())

    def title(self, feature: str) -> str:
        """Title of a feature; the slug, when the catalogue does not know it."""
        found = self.catalogue.feature(feature)
        return found.title if found else feature

    @property
    def limits(self) -> list[tuple[Row, Limit, str]]:
        """Named limits of integrated features, each with the title of its reason."""
        found: list[tuple[Row, Limit, str]] = []
        for row in self.rows:
            for limit in row.verdict.limits if row.verdict.status is Status.LIMITED else ():
                reason = self.catalogue.reason(limit.code) if limit.code else None
                found.append((row, limit, reason.title if reason else "Seen in our tests"))
        return found

    @property
    def losses(self) -> dict[str, dict[str, list[str]]]:
        """Mapping → fields of theirs that we do not read, fields of ours that stay empty."""
        found: dict[str, dict[str, set[str]]] = {}
        for line in self.log.evidence:
            sides = {side: line.detail.get(side) or () for side in ("unread", "unfilled")}
            if "mapping" in line.detail and any(sides.values()):
                entry = found.setdefault(
                    str(line.detail["mapping"]), {"unread": set(), "unfilled": set()}
                )
                for side, fields in sides.items():
                    entry[side] |= {str(field) for field in fields}
        return {
            name: {side: sorted(fields) for side, fields in entry.items()}
            for name, entry in found.items()
        }

    @property
    def status_tables(self) -> dict[str, list[tuple[str, str]]]:
        """Mapping (and field, when it is not plainly `status`) → their value, our status."""
        tables: dict[str, list[tuple[str, str]]] = {}
        for name, rows in self.context["mappings"].items():
            for row in rows:
                values = row.get("enum")
                if values and row["field"].endswith("status"):
                    plain = row["field"] == "status"
                    caption = name if plain else f"{name}: {row['field']}"
                    pairs = [(str(theirs), str(ours)) for theirs, ours in values.items()]
                    tables.setdefault(caption, []).extend(pairs)
        return tables

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """Number of observations per outcome."""
        counted = Counter(line.outcome for line in self.log.evidence)
        return {outcome: counted[outcome] for outcome in Outcome if counted[outcome]}

    @property
    def tested(self) -> list[tuple[str, str, tuple[Evidence, ...]]]:
        """Slug, title and observations of each feature that was looked at."""
        grouped: dict[str, list[Evidence]] = {}
        for line in self.log.evidence:
            grouped.setdefault(line.feature, []).append(line)
        order = {feature.slug: place for place, feature in enumerate(self.catalogue.features)}
        slugs = sorted(grouped, key=lambda slug: order.get(slug, len(order)))
        return [(slug, self.title(slug), tuple(grouped[slug])) for slug in slugs]

    @property
    def artefacts(self) -> list[str]:
        """Files in the run folder that evidence names."""
        return sorted({name for line in self.log.evidence for name in line.artefacts})

    def _row(self, feature: Feature) -> Row:
        verdict = self.verdicts[feature.slug]
        named = self.context["subjects"]
        return Row(
            feature=feature,
            verdict=verdict,
            reason=self.catalogue.reason(verdict.absence.code) if verdict.absence else None,
            subjects=tuple(
                Subject(
                    named.get(name, {}).get("id", name),
                    named.get(name, {}).get("summary", ""),
                    named.get(name, {}).get("document", ""),
                )
                for name in verdict.subjects
            ),
            evidence=tuple(line for line in self.log.evidence if line.feature == feature.slug),
        )
