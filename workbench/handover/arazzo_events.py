"""Arazzo 1.1: steps that wait for a message of an AsyncAPI description, and steps in their order.

A message is a notification of the partner. A list names it by an operation or a channel of a
description that stands beside the list; our folder names it as its own document does. Both are
compared without marks and capitals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from workbench.errors import InputError
from workbench.model import StepCall, mapping_of
from workbench.partners import Partner
from workbench.text import read_pointer
from workbench.vocabulary import plain_words

_USED = re.compile(r"\$steps\.([A-Za-z0-9_\-]+)")
Names = Mapping[str, tuple[str, ...]]


def name_channels(told: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What an AsyncAPI description calls its messages.

    Args:
        told: The description.

    Returns:
        Operation or channel → its channel, the address of it, and the names of its messages.
    """
    channels, operations = mapping_of(told.get("channels")), mapping_of(told.get("operations"))
    found: dict[str, tuple[str, ...]] = {}
    for key, item in channels.items():
        channel = mapping_of(item)
        names = (key, str(channel.get("address") or ""), *mapping_of(channel.get("messages")))
        found[key] = tuple(name for name in names if name)
        for act in ("publish", "subscribe"):  # of AsyncAPI 2
            if name := mapping_of(channel.get(act)).get("operationId"):
                found[str(name)] = found[key]
    for name, item in operations.items():
        place = str(mapping_of(mapping_of(item).get("channel")).get("$ref") or "")
        channel_key = "".join([*read_pointer(place.removeprefix("#"))][-1:])
        found[name] = (name, *found.get(channel_key, ()))
    return found


def is_message(step: Mapping[str, Any]) -> bool:
    """Whether a step of a list waits for a message."""
    return step.get("action") == "receive"


def name_message(step: Mapping[str, Any], sources: Names) -> tuple[str, ...]:
    """All that the message of a step is called, as far as the list tells."""
    told = str(
        step.get("operationId") or step.get("operationPath") or step.get("channelPath") or ""
    )
    last = told.rpartition("#")[2] if "#" in told else told.rpartition(".")[2]
    name = ([*read_pointer(last)] or [last])[-1] if last.startswith("/") else last
    return tuple(dict.fromkeys((name, *sources.get(name, ()))))


def find_events(names: Iterable[str], partner: Partner) -> set[str]:
    """The events of the partner's documents, or of its folder, that are called so."""
    wanted = {_plain(name) for name in names} - {""}
    known: dict[str, tuple[str, ...]]
    known = {event.id: (event.name, event.address) for event in partner.description.events}
    webhooks = partner.manifest.webhooks
    known |= {name: () for name in (webhooks.events if webhooks else ()) if name not in known}
    return {
        reference
        for reference, said in known.items()
        if wanted & {_plain(name) for name in (*said, reference, reference.partition(":")[2])}
    }


def _plain(name: str) -> str:
    return "".join(plain_words(name))


def put_in_order(calls: tuple[StepCall, ...]) -> tuple[StepCall, ...]:
    """The steps so that each stands behind all that it depends on, else as they were written.

    Raises:
        InputError: They depend on one another in a circle, or on a step that there is none of.
    """
    names = {call.name for call in calls}
    placed: list[StepCall] = []
    left = list(calls)
    while left:
        done = {call.name for call in placed}
        ready = next((call for call in left if _needs(call) & names <= done), None)
        if ready is None:
            circle = ", ".join(call.name for call in left)
            raise InputError(f"These steps of the list wait for one another: {circle}")
        placed.append(ready)
        left.remove(ready)
    return tuple(placed)


def _needs(call: StepCall) -> set[str]:
    """Steps that a step names as what it waits for, or whose outputs it uses."""
    told = json.dumps([call.parameters, call.body, call.correlation, call.outputs], default=str)
    texts = (told, *(item.condition + item.context for item in call.criteria))
    return {*call.after, *(name for text in texts for name in _USED.findall(text))}
