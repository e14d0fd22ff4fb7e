"""Deliveries of the three partners of this repository, as their receivers would store them."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from workbench.partners import Partner, load_partner
from workbench.partners.webhooks import Webhooks
from workbench.receiver.events import Identity, identify
from workbench.receiver.inbox import Inbox
from workbench.receiver.process import Party
from workbench.receiver.receipt import Arrival
from workbench.receiver.signature import Verification
from workbench.receiver.sink import OutboxMessage
from workbench.receiver.worker import Worker
from workbench.settings import Settings

ROOT = Path(__file__).parents[2]
OK = Verification(True, "ok")
START = datetime(2026, 11, 20, 19, tzinfo=UTC)


class CallableSink:
    """Calls a Python function with each effect; what it raises makes the effect come again."""

    batch = 100

    def __init__(self, function: Callable[[OutboxMessage], None]) -> None:
        self._function = function

    def deliver(self, effects: Sequence[OutboxMessage]) -> Mapping[str, str]:
        """Call the function for each."""
        troubles: dict[str, str] = {}
        for effect in effects:
            try:
                self._function(effect)
            except Exception as error:  # noqa: BLE001  a stranger's function may raise anything
                troubles[effect.id] = f"{type(error).__name__}: {error}"
        return troubles


@functools.cache
def partner(slug: str = "tavola") -> Partner:
    """A partner folder of this repository."""
    return load_partner(slug, Settings(root=ROOT))


def with_webhooks(webhooks: Webhooks | None) -> Partner:
    """Tavola, if its manifest said this of its webhooks."""
    manifest = partner().manifest.model_copy(update={"webhooks": webhooks})
    return dataclasses.replace(partner(), manifest=manifest)


@functools.cache
def _sample(slug: str, feature: str, label: str) -> Any:
    found = {sample.label: sample.payload for sample in partner(slug).samples(feature)}
    return found[label]


def sample(slug: str, feature: str, label: str) -> Any:
    """A sample payload, to be changed freely."""
    return copy.deepcopy(_sample(slug, feature, label))


def _entry(
    slug: str,
    tail: str,
    payload: Any,
    at: datetime = START,
    code: str = "pos-1",
    told: Partner | None = None,
) -> tuple[Arrival, Verification, Identity]:
    webhooks = (told or partner(slug)).manifest.webhooks
    assert webhooks is not None
    arrival = Arrival(
        partner=slug,
        pos_code=code,
        method="POST",
        target=tail,
        headers=(("content-type", "application/json"),),
        body=payload if isinstance(payload, bytes) else orjson.dumps(payload),
        received_at=at,
    )
    return arrival, OK, identify(webhooks, arrival, tail)


def keep(inbox: Inbox, arrival: Arrival, verification: Verification, identity: Identity) -> None:
    """Store an arrival, and wait for it, where there is no event loop."""
    asyncio.run(inbox.put(arrival, verification, identity))


def post(
    inbox: Inbox,
    slug: str,
    tail: str,
    payload: Any,
    *,
    at: datetime = START,
    code: str = "pos-1",
    told: Partner | None = None,
) -> None:
    """Store a delivery as the application does, by the rules of the folder or of `told`."""
    keep(inbox, *_entry(slug, tail, payload, at, code, told))


def post_all(inbox: Inbox, slug: str, tail: str, payloads: Iterable[Any]) -> None:
    """Store many deliveries, in this order, with few commits."""

    async def store() -> None:
        await asyncio.gather(*(inbox.put(*_entry(slug, tail, payload)) for payload in payloads))

    asyncio.run(store())


def order(number: int = 1, event: str | None = None, **changes: Any) -> Any:
    """Tavola's `order.created` for an order of this number."""
    payload = sample("tavola", "order-created-event", "delivery")
    payload["id"] = f"ord_{number}"
    payload["event"]["event_id"] = event or f"created-{number}"
    return payload | changes


def status(value: str, *, number: int = 1, minute: int | None = 0, event: str | None = None) -> Any:
    """Tavola's `order.status_changed`; its time is that minute after eight, or left out."""
    payload = sample("tavola", "order-status-event", "accepted")
    payload["order_id"] = f"ord_{number}"
    payload["status"] = value
    payload["event"]["event_id"] = event or f"{number}-{value}-{minute}"
    payload["changed_at"] = f"2026-11-20T20:{minute or 0:02d}:00Z"
    if minute is None:
        del payload["changed_at"]
    return payload


def work(inbox: Inbox, slug: str = "tavola", **more: Any) -> list[OutboxMessage]:
    """Work until nothing is due; what came out, in order."""
    effects: list[OutboxMessage] = []
    party = Party(more.pop("told", partner(slug)), more.pop("adapter", None))
    worker = Worker(inbox.database, [party], CallableSink(effects.append), **more)
    while worker.step():
        pass
    return effects
