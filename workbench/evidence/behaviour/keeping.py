"""The test account as we found it: read before anything is written, and put back afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from workbench.adapters import entity_noun, pick_for_mode, pick_operation
from workbench.canonical import Entity, OpenEnum, OrderStatus, ReservationStatus, is_terminal
from workbench.errors import CredentialError, InputError, PartnerError, TranslationError
from workbench.evidence.behaviour.check_context import CheckContext
from workbench.evidence.behaviour.comparing import differences
from workbench.evidence.behaviour.inventing import recorded
from workbench.evidence.behaviour.readback import (
    await_effect,
    identity_of,
    parents_of,
    read_url,
    settle_write,
    target_of,
)
from workbench.evidence.behaviour.status_writes import can_send
from workbench.evidence.behaviour.writes import OWN_CHECKS
from workbench.evidence.check_table import say
from workbench.evidence.kinds import KINDS, EntityKind
from workbench.evidence.placing import maker_of
from workbench.evidence.relations import path_pattern
from workbench.evidence.traces import FEATURE, PUT_BACK, list_traces
from workbench.model import Evidence, Outcome, SchemaReader

_TROUBLE = (CredentialError, InputError, PartnerError, TranslationError)
_STOPS: dict[str, tuple[OpenEnum, ...]] = {
    "order": (OrderStatus.REJECTED, OrderStatus.CANCELLED),
    "reservation": (ReservationStatus.REFUSED, ReservationStatus.CANCELLED),
}


@dataclass(frozen=True)
class Kept:
    """One thing that the writing checks are about to write.

    Attributes:
        feature: Whose write it is.
        ids: What names it to the operations of the feature.
        url: Where it is read.
        before: The answer's value before we wrote; None where there was nothing.
    """

    feature: str
    ids: Mapping[str, str]
    url: str
    before: Any


def keep(context: CheckContext) -> list[Kept]:
    """Read everything that a sample would overwrite; trouble with one leaves it out."""
    if not context.session.allow_writes:
        return []
    kept: list[Kept] = []
    for feature in context.catalogue.features:
        slug = feature.slug
        if not feature.is_write or slug in OWN_CHECKS or not context.has(slug):
            continue
        for entity in recorded(context, slug):
            with suppress(*_TROUBLE):
                kept += _look(context, slug, entity)
    return kept


def _look(context: CheckContext, slug: str, entity: Entity) -> Iterator[Kept]:
    parents = parents_of(context, slug, entity)
    url = read_url(context, target_of(context, slug, entity, parents), identity_of(entity))
    if url is None:
        return
    answer = context.session.client.send("GET", url)
    noun = entity_noun(type(entity))
    ids = {**parents, **({noun: identity_of(entity)} if noun else {})}
    if answer.is_success:
        yield Kept(slug, ids, url, answer.json())
    elif answer.status in {404, 410}:
        yield Kept(slug, ids, url, None)


def put_back(context: CheckContext, kept: list[Kept], since: int) -> Iterator[Evidence]:
    """Write again what was there, remove what was not, end the orders and bookings of this run.

    Args:
        context: The context.
        kept: What `keep` gave.
        since: Number of requests that were sent before this run.
    """
    if not context.session.allow_writes:
        return
    ended = [*_end_made(context, since)]
    # Whole menus first: they replace their parts.
    left = [one for one in kept if one.before is not None and not _restored(context, one)]
    gone = [one for one in kept if one.before is None and _removed(context, one)]
    removed = [*_remove_made(context, since)]
    count = sum(one.before is not None for one in kept)
    if not (kept or ended or removed):
        return
    yield context.tell(
        FEATURE,
        PUT_BACK,
        say(
            "put-back.done",
            left=count - len(left),
            count=count,
            gone=len(gone) + len(removed),
            ended=len(ended),
        ),
        outcome=Outcome.PASSED if not left else Outcome.CANT_TELL,
        detail={"changed": [one.url for one in left], "ended": ended},
    )


def _restored(context: CheckContext, one: Kept) -> bool:
    """Whether a thing reads as before; it is written again where it does not."""
    with suppress(*_TROUBLE):
        if not _is_as_before(context, one):
            _write(context, one)
        return _is_as_before(context, one)
    return False


def _is_as_before(context: CheckContext, one: Kept) -> bool:
    now = context.session.client.send("GET", one.url)
    return now.is_success and not differences(_writable(context, one), now.json())


def _write(context: CheckContext, one: Kept) -> None:
    """Send what was read, without a detour through our words, and wait until it is there."""
    channel, body = context.adapter.channel, _writable(context, one)
    answer = channel.send(
        channel.request(pick_operation(context.partner, one.feature), one.ids, body)
    )
    settle_write(context, one.feature, answer)
    if answer.is_success:
        await_effect(context, one.url, body)


def _writable(context: CheckContext, one: Kept) -> Any:
    """What was read of the fields that can be written, out of its wrapper."""
    operation = pick_operation(context.partner, one.feature)
    reader = SchemaReader.of(context.partner.description, operation.document)
    names = reader.properties(operation.request_schema) if operation.request_schema else {}
    if not names or not isinstance(one.before, dict):
        return one.before
    inner = [value for value in one.before.values() if isinstance(value, dict)]
    best = max((one.before, *inner), key=lambda item: len(set(item) & set(names)))
    return {name: value for name, value in best.items() if name in names and value is not None}


def _removed(context: CheckContext, one: Kept) -> bool:
    operation = pick_for_mode(context.partner, one.feature, "remove")
    if operation is None:
        return False
    with suppress(*_TROUBLE):
        channel = context.adapter.channel
        return channel.send(channel.request(operation, one.ids)).is_success
    return False


def _remove_made(context: CheckContext, since: int) -> Iterator[str]:
    """Remove what the checks made and did not remove themselves; gives the paths."""
    session = context.session
    removals = [
        path_pattern(operation)
        for operation in context.partner.callable_operations
        if operation.method == "DELETE" and context.partner.names(operation)
    ]
    for trace in list_traces(session, session.recorder.unmasked(since)):
        method, _, path = trace.request.partition(" ")
        if not trace.is_made or trace.is_gone or method == "control":
            continue
        below = trace.things if method == "POST" else ()
        for place in [f"{path.rstrip('/')}/{name}" for name in below] or [path]:
            if not any(pattern.fullmatch(place) for pattern in removals):
                continue
            with suppress(*_TROUBLE):
                if session.client.send("DELETE", place, write=True).is_success:
                    yield place


def _end_made(context: CheckContext, since: int) -> Iterator[str]:
    """Reject or cancel what this run placed and that has not ended yet; gives what was ended."""
    exchanges = context.session.recorder.unmasked(since)
    traces = list_traces(context.session, exchanges)
    for kind in KINDS:
        if not (context.has(kind.status_write) and context.has(kind.read)):
            continue
        requests = _ways(context, kind)
        names = (name for trace in traces if trace.request in requests for name in trace.things)
        stops = [status for status in _STOPS[kind.noun] if can_send(context, kind, status)]
        for name in dict.fromkeys(names):
            with suppress(*_TROUBLE):
                if _ended(context, kind, name, stops):
                    yield name


def _ways(context: CheckContext, kind: EntityKind) -> set[str]:
    """The requests with which this run places such a thing, as a trace tells them."""
    triggers = context.partner.environment(context.session.environment).triggers
    trigger = triggers.get(kind.created_event)
    maker = maker_of(context.session, kind)
    ways = {f"control {trigger.control}"} if trigger and trigger.control else set()
    return ways | ({maker.id} if maker else set())


def _ended(context: CheckContext, kind: EntityKind, name: str, stops: list[OpenEnum]) -> bool:
    """Whether a thing that was still under way is ended now."""
    if is_terminal(context.status(kind.read, name)):
        return False
    for status in stops:
        update = kind.update(name, status, "Test of the integration is over")
        answer = context.adapter.call(
            kind.status_write, entity=update, ids={kind.noun: name}, status=status.value
        )
        if answer.is_success:
            return True
    return False
