"""The sheet on which a reviewer accepts or rejects proposals; every proposal starts as accepted."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Self

from workbench.drafting.staging import Staged, stage_documents
from workbench.errors import InputError
from workbench.model import (
    ApiDescription,
    Catalogue,
    Direction,
    Event,
    Feature,
    FeatureKind,
    Operation,
)
from workbench.partners import load_catalogue
from workbench.settings import Settings, load_settings
from workbench.suggest import Suggestion, judge_directions, suggest
from workbench.text import suggest_name

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SHOWN = 3  # candidates of a feature in the table


@dataclass(frozen=True)
class StatedPlace:
    """Where the partner's test restaurant is, as far as a person knows it; empty: not yet."""

    timezone: str = ""
    currency: str = ""
    locale: str = "en"


@dataclass
class ReviewSheet:
    """Documents of a new partner, what is proposed for each feature, and what was decided.

    Attributes:
        staged: The copies that the folder will get.
        suggestions: Feature → ranked candidates.
        accepted: Feature → references that are bound.
        absences: Feature → reason code and sentence, stated by the reviewer.
        decided: Features of which the reviewer has said something.
        we_are: `restaurant`, `courier` or `channel`, where a person says so.
        senders: Id, tag or document → who sends, where a person says so.
    """

    slug: str
    title: str
    place: StatedPlace
    settings: Settings
    catalogue: Catalogue
    description: ApiDescription
    staged: Staged
    suggestions: dict[str, list[Suggestion]]
    accepted: dict[str, list[str]] = field(default_factory=dict)
    absences: dict[str, tuple[str, str]] = field(default_factory=dict)
    decided: set[str] = field(default_factory=set)
    we_are: str | None = None
    senders: dict[str, Direction] = field(default_factory=dict)

    @classmethod
    def open(
        cls,
        slug: str,
        documents: Sequence[str | Path],
        *,
        settings: Settings | None = None,
        title: str = "",
        place: StatedPlace | None = None,
        root: str | Path | None = None,
        follow: bool = False,
        we_are: str | None = None,
    ) -> Self:
        """Read documents (paths, or addresses that are fetched) and rank them for every feature.

        `root` and `follow` are as of `collect_documents`; `we_are` says whose part we play in the
        documents: `restaurant`, `courier` or `channel`.

        Raises:
            InputError: The slug is no slug or taken, or a document is refused.
            PartnerError: A document could not be fetched.
        """
        _check_slug(slug, settings := settings or load_settings())
        folder, staged = _stage(_below_root(documents, settings.root), root=root, follow=follow)
        catalogue, description = load_catalogue(), staged.description
        sheet = cls(
            slug=slug,
            title=title or slug.replace("-", " ").title(),
            place=place or StatedPlace(),
            settings=settings,
            catalogue=catalogue,
            description=description,
            staged=staged,
            suggestions=suggest(description, catalogue, we_are=we_are),
            we_are=we_are,
        )
        # The copies live as long as the sheet.
        weakref.finalize(sheet, shutil.rmtree, folder, ignore_errors=True)
        return sheet._propose()

    def _propose(self) -> Self:
        """Accept every proposal, as nobody's decision."""
        for feature in self.features():
            self.accept(feature.slug)
        self.decided.clear()
        return self

    def roles(self) -> dict[str, dict[str, int]]:
        """Document and tag → how many of its exchanges we send (`outbound`), and they do."""
        judged = judge_directions(self.description, we_are=self.we_are, stated=self.senders)
        counts: dict[str, dict[str, int]] = {}
        for item in self._exchanges():
            side = judged.get(item.id) or judged.get(f"{item.document}#{item.id}", "")
            for name in (item.document, *item.tags[:1]):
                row = counts.setdefault(name, {Direction.OUTBOUND: 0, Direction.INBOUND: 0})
                row[side] += 1
        return counts

    def state_roles(
        self, we_are: str | None = None, *, we_send: str = "", they_send: str = ""
    ) -> Self:
        """Say who is who; everything is ranked anew, and decisions stay.

        Args:
            we_are: `restaurant`, `courier` or `channel`.
            we_send: References, tags or documents whose requests we make, between `;`.
            they_send: The same for requests that the partner makes to us.

        Raises:
            InputError: A name is neither a reference nor a tag nor a document.
        """
        known = {
            name: None
            for item in self._exchanges()
            for name in (item.id, *item.tags, item.document)
        }
        for text, side in ((we_send, Direction.OUTBOUND), (they_send, Direction.INBOUND)):
            for name in filter(None, (part.strip() for part in text.split(";"))):
                if name not in known:
                    raise _unknown("reference, tag or document", name, list(known))
                self.senders[name] = side
        self.we_are = we_are or self.we_are
        self.suggestions = suggest(
            self.description, self.catalogue, we_are=self.we_are, stated=self.senders
        )
        kept = set(self.decided)
        for feature in self.features():
            if feature.slug not in kept:
                self.accepted.pop(feature.slug, None)
                self.accept(feature.slug)
        self.decided = kept
        return self

    def _exchanges(self) -> tuple[Operation | Event, ...]:
        return (*self.description.operations, *self.description.events)

    def features(self) -> tuple[Feature, ...]:
        """The services and events that a folder has to state."""
        return tuple(
            item
            for item in self.catalogue.features
            if item.kind is not FeatureKind.PAPERWORK and item.needs_statement
        )

    def candidates(self, feature: str) -> list[Suggestion]:
        """Ranked candidates that can serve a feature: events for events, calls for services."""
        wanted = self.catalogue.feature(feature)
        if wanted is None:
            raise _unknown("feature", feature, [item.slug for item in self.features()])
        is_event = wanted.kind is FeatureKind.EVENT
        return [
            item
            for item in self.suggestions.get(feature, [])
            if is_event or isinstance(self.item(item.reference), Operation)
        ]

    def accept(self, feature: str, *references: str) -> Self:
        """Bind operations or events to a feature; without any, all its candidates so proposed."""
        proposed = [item.reference for item in self.candidates(feature) if item.proposed]
        for reference in references or proposed:
            self.item(reference)
            known = self.accepted.setdefault(feature, [])
            if reference not in known:
                known.append(reference)
        self.absences.pop(feature, None)
        self.decided.add(feature)
        return self

    def reject(self, feature: str, *references: str) -> Self:
        """Take bindings away from a feature; without any reference, all of them."""
        self.candidates(feature)
        known = self.accepted.get(feature, [])
        for reference in references:
            if reference not in known:
                raise _unknown("bound reference", reference, known)
        self.accepted[feature] = [item for item in known if references and item not in references]
        self.decided.add(feature)
        return self

    def absent(self, feature: str, code: str, reason: str) -> Self:
        """State that the partner has no such feature, with a reason code and a sentence."""
        if self.catalogue.reason(code) is None:
            raise _unknown("reason code", code, [item.code for item in self.catalogue.reasons])
        self.reject(feature)
        self.absences[feature] = (code, reason)
        return self

    def review(self, accept: str = "", reject: str = "") -> Self:
        """Take decisions as text: `FEATURE: REFERENCE; FEATURE: REFERENCE`."""
        for text, decide in ((reject, self.reject), (accept, self.accept)):
            for part in filter(None, (item.strip() for item in text.split(";"))):
                feature, _, reference = part.partition(":")
                references = (reference.strip(),) if reference.strip() else ()
                decide(feature.strip(), *references)
        return self

    def bound(self, feature: str) -> tuple[str, ...]:
        """References that are bound to a feature now."""
        return tuple(self.accepted.get(feature, ()))

    def is_decided(self, feature: str) -> bool:
        """Whether the reviewer has said something of the feature, or all is still a proposal."""
        return feature in self.decided

    def item(self, reference: str) -> Operation | Event:
        """The operation or event of a reference; raises InputError when there is none."""
        found = self.description.exchange(reference)
        if found is None:
            offered = [item.id for item in self.description.operations]
            offered += [item.id for item in self.description.events]
            raise _unknown("operation or event", reference, offered)
        return found

    def _repr_html_(self) -> str:
        rows = [row for feature in self.features() for row in self._rows(feature)]
        head = "".join(
            f"<th>{name}</th>"
            for name in (
                *("feature", "bound", "operation or event", "score", "who sends", "why"),
                *("against", "what would change it"),
            )
        )
        roles = "".join(
            _row(name, str(row[Direction.OUTBOUND]), str(row[Direction.INBOUND]))
            for name, row in self.roles().items()
        )
        return (
            "<table><thead><tr><th>document or tag</th><th>we send</th><th>they send</th></tr>"
            f"</thead><tbody>{roles}</tbody></table>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )

    def _rows(self, feature: Feature) -> list[str]:
        bound = self.bound(feature.slug)
        candidates = self.candidates(feature.slug)
        shown = [item for item in candidates if item.reference in bound]
        shown += [item for item in candidates if item.reference not in bound][:_SHOWN]
        rows = [
            _row(
                feature.slug,
                "yes" if item.reference in bound else "",
                item.reference,
                f"{item.score:.2f}",
                item.direction,
                "; ".join(item.reasons),
                "; ".join(item.against),
                "; ".join(item.turns),
            )
            for item in shown
        ]
        by_hand = set(bound) - {item.reference for item in candidates}
        rows += [
            _row(feature.slug, "yes", item, "", "", "by hand", "", "") for item in sorted(by_hand)
        ]
        return rows or [_row(feature.slug, "", "nothing found", "", "", "", "", "")]


def _stage(
    documents: list[str | Path], *, root: str | Path | None, follow: bool
) -> tuple[Path, Staged]:
    """The documents in a folder of their own, which is gone again where one is refused."""
    folder = Path(tempfile.mkdtemp(prefix="workbench-"))
    try:
        return folder, stage_documents(documents, folder, root=root, follow=follow)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _below_root(documents: Sequence[str | Path], root: Path) -> list[str | Path]:
    """Relative paths as they are from here or, where there is nothing, from the project's root."""
    return [
        root / item if not Path(item).exists() and (root / item).exists() else item
        for item in documents
    ]


def _check_slug(slug: str, settings: Settings) -> None:
    if not _SLUG.fullmatch(slug) or len(slug) > 40:
        raise InputError(
            f"{slug[:60]!r} cannot be the name of a folder",
            hint="Use lower-case letters and digits, with hyphens between, 40 at the most.",
        )
    if (settings.contracts / slug).exists():
        raise InputError(
            f"There is a partner {slug} already",
            location=str(settings.contracts / slug),
            hint="Choose another name, or edit what is there.",
        )


def _row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _unknown(kind: str, name: str, offered: Sequence[str]) -> InputError:
    return InputError(
        f"There is no {kind} {name[:120]!r} here", hint=suggest_name(name[:120], offered)
    )
