"""How a catalogue gets to a partner: whole, part by part, or only what changed; planned, then sent.

Planning asks nobody and sends nothing; what would get lost is known before the first request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby

from workbench.adapters.answer import Answer, SentRequest
from workbench.adapters.binding import (
    entity_ids,
    entity_name,
    join,
    pick_for_mode,
    pick_new,
    pick_operation,
    translator,
)
from workbench.adapters.channel import Channel, Request
from workbench.adapters.loss import DataLoss, find_faults, find_losses
from workbench.adapters.menu_change import (
    CHILDREN,
    ChangeKind,
    MenuChange,
    MenuPart,
    MenuSupport,
    compare,
)
from workbench.adapters.set_menu import emulate_set_menus, has_set_menus
from workbench.adapters.write_jobs import finish_write, require_each, settle_job
from workbench.canonical import Catalog, Menu, MenuKind, check, check_snooze
from workbench.errors import InputError, TranslationError
from workbench.model import Absence, Binding, CriterionSlug, FeatureSlug, Operation, SchemaReader

WHOLE = FeatureSlug.MENU_WRITE
# With more requests than this, one upload of everything is kinder to the partner.
_FEW = 20
# What was to be removed went with what it was part of, or at an attempt before.
_GONE = frozenset({404, 410})
_ROOMS = {
    FeatureSlug.OPTION_CATEGORY_WRITE: "/option_categories/*",
    FeatureSlug.OPTION_WRITE: "/option_categories/*/options/*",
    FeatureSlug.PRODUCT_WRITE: "/products/*",
    FeatureSlug.PRODUCT_VARIANT_WRITE: "/products/*/variants/*",
    FeatureSlug.MENU_SECTION_WRITE: "/menus/*/sections/*",
    WHOLE: "/menus/*",
}


class UploadMode(StrEnum):
    """How the catalogue travels."""

    REPLACE = "replace"  # one upload of everything; what is absent is deleted
    PARTS = "parts"  # part by part, by themselves
    NOTHING = "nothing"  # nothing is different


@dataclass(frozen=True)
class PlannedRequest:
    """One request of a plan; `is_batch`: it holds many parts, and each may be refused."""

    title: str
    feature: str
    operation: Operation
    request: Request
    is_batch: bool = False


class MenuPlan:
    """The requests that bring a catalogue to a partner, and what gets lost.

    Attributes:
        mode: How it travels.
        losses: What the partner will not get as we have it.
        limits: What the folder states as limits of the features in use.
        steps: The requests, in order.
        answers: Answers so far; one per step that is done.
    """

    def __init__(
        self,
        channel: Channel,
        mode: UploadMode,
        steps: Iterable[PlannedRequest],
        losses: Iterable[DataLoss],
    ) -> None:
        self._channel = channel
        self.mode = mode
        self.steps = tuple(steps)
        faults = (
            loss
            for step in self.steps
            for loss in find_faults(channel.partner, step.operation, step.request.body)
        )
        self.losses = tuple(dict.fromkeys((*losses, *faults)))
        self.limits = tuple(_limits(channel, {step.feature for step in self.steps}))
        self.answers: list[Answer] = []

    def __repr__(self) -> str:
        return f"MenuPlan({self.mode}, {len(self.steps)} requests, {len(self.losses)} losses)"

    def preview(self) -> list[SentRequest]:
        """The exact requests, secrets masked; nothing is sent."""
        return [self._channel.show(step.request) for step in self.steps]

    def send(self, *, seconds: float = 60.0) -> list[Answer]:
        """Send what is left of the plan, and wait for jobs that the partner starts.

        After an error it may be called again: it goes on with the step that failed, with the same
        idempotency keys, and repeats none that is done.

        Args:
            seconds: How long to wait for each job.

        Raises:
            InputError: A loss blocks the plan. Nothing was sent.
            PartnerError: A step was refused, or did not end in time.
        """
        blocking = [loss for loss in self.losses if loss.blocks]
        if blocking:
            raise InputError(
                f"The catalogue cannot be sent: {blocking[0].what}",
                location=blocking[0].pointer,
                partner=self._channel.partner.slug,
                hint=f"Places to correct: {len(blocking)}; see `losses` of the plan.",
            )
        steps = self.steps[len(self.answers) :]
        for number, step in enumerate(steps, start=1):
            answer = self._channel.send(step.request)
            if step.request.method != "DELETE" or answer.status not in _GONE:
                answer.require()
            if step.is_batch:
                require_each(answer)
            # A draft of many parts is published once, when the last of them is in it.
            is_last = all(later.feature != step.feature for later in steps[number:])
            finish = finish_write if is_last else settle_job
            self.answers.append(finish(self._channel, step.feature, answer, seconds=seconds))
        return self.answers


def plan_menu(channel: Channel, catalog: Catalog, before: Catalog | None = None) -> MenuPlan:
    """Plan how a catalogue gets to the partner.

    Everything is replaced at once where the partner can, else sent part by part. With `before`,
    only what changed is sent, as long as that is possible and takes few requests.

    Args:
        channel: The partner.
        catalog: What the partner shall have.
        before: What it has now.

    Raises:
        InputError: The partner takes no menus, or the catalogue breaks a law of ours.
        TranslationError: A value cannot be said in the partner's words.
    """
    if not any(_is_bound(channel, feature) for feature in _ROOMS):
        pick_operation(channel.partner, WHOLE)  # raises, with the folder's reason
    _require_sound(channel, catalog)
    over = check_snooze(catalog, datetime.now(UTC))
    told = [DataLoss(item.path, f"It is sent as it is, but {item.summary}") for item in over]
    if has_set_menus(catalog) and not _takes_set_menus(channel, catalog):
        catalog, lost = emulate_set_menus(catalog)
        told += [DataLoss("/menus/*", sentence) for sentence in lost]
        before = emulate_set_menus(before)[0] if before else None
        _require_sound(channel, catalog)
    can_replace = _writes(channel, Catalog)
    if before is not None or not can_replace:
        changes = compare(before, catalog, _ways(channel))
        steps, unsent = _plan_parts(channel, changes)
        if not can_replace or (not unsent and len(steps) <= _FEW):
            mode = UploadMode.PARTS if steps else UploadMode.NOTHING
            return MenuPlan(channel, mode, steps, [*told, *unsent, *_lost_parts(channel, changes)])
    operation = pick_operation(channel.partner, WHOLE)
    body = channel.payload(WHOLE, catalog)
    request = channel.request(operation, entity_ids(catalog), body)
    losses = find_losses(channel.partner, translator(channel.partner, WHOLE), catalog)
    step = PlannedRequest("the whole menu", WHOLE, operation, request)
    return MenuPlan(channel, UploadMode.REPLACE, [step], [*told, *losses])


def _require_sound(channel: Channel, catalog: Catalog) -> None:
    broken = [item for item in check(catalog) if item.severity == "error"]
    if broken:
        raise InputError(
            f"The catalogue is not sound: {broken[0].summary} ({broken[0].code})",
            location=broken[0].path,
            partner=channel.partner.slug,
            hint=f"Places to correct before it is sent anywhere: {len(broken)}.",
        )


def _takes_set_menus(channel: Channel, catalog: Catalog) -> bool:
    """Whether the partner has set menus: none is stated as absent, and they come back as such."""
    stated = channel.partner.statement(WHOLE)
    mapping = channel.partner.translator(WHOLE)
    if (
        not isinstance(stated, Binding)
        or CriterionSlug.MENU_SET_MENU in stated.criteria
        or mapping is None
    ):
        return False
    chosen = [menu for menu in catalog.menus if menu.kind == MenuKind.SET_MENU]
    try:
        back = [
            mapping.translate(mapping.untranslate(item).payload).value
            for item in (chosen if mapping.entity_type is Menu else [catalog])
        ]
    except TranslationError:
        return False
    menus = [menu for item in back for menu in getattr(item, "menus", (item,))]
    kept = [menu for menu in menus if isinstance(menu, Menu) and menu.kind == MenuKind.SET_MENU]
    return len(kept) == len(chosen)


def _ways(channel: Channel) -> MenuSupport:
    def is_carried(feature: str) -> bool:
        parent, field = CHILDREN[feature]
        mapping = channel.partner.translator(parent)
        return mapping is not None and bool(mapping.rules_of(field, inward=False))

    return MenuSupport(lambda feature: _is_bound(channel, feature), is_carried)


def _is_bound(channel: Channel, feature: str) -> bool:
    return bool(channel.partner.operations(feature))


def _writes(channel: Channel, kind: type[Catalog | Menu]) -> bool:
    """Whether menus are written as this: all of them in a catalogue, or one by one."""
    mapping = channel.partner.translator(WHOLE)
    # Without a mapping the error of `payload` is the one that helps.
    written = mapping.entity_type if mapping else Catalog
    return _is_bound(channel, WHOLE) and written is kind


def _takes(channel: Channel, feature: str) -> bool:
    """Whether things of a feature can be written by themselves."""
    return _writes(channel, Menu) if feature == WHOLE else _is_bound(channel, feature)


def _plan_parts(
    channel: Channel, changes: list[MenuChange]
) -> tuple[list[PlannedRequest], list[DataLoss]]:
    """Steps for changes, and those that cannot be made."""
    steps: list[PlannedRequest] = []
    unsent: list[DataLoss] = []
    for (feature, kind, parents), group in groupby(changes, key=_group):
        parts = list(group)
        many = pick_for_mode(channel.partner, feature, "many")
        if not _takes(channel, feature):
            unsent += [_tell_unsent(channel, change) for change in parts]
        elif kind is not ChangeKind.REMOVE and many is not None and len(parts) > 1:
            steps += _plan_batches(channel, feature, many, parts, dict(parents))
        else:
            for change in parts:
                one = _plan_one(channel, change)
                steps += [one] if isinstance(one, PlannedRequest) else []
                unsent += [one] if isinstance(one, DataLoss) else []
    return steps, unsent


def _group(change: MenuChange) -> tuple[str, ChangeKind, tuple[tuple[str, str], ...]]:
    return change.feature, change.kind, tuple(change.parents.items())


def _plan_batches(
    channel: Channel,
    feature: str,
    operation: Operation,
    parts: list[MenuChange],
    parents: Mapping[str, str],
) -> Iterator[PlannedRequest]:
    size = _batch_size(channel, operation)
    for start in range(0, len(parts), size):
        payloads = [channel.payload(feature, change.part) for change in parts[start : start + size]]
        body = join(channel.partner, operation, payloads)
        request = channel.request(operation, parents, body)
        title = f"{len(payloads)} of {_noun(feature)}"
        yield PlannedRequest(title, feature, operation, request, is_batch=True)


def _batch_size(channel: Channel, operation: Operation) -> int:
    reader = SchemaReader.of(channel.partner.description, operation.document)
    body = operation.request_schema
    parts = map(reader.first, (body, *reader.properties(body).values()))
    return next((int(part["maxItems"]) for part in parts if part.get("maxItems")), 100)


def _plan_one(channel: Channel, change: MenuChange) -> PlannedRequest | DataLoss | None:
    """The request of one change; None when there is nothing of it that the partner takes."""
    partner, feature = channel.partner, change.feature
    ids = {**entity_ids(change.part), **change.parents}
    title = f"{change.kind} {_noun(feature)} {change.part.ids.partner_id}"
    if change.kind is ChangeKind.REMOVE:
        operation = pick_for_mode(partner, feature, "remove")
        if operation is None:
            return _tell_unsent(channel, change)
        return PlannedRequest(title, feature, operation, channel.request(operation, ids))
    partial = pick_for_mode(partner, feature, "partial") if change.fields else None
    only = set(change.fields) if change.fields else None
    changed = channel.payload(feature, change.part, only)
    if not changed:
        return None
    is_new = change.kind is ChangeKind.ADD
    operation = partial or (pick_new if is_new else pick_operation)(partner, feature)
    body = changed if partial else channel.payload(feature, change.part)
    return PlannedRequest(title, feature, operation, channel.request(operation, ids, body))


def _tell_unsent(channel: Channel, change: MenuChange) -> DataLoss:
    noun, name = _noun(change.feature), change.part.ids.partner_id
    pointer = _ROOMS[change.feature]
    why = "" if change.kind is ChangeKind.REMOVE else _why_absent(channel, change.feature)
    verb = {
        ChangeKind.ADD: "not sent",
        ChangeKind.CHANGE: "not changed",
        ChangeKind.REMOVE: "not removed",
    }
    return DataLoss(pointer, f"The {noun} {name!r} is {verb[change.kind]}{why}")


def _why_absent(channel: Channel, feature: str) -> str:
    stated = channel.partner.statement(feature)
    return f": {stated.reason}" if isinstance(stated, Absence) else ""


def _lost_parts(channel: Channel, changes: list[MenuChange]) -> Iterator[DataLoss]:
    """What of the changed parts the partner does not take, each kind of field once."""
    seen: set[str] = set()
    for change in changes:
        mapping = channel.partner.translator(change.feature)
        if (
            change.kind is ChangeKind.REMOVE
            or mapping is None
            or not _takes(channel, change.feature)
        ):
            continue
        part = _without_children(channel, change.feature, change.part)
        for loss in find_losses(channel.partner, mapping, part, _ROOMS[change.feature]):
            if loss.pointer not in seen:
                seen.add(loss.pointer)
                yield loss


def _without_children(channel: Channel, feature: str, part: MenuPart) -> MenuPart:
    """The part without what is written by itself, which is therefore not lost."""
    for child, (parent, field) in CHILDREN.items():
        if parent == feature and _is_bound(channel, child):
            kept = part.model_fields_set - {field}
            return type(part)(**{name: getattr(part, name) for name in kept})
    return part


def _limits(channel: Channel, features: set[str]) -> Iterator[str]:
    for feature in sorted(features):
        stated = channel.partner.statement(feature)
        if isinstance(stated, Binding):
            yield from (limit.note for limit in stated.limits)


def _noun(feature: str) -> str:
    return entity_name(feature).replace("-", " ")
