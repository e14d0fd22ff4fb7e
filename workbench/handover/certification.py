"""A partner's own certification list: a table or an Arazzo description, bound to our features.

Rows bind by the feature that they name, then by the operations that they call, then by their words;
a row that binds to nothing stays on the agenda, and a person has to vouch for it. The
steps of Arazzo are called by our own session and not by a runner of its own, so that nothing
unbound is written, no secret leaves, and each call is recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from csv import writer
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any

from workbench.description import decode, load_text, read_file, read_rows
from workbench.errors import DescriptionError, InputError
from workbench.handover.arazzo import Workflow, Workflows
from workbench.handover.arazzo_events import find_events
from workbench.handover.arazzo_sources import LIMITS, open_listing
from workbench.handover.list_binding import Bound, RowIndex
from workbench.handover.list_flow import find_listed
from workbench.handover.list_tables import read_table
from workbench.handover.phrases import load_words
from workbench.model import (
    Access,
    CallFlow,
    Catalogue,
    Feature,
    FeatureKind,
    SessionStep,
    StepCall,
    StepKind,
    list_of,
    mapping_of,
)
from workbench.partners import Partner
from workbench.reporting import Language
from workbench.text import suggest_name, write_pointer

_MOST_ROWS = 300
_LONG = 10_000
_READS = frozenset({None, Access.READ})
_KINDS = {
    FeatureKind.SERVICE: StepKind.CALL,
    FeatureKind.EVENT: StepKind.EVENT,
    FeatureKind.PAPERWORK: StepKind.PAPER,
}


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
    flow: str = ""  # name of the workflow that it is
    after: tuple[str, ...] = ()  # workflows that come first
    flows: Mapping[str, CallFlow] = field(default_factory=dict)  # those that it runs, by name
    unrun: str = ""  # what it asks for that we do not do
    sent: tuple[str, ...] = ()  # operations by which it sends messages


def read_list(path: Path) -> tuple[ListRow, ...]:
    """The rows of a list: Arazzo (YAML or JSON), or the tables of any other file.

    Raises:
        InputError: The file cannot be read, is too large, or has no rows.
    """
    try:
        if path.suffix.lower() in {".yaml", ".yml", ".json"}:
            read = load_text(decode(read_file(path, LIMITS), path.name), path.name)
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
                for row in read_table(*read_rows(path, LIMITS))
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


def read_steps(
    listing: Path, bindings: Path | None, partner: Partner, catalogue: Catalogue, code: str
) -> tuple[SessionStep, ...]:
    """The steps of a partner's own list.

    Args:
        listing: The list.
        bindings: A table beside it that says which row is about which feature.
        partner: Whose folder says which operation serves what.
        catalogue: In the language of the session.
        code: Of that language.

    Raises:
        InputError: A file cannot be read, or the table names what there is none of.
    """
    rows = read_list(listing)
    if bindings is not None:
        rows = _state_bindings(rows, bindings, catalogue)
    return bind_rows(rows, partner, catalogue, code)


def _state_bindings(
    rows: Iterable[ListRow], path: Path, catalogue: Catalogue
) -> tuple[ListRow, ...]:
    """The rows with what a file beside the list states of them: a table of steps and features."""
    rows = tuple(rows)
    known = {_plain(row.title) for row in rows}
    slugs = [feature.slug for feature in catalogue.features]
    slugs += [item.slug for item in catalogue.criteria()]
    stated = {_plain(row.title): row.feature for row in read_list(path)}
    for title, feature in stated.items():
        if title not in known:
            raise InputError(f"The list has no step {title!r}", location=str(path))
        if feature and feature not in slugs:
            raise InputError(
                f"There is no feature or criterion {feature!r}",
                location=str(path),
                hint=suggest_name(feature, slugs),
            )
    return tuple(replace(row, feature=stated.get(_plain(row.title)) or row.feature) for row in rows)


def write_bindings(steps: Iterable[SessionStep]) -> str:
    """What the rows of a list are bound to, as a table to look through and to give back."""
    out = StringIO()
    table = writer(out, lineterminator="\n")
    table.writerow(("Step", "Feature", "Sure", "Why"))
    for step in steps:
        sure = "" if not step.feature else "no" if step.is_proposed else "yes"
        meant = step.criteria[0] if len(step.criteria) == 1 else step.feature
        table.writerow((step.title, meant, sure, step.action))
    return out.getvalue()


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()


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
    index = RowIndex(catalogue, partner, code)
    # A message that the documents take as a call is a call; we speak with no broker.
    rows = (
        row
        if all(find_listed(name, partner) for name in row.sent)
        else replace(row, calls=(), unrun=row.unrun or "message")
        for row in rows
    )
    return tuple(
        _make_step(number, row, _bind(row, partner, catalogue, index), load_words(code))
        for number, row in enumerate(rows, 1)
    )


def _make_step(number: int, row: ListRow, bound: Bound, words: Language) -> SessionStep:
    feature = bound.feature
    kind = _KINDS[feature.kind] if feature is not None else StepKind.QUESTION
    named = (bound.criterion,) if bound.criterion else ()
    # What a list calls shows what the list expects, and of ours only what its words name.
    shown = named if row.calls else bound.criteria
    told = [item.title for item in shown]
    return SessionStep(
        slug=f"list-{number}",
        kind=kind,
        title=row.title,
        action=f"{_tell_binding(bound, words)} {_tell_unrun(row, words)}".strip(),
        who="us" if kind is StepKind.CALL else "partner",
        feature=feature.slug if feature else "",
        criteria=tuple(item.slug for item in shown),
        expected=row.expected
        or tuple(told)
        or ((words.say("session.as_listed"),) if row.calls else ()),
        minutes=row.minutes or 5,
        operations=row.operations,
        origin=str(number),
        is_proposed=feature is not None and not bound.is_sure,
        calls=row.calls if kind in {StepKind.CALL, StepKind.EVENT} else (),
        inputs=dict(row.inputs),
        flow=row.flow,
        flows=dict(row.flows),
        after=row.after,
    )


def _tell_unrun(row: ListRow, words: Language) -> str:
    return words.say(f"session.unrun.{row.unrun}") if row.unrun else ""


def _tell_binding(bound: Bound, words: Language) -> str:
    """What the row is bound to, and by whose word."""
    feature, criterion = bound.feature, bound.criterion
    if feature is None:
        names = words.say("session.or").join(item.title for item in bound.rivals[:3])
        return words.say("session.either", names=names) if names else words.say("session.unbound")
    if bound.is_sure:
        return words.say("session.row", title=feature.title)
    if criterion is None:
        return words.say("session.proposed", title=feature.title)
    return words.say("session.proposed_as", title=feature.title, behaviour=criterion.title)


def _bind(row: ListRow, partner: Partner, catalogue: Catalogue, index: RowIndex) -> Bound:
    """What a person states goes before operations, and these before words."""
    named = catalogue.feature(row.feature) if row.feature else None
    if named is None and row.feature:
        for feature in catalogue.features:
            if (found := feature.criterion(row.feature)) is not None:
                return Bound(feature, found, is_sure=True)
    if named is None and row.operations:
        named = _by_operation(row.operations, partner, catalogue)
    if named is not None:
        return index.within(named, row.title, row.expected)
    return index.find(row.title, row.expected)


def _by_operation(
    operations: tuple[str, ...], partner: Partner, catalogue: Catalogue
) -> Feature | None:
    """The feature that the folder binds most of these operations to."""
    wanted = {item.rpartition("#")[2].lower() for item in operations}
    waited = find_events((item.rpartition(":")[2] for item in operations), partner)
    counted: Counter[str] = Counter()
    more = len(operations) + 1
    for feature in catalogue.features:
        for _, operation in partner.operations(feature.slug):
            own = operation.operation_id or ""
            place = write_pointer(("paths", operation.path, operation.method))
            names = {own, operation.id, place}
            is_called = bool(wanted & {name.lower() for name in names if name})
            counted[feature.slug] += is_called * (1 if feature.access in _READS else more)
        # What is waited for is what the row is about, whatever is called beside it; and what is
        # written, whatever is read.
        stated = partner.feature(feature.slug)
        told = set(stated.events) if stated else set()
        counted[feature.slug] += more * more * bool(told & waited)
    best = [slug for slug, number in counted.most_common(1) if number]
    return catalogue.feature(best[0]) if best else None


def _read_arazzo(data: Any, path: Path) -> tuple[ListRow, ...]:
    if not isinstance(data, Mapping) or "arazzo" not in data:
        raise InputError(
            "This is no Arazzo description",
            location=str(path),
            hint="It begins with `arazzo: 1.0.1`; a table may be given as CSV or Markdown.",
        )
    listing = open_listing(data, path)
    workflows = Workflows(listing)
    return tuple(_read_workflow(key, listing.workflows[key], workflows) for key in workflows.rows())


def _read_workflow(key: str, item: Mapping[str, Any], workflows: Workflows) -> ListRow:
    reached = workflows.reach(key)
    own = reached.pop(key)
    unrun = next((one.unrun for one in (own, *reached.values()) if one.unrun), "")
    is_run = not unrun and any(one.asks for one in (own, *reached.values()))
    waits = [str(name) for name in list_of(item.get("x-waits-for"))]
    minutes = item.get("x-minutes")
    told = (mapping_of(step).get("description") for step in list_of(item.get("steps")))
    return ListRow(
        title=own.flow.title,
        expected=tuple(str(text) for text in told if text),
        feature=str(item.get("x-feature") or ""),
        minutes=minutes if isinstance(minutes, int) and 0 < minutes < _LONG else 0,
        # What it does itself is what it is about, and not what it has done by others.
        operations=_name_operations([own], waits) or _name_operations(reached.values(), []),
        calls=own.flow.calls if is_run else (),
        inputs=own.flow.inputs if is_run else {},
        flow=key,
        after=own.flow.after if is_run else (),
        flows={name: one.flow for name, one in reached.items()} if is_run else {},
        unrun=unrun,
        sent=tuple(name for one in (own, *reached.values()) for name in one.sent),
    )


def _name_operations(workflows: Iterable[Workflow], waits: Iterable[str]) -> tuple[str, ...]:
    calls = [call for one in workflows for call in one.flow.calls]
    made = (call.operation for call in calls if not call.waits_for)
    # `$sourceDescriptions.NAME.operationId` names an operation of one of several documents.
    plain = (name.rpartition(".")[2] if "#" not in name else name for name in made)
    heard = (name for call in calls for name in call.waits_for)
    return tuple(name for name in (*plain, *waits, *heard) if name)
