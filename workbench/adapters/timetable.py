"""Availability: hours and shifts as a whole, single exceptions, closing now and opening again.

Where the partner has an operation for one exception or a pause, it is used. Where it can only
replace everything, everything is read first, so that nothing else is lost.
"""

from __future__ import annotations

from typing import Any

from workbench.adapters.binding import (
    absent,
    entity_ids,
    pick_for_mode,
    pick_operation,
    pick_read_back,
    translator,
    translator_of,
)
from workbench.adapters.channel import Channel, Request
from workbench.adapters.loss import find_faults
from workbench.canonical import Availability, AvailabilityState, CalendarException, Entity
from workbench.errors import InputError, MappingError
from workbench.model import CriterionSlug, FeatureSlug

FEATURE = FeatureSlug.AVAILABILITY_WRITE
_PARTS = frozenset({"schedules", "shifts", "exceptions"})


def read_availability(channel: Channel) -> Availability:
    """What the partner has now.

    Raises:
        InputError: The feature is not bound, or the documents describe no way to read it.
        MappingError: The mapping makes something else.
    """
    pick_operation(channel.partner, FEATURE)
    operation = pick_read_back(channel.partner, FEATURE)
    if operation is None:
        raise InputError(
            f"{channel.partner.title} has no operation to read the availability",
            location=f"{channel.partner.slug}/partner.yaml#/features/{FEATURE}",
            partner=channel.partner.slug,
            hint="Bind one with `for: [read-back]`, or send the availability as a whole.",
        )
    found = channel.load(FEATURE, operation, {}).value
    if not isinstance(found, Availability):
        raise MappingError(
            f"The mapping of {FEATURE} makes {type(found).__name__}, not Availability",
            location=f"{channel.partner.slug}/mapping.yaml",
            partner=channel.partner.slug,
        )
    return found


def replace_availability(channel: Channel, availability: Availability) -> Request:
    """The request that sends hours, shifts and exceptions; parts that are not given stay."""
    missing = _PARTS - availability.model_fields_set
    if missing and _needs_all(channel, availability):
        now = read_availability(channel)
        kept = {name: getattr(now, name) for name in missing & now.model_fields_set}
        availability = availability.model_copy(update=kept)
    return _whole(channel, availability)


def add_exception(channel: Channel, exception: CalendarException) -> Request | None:
    """The request that adds an exception and keeps the others; None when it is there already."""
    operation = pick_for_mode(channel.partner, FEATURE, "exception")
    if operation is not None:
        return channel.request(operation, entity_ids(exception), _write(channel, exception))
    now = read_availability(channel)
    if any(_is_same(exception, item) for item in now.exceptions):
        return None
    return _whole(channel, _with(now, (*now.exceptions, exception)))


def remove_exception(channel: Channel, exception: CalendarException) -> Request | None:
    """The request that takes an exception out and keeps the others; None when it is not there."""
    operation = pick_for_mode(channel.partner, FEATURE, "exception-remove")
    now = read_availability(channel)
    found = next((item for item in now.exceptions if _is_same(exception, item)), None)
    if found is None:
        return None
    if operation is not None:
        return channel.request(operation, entity_ids(found))
    return _whole(channel, _with(now, tuple(item for item in now.exceptions if item != found)))


def set_state(channel: Channel, state: AvailabilityState) -> Request:
    """The request that stops or resumes the taking of orders, from now on.

    Raises:
        InputError: The partner has no way to do so; with the folder's reason.
    """
    partner = channel.partner
    pick_operation(partner, FEATURE)
    busy = pick_for_mode(partner, FEATURE, "busy") if state.busy_extra_min else None
    operation = busy or pick_for_mode(partner, FEATURE, "resume" if state.accepting else "pause")
    if operation is not None:
        body = _write(channel, state) if operation.bodies else None
        return channel.request(operation, {}, body)
    if translator(partner, FEATURE).rules_of("state", inward=False):
        now = read_availability(channel)
        return _whole(channel, now.model_copy(update={"state": state}))
    absence = partner.absence(FEATURE, CriterionSlug.AVAILABILITY_CLOSE_NOW)
    what = "Opening again" if state.accepting else "Closing at once"
    if absence is not None:
        raise absent(partner, FEATURE, what, absence)
    raise InputError(
        f"{what} has no operation at {partner.title}, and no field in the mapping",
        location=f"{partner.slug}/partner.yaml#/features/{FEATURE}",
        partner=partner.slug,
        hint="Bind one with `for: [pause]` or `for: [resume]`, or add an exception for whole days.",
    )


def _needs_all(channel: Channel, availability: Availability) -> bool:
    """Whether what is not sent would be deleted, or must be there."""
    if pick_for_mode(channel.partner, FEATURE, "exception") is None:
        return True
    body = channel.payload(FEATURE, availability)
    return bool(find_faults(channel.partner, pick_operation(channel.partner, FEATURE), body))


def _whole(channel: Channel, availability: Availability) -> Request:
    operation = pick_operation(channel.partner, FEATURE)
    ids = {"restaurant": availability.restaurant_id}
    return channel.request(operation, ids, channel.payload(FEATURE, availability))


def _with(now: Availability, exceptions: tuple[CalendarException, ...]) -> Availability:
    return now.model_copy(update={"exceptions": exceptions})


def _write(channel: Channel, entity: Entity) -> Any:
    """An exception or state by itself, with the mapping that says it inside the availability."""
    mapping = translator_of(channel.partner, type(entity))
    if mapping is None:
        raise MappingError(
            f"No mapping, or more than one, writes a {type(entity).__name__} by itself",
            location=f"{channel.partner.slug}/mapping.yaml",
            partner=channel.partner.slug,
            hint="Give it a mapping of its own, and `use:` it inside the availability.",
        )
    return mapping.untranslate(entity).payload


def _is_same(wanted: CalendarException, item: CalendarException) -> bool:
    """Whether an exception is the wanted one: by id, or by what is given when and for what."""
    if wanted.id is not None:
        return wanted.id == item.id
    names = ("kind", "first_date", "last_date", "starts_at", "ends_at", "ranges", "order_types")
    return all(getattr(wanted, name) == getattr(item, name) for name in names)
