"""A partner's own certification list: a table or an Arazzo description, bound to our features.

Rows bind by the feature that they name, then by the operations that they call, then by their words;
a row that binds to nothing stays on the agenda, and a person has to vouch for it. Arazzo 1.0.1 is
read and written here. Its steps are called by our own session and not by a runner of its own, so
that nothing unbound is written, no secret leaves, and each call is recorded.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from math import log, sqrt
from pathlib import Path
from typing import Any

from babel import Locale
from snowballstemmer import algorithms

from workbench.description import DEFAULT_LIMITS, decode, load_text, read_file, read_rows
from workbench.errors import DescriptionError, InputError
from workbench.handover.arazzo import read_calls
from workbench.handover.list_tables import read_table
from workbench.handover.phrases import load_words
from workbench.model import (
    Binding,
    Catalogue,
    Criterion,
    Feature,
    FeatureKind,
    SessionStep,
    StepCall,
    StepKind,
)
from workbench.partners import Partner
from workbench.text import write_pointer
from workbench.vocabulary import STOP, concepts, split_words, stem

ARAZZO = "1.0.1"
_LIMITS = replace(DEFAULT_LIMITS, size=2 * 2**20)
_MOST_ROWS = 300
_LONG = 10_000
# How alike a row and a criterion have to be, so that the one is bound to the other by its words.
_LEAST = 0.27
_KINDS = {
    FeatureKind.SERVICE: StepKind.CALL,
    FeatureKind.EVENT: StepKind.EVENT,
    FeatureKind.PAPERWORK: StepKind.PAPER,
}
# Kinds of our vocabulary that name a thing, and not what is done to it.
_SUBJECTS = ("entity:", "facet:", "other:", "manner:")


@dataclass(frozen=True)
class ListRow:
    """One row of a partner's list, as it was written."""

    title: str
    expected: tuple[str, ...] = ()
    feature: str = ""
    minutes: int = 0
    operations: tuple[str, ...] = field(default=())
    calls: tuple[StepCall, ...] = field(default=())
    inputs: Mapping[str, Any] = field(default_factory=dict)


def read_list(path: Path) -> tuple[ListRow, ...]:
    """The rows of a list: Arazzo (YAML or JSON), or the tables of any other file.

    Raises:
        InputError: The file cannot be read, is too large, or has no rows.
    """
    try:
        if path.suffix.lower() in {".yaml", ".yml", ".json"}:
            read = load_text(decode(read_file(path, _LIMITS), path.name), path.name)
            rows = _read_arazzo(read, path)
        else:
            rows = tuple(
                ListRow(
                    title=row.title,
                    expected=row.expected,
                    feature=row.feature,
                    minutes=row.minutes,
                    operations=(row.operation,) if row.operation else (),
                )
                for row in read_table(*read_rows(path, _LIMITS))
            )
    except DescriptionError as error:
        raise InputError(
            f"The list cannot be read: {error.message}",
            location=error.location or str(path),
            hint=error.hint or "Give Arazzo as YAML or JSON, or a table in any usual file.",
        ) from error
    if not rows or len(rows) > _MOST_ROWS:
        raise InputError(
            f"The list has {len(rows)} rows" if rows else "The list has no rows that we can read",
            location=str(path),
            hint=f"A table needs a column such as `Step` or `Test case`, and 1 to {_MOST_ROWS} "
            "rows.",
        )
    return rows


def bind_rows(
    rows: Iterable[ListRow], partner: Partner, catalogue: Catalogue, code: str
) -> tuple[SessionStep, ...]:
    """The steps that the rows ask for, each bound to a feature where that can be told.

    Args:
        rows: Of the partner's list.
        partner: Whose folder says which operation serves what.
        catalogue: In the language of the session.
        code: Of that language.
    """
    words = load_words(code)
    index = _Index(catalogue, partner, code)
    steps: list[SessionStep] = []
    for number, row in enumerate(rows, 1):
        feature, criterion = _bind(row, partner, catalogue, index)
        kind = _KINDS[feature.kind] if feature is not None else StepKind.QUESTION
        steps.append(
            SessionStep(
                slug=f"list-{number}",
                kind=kind,
                title=row.title,
                action=words.say("session.row", title=feature.title) if feature else row.title,
                who="us" if kind is StepKind.CALL else "partner",
                feature=feature.slug if feature else "",
                criteria=(criterion.slug,) if criterion else (),
                expected=row.expected
                or ((criterion.title,) if criterion else ())
                or ((words.say("session.as_listed"),) if row.calls else ()),
                minutes=row.minutes or 5,
                operations=row.operations,
                origin=str(number),
                calls=row.calls if kind is StepKind.CALL else (),
                inputs=dict(row.inputs),
            )
        )
    return tuple(steps)


def write_arazzo(steps: Iterable[SessionStep], partner: Partner) -> str:
    """The steps that are calls as an Arazzo 1.0.1 description, as JSON text (which is YAML too).

    A notification is no call, and Arazzo 1.0.1 has no step for it; it stands as a workflow's
    `x-waits-for`, so that nothing of the agenda is lost.
    """
    sources = {f"document{n}": item.path for n, item in enumerate(partner.manifest.documents, 1)}
    workflows = []
    for step in steps:
        calls = list(_list_calls(step, partner, list(sources)))
        if calls:
            made: dict[str, Any] = {"workflowId": step.slug, "summary": step.title, "steps": calls}
            if step.kind is StepKind.EVENT:
                made["x-waits-for"] = list(step.operations)
            workflows.append({**made, "description": step.action})
    return json.dumps(
        {
            "arazzo": ARAZZO,
            "info": {"title": partner.title, "version": "1"},
            "sourceDescriptions": [
                {"name": name, "url": path, "type": "openapi"} for name, path in sources.items()
            ],
            "workflows": workflows,
        },
        ensure_ascii=False,
        indent=2,
    ) + "\n"  # fmt: skip


def _list_calls(
    step: SessionStep, partner: Partner, sources: list[str]
) -> Iterator[dict[str, Any]]:
    for number, (bound, operation) in enumerate(partner.operations(step.feature), 1):
        place = write_pointer(("paths", operation.path, operation.method.lower()))
        yield {
            "stepId": f"{step.slug}-{number}",
            "description": " ".join(bound.for_) or step.title,
            "operationPath": f"{{$sourceDescriptions.{sources[0]}.url}}#{place}",
            "successCriteria": [{"condition": "$statusCode >= 200 && $statusCode < 300"}],
        }


def _bind(
    row: ListRow, partner: Partner, catalogue: Catalogue, index: _Index
) -> tuple[Feature | None, Criterion | None]:
    named = catalogue.feature(row.feature) if row.feature else None
    if named is None and row.feature:
        for feature in catalogue.features:
            if (found := feature.criterion(row.feature)) is not None:
                return feature, found
    if named is None and row.operations:
        named = _by_operation(row.operations, partner, catalogue)
    hit = index.find(row, within=named)
    return (named, hit[1] if hit else None) if named else (hit or (None, None))


def _by_operation(
    operations: tuple[str, ...], partner: Partner, catalogue: Catalogue
) -> Feature | None:
    """The feature that the folder binds most of these operations to."""
    wanted = {item.rpartition("#")[2].lower() for item in operations}
    counted: Counter[str] = Counter()
    for feature in catalogue.features:
        for _, operation in partner.operations(feature.slug):
            own = operation.operation_id or ""
            place = write_pointer(("paths", operation.path, operation.method))
            names = {own, operation.id, place}
            counted[feature.slug] += bool(wanted & {name.lower() for name in names if name})
        # What is waited for is what the row is about, whatever is called beside it.
        stated = partner.feature(feature.slug)
        for event in stated.events if stated else ():
            names = {event.lower(), event.lower().rpartition(":")[2]}
            counted[feature.slug] += len(operations) * bool(wanted & names)
    best = [slug for slug, number in counted.most_common(1) if number]
    return catalogue.feature(best[0]) if best else None


class _Index:
    """Which criterion a row speaks of, by the words that they share.

    Rare words count more, and those of titles twice. Only what the folder binds is asked for.
    """

    def __init__(self, catalogue: Catalogue, partner: Partner, code: str) -> None:
        self._code = code
        rows = [(feature, item) for feature in catalogue.features for item in feature.criteria]
        texts = [
            (_stems(f"{item.title} {item.slug}", code),
             _stems(f"{feature.title} {item.benefit}", code))
            for feature, item in rows
        ]  # fmt: skip
        counted = Counter(word for title, rest in texts for word in title | rest)
        self._weights = {word: log(1 + len(rows) / n) for word, n in counted.items()}
        self._rows = [
            (feature, item, self._weigh(title, rest))
            for (feature, item), (title, rest) in zip(rows, texts, strict=True)
            if isinstance(partner.statement(feature.slug), Binding)
        ]

    def find(self, row: ListRow, within: Feature | None) -> tuple[Feature, Criterion] | None:
        """The criterion of a row, of any feature or of one; None where that would be a guess."""
        title = _stems(row.title, self._code)
        asked = self._weigh(title, _stems(" ".join(row.expected), self._code))
        scored = [
            (_compare(asked, words), feature, item)
            for feature, item, words in self._rows
            if (within is None and _share_subject(asked, words) and _is_about(feature, row.title))
            or (within is not None and feature.slug == within.slug)
        ]
        best = max(scored, key=lambda found: found[0], default=None)
        return (best[1], best[2]) if best and best[0] >= _LEAST else None

    def _weigh(self, title: set[str], rest: set[str]) -> dict[str, float]:
        known = self._weights
        found = {word: known[word] for word in rest if word in known}
        return found | {word: 2 * known[word] for word in title if word in known}


def _is_about(feature: Feature, title: str) -> bool:
    """Whether the thing that a title names first is that of a feature; true where none is named.

    "Order with a note from the guest" is about an order, whatever else it names. Hours and days
    off are no things of their own: what is told of them belongs to what has criteria about them.
    """
    thing, facet = _first(title, "entity"), _first(title, "facet")
    if thing:
        return thing in {_first(feature.title, "entity"), _first(str(feature.noun), "entity")}
    return not facet or facet in {_first(item.title, "facet") for item in feature.criteria}


@cache
def _first(text: str, kind: str) -> str:
    """The name of the first concept of a kind that a text has; empty without one."""
    return next((item.name for item in concepts(text) if item.kind == kind), "")


def _share_subject(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether both speak of the same thing; that both refuse or change something is not enough."""
    return any(word in other for word in one if word.startswith(_SUBJECTS))


def _compare(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The cosine of two weighted sets of words: 0 to 1."""
    shared = sum(weight * other.get(word, 0.0) for word, weight in one.items())
    size = sqrt(sum(x * x for x in one.values()) * sum(x * x for x in other.values()))
    return shared / size if size else 0.0


def _stems(text: str, code: str) -> set[str]:
    """Stems of the words, and what our vocabulary takes them for in whatever language."""
    meant = {f"{item.kind}:{item.name}" for item in concepts(text) if item != STOP}
    return meant | {stem(word, _find_stemmer(code)) for word in split_words(text)}


@cache
def _find_stemmer(code: str) -> str:
    """The stemmer of a language; that of English where there is none of its own."""
    name = str(load_words(code).locale.language)
    named = (Locale(name).get_language_name("en") or "").lower()
    return named if named in algorithms() else "english"


def _read_arazzo(data: Any, path: Path) -> tuple[ListRow, ...]:
    if not isinstance(data, Mapping) or "arazzo" not in data:
        raise InputError(
            "This is no Arazzo description",
            location=str(path),
            hint="It begins with `arazzo: 1.0.1`; a table may be given as CSV or Markdown.",
        )
    rows = []
    for item in _items(data.get("workflows")):
        if not isinstance(item, Mapping):
            continue
        steps = [step for step in _items(item.get("steps")) if isinstance(step, Mapping)]
        calls = [str(step.get("operationId") or step.get("operationPath") or "") for step in steps]
        title = str(item.get("summary") or item.get("workflowId") or "")
        told = [str(step.get("description") or "") for step in steps]
        waits = [str(name) for name in _items(item.get("x-waits-for"))]
        # `$sourceDescriptions.NAME.operationId` names an operation of one of several documents.
        plain = tuple(call.rpartition(".")[2] if "#" not in call else call for call in calls)
        made, inputs = read_calls(item)
        minutes = item.get("x-minutes")
        rows.append(
            ListRow(
                title=title,
                expected=tuple(text for text in told if text),
                feature=str(item.get("x-feature") or ""),
                minutes=minutes if isinstance(minutes, int) and 0 < minutes < _LONG else 0,
                operations=tuple(name for name in (*plain, *waits) if name),
                calls=made,
                inputs=inputs,
            )
        )
    return tuple(row for row in rows if row.title)


def _items(value: Any) -> list[Any]:
    """The items of a list; none where somebody wrote anything else."""
    return value if isinstance(value, list) else []
